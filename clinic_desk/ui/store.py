"""The one copy of what is on screen: boards of days and the clinic's records, kept true to the database.

Everything enters here by the same door: a day read for the first time, rows that another desk changed, and what this
desk itself committed. The query lane answers in order and a row is read after its change was announced, so what
arrives later is never older. The one exception is this desk's own committed result, which overtakes the query lane:
until its echo was read, rows older than it are not let in.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from uuid import UUID

from PySide6.QtCore import QObject, QTimer, Signal

from clinic_desk.database.engine import Database
from clinic_desk.domain.changes import Change
from clinic_desk.domain.records import Clinic, DayBoard, Entry, Hold
from clinic_desk.errors import ClinicDeskError, DatabaseDown
from clinic_desk.services import calendar
from clinic_desk.ui import boards
from clinic_desk.ui.changed_rows import ChangedRows
from clinic_desk.ui.freshness import Connection, Freshness
from clinic_desk.ui.hold_watch import HoldWatch
from clinic_desk.ui.tasks import Tasks

CLINIC_TABLES = frozenset(
    {
        "site",
        "practitioner",
        "room",
        "appointment_type",
        "appointment_type_practitioner",
        "working_hours",
        "closure",
        "staff",
    }
)
"""Tables whose rows are part of the `Clinic` record."""

DAY_TABLES = frozenset({"time_off", "block"})
"""Tables whose rows are seen on a board but are not read one by one."""

_KEPT_DAYS = 21
_PREFETCH_AFTER_MS = 120
_RETRY_AFTER_MS = 2_000
_RECHECK_EVERY_MS = 60_000


class DayStore(QObject):
    """Boards by local day. `show` says which days are on screen: they are read, kept live, read anew on reconnect."""

    board_loaded = Signal(object)
    """A day (`date`) that was not there can be shown now."""
    board_changed = Signal(object, object)
    """A day (`date`) and the ids (frozenset of UUID: entries, holds, blocks, time off) that are different now."""
    clinic_changed = Signal()
    connection_changed = Signal(object)
    """`Connection`."""
    tables_changed = Signal(object)
    """Names (frozenset of str) of tables in which rows were changed by anybody."""
    load_failed = Signal(object)
    """A ClinicDeskError that kept days from being read; they are tried again by themselves."""

    def __init__(self, database: Database, tasks: Tasks, clinic: Clinic, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._database = database
        self._tasks = tasks
        self.clinic = clinic
        self.boards: OrderedDict[date, DayBoard] = OrderedDict()
        self.freshness = Freshness()
        self._shown: tuple[date, ...] = ()
        self._loading: set[date] = set()
        self._own: dict[UUID, Entry] = {}
        self._changed_days: set[date] = set()
        self._rows = ChangedRows(database, tasks, self)
        self._rows.read.connect(self._put)
        self._rows.failed.connect(self._missed)
        self._holds = HoldWatch(database, tasks, self)
        self._holds.read.connect(self._put_holds)
        self._days_timer = self._single_shot(0, self._reload_changed_days)
        self._prefetch_timer = self._single_shot(_PREFETCH_AFTER_MS, self._prefetch)
        self._retry_timer = self._single_shot(_RETRY_AFTER_MS, self._retry)
        self._recheck_timer = QTimer(self, interval=_RECHECK_EVERY_MS)
        self._recheck_timer.timeout.connect(self._recheck)
        self._recheck_timer.start()

    def _single_shot(self, interval_ms: int, slot: Callable[[], None]) -> QTimer:
        timer = QTimer(self, singleShot=True, interval=interval_ms)
        timer.timeout.connect(slot)
        return timer

    # --- what the screen asks ---

    def show(self, days: Iterable[date]) -> None:
        """Say which days are on screen from now on; those not there yet are read and announced by `board_loaded`."""
        self._shown = tuple(days)
        for day in self._shown:
            if day in self.boards:
                self.boards.move_to_end(day)
        self._load([day for day in self._shown if day not in self.boards])
        self._forget_far_days()
        self._prefetch_timer.start()
        self._watch_holds()

    def entry(self, appointment_id: UUID) -> Entry | None:
        """Return an appointment that is on a kept board."""
        entries = (entry for board in self.boards.values() for entry in board.entries)
        return next((entry for entry in entries if entry.id == appointment_id), None)

    # --- what comes in ---

    def apply_entry(self, entry: Entry) -> None:
        """Let in what this desk itself committed, ahead of its echo."""
        self._own[entry.id] = entry
        self.freshness.change_heard()
        self._put_entries([entry.id], [entry])

    def announce(self, changes: Iterable[Change]) -> None:
        """Take note of changed rows; what is kept here of them is read anew at the end of this event-loop turn."""
        changes = tuple(changes)
        self.freshness.change_heard()
        tables = frozenset(change.table for change in changes)
        self._rows.add(changed for change in changes for changed in self._touched_appointments(change))
        self._changed_days.update(
            day for change in changes if change.table in DAY_TABLES for day in change.days if day in self.boards
        )
        if self._changed_days:
            self._days_timer.start()
        if tables & CLINIC_TABLES:
            self.reload_clinic()
        if "hold" in tables:
            self._holds.look()
        self.tables_changed.emit(tables)

    def set_connected(self) -> None:
        """The listener is (again) listening: what may have been missed is read."""
        was = self.freshness.connection
        self.freshness.set_live()
        self._own.clear()
        self.reload()
        if was is not Connection.LIVE:
            self.connection_changed.emit(Connection.LIVE)

    def set_lost(self) -> None:
        """The connection is gone: what is shown is kept, and ages."""
        if self.freshness.connection is not Connection.LOST:
            self.freshness.set_lost()
            self.connection_changed.emit(Connection.LOST)

    def reload(self) -> None:
        """Read anew all that is shown; what is kept beside it is forgotten."""
        for day in [day for day in self.boards if day not in self._shown]:
            del self.boards[day]
        self.reload_clinic()
        self._loading.clear()
        self._load(list(self._shown))

    def reload_clinic(self) -> None:
        """Read the clinic's records anew."""
        database = self._database
        self._tasks.query(self, lambda: calendar.load_clinic(database), self._put_clinic, self._missed, key="clinic")

    # --- reading days ---

    def _load(self, days: list[date]) -> None:
        """Read whole days: one as such, several in one go from the first to the last."""
        days = [day for day in days if day not in self._loading]
        if not days:
            return
        self._loading.update(days)
        database, clinic, first, last = self._database, self.clinic, min(days), max(days)

        def work() -> tuple[DayBoard, ...]:
            if first == last:
                return (calendar.load_day(database, first, clinic),)
            return calendar.load_days(database, first, last, clinic, None)

        self._tasks.query(self, work, self._put_boards, lambda error: self._load_failed(days, error))

    def _put_boards(self, loaded: tuple[DayBoard, ...]) -> None:
        for board in loaded:
            self._loading.discard(board.day)
            self.freshness.set_clock(board.read_at)
            self._put_board(self._with_own(board))
        self._watch_holds()

    def _put_board(self, board: DayBoard) -> None:
        old = self.boards.get(board.day)
        board = boards.sharing(old, board)
        self.boards[board.day] = board
        self.boards.move_to_end(board.day)
        if old is None:
            self.board_loaded.emit(board.day)
        else:
            self._tell(board.day, boards.difference(old, board))

    def _with_own(self, board: DayBoard) -> DayBoard:
        """Return the board without rows older than what this desk committed while it was being read."""
        read = {entry.id: entry.appointment.version for entry in board.entries}
        fresher = {own.id: own for own in self._own.values() if read.get(own.id, 0) < own.appointment.version}
        return boards.with_entries(board, fresher, fresher)[0]

    def _load_failed(self, days: list[date], error: ClinicDeskError) -> None:
        self._loading.difference_update(days)
        self._missed(error)
        if any(day in self._shown for day in days):
            self.load_failed.emit(error)

    def _missed(self, error: ClinicDeskError) -> None:
        if isinstance(error, DatabaseDown):
            self.set_lost()
        self._retry_timer.start()

    def _retry(self) -> None:
        self._load([day for day in self._shown if day not in self.boards])
        self._rows.start()

    def _recheck(self) -> None:
        """Repair what an announcement may have missed, and what is not announced (the state of messages)."""
        if self.freshness.connection is Connection.LIVE:
            self._load(list(self._shown))

    def _reload_changed_days(self) -> None:
        days, self._changed_days = self._changed_days, set()
        self._loading.difference_update(days)
        for day in sorted(days):
            self._load([day])

    def _prefetch(self) -> None:
        """Read the days beside the shown ones while nothing else is to do."""
        if not self._shown or self.freshness.connection is Connection.LOST:
            return
        if self._loading:
            self._prefetch_timer.start()
            return
        step = timedelta(days=1 if len(self._shown) == 1 else 7)
        for day in (self._shown[-1] + step, self._shown[0] - step):
            if day not in self.boards:
                self._load([day])

    def _forget_far_days(self) -> None:
        far = [day for day in self.boards if day not in self._shown]
        for day in far[: max(0, len(self.boards) - _KEPT_DAYS)]:
            del self.boards[day]

    # --- putting in what was read ---

    def _touched_appointments(self, change: Change) -> list[UUID]:
        if change.table == "patient":
            entries = [entry for board in self.boards.values() for entry in board.entries]
            return [entry.id for entry in entries if entry.patient.id == change.id]
        if change.table != "appointment":
            return []
        kept = any(day in self.boards or day in self._loading for day in change.days)
        return [change.id] if kept or self.entry(change.id) is not None else []

    def _put(self, ids: tuple[UUID, ...], entries: tuple[Entry, ...]) -> None:
        found = [self._freshest(entry) for entry in entries]
        for gone in set(ids) - {entry.id for entry in found}:
            self._own.pop(gone, None)
        self._put_entries(ids, found)

    def _freshest(self, entry: Entry) -> Entry:
        own = self._own.get(entry.id)
        if own is not None and own.appointment.version > entry.appointment.version:
            return own
        self._own.pop(entry.id, None)
        return entry

    def _put_entries(self, ids: Iterable[UUID], entries: Iterable[Entry]) -> None:
        ids, found = tuple(ids), {entry.id: entry for entry in entries}
        for day, board in list(self.boards.items()):
            self.boards[day], changed = boards.with_entries(board, ids, found)
            self._tell(day, changed)

    def _put_holds(self, holds: tuple[Hold, ...]) -> None:
        for board in self._shown_boards():
            self.boards[board.day], changed = boards.with_holds(board, holds)
            self._tell(board.day, changed)

    def _tell(self, day: date, changed: frozenset[UUID]) -> None:
        if changed:
            self.board_changed.emit(day, changed)

    def _watch_holds(self) -> None:
        shown = self._shown_boards()
        if not shown:
            self._holds.stop()
            return
        holds = tuple(hold for board in shown for hold in board.holds)
        self._holds.watch(min(board.starts_at for board in shown), max(board.ends_at for board in shown), holds)

    def _shown_boards(self) -> list[DayBoard]:
        return [self.boards[day] for day in self._shown if day in self.boards]

    def _put_clinic(self, clinic: Clinic) -> None:
        if clinic != self.clinic:
            self.clinic = clinic
            self.clinic_changed.emit()

"""The one copy of what is on screen: boards of days and the clinic's records, kept true to the database.

Everything enters here by the same door: a day read for the first time, rows that another desk changed, and what this
desk itself committed. The query lane answers in order and a row is read after its change was announced, so what
arrives later is never older. The one exception is this desk's own committed result, which overtakes the query lane:
until its echo was read, rows older than it are not let in.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from datetime import date
from uuid import UUID

from PySide6.QtCore import QObject, QTimer, Signal

from clinic_desk.database.engine import Database
from clinic_desk.domain.changes import IMPORTED, Change
from clinic_desk.domain.records import Clinic, DayBoard, Entry, Hold
from clinic_desk.errors import ClinicDeskError, DatabaseDown
from clinic_desk.services import calendar
from clinic_desk.ui import boards
from clinic_desk.ui.changed_rows import ChangedRows
from clinic_desk.ui.day_reader import DayReader
from clinic_desk.ui.freshness import Connection, Freshness
from clinic_desk.ui.hold_watch import HoldWatch
from clinic_desk.ui.own_rows import OwnRows
from clinic_desk.ui.tasks import Tasks

CLINIC_TABLES = frozenset(
    {
        "site",
        "practitioner",
        "room",
        "appointment_type",
        "appointment_type_practitioner",
        "appointment_type_room",
        "working_hours",
        "date_override",
        "booking_rules",
        "lock_rules",
        "closure",
        "staff",
        "staff_right",
    }
)
"""Tables whose rows are part of the `Clinic` record."""

DAY_TABLES = frozenset({"time_off", "block"})
"""Tables whose rows are seen on a board but are not read one by one."""

_KEPT_DAYS = 21
_CLINIC_AGAIN_MS = 2_000


class DayStore(QObject):
    """Boards by local day. `show` says which days are on screen: they are read, kept live, read anew on reconnect."""

    board_loaded = Signal(object)
    """A day (`date`) that was not there can be shown now."""
    board_changed = Signal(object, object)
    """A day (`date`) and the ids (frozenset of UUID: entries, holds, blocks, time off) that are different now."""
    entries_edited = Signal(object, object)
    """After `board_changed`: the day and the ids of the entries that somebody changed, not the queue their messages."""
    clinic_changed = Signal()
    connection_changed = Signal(object)
    """`Connection`."""
    tables_changed = Signal(object)
    """Names (frozenset of str) of tables in which rows were changed by anybody."""
    messages_changed = Signal(object)
    """Ids (frozenset of UUID) of appointments about which a message was queued, sent or failed."""
    load_failed = Signal(object)
    """A ClinicDeskError that kept days from being read; they are tried again by themselves."""

    def __init__(self, database: Database, tasks: Tasks, clinic: Clinic, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._database = database
        self._tasks = tasks
        self.clinic = clinic
        self.boards: OrderedDict[date, DayBoard] = OrderedDict()
        self.freshness = Freshness()
        self._own = OwnRows()
        self._days = DayReader(database, tasks, clinic, self, freshness=self.freshness, kept=self.boards)
        self._days.read.connect(self._put_boards)
        self._days.failed.connect(self._load_failed)
        self._rows = ChangedRows(database, tasks, self)
        self._rows.read.connect(self._put)
        self._rows.failed.connect(self._missed)
        self._holds = HoldWatch(database, tasks, self)
        self._holds.read.connect(self._put_holds)
        self._clinic_again = QTimer(self, singleShot=True, interval=_CLINIC_AGAIN_MS)
        self._clinic_again.timeout.connect(self.reload_clinic)

    # --- what the screen asks ---

    def show(self, days: Iterable[date]) -> None:
        """Say which days are on screen from now on; those not there yet are read and announced by `board_loaded`."""
        self._days.show(days)
        for day in self._days.shown:
            if day in self.boards:
                self.boards.move_to_end(day)
        far = [day for day in self.boards if day not in (*self._days.shown, *self._days.followed)]
        for day in far[: max(0, len(self.boards) - _KEPT_DAYS)]:
            del self.boards[day]
        self._holds.watch(self._shown_boards())

    def follow(self, days: Iterable[date]) -> None:
        """Say which days are kept live besides those on screen, whatever is shown."""
        self._days.follow(days)

    def entry(self, appointment_id: UUID) -> Entry | None:
        """Return an appointment that is on a kept board."""
        entries = (entry for board in self.boards.values() for entry in board.entries)
        return next((entry for entry in entries if entry.id == appointment_id), None)

    # --- what comes in ---

    def apply_entry(self, entry: Entry) -> None:
        """Let in what this desk itself committed, ahead of its echo."""
        self._own.note(entry)
        self.freshness.change_heard()
        self._put_entries([entry.id], [entry])

    def announce(self, changes: Iterable[Change]) -> None:
        """Take note of changed rows; what is kept here of them is read anew at the end of this event-loop turn."""
        changes = tuple(changes)
        self.freshness.change_heard()
        tables = frozenset(change.table for change in changes)
        self._rows.add(each for change in changes for each in self._touched_appointments(change))
        self._days.read_anew(
            day for change in changes if change.table in DAY_TABLES for day in change.days if day in self.boards
        )
        if IMPORTED in tables:
            self.reload()
        elif tables & CLINIC_TABLES:
            self.reload_clinic()
        if tables & {"hold", "offer"}:
            self._holds.look_now()
        self.tables_changed.emit(tables)
        if "notification" in tables:
            self.messages_changed.emit(frozenset(each.id for each in changes if each.table == "notification"))

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
        for day in [day for day in self.boards if day not in (*self._days.shown, *self._days.followed)]:
            del self.boards[day]
        self.reload_clinic()
        self._days.read_shown()

    def reload_clinic(self) -> None:
        """Read the clinic's records anew."""
        database = self._database
        self._tasks.query(
            self, lambda: calendar.load_clinic(database), self._put_clinic, self._clinic_missed, key="clinic"
        )

    # --- putting in what was read ---

    def _touched_appointments(self, change: Change) -> list[UUID]:
        """The appointments that look different: a message's change names the appointment that it is about."""
        if change.table == "patient":
            entries = [entry for board in self.boards.values() for entry in board.entries]
            return [entry.id for entry in entries if entry.patient.id == change.id]
        if change.table not in {"appointment", "notification"}:
            return []
        kept = any(day in self.boards or self._days.is_reading(day) for day in change.days)
        return [change.id] if kept or self.entry(change.id) is not None else []

    def _put(self, ids: tuple[UUID, ...], entries: tuple[Entry, ...]) -> None:
        self._put_entries(ids, self._own.freshest(ids, entries))

    def _put_entries(self, ids: Iterable[UUID], entries: Iterable[Entry]) -> None:
        ids, found = tuple(ids), {entry.id: entry for entry in entries}
        for day, board in list(self.boards.items()):
            self.boards[day], changed = boards.with_entries(board, ids, found)
            self._tell(board, changed)

    def _put_boards(self, loaded: tuple[DayBoard, ...]) -> None:
        for board in loaded:
            self.freshness.set_clock(board.read_at)
            self._put_board(self._own.over(board))
        self._holds.watch(self._shown_boards())

    def _put_board(self, board: DayBoard) -> None:
        old = self.boards.get(board.day)
        board = boards.sharing(old, board)
        self.boards[board.day] = board
        self.boards.move_to_end(board.day)
        if old is None:
            self.board_loaded.emit(board.day)
        else:
            self._tell(old, boards.difference(old, board))

    def _put_holds(self, holds: tuple[Hold, ...]) -> None:
        for board in self._shown_boards():
            self.boards[board.day], changed = boards.with_holds(board, holds)
            self._tell(board, changed)

    def _tell(self, old: DayBoard, changed: frozenset[UUID]) -> None:
        """Say what is different from how the day was."""
        if changed:
            edited = boards.edited(old, self.boards[old.day], changed)
            self.board_changed.emit(old.day, changed)
            if edited:
                self.entries_edited.emit(old.day, edited)

    def _shown_boards(self) -> list[DayBoard]:
        return [self.boards[day] for day in self._days.shown if day in self.boards]

    def _put_clinic(self, clinic: Clinic) -> None:
        if clinic != self.clinic:
            self.clinic = self._days.clinic = clinic
            self.clinic_changed.emit()

    # --- what could not be read ---

    def _load_failed(self, days: list[date], error: ClinicDeskError) -> None:
        self._missed(error)
        if any(day in self._days.shown for day in days):
            self.load_failed.emit(error)

    def _clinic_missed(self, error: ClinicDeskError) -> None:
        self._clinic_again.start()
        self._missed(error)

    def _missed(self, error: ClinicDeskError) -> None:
        if isinstance(error, DatabaseDown):
            self.set_lost()

"""Brings a connected desk to life: makes the store and the controllers and wires them to the window's parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtCore import QObject, Qt, Signal

from clinic_desk.database.engine import Database
from clinic_desk.domain.records import Clinic, Desk, Entry, Patient
from clinic_desk.services.desks import SignedIn
from clinic_desk.ui.afterwards import Afterwards
from clinic_desk.ui.appointment_commands import AppointmentCommands
from clinic_desk.ui.booking_desk import BookingDesk
from clinic_desk.ui.connected import Connected
from clinic_desk.ui.finder import Finder
from clinic_desk.ui.freshness import Connection
from clinic_desk.ui.fullness import Fullness
from clinic_desk.ui.live import Live
from clinic_desk.ui.main_window import MainWindow
from clinic_desk.ui.messages.tell_choice import TellChoice
from clinic_desk.ui.moving import Moves
from clinic_desk.ui.navigation import Navigator
from clinic_desk.ui.other_version import OtherVersion
from clinic_desk.ui.own_changes import OwnChanges, reads_only_text
from clinic_desk.ui.pages import wire_pages
from clinic_desk.ui.pulse import Pulse
from clinic_desk.ui.recheck.seen import look_soon
from clinic_desk.ui.shell.kept_focus import KeptFocus
from clinic_desk.ui.store import DayStore
from clinic_desk.ui.tasks import Tasks
from clinic_desk.ui.undo.actions import UndoActions
from clinic_desk.ui.view_commands import ViewCommands

if TYPE_CHECKING:
    from sqlalchemy import URL

    from clinic_desk.backups.dumping import Source
    from clinic_desk.notifications.shared_secrets import Sealed
    from clinic_desk.settings import Settings
    from clinic_desk.ui.daylist.desk import DayListDesk
    from clinic_desk.ui.door.place import KeptPlace
    from clinic_desk.ui.exchange.opener import Exchange
    from clinic_desk.ui.history.desk import HistoryDesk
    from clinic_desk.ui.house.desk import HouseDesk
    from clinic_desk.ui.messages.desk import MessageDesk
    from clinic_desk.ui.paper.desk import PaperDesk
    from clinic_desk.ui.pinboard.desk import PinboardDesk
    from clinic_desk.ui.saved_views.desk import SavedViewsDesk
    from clinic_desk.ui.series.desk import SeriesDesk
    from clinic_desk.ui.shell.toasts import Toast
    from clinic_desk.ui.sides import Sides
    from clinic_desk.ui.waiting.desk import WaitingDesk
    from clinic_desk.ui.waiting.gaps import Gaps


@dataclass(frozen=True, slots=True)
class Opening:
    """What a desk was opened with."""

    database: Database
    clinic: Clinic
    desk_no: int
    person: SignedIn
    is_demo: bool = False
    before_connect: Callable[[], URL | None] | None = None
    settings: Settings | None = None
    read_sealed: Callable[[], Sealed] | None = None
    """Reads the clinic's passwords, still encrypted, as who sends; None: this PC has no login for that."""
    is_automatic: bool = False
    """This desk signs in by itself, with a password that whoever installed it keeps."""
    messages_to: Path | None = None
    """Where messages "to a folder" go on this PC."""
    backup_source: Callable[[], Source | None] | None = None
    """Says where the whole database can be read for a backup. Waits."""
    is_embedded: bool = False
    """The database is this PC's own server."""


class Workspace(QObject):
    """The controllers of one window; `start` shows today, `close` stops asking, `finish` ends the listener."""

    ready = Signal()
    """The calendar is shown for the first time."""
    closing = Signal()
    """The window is closed: what takes long shall end."""

    def __init__(self, window: MainWindow, opening: Opening, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.window = window
        self.opening = opening
        self.store = DayStore(opening.database, tasks, opening.clinic, self)
        self.store.connection_changed.connect(KeptFocus(window, self).connection_changed)  # before all who switch off
        self.desk = Connected(opening.database, tasks, self.store)
        self.live = self._made_live()
        self.is_asleep = False
        """Somebody else is at the desk; what is open here waits for who left it."""
        self._silent: list[Live] = []
        self.navigator = Navigator(self.desk, window.calendar, window.preferences, self)
        self.own = OwnChanges(self.desk, window.toasts, self)
        self.own.reads_only = not self.may_write
        if self.own.reads_only:
            window.actions_by_name.say_why_not(reads_only_text())
        self.moving = Moves(self.desk, window.calendar, self.own, window, self)
        self.booking = BookingDesk(self.desk, window, self.own, lambda: self.navigator.view.days[0], self)
        self._series: SeriesDesk | None = None
        self.moving.series_requested.connect(lambda wish, scope: self.series().move(wish.entry, scope, wish))
        self.booking.record_requested.connect(self._open_page)
        self.booking.repeat_requested.connect(lambda form: self.series().repeat(form))
        self.booking.waiting_requested.connect(lambda form: self.waiting().add_from(form))
        self.booking.series_requested.connect(lambda form, wish, scope: self.series().move_from(form, wish, scope))
        self.finder = Finder(window, self.desk, self.navigator, self)
        self.finder.open_patient = self.open_patient
        self.pulse = Pulse(self.desk, self)
        self.fullness = Fullness(self.desk, self)
        self._wire_live()
        self._wire_window()
        self.view_commands = ViewCommands(self)
        self.undo_actions = UndoActions(self)
        self.commands = AppointmentCommands(self)
        self._sides: Sides | None = None
        self._messages: MessageDesk | None = None
        self._house: HouseDesk | None = None
        self._pinboard: PinboardDesk | None = None
        self._waiting: WaitingDesk | None = None
        self._gaps: Gaps | None = None
        self._saved_views: SavedViewsDesk | None = None
        self.tell_choice = TellChoice(window.actions_by_name, window.preferences, self)
        self._wire_messages()
        later: tuple[Callable[[], object], ...]
        later = (lambda: self.sides, self.live.start, lambda: self.messages, self.pulse.ask, lambda: self.booking.form)
        later += (self.pinboard, self.house)
        later += (self._ask_for_fullness, self._watch_slow_commands, lambda: look_soon(self), self.gaps)
        later += (self._write_lists, self.saved_views)
        later += (self.undo_actions.read, self._watch_backups)
        self._later = Afterwards(later, self)
        OtherVersion(self)

    @property
    def sides(self) -> Sides:
        """What stands beside the calendar, made now if it was not wanted before."""
        if self._sides is None:
            from clinic_desk.ui.sides import Sides

            self._sides = Sides(self)
        return self._sides

    @property
    def messages(self) -> MessageDesk:
        """The messages' page and what belongs to it, made now if they were not wanted before."""
        if self._messages is None:
            from clinic_desk.ui.messages.desk import MessageDesk

            self._messages = MessageDesk(self)
        return self._messages

    def _watch_backups(self) -> None:
        from clinic_desk.ui.backups.desk import backups_of
        from clinic_desk.ui.pcs.reminder import remind_of_server

        backups_of(self)
        remind_of_server(self)

    def waiting(self) -> WaitingDesk:
        """Return the waiting list and what belongs to it, made when somebody asks for it first."""
        if self._waiting is None:
            from clinic_desk.ui.waiting.desk import WaitingDesk

            self._waiting = WaitingDesk(self)
        return self._waiting

    def gaps(self) -> Gaps:
        """Return what watches for times that become free, made now if it was not there before."""
        if self._gaps is None:
            from clinic_desk.ui.waiting.gaps import Gaps

            self._gaps = Gaps(self)
        return self._gaps

    @property
    def may_write(self) -> bool:
        """Whether the person's group may change anything; the database decides all the same."""
        return self.opening.person.may_write

    def start(self, place: KeptPlace | None = None) -> None:
        """Show today, or `place`; when it is on screen listen, make what is not seen yet, ask for everything beside it.

        Listening begins with reading anew all that is shown, so nothing is missed by showing it first.
        """
        person = self.opening.person
        self.window.status_bar.set_person(person.display_name, person.group, is_demo=self.opening.is_demo)
        self.window.status_bar.follow(self.store.freshness)
        if place is not None:
            self.navigator.start_at(place.view, place.step)
            return
        if person.first_view is not None:
            self._begin_with(person.first_view)
        self.navigator.start()

    def _begin_with(self, first_view: str) -> None:
        from clinic_desk.domain.saved_views import arrangement_of
        from clinic_desk.ui.saved_views.applying import begin_with

        begin_with(self, arrangement_of(first_view))

    def close(self) -> None:
        """The window is closed: forms let go of their holds, nothing more is asked by timers."""
        self.closing.emit()
        self.window.preferences.set_last_look(self.store.freshness.now())
        self._later.stop()
        if self._sides is not None:
            for side in (self.window.sidebar, self.window.side_panel):
                self.window.preferences.set_width(side.objectName(), side.width())
        self.booking.close()
        self.pulse.stop()

    def finish(self, timeout_s: float) -> bool:
        """End the listener; False if it did not in time."""
        ended = [live.stop(timeout_s) for live in (self.live, *self._silent)]
        return all(ended)

    # --- somebody else is at the desk ---

    def sleep(self) -> None:
        """Let go of holds and hear nothing more, as when the connection is lost; what is typed stays."""
        self.is_asleep = True
        self.booking.pause()
        self.live.stop(0)
        self._silent.append(self.live)
        self.store.set_lost()
        self.window.banner.forget()

    def wake(self) -> None:
        """Go on: the database moved to where this person signed in again."""
        self.is_asleep = False
        self.live = self._made_live()
        self._wire_listener()
        self.live.start()
        self.view_commands.apply_scheme()

    def go_to_place(self, place: KeptPlace) -> None:
        """Show what another window showed, as soon as it is read."""
        calendar = self.window.calendar
        self.navigator.shown.connect(lambda: place.put(calendar), Qt.ConnectionType.SingleShotConnection)
        self.navigator.start_at(place.view, place.step)

    def look_again(self) -> None:
        """Take over what the forms that could not be seen have missed."""
        self.booking.renew()

    def _made_live(self) -> Live:
        opening = self.opening
        return Live(opening.database.url, opening.desk_no, before_connect=opening.before_connect, parent=self)

    def _wire_listener(self) -> None:
        self.live.changes_heard.connect(self.store.announce)
        self.live.connected.connect(self.store.set_connected)
        self.live.lost.connect(self.store.set_lost)

    def _wire_live(self) -> None:
        store, window = self.store, self.window
        self._wire_listener()
        store.connection_changed.connect(self._connection_changed)
        window.banner.retry_requested.connect(self._check_now)
        self.desk.tasks.commands_changed.connect(window.status_bar.set_commands)
        self.pulse.desks_read.connect(self._show_desks)
        self.pulse.counts_read.connect(lambda counts: window.status_bar.set_parked(counts.parked))

    def _wire_window(self) -> None:
        window, navigator = self.window, self.navigator
        navigator.waiting.connect(window.cover_with)
        navigator.shown.connect(self._place_board)
        navigator.shown.connect(window.uncover)
        navigator.shown.connect(self._begin_later, Qt.ConnectionType.SingleShotConnection)
        navigator.shown.connect(self.ready, Qt.ConnectionType.SingleShotConnection)

    def _place_board(self) -> None:
        """Put in the calendar's place what is asked for there, before it is uncovered."""
        if self.navigator.view.as_list:
            self.day_list().show()
        elif self.window.board is not self.window.calendar:
            self.day_list().hide()

    def _begin_later(self) -> None:
        board = self.window.board
        self._later.start(self.window.calendar.viewport() if board is self.window.calendar else board)

    def _wire_messages(self) -> None:
        """What asks for the messages works from the start, and makes them if they are not there yet."""
        wire_pages(self)
        self.window.status_bar.messages_opened.connect(self.open_messages)
        self.own.noted.connect(self._follow_note)
        self.moving.tell_changed.connect(self.tell_choice.renew)

    def open_messages(self, chosen: str) -> None:
        """Show the messages' page with one of its lists."""
        self.messages.open(chosen)

    def series(self) -> SeriesDesk:
        """Return what opens the screens of series, made when somebody asks for one first."""
        if self._series is None:
            from clinic_desk.ui.series.desk import SeriesDesk

            self._series = SeriesDesk(self.desk, self.own, self.window.toasts, self.window, self)
            self._series.closed.connect(self.commands.back_to_calendar)
        return self._series

    def open_patient(self, patient_id: UUID) -> None:
        """Open a patient's page; one that was merged away leads to the one that stays."""
        from clinic_desk.ui.patients.desk import open_patient

        open_patient(self, patient_id)

    def _open_page(self, patient: Patient | None) -> None:
        if patient is not None:
            self.open_patient(patient.id)

    def house(self) -> HouseDesk:
        """Return what follows who is in the house, made when the calendar is on screen or somebody asks before."""
        if self._house is None:
            from clinic_desk.ui.house.desk import HouseDesk

            self._house = HouseDesk(self)
        return self._house

    def pinboard(self) -> PinboardDesk:
        """Return the pinboard, made when the calendar is on screen or somebody asks before."""
        if self._pinboard is None:
            from clinic_desk.ui.pinboard.desk import PinboardDesk

            self._pinboard = PinboardDesk(self)
        return self._pinboard

    def history(self) -> HistoryDesk:
        """Return what opens the history; its parts are made when somebody asks for them first."""
        from clinic_desk.ui.history.desk import history_of

        return history_of(self)

    def exchange(self) -> Exchange:
        """Return import and export; their parts are made when somebody asks for them first."""
        from clinic_desk.ui.exchange.desk import exchange_of

        return exchange_of(self)

    def day_list(self) -> DayListDesk:
        """Return the list of the day; its parts are made when somebody asks for it first."""
        from clinic_desk.ui.daylist.desk import day_list_of

        return day_list_of(self)

    def saved_views(self) -> SavedViewsDesk:
        """Return the person's saved views, made when the calendar is on screen or somebody asks before."""
        if self._saved_views is None:
            from clinic_desk.ui.saved_views.desk import SavedViewsDesk

            self._saved_views = SavedViewsDesk(self)
        return self._saved_views

    def paper(self) -> PaperDesk:
        """Return what prints; its parts are made when somebody asks for them first."""
        from clinic_desk.ui.paper.desk import paper_of

        return paper_of(self)

    def _write_lists(self) -> None:
        from clinic_desk.ui.paper.automatic import automatic_of

        automatic_of(self)

    def _follow_note(self, toast: Toast, entry: Entry) -> None:
        self.messages.notes.follow(toast, entry)

    def _ask_for_fullness(self) -> None:
        self.sides.ask_for_fullness()

    def _watch_slow_commands(self) -> None:
        from clinic_desk.ui.slow_commands import SlowCommands

        SlowCommands(self.desk, self.window.banner, self)

    def _check_now(self) -> None:
        self.live.check_now()

    def _connection_changed(self, connection: Connection) -> None:
        window = self.window
        if connection is Connection.LOST:
            window.banner.lost(self.store.freshness)
        else:
            window.banner.back()
        window.status_bar.renew()

    def _show_desks(self, desks: tuple[Desk, ...]) -> None:
        own = self.desk.database.desk
        name = next((desk.name for desk in desks if desk.id == own.id), own.name)
        if name != own.name:  # a manager gave it another one
            own = self.desk.database.desk = replace(own, name=name)
        self.window.status_bar.set_desks(own.name, [desk.name for desk in desks if desk.id != own.id])

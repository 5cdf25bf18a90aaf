"""One desk and its life: the composition root, which knows every concrete class and the order of start and end.

Start: a bare window is painted first, with as little imported as can be. Then the clinic is opened on the query lane,
which imports the database's libraries for it and has Python to itself for that. When it comes to wait for the database,
the GUI thread imports the window's parts and furnishes it meanwhile.
End: what was asked for is finished, the listener and the lanes stop, the database is let go, the embedded server last.
"""

from __future__ import annotations

import logging
from time import monotonic
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QSettings, QTimer, Signal
from PySide6.QtWidgets import QApplication

from clinic_desk.errors import ClinicDeskError, SignInNeeded
from clinic_desk.opener import ClinicOpener, Open
from clinic_desk.ui.main_window import MainWindow
from clinic_desk.ui.preferences import Preferences

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from clinic_desk.opening import Opened
    from clinic_desk.seats import Seat, Seats
    from clinic_desk.ui.calls import Calls
    from clinic_desk.ui.door.place import KeptPlace
    from clinic_desk.ui.sending import BackgroundSending, Begin
    from clinic_desk.ui.tasks import Tasks
    from clinic_desk.ui.workspace import Workspace

log = logging.getLogger(__name__)
CLOSE_WITHIN_S: Final = 3.0
"""What is still running so long after closing was asked for is given up."""
SENDING_AFTER_MS: Final = 1_500
"""So long the calendar has the computer to itself before what sends messages is imported."""
OPENING_WITHIN_S: Final = 60.0
"""So long closing waits, with the window gone, for a database that is being made or started."""
SEATS_AFTER_MS: Final = 2_000
"""So long the calendar has the computer to itself before it is noticed that nobody is at the desk."""


class DeskProgram(QObject):
    """One desk: its window, its lanes, and what it is connected to. A program has one; the guided tour has two."""

    tasks: Tasks
    """The lanes, there once the window is on screen."""
    on_screen = Signal()
    """The bare window has been painted; only now is anything else done."""
    ready = Signal()
    """The calendar is there and live."""
    stage_told = Signal(str)
    """What is being done while the clinic is opened, as it is said in the window."""
    opening_failed = Signal(str)
    """Why the clinic could not be opened, as it is said in the window."""
    closed = Signal()
    """The window is closed and nothing more is asked; `finish` then lets go of everything."""

    def __init__(self, open_clinic: Open, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._closing_since: float | None = None
        self.opener = ClinicOpener(open_clinic, self)
        self.opener.told.connect(self._tell)
        self.opener.opened_clinic.connect(self._connected)
        self.opener.failed.connect(self._not_connected)
        self.workspace: Workspace | None = None
        self.sending: BackgroundSending | None = None
        self._sending_said = ("", False)
        self._calls: Calls | None = None
        self._seats: Seats | None = None
        self._number = ""
        """Of the last one who called while nobody could see it: there was no calendar yet, or the desk was locked."""
        self.is_ready = False
        self._ended: bool | None = None
        login = settings.value("last_login", "")
        self.window = MainWindow(Preferences(settings, login if isinstance(login, str) else ""))
        # Not at once: the paint event has ended and the picture is on its way before anything else is done.
        self.window.first_painted.connect(lambda: QTimer.singleShot(0, self, self._begin))
        self.window.close_requested.connect(self.close)

    def show(self) -> None:
        """Show the window; everything else follows its first picture."""
        self.window.show()

    # --- start ---

    def _begin(self) -> None:
        """Open the clinic on the query lane's thread; the window is furnished when that begins to wait (`_tell`)."""
        if self.is_closing:
            return
        self.window.cover_with(self.tr("Starting…"))
        self.window.cover.again.connect(self._try_again)
        self._apply_style()
        self.window.paint_cover()
        self.on_screen.emit()
        from clinic_desk.ui.tasks import Tasks

        self.tasks = Tasks(self)
        self.tasks.commands_changed.connect(self._commands_changed)
        self.opener.start(self.tasks, self.window)

    def _furnish(self) -> None:
        """Make the window's parts, and import what brings them to life; doing it again does nothing."""
        if self.window.is_furnished:
            return
        self._furnish_window(self.window)
        import clinic_desk.ui.workspace  # noqa: F401

    def _furnish_window(self, window: MainWindow) -> None:
        window.furnish()
        window.actions_by_name["quit"].triggered.connect(window.close)
        window.actions_by_name["manual"].triggered.connect(lambda _checked: _open_manual(window))
        window.actions_by_name["lock"].triggered.connect(lambda _checked: self.lock())
        window.actions_by_name["change_user"].triggered.connect(lambda _checked: self.change_user())

    def _apply_style(self) -> None:
        from clinic_desk.ui.theme import apply_style

        app, scheme = QApplication.instance(), self.window.preferences.scheme()
        if isinstance(app, QApplication):
            apply_style(app, dark=None if scheme == "system" else scheme == "dark")

    def _try_again(self) -> None:
        from clinic_desk.ui.opening_words import trying_text

        self.window.cover_with(trying_text())  # at once: a quiet look may still be under way before it
        self.opener.open()

    def _tell(self, stage: str) -> None:
        from clinic_desk.opening import Stage
        from clinic_desk.ui.opening_words import stage_text

        text = stage_text(stage)
        self.window.cover_with(text)
        if stage != Stage.IMPORTING and not self.is_closing:
            self.window.paint_cover()
            self._furnish()
        if self.window.is_furnished:
            self.window.status_bar.show_step(text)
        self.stage_told.emit(text)

    def _connected(self, opened: Opened, quietly: bool) -> None:
        self._furnish()
        clinic = opened.clinic
        if not (clinic.sites and clinic.practitioners and clinic.types):
            self._not_set_up(opened, quietly=quietly)
            return
        self._settings.setValue("last_login", opened.person.login)
        self.window.preferences.sign_in(opened.person.login)
        log.info("opened the clinic as %s (%s)", opened.desk.name, "demo" if opened.is_demo else "in use")
        self.workspace = self._made_workspace(self.window, opened)
        self.workspace.ready.connect(self._set_ready)
        self.workspace.ready.connect(lambda: self._send_soon(opened.start_sending))
        self.workspace.start()

    def _made_workspace(self, window: MainWindow, opened: Opened) -> Workspace:
        from clinic_desk.ui.workspace import Opening, Workspace

        opening = Opening(
            opened.database,
            opened.clinic,
            opened.desk_no,
            opened.person,
            opened.is_demo,
            before_connect=opened.revive,
            is_automatic=opened.is_automatic,
            settings=opened.settings,
            read_sealed=opened.read_sealed,
            backup_source=opened.backup_source,
            is_embedded=opened.server is not None,
            messages_to=opened.settings.messages_to if opened.settings is not None else None,
        )
        if opened.weak_connection:
            log.warning("the connection to the database is not secure: %s", opened.weak_connection)
            window.status_bar.warn_of_weak_connection(opened.weak_connection)
        return Workspace(window, opening, self.tasks, self)

    def _not_set_up(self, opened: Opened, *, quietly: bool) -> None:
        """There is nothing to book yet: a manager enters the least there is to, or all in the set-up area."""
        from clinic_desk.ui.opening_words import not_set_up_text

        is_manager = opened.person.group == "manager"
        self._offer_again(not_set_up_text(), self.tr("Set up the clinic") if is_manager else "")
        if not is_manager or quietly:
            self.opener.look_again.start()
            return
        from clinic_desk.ui.first_run.beginning import BeginningClinic

        beginning = BeginningClinic(self.window, opened.database, opened.clinic, self.tasks, self)
        beginning.closed.connect(self.opener.look_again.start)
        beginning.completed.connect(self.opener.open)
        self.ready.connect(beginning.say_what_is_next)
        beginning.open()

    def _send_soon(self, begin: Begin) -> None:
        """Some time after the calendar, or the door, is there: what sends is heavy to import, and nobody waits."""
        QTimer.singleShot(SENDING_AFTER_MS, self, lambda: self._start_sending(begin))

    def _start_sending(self, begin: Begin) -> None:
        """Send from here by the worker's login, whoever is at the desk from now on."""
        if self.is_closing:
            return
        from clinic_desk.ui.sending import BackgroundSending, absent_text, sending_text

        if self.sending is not None and not self.sending.is_absent:
            self._say_sending(*self._sending_said)
            return
        self.sending = BackgroundSending(begin, self)
        self.sending.told.connect(lambda sending: self._say_sending(sending_text(sending), bool(sending.trouble)))
        self.sending.absent.connect(lambda: self._say_sending(absent_text(), False))
        self.sending.start()

    def _say_sending(self, text: str, is_trouble: bool) -> None:
        self._sending_said = (text, is_trouble)
        if self.workspace is not None and text:
            self.workspace.messages.set_sending(text, trouble=is_trouble)

    def _set_ready(self) -> None:
        self.is_ready = True
        _show_icon()
        self.ready.emit()
        QTimer.singleShot(SEATS_AFTER_MS, self, lambda: self.seats)
        self._find_number()

    # --- who is at the desk ---

    def lock(self) -> None:
        """Show nothing of any patient until who is signed in, or somebody else, types a password."""
        if self.seats is not None:
            self.seats.lock()

    def change_user(self) -> None:
        """Have somebody else sign in; what is open is kept for who comes back."""
        if self.seats is not None:
            self.seats.change_user()

    @property
    def seats(self) -> Seats | None:
        """Who is at the desk; made some time after the calendar is there, or when somebody locks before."""
        if self._seats is None and self.is_ready and self.workspace is not None and not self.is_closing:
            from clinic_desk.seats import Seat, Seats

            first = Seat(self.opener.everything[-1], self.window, self.workspace)
            self._seats = Seats(first, self.tasks, self._make_seat, self.opener.everything, self)
            self._seats.unlocked.connect(self._is_back)
            self._seats.leave_requested.connect(self.close)
        return self._seats

    def _make_seat(self, opened: Opened, place: KeptPlace) -> Seat:
        from clinic_desk.seats import Seat
        from clinic_desk.ui.opening_words import trying_text

        window = MainWindow(Preferences(self._settings, opened.person.login))
        window.resize(self.window.size())
        window.close_requested.connect(self.close)
        window.cover_with(trying_text())
        self._furnish_window(window)
        workspace = self._made_workspace(window, opened)
        workspace.start(place)
        return Seat(opened, window, workspace)

    def _is_back(self) -> None:
        """Somebody is at the desk, the same or another one."""
        if self._seats is None:
            return
        seat = self._seats.seat
        is_other, self.window, self.workspace = seat.window is not self.window, seat.window, seat.workspace
        if is_other:
            self._settings.setValue("last_login", seat.person.login)
            self._send_soon(seat.opened.start_sending)
        self._find_number()

    def _find_number(self) -> None:
        if self._number:
            self.find_phone(self._number)

    def hear_calls(self, opened: str) -> None:
        """From now on take the numbers that other programs of this user bring for what is `opened`."""
        if self._calls is None and not self.is_closing:
            from clinic_desk.ui.calls import Calls

            self._calls = Calls(opened, self)
            self._calls.called.connect(self.find_phone)
            self._calls.show_wanted.connect(self.come_to_front)

    def find_phone(self, number: str) -> None:
        """Open the patient who calls: now, or when there is a calendar and somebody who may see it."""
        can_see = self.is_ready and not (self._seats is not None and self._seats.is_locked)
        self._number = "" if can_see else number
        if can_see and self.workspace is not None:
            self.workspace.finder.find_phone(number)

    @property
    def front(self) -> QWidget:
        """The window that can be seen: hers who is at the desk, or the door."""
        return self._seats.door if self._seats is not None and self._seats.is_locked else self.window

    def come_to_front(self, token: str = "") -> None:
        """Show the window before others; `token`: what the window system gave for it."""
        from clinic_desk.ui.desktop.one_desk import take_token
        from clinic_desk.ui.search.attention import bring_to_front

        take_token(token)
        bring_to_front(self.front)

    def _not_connected(self, error: ClinicDeskError) -> None:
        from clinic_desk.ui.opening_words import may_mend_itself, trouble_text

        self._furnish()
        if self.opener.ask_for_upgrade(error):
            self.window.status_bar.show_step(self.tr("Waiting for the upgrade"))
            self.opener.look_again.start()
            return
        if self.opener.ask_who(error):
            self.window.status_bar.show_step(self.tr("Nobody is signed in"))
            if isinstance(error, SignInNeeded) and error.waiting is not None:
                self._send_soon(error.waiting.start_sending)
            return
        if self._offer_again(trouble_text(error)):
            log.warning("the clinic was not opened: %s", error)
        if may_mend_itself(error):
            self.opener.look_again.start()

    def _offer_again(self, text: str, button: str = "") -> bool:
        """Say why there is no calendar; False if that stands there: nobody's eye or ear is drawn to it again."""
        button = button or self.tr("Try again")
        if self.window.cover.offers(text, button):
            return False
        self.window.offer_on_cover(text, button)
        self.window.status_bar.show_step(self.tr("Not connected"))
        self.opening_failed.emit(text)
        return True

    # --- end ---

    @property
    def _has_begun(self) -> bool:
        return hasattr(self, "tasks")

    @property
    def is_closing(self) -> bool:
        """Whether closing was asked for."""
        return self._closing_since is not None

    def close(self) -> None:
        """End orderly: nothing new is begun, commands that were given are finished, then `closed`."""
        if self.is_closing:
            return
        self._closing_since = monotonic()
        self.opener.close()
        if self._calls is not None:
            self._calls.close()
        for window, workspace in self._all_windows():
            window.close_now()
            if workspace is not None:
                workspace.close()
        if self._seats is not None:
            self._seats.close()
        if not self._has_begun or self.tasks.unfinished_commands == 0:
            self.closed.emit()
        else:
            QTimer.singleShot(int(CLOSE_WITHIN_S * 600), self, self.closed.emit)

    def _all_windows(self) -> list[tuple[MainWindow, Workspace | None]]:
        if self._seats is None:
            return [(self.window, self.workspace)]
        return [(seat.window, seat.workspace) for seat in self._seats.all_seats]

    def leave(self) -> None:
        """Close the window, which asks what becomes of what is not saved; locked there is nobody to ask."""
        (self.close if self._seats is not None and self._seats.is_locked else self.window.close)()

    def may_leave(self) -> bool:
        """Whether nothing is unsaved in the window that is seen; False: it is being asked about, and closes then."""
        if self.front is not self.window or self.window.may_leave is None:
            return True
        return self.window.may_leave()

    def _commands_changed(self, count: int) -> None:
        if self.is_closing and count == 0:
            self.closed.emit()

    def finish(self) -> bool:
        """Let go of everything; return whether all threads ended in time. Waits: the event loop has ended."""
        if not self._ended:  # what did not end in time may have by now
            self._ended = self._finished()
        return self._ended

    def _finished(self) -> bool:
        began = self._closing_since or monotonic()

        def left() -> float:
            return max(0.3, CLOSE_WITHIN_S - (monotonic() - began))

        sending_ended = self.sending is None or self.sending.close(left())
        spaces = [workspace for _, workspace in self._all_windows() if workspace is not None]
        listener_ended = min([True, *(workspace.finish(left()) for workspace in spaces)])
        # A database that is just being made or started is waited for: left half made it would be in the way next time.
        patience = OPENING_WITHIN_S if self.opener.is_opening else left()
        lanes_ended = not self._has_begun or self.tasks.close(patience)
        self.opener.let_go()
        if self._seats is None:
            self.window.deleteLater()
        else:
            self._seats.finish()
        return sending_ended and listener_ended and lanes_ended


def _open_manual(window: MainWindow) -> None:
    """Also when there is no calendar: that is when somebody needs it."""
    from clinic_desk.ui.manual.opener import open_manual

    open_manual(window)


def _show_icon() -> None:
    """Give the windows the program's picture, for the task bar; it is read when the calendar is on screen."""
    from PySide6.QtGui import QIcon, QPixmap

    from clinic_desk.resources import resource

    picture = QPixmap()
    picture.loadFromData(resource("icons/clinic-desk.png").read_bytes())
    QApplication.setWindowIcon(QIcon(picture))

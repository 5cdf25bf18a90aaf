"""The tray, notifications, sleep and log-off: what is said outside the window, and what is never said there."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QMouseEvent, QPixmap
from PySide6.QtWidgets import QApplication, QSystemTrayIcon
from pytestqt.qtbot import QtBot

from clinic_desk.desk.leaving import may_leave
from clinic_desk.desk.manners import Manners
from clinic_desk.desk.program import DeskProgram
from clinic_desk.notifications.wakeup import Clocks
from clinic_desk.services.messages import MessageCounts
from clinic_desk.ui.backups.desk import BackupsDesk
from clinic_desk.ui.desktop import autostart
from clinic_desk.ui.desktop.attention import Attention, count_text, lines, news, page_of, tip
from clinic_desk.ui.desktop.log_off import LogOff, close_on_signals
from clinic_desk.ui.desktop.tray import Tray, marked
from clinic_desk.ui.desktop.waking import Waking
from clinic_desk.ui.shell.toasts import Toast
from tests.ui.desktop.conftest import OpenProgram

WAITS = Attention(messages=2, replies=1)


class Said(Tray):
    """A tray that notes what it would say."""

    def __init__(self) -> None:
        super().__init__(lambda: False)
        self.shown = Attention()
        self.is_locked = False
        self.told: list[str] = []

    def show_attention(self, of: Attention, *, locked: bool = False) -> None:
        self.shown, self.is_locked = of, locked

    def tell(self, title: str, text: str) -> bool:
        self.told.append(text)
        return title == "Clinic Desk"


@pytest.fixture
def program(open_program: OpenProgram) -> DeskProgram:
    return open_program()


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture
def manners(program: DeskProgram, said: Said, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Manners:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "own"))
    made = Manners(program, ["--data", "/srv/clinic"], said)
    made.take(Attention())
    monkeypatch.setattr(QApplication, "activeWindow", lambda: None)  # it is behind another program's
    return made


def test_what_waits_is_said_in_numbers_and_kinds() -> None:
    assert lines(Attention()) == ()
    assert tip(WAITS) == "Clinic Desk\nMessages that need attention: 2\nReplies of patients: 1"
    assert count_text(WAITS) == "Waiting for somebody: 3"
    assert news(Attention(messages=3), WAITS) == Attention(replies=1)
    assert [page_of(each) for each in (WAITS, Attention(replies=1), Attention(day_lists=1))] == [
        "attention",
        "replies",
        "",
    ]


@pytest.mark.qt_log_ignore("systemTrayWindowChanged")  # where there is no window system
def test_a_desktop_without_a_tray_has_no_icon_until_it_has_a_place_for_one(qapp: QApplication, qtbot: QtBot) -> None:
    picture = QPixmap(64, 64)
    picture.fill(QColor("blue"))
    qapp.setWindowIcon(QIcon(picture))
    is_there: list[bool] = []
    tray = Tray(lambda: bool(is_there))
    tray.show_attention(WAITS)
    assert not tray.tell("Clinic Desk", "text")
    assert not tray.findChildren(QSystemTrayIcon)
    is_there.append(True)
    tray.show_attention(WAITS)
    assert tray.icon is not None
    assert tray.icon.toolTip() == tip(WAITS)
    tray.show_attention(WAITS, locked=True)
    assert tray.icon.toolTip() == "Waiting for somebody: 3"
    assert tray.menu is not None
    assert [action.text() for action in tray.menu.actions()] == ["Open Clinic Desk", "Lock this desk", "Quit"]
    with qtbot.waitSignal(tray.opened):
        tray.menu.actions()[0].trigger()
    tray.close()
    assert marked(QIcon(picture), 12).pixmap(32, 32).toImage() != QIcon(picture).pixmap(32, 32).toImage()
    qapp.setWindowIcon(QIcon())


@pytest.mark.qt_log_ignore("systemTrayWindowChanged")  # where there is no window system
def test_the_icon_keeps_its_number_while_a_notification_is_shown(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trays of Linux desktops show the notification's icon for as long as it stands there."""
    picture = QPixmap(64, 64)
    picture.fill(QColor("blue"))
    qapp.setWindowIcon(QIcon(picture))
    shown: list[int] = []
    monkeypatch.setattr(QSystemTrayIcon, "supportsMessages", lambda: True)
    monkeypatch.setattr(QSystemTrayIcon, "showMessage", lambda *given: shown.append(given[3].cacheKey()))
    tray = Tray(lambda: True)
    tray.show_attention(WAITS)
    assert tray.icon is not None
    assert tray.tell("Clinic Desk", "text")
    assert shown == [tray.icon.icon().cacheKey()]
    assert shown != [qapp.windowIcon().cacheKey()]
    tray.close()
    qapp.setWindowIcon(QIcon())


def test_what_is_new_is_told_once_and_not_while_the_window_is_in_front(
    manners: Manners, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    manners.take(WAITS)
    manners.take(WAITS)
    assert said.told == ["Messages that need attention: 2\nReplies of patients: 1"]
    assert said.shown == WAITS
    manners.take(Attention())
    assert said.shown == Attention()
    monkeypatch.setattr(QApplication, "activeWindow", lambda: manners._program.window)
    manners.take(WAITS)
    assert len(said.told) == 1, "the status bar says it"


def test_locked_it_tells_no_more_than_how_much_and_a_press_leads_to_the_door(
    manners: Manners, program: DeskProgram, said: Said
) -> None:
    program.lock()
    assert said.is_locked
    manners.take(WAITS)
    assert said.told == ["Waiting for somebody: 3"]
    said.told_opened.emit()
    assert program.seats is not None
    assert program.front is program.seats.door
    assert not program.window.isVisible()


def test_a_press_on_it_shows_the_messages_it_is_about(manners: Manners, program: DeskProgram, said: Said) -> None:
    manners.take(WAITS)
    said.told_opened.emit()
    assert program.workspace is not None
    page = program.workspace.messages.page
    assert page.isVisible()
    assert page.filters.chosen == "attention"


def test_a_backup_that_is_missing_is_counted_with_what_the_status_bar_shows(
    manners: Manners, program: DeskProgram, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    space = program.workspace
    assert space is not None
    manners._count(space, MessageCounts(0, 0, 1))
    assert said.shown == Attention(messages=1)
    monkeypatch.setattr(BackupsDesk, "is_missing", True)
    manners._count(space, MessageCounts(0, 0, 1, stopped=("sms",)))
    assert said.shown == Attention(messages=1, stopped=1, backups=1)
    assert said.told[-1] == "Ways of sending that stand still: 1\nA backup is missing"


def test_notifications_and_the_start_with_the_pc_are_switched_in_the_menu(
    manners: Manners, program: DeskProgram, said: Said
) -> None:
    actions = program.window.actions_by_name
    assert actions["notifications"].isChecked()
    actions["notifications"].trigger()
    manners.take(WAITS)
    assert said.told == []
    assert said.shown == WAITS, "the icon still says it"
    assert not actions["autostart"].isChecked()
    actions["autostart"].trigger()
    assert autostart.is_on()
    actions["autostart"].trigger()
    assert not autostart.is_on()


def test_a_switch_that_cannot_be_written_stays_and_says_why(
    manners: Manners, program: DeskProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert manners.parent() is program

    def refuse(_command: object) -> None:
        raise PermissionError

    monkeypatch.setattr(autostart, "set_on", refuse)
    program.window.actions_by_name["autostart"].trigger()
    assert not program.window.actions_by_name["autostart"].isChecked()
    assert [each for each in program.window.findChildren(Toast) if "no right" in each.text.text()]


# --- sleep ---


class Times:
    """Two clocks: on Linux the steady one stands still while the PC sleeps."""

    def __init__(self) -> None:
        self.wall = self.steady = 1_000.0

    def clocks(self) -> Clocks:
        return Clocks(lambda: self.wall, lambda: self.steady)


def test_a_sleep_is_seen_by_the_clock_that_went_on(qtbot: QtBot) -> None:
    times = Times()
    waking = Waking(clocks=times.clocks())
    woke: list[bool] = []
    waking.woke.connect(lambda: woke.append(True))
    times.wall, times.steady = 1_005, 1_005
    waking.look()
    assert woke == []
    times.wall, times.steady = 4_605, 1_010  # Linux
    waking.look()
    assert len(woke) == 1
    times.wall, times.steady = 8_205, 4_610  # Windows, macOS
    waking.look()
    assert len(woke) == 2
    waking.stop()
    waking.deleteLater()


def _seats_lock_after(program: DeskProgram, minutes: int, unused_s: float) -> None:
    assert program.seats is not None
    idle = program.seats.idle
    idle.minutes = minutes
    idle._touched_wall -= unused_s


def test_after_a_sleep_longer_than_the_pause_the_desk_is_locked_at_once_and_asks_anew(
    manners: Manners, program: DeskProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    space = program.workspace
    assert space is not None
    monkeypatch.setattr(space.live, "check_now", lambda: asked.append("connection"))
    monkeypatch.setattr(space.pulse, "ask", lambda: asked.append("counts"))
    _seats_lock_after(program, 10, 3_600)
    manners.waking.woke.emit()
    assert program.seats is not None
    assert program.seats.is_locked
    assert asked == ["connection", "counts"]


def test_the_touch_that_wakes_a_pc_does_not_count_as_somebody_at_the_desk(program: DeskProgram, qtbot: QtBot) -> None:
    _seats_lock_after(program, 10, 3_600)
    seats, window = program.seats, program.window.windowHandle()
    assert seats is not None
    place = QPointF(20, 20)
    move = QMouseEvent(
        QEvent.Type.MouseMove, place, place, Qt.MouseButton.NoButton, Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QGuiApplication.sendEvent(window, move)
    qtbot.waitUntil(lambda: seats.is_locked)


# --- log-off ---


@dataclass
class Session:
    """What of Qt's session manager is used; `answers`: what it was told."""

    may_ask: bool
    answer: str = ""

    def allowsInteraction(self) -> bool:  # noqa: N802
        return self.may_ask

    def cancel(self) -> None:
        self.answer = "cancel"

    def release(self) -> None:
        self.answer = "release"


@pytest.mark.parametrize(
    ("may_ask", "may_leave", "answer", "ends"),
    [(True, True, "release", True), (True, False, "cancel", False), (False, False, "", True)],
)
def test_a_log_off_waits_for_what_is_not_saved_only_where_it_may(
    qapp: QApplication, may_ask: bool, may_leave: bool, answer: str, ends: bool
) -> None:
    ended: list[bool] = []
    log_off = LogOff(qapp, lambda: may_leave, lambda: ended.append(True))
    session = Session(may_ask)
    log_off.ask(session)
    log_off._about_to_quit()
    assert (session.answer, bool(ended)) == (answer, ends)
    log_off.deleteLater()


def test_a_program_asks_before_the_log_off_what_becomes_of_a_form_and_locked_it_asks_nobody(
    program: DeskProgram,
) -> None:
    assert may_leave(program)
    program.window.may_leave = lambda: False
    assert not may_leave(program)
    program.lock()
    assert may_leave(program)
    program.window.may_leave = None


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
def test_the_end_of_a_session_closes_without_a_question_and_ctrl_c_with_one() -> None:
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    seen: list[str] = []
    signal.signal(
        signal.SIGHUP, signal.SIG_DFL
    )  # who runs the tests may have had it ignored (nohup), which is respected
    try:
        close_on_signals(lambda: seen.append("leave"), lambda: seen.append("close"))
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
            os.kill(os.getpid(), number)
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
    assert seen == ["leave", "close", "close"]

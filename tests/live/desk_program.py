"""A desk as a program of its own, worked with by real keys: `python -m tests.live.desk_program URL NAME FOLDER`.

It is told what to do in lines of JSON on standard input and answers in lines of JSON on standard output: each thing
done is acknowledged, and each time the window shows something else that is told unasked. It ends orderly when its
window is closed or its input ends. On standard error stands only what should not have happened.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from PySide6.QtCore import QEvent, QObject, QPoint, QSettings, Qt, QTimer, Signal
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from clinic_desk.desk.program import DeskProgram
from clinic_desk.desk.run import make_application
from clinic_desk.opening.connecting import connect
from clinic_desk.opening.opened import Opened
from clinic_desk.settings import ClaimedDesk, load_settings
from clinic_desk.ui.calendar.places import Place
from clinic_desk.ui.calendar.view import CalendarView
from clinic_desk.ui.garbage import GarbageCollector
from clinic_desk.ui.recheck import seen
from tests.live.seen import Block, Form, Held, Seen, Sheet
from tests.support.lateness import Tick

LOOK_EVERY_MS = 25
_MODIFIERS = {
    "ctrl": Qt.KeyboardModifier.ControlModifier,
    "alt": Qt.KeyboardModifier.AltModifier,
    "shift": Qt.KeyboardModifier.ShiftModifier,
}


def desk_id(name: str) -> UUID:
    """The id of the desk of this name: the same each time it is started."""
    return UUID(int=0xDE5C_2000_0000_0000 + int.from_bytes(name.encode()[-6:]))


class Eyes:
    """Looks at a desk's window as a person does: what is on it, not what is behind it."""

    def __init__(self, program: DeskProgram) -> None:
        self._program = program
        self._window = program.window

    def look(self) -> Seen:
        """Everything a test may want to know of the window now."""
        space, window = self._program.workspace, self._window
        focus = QApplication.focusWidget()
        covered = hasattr(window, "cover") and window.cover.isVisible()  # not before the window was painted
        cover = " ".join(_texts(window.cover)) if covered else ""
        if space is None or not self._program.is_ready:
            return Seen(monotonic(), ready=False, cover=cover)
        entry = window.calendar.time_cursor.entry()
        columns = window.calendar._table.columns
        return Seen(
            monotonic(),
            ready=True,
            cover=cover,
            banner=window.banner.text.text() if window.banner.isVisible() else "",
            toast=window.toasts.latest_text(),
            focus=focus.objectName() if focus is not None else "",
            sheet=self._sheet(),
            day=columns[0].day.isoformat() if columns and window.calendar.isVisible() else "",
            connection=space.store.freshness.connection.value,
            can_book=window.actions_by_name["new"].isEnabled(),
            carrying=space.moving.carrying is not None,
            selected=str(entry.id) if entry is not None else "",
            scroll=window.calendar.verticalScrollBar().value(),
            blocks=self._blocks(),
            holds=self._holds(),
            form=self._form(),
        )

    def _blocks(self) -> tuple[Block, ...]:
        table = self._window.calendar._table
        found = []
        for column in range(len(table.columns)):
            zone = ZoneInfo(table.frame(column).scale.zone)
            for item in table.content(column).entries:
                entry = item.entry
                assert entry is not None
                row = entry.appointment
                found.append(
                    Block(
                        str(row.id),
                        entry.patient.family_name,
                        str(row.practitioner_id),
                        f"{row.starts_at.astimezone(zone):%H:%M}",
                        int(row.length.total_seconds()) // 60,
                        row.status.value,
                        row.version,
                        row.note,
                        entry.changed.desk if entry.changed else "",
                    )
                )
        return tuple(found)

    def _holds(self) -> tuple[Held, ...]:
        table = self._window.calendar._table
        return tuple(
            Held(
                item.hold.desk_name,
                str(item.hold.practitioner_id),
                f"{item.hold.starts_at.astimezone(ZoneInfo(table.frame(column).scale.zone)):%H:%M}",
            )
            for column in range(len(table.columns))
            for item in table.content(column).items
            if item.hold is not None
        )

    def _form(self) -> Form | None:
        space = self._program.workspace
        assert space is not None
        form = space.booking.form
        if not form.isVisible():
            return None
        line, rows = form.patient_line, form.patient_line.matches.matches.rows
        listed = line.matches.isVisible() and line.found_for == line.text().strip()
        return Form(
            patient=line.text(),
            when=form.fields.when.text(),
            note=form.fields.note.text(),
            matches=tuple(row.line.match.patient.family_name for row in rows if row.line) if listed else (),
            problem=form.problem.text() if form.problem.isVisible() else "",
            about_time=form.fields.remarks["when"].text(),
            button=form.book_button.text(),
            is_busy=form.carry_out.is_busy,
        )

    def _sheet(self) -> Sheet | None:
        found = [each for each in self._window.findChildren(QWidget) if each.inherits("QDialog") and each.isVisible()]
        if not found:
            return None
        sheet = found[-1]
        guard = getattr(sheet, "guard", None)
        problem = getattr(sheet, "problem", None)
        return Sheet(
            name=sheet.objectName(),
            texts=tuple(_texts(sheet)),
            choices=tuple(
                button.accessibleName()
                for button in sheet.findChildren(QPushButton)
                if button.objectName().startswith("choice_") and button.isVisible() and button.isEnabled()
            ),
            problem=problem.text() if problem is not None and problem.isVisible() else "",
            can_answer=guard is None or guard.is_ready,
        )


def _texts(widget: QWidget) -> list[str]:
    labels = [each.text() for each in widget.findChildren(QLabel) if each.isVisible() and each.text()]
    return labels + [each.text() for each in widget.findChildren(QPushButton) if each.isVisible() and each.text()]


class PaintWatch(QObject):
    """Tells when a picture of the calendar has been painted, and what the calendar knew when it was begun."""

    def __init__(self, program: DeskProgram, tell: Callable[[dict[str, Any]], None]) -> None:
        self._watched = ""
        super().__init__(program)
        self._program = program
        self._tell = tell
        self._key_at = 0.0
        self._day_before = ""

    @property
    def _calendar(self) -> CalendarView:
        return self._program.window.calendar

    def watch(self, appointment_id: str) -> None:
        """Tell from now on in which version an appointment was painted, and when."""
        self._watched = appointment_id
        self._calendar.viewport().installEventFilter(self)

    def time_key(self, press: Callable[[], None]) -> None:
        """Tell how long it takes from this key to the picture of another day."""
        space = self._program.workspace
        assert space is not None
        self._day_before = space.navigator.view.day.isoformat()
        self._calendar.viewport().installEventFilter(self)
        self._key_at = monotonic()
        press()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            # The timer is served when the painting, and the window's own after it, has ended.
            if self._watched:
                version = self._version()
                QTimer.singleShot(0, self, lambda: self._tell({"painted": monotonic(), "version": version}))
            if self._key_at and self._shows_another_day():
                began, self._key_at = self._key_at, 0.0
                QTimer.singleShot(0, self, lambda: self._tell({"switched": monotonic() - began}))
        return False

    def _version(self) -> int:
        table = self._calendar._table
        for column in range(len(table.columns)):
            for item in table.content(column).entries:
                if str(item.id) == self._watched and item.entry is not None:
                    return item.entry.appointment.version
        return 0

    def _shows_another_day(self) -> bool:
        columns = self._calendar._table.columns
        return bool(columns) and columns[0].day.isoformat() != self._day_before


class Hands(QObject):
    """Does what it is told, on the GUI thread, by the events that a keyboard and a mouse would give."""

    def __init__(self, program: DeskProgram, tell: Callable[[dict[str, Any]], None]) -> None:
        super().__init__(program)
        self._program = program
        self._window = program.window
        self._tick = Tick(self)
        self._watch = PaintWatch(program, tell)

    def do(self, what: str, arguments: dict[str, Any]) -> object:
        """Do one thing; what it returns is part of the acknowledgement."""
        act: Callable[..., object] = getattr(self, f"do_{what}")
        return act(**arguments)

    def do_look(self) -> None:
        """Nothing: the acknowledgement holds a look."""

    def do_key(self, key: str, modifiers: list[str], times: int = 1) -> None:
        held = Qt.KeyboardModifier.NoModifier
        for each in modifiers:
            held |= _MODIFIERS[each]
        for _ in range(times):
            QTest.keyClick(_focused(self._window), Qt.Key[f"Key_{key}"], held)

    def do_type(self, text: str) -> None:
        QTest.keyClicks(_focused(self._window), text)

    def do_click(self, name: str) -> None:
        button = next(each for each in self._window.findChildren(QPushButton, name) if each.isVisible())
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def do_turn_to_calendar(self) -> None:
        self._window.activateWindow()
        self._window.calendar.setFocus(Qt.FocusReason.OtherFocusReason)

    def do_select(self, appointment_id: str) -> bool:
        return self._window.calendar.select_entry(UUID(appointment_id))

    def do_scroll(self, steps: int) -> None:
        bar = self._window.calendar.verticalScrollBar()
        bar.setValue(bar.value() + steps * bar.singleStep())

    def do_drag(self, appointment_id: str, doctor: str, to_minute: int) -> None:
        """Take a block by the mouse and let it go at a wall minute of a doctor's column."""
        space = self._program.workspace
        assert space is not None
        entry = space.store.entry(UUID(appointment_id))
        assert entry is not None
        row, calendar = entry.appointment, self._window.calendar
        zone = space.store.clinic.site(row.site_id).zone
        wall = row.starts_at.astimezone(ZoneInfo(zone))
        target = wall.replace(hour=to_minute // 60, minute=to_minute % 60)
        calendar.select_entry(entry.id)  # scrolled to
        start = self._middle(Place(row.practitioner_id, row.room_id, row.site_id, row.starts_at, 10))
        end = self._middle(Place(UUID(doctor), None, row.site_id, target, 10))
        viewport, left, none = calendar.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        QTest.mousePress(viewport, left, none, start)
        for step in range(1, 6):
            QTest.mouseMove(viewport, start + (end - start) * step / 5)
        QTest.mouseRelease(viewport, left, none, end)

    def _middle(self, place: Place) -> QPoint:
        calendar = self._window.calendar
        rect = calendar.place_rect(place)
        assert not rect.isEmpty(), "the place is not on the screen"
        return calendar.viewport().mapFromGlobal(rect.center())

    def do_hide_banner(self) -> None:
        """Good news is shown for a while: the next test is not to take it for its own."""
        self._window.banner.hide()

    def do_start_tick(self) -> None:
        self._tick.start()

    def do_stop_tick(self) -> dict[str, float]:
        """Milliseconds waited at worst beyond the 5, and the same without the machine's own part."""
        self._tick.stop()
        return {"worst": self._tick.worst * 1000, "blocked": self._tick.blocked * 1000, "count": self._tick.count}

    def do_sleep_on_the_gui_thread(self, seconds: float) -> None:
        """What the program must never do, so that a test can see that it would be noticed."""
        sleep(seconds)

    def do_watch_paints(self, appointment_id: str) -> None:
        self._watch.watch(appointment_id)

    def do_time_key(self, key: str, modifiers: list[str]) -> None:
        self._watch.time_key(lambda: self.do_key(key, modifiers))

    def do_is_settled(self) -> bool:
        """Whether all that was asked of the database has come, and nothing is about to be read ahead."""
        space = self._program.workspace
        assert space is not None
        soon = [timer for timer in space.findChildren(QTimer) if timer.isSingleShot() and timer.isActive()]
        return not self._program.tasks._unfinished and not soon

    def do_close(self) -> None:
        QTimer.singleShot(0, self._program, self._program.close)


def _focused(window: QWidget) -> QWidget:
    focused: QWidget | None = QApplication.focusWidget()
    return window if focused is None else focused


class Door(QObject):
    """What comes in by standard input reaches the GUI thread here; what is told goes out by standard output."""

    _came = Signal(str)
    _ended = Signal()

    def __init__(self, program: DeskProgram, *, look: bool) -> None:
        super().__init__(program)
        self._eyes = Eyes(program)
        self._hands = Hands(program, _tell)
        self._last: Seen | None = None
        self._came.connect(self._obey, Qt.ConnectionType.QueuedConnection)
        self._ended.connect(program.close, Qt.ConnectionType.QueuedConnection)
        self._timer = QTimer(self, interval=LOOK_EVERY_MS)
        self._timer.timeout.connect(self._look)
        if look:
            self._timer.start()
        # A daemon: it waits for input that may never come when the window was closed.
        threading.Thread(target=self._read, name="door", daemon=True).start()

    def close(self) -> None:
        """Look no more: the window is about to go."""
        self._timer.stop()

    def _read(self) -> None:
        for line in sys.stdin:
            self._came.emit(line)
        self._ended.emit()

    def _look(self) -> None:
        seen = self._eyes.look()
        if self._last is None or replace(seen, at=self._last.at) != self._last:
            self._last = seen
            _tell({"seen": asdict(seen)})

    def _obey(self, line: str) -> None:
        order = json.loads(line)
        try:
            result = self._hands.do(order["do"], order["with"])
        except Exception as error:
            _tell({"no": order["no"], "error": repr(error)})
            return
        self._last = self._eyes.look()
        _tell({"no": order["no"], "result": result, "seen": asdict(self._last)})


def _tell(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def main(url: str, name: str, folder: str, *options: str) -> int:
    """Run one desk until it is closed."""
    logging.basicConfig(level=logging.ERROR)
    app = make_application([])
    garbage = GarbageCollector(app)

    def open_clinic(_tell: Callable[[str], None]) -> Opened:
        return connect(url, ClaimedDesk(desk_id(name), name), load_settings(data=Path(folder)))

    settings = QSettings(str(Path(folder) / f"{name}.ini"), QSettings.Format.IniFormat)
    vars(seen).update(
        LOOK_AFTER_MS=3_600_000
    )  # these zone rules were looked at before, as on any day but the first with them
    program = DeskProgram(open_clinic, settings)
    program.window.resize(1280, 800)
    door = Door(program, look="unasked" not in options)
    program.closed.connect(door.close)
    program.closed.connect(app.quit)
    program.show()
    code = app.exec()
    ended = program.finish()
    garbage.stop()
    return code if ended else 70


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

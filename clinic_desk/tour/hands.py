"""The hands of the tour: real keys and real mouse, given to a desk's window as a person's would come."""

from __future__ import annotations

from datetime import date, datetime

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.records import Entry
from clinic_desk.domain.wall import to_wall
from clinic_desk.tour.stage import Steps, TourFailed, Until
from clinic_desk.ui.calendar.places import Place
from clinic_desk.ui.workspace import Workspace

_STEPS = 8


class Hands:
    """One person at one desk."""

    def __init__(self, program: DeskProgram) -> None:
        self.program = program
        self.window = program.window
        self.calendar = program.window.calendar

    @property
    def space(self) -> Workspace:
        """The desk's controllers."""
        space = self.program.workspace
        assert space is not None
        return space

    def turn_to(self) -> Steps[None]:
        """Have the window in front, as when somebody begins to work at it."""
        self.window.activateWindow()
        yield Until(self.window.isActiveWindow, "a window that is turned to takes the keys")

    def to_calendar(self) -> Steps[None]:
        """Put the keyboard on the calendar."""
        yield from self.turn_to()
        self.calendar.setFocus(Qt.FocusReason.OtherFocusReason)

    def _focused(self) -> QWidget:
        focused: QWidget | None = self.window.focusWidget()  # None when nothing has the keyboard, whatever stubs say
        return self.window if focused is None else focused

    def key(self, key: Qt.Key, *, control: bool = False) -> None:
        """Press and let go a key."""
        modifier = Qt.KeyboardModifier.ControlModifier if control else Qt.KeyboardModifier.NoModifier
        QTest.keyClick(self._focused(), key, modifier)

    def type(self, text: str) -> None:
        """Type letters."""
        QTest.keyClicks(self._focused(), text)

    def go_to(self, day: date) -> Steps[None]:
        """Ctrl+G, the date, Enter."""
        yield from self.to_calendar()
        self.key(Qt.Key.Key_G, control=True)
        self.type(f"{day.day}.{day.month}.{day.year}")
        self.key(Qt.Key.Key_Return)
        yield Until(lambda: self.shows(day), f"the calendar shows {day}")

    def wall(self, instant: datetime) -> datetime:
        """Return an instant as wall time of the first site."""
        return to_wall(instant, self.space.store.clinic.sites[0].zone)

    def shows(self, day: date) -> bool:
        """Whether the calendar shows this day."""
        space = self.program.workspace
        return space is not None and space.navigator.view.day == day and day in space.store.boards

    def entry(self, entry: Entry) -> Entry | None:
        """Return an appointment as this desk shows it now."""
        return self.space.store.entry(entry.id)

    def drag(self, entry: Entry, to: Place) -> None:
        """Take a block with the mouse and let it go at another place."""
        row = entry.appointment
        minutes = int(row.length.total_seconds()) // 60
        start = self._middle(Place(row.practitioner_id, row.room_id, row.site_id, row.starts_at, minutes))
        end = (
            start
            + self._middle(to)
            - self._middle(Place(row.practitioner_id, row.room_id, row.site_id, row.starts_at, to.length_minutes))
        )
        viewport = self.calendar.viewport()
        QTest.mousePress(viewport, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
        for step in range(1, _STEPS + 1):
            QTest.mouseMove(viewport, start + (end - start) * step / _STEPS)
        QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, end)

    def _middle(self, place: Place) -> QPoint:
        rect = self.calendar.place_rect(place)
        if rect.isEmpty():
            message = "the place to drag from and the one to drag to are both on screen"
            raise TourFailed(message)
        return self.calendar.viewport().mapFromGlobal(rect.center())

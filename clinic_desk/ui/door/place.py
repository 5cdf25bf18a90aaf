"""Where the calendar of a desk is: it stays there when somebody else signs in."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from clinic_desk.ui.calendar.stops import Stop
from clinic_desk.ui.calendar.view import CalendarView
from clinic_desk.ui.columns import View
from clinic_desk.ui.navigation import Navigator


@dataclass(frozen=True, slots=True)
class KeptPlace:
    """What is shown, how fine, how far it is scrolled (pixels), the cursor's column and stop, what it has chosen."""

    view: View
    step: int
    scrolled: tuple[int, int]
    column: int
    stop: Stop
    selected: UUID | None

    def put(self, calendar: CalendarView) -> None:
        """Put cursor and scroll bars of a calendar there that shows this view, and is on screen."""
        is_chosen = self.selected is not None and calendar.select_entry(self.selected)
        if not is_chosen and self.column < calendar.model().columnCount():
            calendar.time_cursor.put(self.column, Stop(self.stop.position))
        calendar.horizontalScrollBar().setValue(self.scrolled[0])
        calendar.verticalScrollBar().setValue(self.scrolled[1])


def place_of(navigator: Navigator, calendar: CalendarView) -> KeptPlace:
    """Return where a calendar is."""
    selected = calendar.selected_entry()
    column, stop = calendar.time_cursor.spot
    scrolled = (calendar.horizontalScrollBar().value(), calendar.verticalScrollBar().value())
    return KeptPlace(
        navigator.view, calendar.step, scrolled, column, stop, selected.id if selected is not None else None
    )

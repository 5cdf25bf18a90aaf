"""The list of the day as it stands in the calendar's place: filters above, the table below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from PySide6.QtCore import QCoreApplication, QPoint, QRect, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from clinic_desk.ui.booking.fields import button, plain_label
from clinic_desk.ui.daylist.choosing import Wanted, arranged
from clinic_desk.ui.daylist.filters import DayFilters
from clinic_desk.ui.daylist.listing import DayTable
from clinic_desk.ui.daylist.rows import DayRow

translate = QCoreApplication.translate


class DayListPage(QWidget):
    """Shows rows; asks nobody for anything. What has its focus is the table."""

    def __init__(self, clock: Callable[[], datetime], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("day_list")
        self.filters = DayFilters(self)
        self.empty = plain_label("", "muted")
        self.empty.setObjectName("daylist_empty")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.print_button = button(translate("daylist", "Print"), "daylist_print", lambda: None, "link")
        self.export_button = button(translate("daylist", "Save as CSV"), "daylist_export", lambda: None, "link")
        self.filters.acts.addWidget(self.print_button)
        self.filters.acts.addWidget(self.export_button)
        # Made after what stands over it: Tab goes in the order in which parts came into the window.
        self.table = DayTable(clock, "day_table", translate("daylist", "List of the day"), self)
        self._rows: Sequence[DayRow] = ()
        self._lay_out()
        self.filters.changed.connect(self._arrange)
        self.filters.left.connect(self._go_to_table)
        self.table.sort_wanted.connect(self.filters.sort_by)
        self._arrange()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.filters)
        column.addWidget(self.table, 1)
        column.addWidget(self.empty)
        column.addStretch(0)

    # --- rows ---

    def show_rows(self, rows: Sequence[DayRow], *, anew: bool) -> None:
        """List these. `anew`: they are of another day or other doctors, and ask for other widths."""
        self._rows = rows
        self._arrange()
        if anew:
            self.table.lay_out()

    @property
    def listed(self) -> tuple[DayRow, ...]:
        """The rows that are shown, in their order."""
        return tuple(self.table.day_rows.records)

    def choose(self, appointment_id: UUID) -> bool:
        """Choose a row, also one that is filtered out; False if there is none."""
        if all(row.id != appointment_id for row in self._rows):
            return False
        if not self.table.choose(appointment_id):
            self.filters.put(Wanted(), self.filters.order)
            self.table.choose(appointment_id)
        return True

    def choose_from(self, now: datetime) -> None:
        """Choose the first that is not over at an instant, else the first."""
        rows = self.table.day_rows.records
        if rows:
            self.table.scrollToTop()
            due = (row for row in rows if row.entry.appointment.ends_at > now)
            self.table.choose(next(due, rows[0]).id)

    def begin_filter(self) -> None:
        """Let a filter be typed."""
        self.filters.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filters.search.selectAll()

    def worked_on(self) -> QRect:
        """Return where on the screen is what the user works on: the chosen row, or the filters."""
        filters = self.filters
        if filters.isAncestorOf(QApplication.focusWidget() or self):
            return QRect(filters.mapToGlobal(QPoint()), filters.size())
        return self.table.cursor_rect()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The table is meant. (As focus proxy it would tear the ring of what Tab comes by: Qt 6.11.)"""
        super().focusInEvent(event)
        self.table.setFocus(event.reason())

    def _arrange(self) -> None:
        filters = self.filters
        rows = arranged(self._rows, filters.wanted, filters.order)
        self.table.show_records(rows)
        self.table.show_order(filters.order.column, backwards=filters.order.backwards)
        filters.show_count(len(rows), len(self._rows))
        self.empty.setText(
            translate("daylist", "No appointment is as you asked. Esc in the filter shows all.")
            if self._rows
            else translate("daylist", "No appointments")
        )
        self.empty.setVisible(not rows)

    def _go_to_table(self) -> None:
        self.table.setFocus(Qt.FocusReason.TabFocusReason)
        if self.table.chosen is None and self.table.day_rows.records:
            self.table.selectRow(0)

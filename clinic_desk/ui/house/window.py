"""Who is in the house in a window of its own, for a second screen; it comes back where it was left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic_desk.ui.booking.fields import plain_label, restyle
from clinic_desk.ui.house.listing import HouseList
from clinic_desk.ui.house.panel import summary_text
from clinic_desk.ui.house.rows import HouseRow, wide_columns
from clinic_desk.ui.theme import bold, scaled

translate = QCoreApplication.translate
_LARGER = 1.2


class HouseWindow(QWidget):
    """Not modal, and closed with the main window."""

    closed = Signal()

    def __init__(self, clock: Callable[[], datetime], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("house_window")
        title = translate("house", "In the house now")
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.summary = plain_label("", "muted")
        self.summary.setFont(bold(scaled(self.font(), _LARGER * 1.2)))
        self.list = HouseList(wide_columns(), clock, "house_window_list", title, self)
        self.list.setFont(scaled(self.font(), _LARGER))
        self.list.verticalHeader().setDefaultSectionSize(int(self.list.fontMetrics().height() * 2.2))
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.addWidget(self.summary)
        column.addWidget(self.list, 1)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Close), self, self.close)
        self.resize(900, 520)

    def show_rows(self, rows: Sequence[HouseRow]) -> None:
        """List who is here."""
        self.list.show_rows(rows)
        text = summary_text(rows)
        if text != self.summary.text():
            self.summary.setText(text)
        restyle(self.summary, "role", "danger" if any(row.is_late for row in rows) else "muted")

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.closed.emit()

"""The pinboard's place beside the calendar: how many are parked, the slips, and what to do when there are none."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QPoint, QRectF, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from clinic_desk.ui.booking.fields import plain_label
from clinic_desk.ui.pinboard.listing import Slip, SlipList
from clinic_desk.ui.theme import theme_of

translate = QCoreApplication.translate
_LOOK_AGAIN_MS = 100


class PinboardPanel(QWidget):
    """Shows what it is given; an appointment held over it is awaited with a frame."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pinboard")
        self._name = translate("pinboard", "Pinboard")
        self.setAccessibleName(self._name)
        self.title = plain_label("", "section")
        self.list = SlipList()
        self.list.setObjectName("pinboard_list")
        self.list.setAccessibleName(self._name)
        self.list.setAccessibleDescription(
            translate("pinboard", "Enter takes it in hand, Ctrl+V puts it at the time cursor, C cancels it.")
        )
        self.none = plain_label(
            translate("pinboard", "Nothing is parked. Drag an appointment here, or choose it and press Ctrl+X."),
            "muted",
            wrap=True,
        )
        self.none.setObjectName("pinboard_none")
        self.hint = plain_label(translate("pinboard", "Drag onto the calendar, or Ctrl+V there."), "muted", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(2, 2, 2, 2)
        column.setSpacing(4)
        for part in (self.title, self.none, self.list, self.hint):
            column.addWidget(part)
        self._is_target = False
        self._watch = QTimer(self, interval=_LOOK_AGAIN_MS)
        self._watch.timeout.connect(self._look_whether_held)
        self.show_slips(())

    def show_slips(self, slips: tuple[Slip, ...]) -> None:
        """Show what is parked."""
        self.list.show_slips(slips)
        title = translate("pinboard", "{name} · {count}").format(name=self._name, count=len(slips))
        self.title.setText((title if slips else self._name).upper())
        self.none.setVisible(not slips)
        self.list.setVisible(bool(slips))
        self.hint.setVisible(bool(slips))

    def say(self, text: str) -> None:
        """Say why it could not be read, while there is nothing to show."""
        self.none.setText(text)

    def is_under(self, at: QPoint) -> bool:
        """Whether a point of the screen is on the pinboard."""
        return self.isVisible() and self.rect().contains(self.mapFromGlobal(at))

    def await_at(self, at: QPoint) -> None:
        """Show whether what is held at this point would be parked."""
        self._set_target(on=self.is_under(at))
        if self._is_target:
            self._watch.start()

    def _look_whether_held(self) -> None:
        if not QApplication.mouseButtons() & Qt.MouseButton.LeftButton:
            self._set_target(on=False)

    def _set_target(self, *, on: bool) -> None:
        if not on:
            self._watch.stop()
        if on != self._is_target:
            self._is_target = on
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._is_target:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme_of(self.palette()).accent, 2, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 5, 5)
        painter.end()

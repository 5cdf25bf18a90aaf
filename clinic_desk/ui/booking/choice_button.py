"""A card to choose from: a number to press, what it is, and at the right what is special about it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from clinic_desk.ui.booking.fields import plain_label
from clinic_desk.ui.theme import bold, theme_of


class ElidedLabel(QWidget):
    """One line of plain text that ends in an ellipsis where its room ends."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = text
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._shown) + 2, metrics.height() + 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(20, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme = theme_of(self.palette())
        painter.setPen(theme.ink if self.isEnabled() else theme.ink_disabled)
        text = self.fontMetrics().elidedText(self._shown, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), text)
        painter.end()


class ChoiceButton(QPushButton):
    """Pressed by click, by Enter when it has the keyboard, or by its number (the dialog sees to that)."""

    def __init__(
        self, number: int | str, text: str, hint: str, pressed: Callable[[], object], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName(f"choice_{number}")
        self.setProperty("kind", "choice")
        self.setAutoDefault(True)
        self.setAccessibleName(" ".join(part for part in (str(number), text, hint) if part))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        digit = plain_label(str(number))
        digit.setFont(bold(digit.font()))
        self._text = ElidedLabel(text)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 9, 14, 9)
        row.setSpacing(12)
        row.addWidget(digit)
        row.addWidget(self._text, 1)
        labels: list[QWidget] = [digit, self._text]
        if hint:
            right = plain_label(hint, "muted")
            row.addWidget(right)
            labels.append(right)
        for label in labels:
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setToolTip("")
        self.clicked.connect(lambda _checked: pressed())

    def sizeHint(self) -> QSize:
        layout = self.layout()
        inner = layout.sizeHint() if layout is not None else QSize(80, 36)
        return QSize(max(inner.width(), 120), max(inner.height(), 38))

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())

"""A card to choose from: a number to press, what it is, and at the right what is special about it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from clinic_desk.ui.booking.fields import plain_label
from clinic_desk.ui.booking.words import breakable
from clinic_desk.ui.theme import bold, theme_of

_NARROW = 100
"""A wrapped text is as high as it must be in a column that is this narrow; it is never narrower."""
_LETTERS = 140


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


class WrappedLabel(QLabel):
    """A few lines of plain text; what has no room in them is in the tool tip of whoever shows it."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(breakable(text if len(text) <= _LETTERS else f"{text[:_LETTERS]}…"), parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        lines = metrics.boundingRect(QRect(0, 0, _NARROW, 10_000), int(Qt.TextFlag.TextWordWrap), self.text())
        return QSize(_NARROW, lines.height() + 2)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def hasHeightForWidth(self) -> bool:
        return False


class ChoiceButton(QPushButton):
    """Pressed by click, by Enter when it has the keyboard, or by its number (the dialog sees to that).

    `wraps`: a text that is to be read in full and may be long, such as a note.
    """

    def __init__(
        self,
        number: int | str,
        text: str,
        hint: str,
        pressed: Callable[[], object],
        parent: QWidget | None = None,
        *,
        wraps: bool = False,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(f"choice_{number}")
        self.setProperty("kind", "choice")
        self.setAutoDefault(True)
        self.setAccessibleName(" ".join(part for part in (str(number), text, hint) if part))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        digit = plain_label(str(number))
        digit.setFont(bold(digit.font()))
        self._text: QWidget = WrappedLabel(text) if wraps else ElidedLabel(text)
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
        self.clicked.connect(lambda _checked: pressed())

    def sizeHint(self) -> QSize:
        layout = self.layout()
        inner = layout.sizeHint() if layout is not None else QSize(80, 36)
        return QSize(max(inner.width(), 120), max(inner.height(), 38))

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())

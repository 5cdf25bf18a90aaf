"""A card to choose from: a number to press, what it is, and at the right what is special about it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from clinic_desk.ui.booking.fields import plain_label
from clinic_desk.ui.theme import bold


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
        self._text = plain_label(text)
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 9, 14, 9)
        row.setSpacing(12)
        row.addWidget(digit)
        row.addWidget(self._text, 1)
        labels: list[QLabel] = [digit, self._text]
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
        return QSize(max(inner.width() + self._text.sizeHint().width(), 120), max(inner.height(), 38))

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())

"""The small parts forms are made of: plain-text labels, remarks under a field, buttons, and boxes to choose from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QStyle,
    QStyleOptionButton,
    QStyleOptionComboBox,
    QWidget,
)

from clinic_desk.ui.theme import theme_of

translate = QCoreApplication.translate


def plain_label(text: str = "", role: str = "", *, wrap: bool = False) -> QLabel:
    """Return a label that shows `text` as it is, never as markup."""
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setText(text)
    label.setWordWrap(wrap)
    if role:
        label.setProperty("role", role)
    return label


def let_wrap(label: QLabel) -> None:
    """Let a label be as narrow as its place and as high as its text then needs."""
    label.setWordWrap(True)
    policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    policy.setHeightForWidth(True)
    label.setSizePolicy(policy)


def field_label(text: str, buddy: QWidget) -> QLabel:
    """Return the label of a field; a screen reader names the field by it, without the mnemonic's sign."""
    label = plain_label(text, "muted")
    # On Linux Qt makes a combo box's value its accessible name; a screen reader finds the label as what labels it.
    label.setBuddy(buddy)
    buddy.setAccessibleName(text.replace("&", ""))
    if isinstance(buddy, QComboBox):
        buddy.view().setAccessibleName(buddy.accessibleName())
    return label


def button(text: str, name: str, pressed: Callable[[], object], kind: str = "") -> QPushButton:
    """Return a push button; Enter presses it when it has the keyboard."""
    made = QPushButton(text)
    made.setObjectName(name)
    made.setAutoDefault(True)
    made.setDefault(False)
    made.setAccessibleName(text.replace("&", "").replace("⏎", "").strip())
    if kind:
        made.setProperty("kind", kind)
    made.clicked.connect(lambda _checked: pressed())
    return made


def set_button_text(target: QPushButton, text: str) -> None:
    """Change what a button says, to the eye and to a screen reader."""
    if target.text() != text:
        target.setText(text)
        target.setAccessibleName(text.replace("&", "").replace("⏎", "").strip())


def restyle(widget: QWidget, name: str, value: object) -> None:
    """Set a dynamic property that the style sheet looks at, and let it look again."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def draw_chevron(painter: QPainter, middle: QPointF, widget: QWidget, *, up: bool) -> None:
    """Draw the arrow of a box: a style sheet that rounds the box takes the style's own arrow away."""
    theme = theme_of(widget.palette())
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.ink_muted if widget.isEnabled() else theme.ink_disabled, 1.5))
    tip = -2.0 if up else 2.0
    painter.drawPolyline(
        [QPointF(middle.x() - 3.5, middle.y() - tip), QPointF(middle.x(), middle.y() + tip),
         QPointF(middle.x() + 3.5, middle.y() - tip)]
    )  # fmt: skip


class TickBox(QCheckBox):
    """A check box whose box and tick are seen on light and on dark ground; its text is plain."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("tick", "own")

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.isChecked():
            return
        option = QStyleOptionButton()
        self.initStyleOption(option)
        box = QRectF(self.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self))
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme_of(self.palette()).on_fill, 1.8))
        middle = box.center()
        painter.drawPolyline([middle + QPointF(-3.5, 0), middle + QPointF(-1, 3), middle + QPointF(4, -3)])
        painter.end()


class Remark(QLabel):
    """What is to be said about a field, right under it; takes no room while there is nothing to say."""

    def __init__(self, field: QWidget | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._field = field
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        let_wrap(self)
        self.hide()

    def say(self, text: str, role: str = "danger") -> None:
        """Show a sentence: "danger" will be refused, "warning" will be asked, "muted" is good to know; "" for none."""
        if text != self.text():
            self.setText(text)
        restyle(self, "role", role)
        self.setVisible(bool(text))
        if self._field is not None:
            restyle(self._field, "invalid", "true" if text and role == "danger" else "false")
            self._field.setAccessibleDescription(text)


class ChoiceBox(QComboBox):
    """A combo box of (text, value) rows: Enter passes on to the form, the wheel does nothing while not in it."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.setMaxVisibleItems(12)
        self.setProperty("chevron", "own")
        self.values: tuple[Any, ...] = ()

    def name_alone(self, name: str) -> None:
        """Name a box without a label: on Linux Qt tells what is chosen for its name, so it is its description too."""
        self.setAccessibleName(name)
        self.setAccessibleDescription(name)

    def fill(self, rows: Iterable[tuple[str, Any]], chosen: Any) -> None:
        """Show these rows and choose the one of value `chosen` (none when there is no such), without a signal.

        The same rows are left alone: a list that is open stays open when something else in the form changes.
        """
        blocked = self.blockSignals(True)
        wanted = list(rows)
        if wanted != [(self.itemText(row), value) for row, value in enumerate(self.values)]:
            self.clear()
            self.addItems([text for text, _ in wanted])
            # Kept here and not as item data: Qt would make plain strings of the members of a StrEnum.
            self.values = tuple(value for _, value in wanted)
        self.choose(chosen)
        self.blockSignals(blocked)

    def choose(self, value: Any) -> None:
        """Choose the row of this value, without a signal."""
        blocked = self.blockSignals(True)
        self.setCurrentIndex(self.values.index(value) if value in self.values else -1)
        self.blockSignals(blocked)

    @property
    def value(self) -> Any:
        """The value of the chosen row, None when none is chosen."""
        return self.values[self.currentIndex()] if self.currentIndex() >= 0 else None

    def initStyleOption(self, option: QStyleOptionComboBox) -> None:
        """A value that has no room ends with an ellipsis, so that nobody takes its beginning for all of it."""
        super().initStyleOption(option)
        field = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        shown = self.fontMetrics().elidedText(option.currentText, Qt.TextElideMode.ElideRight, field.width() - 2)
        option.currentText = shown

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        draw_chevron(painter, QPointF(self.width() - 13, self.height() / 2), self, up=False)
        painter.end()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # A letter with Ctrl is a command of the form's, not the beginning of a row.
        if (
            event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            or event.modifiers() == Qt.KeyboardModifier.ControlModifier
        ):
            event.ignore()
            return
        super().keyPressEvent(event)


class NumberBox(QSpinBox):
    """A whole number; Enter passes on to the form, the wheel does nothing while not in it."""

    def __init__(self, name: str, least: int, most: int, suffix: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setProperty("chevron", "own")
        self.setRange(least, most)
        self.setSuffix(suffix)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.lineEdit().setTextMargins(6, 0, 0, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.isReadOnly():
            return
        painter = QPainter(self)
        draw_chevron(painter, QPointF(self.width() - 12, self.height() / 2 - 6), self, up=True)
        draw_chevron(painter, QPointF(self.width() - 12, self.height() / 2 + 6), self, up=False)
        painter.end()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.interpretText()
            event.ignore()
            return
        super().keyPressEvent(event)

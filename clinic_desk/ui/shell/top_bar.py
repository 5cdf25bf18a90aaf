"""The bar over everything: new appointment, the date and the ways to another, search, day or week, undo, the menu."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QPushButton, QSizePolicy, QToolButton, QWidget

from clinic_desk.ui.actions import Actions
from clinic_desk.ui.shell.find_box import FindBox
from clinic_desk.ui.shell.heading import Heading
from clinic_desk.ui.shell.key_button import KeyButton

_ROOM_FOR_DATE = 90
"""So many pixels more than its least the heading has before the buttons give way."""


class TopBar(QFrame):
    """Buttons of the window's actions; `title` names what the calendar shows."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("top_bar")
        self.setProperty("role", "bar")
        self.title = Heading()
        self.title.setObjectName("shown_date")
        self.title.setProperty("role", "title")
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setAccessibleName(self.tr("Shown on the calendar"))
        self.title.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.find_box = FindBox()
        self._new, self._today = KeyButton(actions["new"], kind="primary"), KeyButton(actions["today"])
        self._undo = self._undo_button(actions)
        self._is_tight = False
        self._enough = 0
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 14, 8)
        row.setSpacing(8)
        row.addWidget(self._new)
        row.addWidget(self._today)
        row.addWidget(_arrow("‹", KeyButton(actions["back"])))
        row.addWidget(_arrow("›", KeyButton(actions["forward"])))
        row.addSpacing(6)
        row.addWidget(self.title)
        row.addStretch(1)
        row.addWidget(self.find_box, 100)  # as wide as it may be, where the heading leaves room
        row.addWidget(Segments(actions, "day", "week", "days", "list"))
        row.addWidget(self._undo)
        self.menu_button = self._menu_button(actions["menu"])
        row.addWidget(self.menu_button)

    def _undo_button(self, actions: Actions) -> KeyButton:
        button = KeyButton(actions["undo"])
        button.show_keys(False)
        button.set_label("↶ " + self.tr("Undo"))  # what it would undo is in its tool tip
        return button

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Have room for the date on a small screen, or a large scale: words and keys are in the tool tips too."""
        super().resizeEvent(event)
        if not self._is_tight:  # by the fonts and languages that there are
            self._enough = self.minimumSizeHint().width() + _ROOM_FOR_DATE
        is_tight = event.size().width() < self._enough
        if is_tight == self._is_tight:
            return
        self._is_tight = is_tight
        for button in (self._new, self._today):
            button.show_keys(not is_tight)
        self._new.set_label("+" if is_tight else "")
        self._undo.set_label("↶" if is_tight else "↶ " + self.tr("Undo"))

    def _menu_button(self, action: QAction) -> QToolButton:
        button = QToolButton()
        button.setText("☰")
        button.setObjectName("menu_button")
        button.setAccessibleName(self.tr("Menu"))
        button.setToolTip(action.toolTip())
        action.changed.connect(lambda: button.setToolTip(action.toolTip()))
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setStyleSheet("QToolButton { padding: 5px 11px; } QToolButton::menu-indicator { image: none; }")
        return button

    def set_menu(self, menu: QMenu) -> None:
        """Give the menu button its menu; it is filled with what the window can do."""
        self.menu_button.setMenu(menu)

    def open_menu(self) -> None:
        """Open the menu by keyboard, its first line chosen."""
        menu = self.menu_button.menu()
        if menu is not None:
            menu.popup(self.menu_button.mapToGlobal(self.menu_button.rect().bottomLeft()))
            menu.setActiveAction(menu.actions()[0])


def _arrow(text: str, button: KeyButton) -> QPushButton:
    button.show_keys(False)
    button.set_label(text)
    return button


class Segments(QWidget):
    """Buttons of a group of which one is chosen, joined to one strip."""

    def __init__(self, actions: Actions, *names: str) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for name in names:
            button = KeyButton(actions[name])
            button.show_keys(False)
            button.setProperty("segment", "first" if name == names[0] else "last" if name == names[-1] else "middle")
            button.set_extra_style(_joined(first=name == names[0], last=name == names[-1]))
            row.addWidget(button)


def _joined(*, first: bool, last: bool) -> str:
    left, right = ("5px" if first else "0"), ("5px" if last else "0")
    return (
        f"border-top-left-radius: {left}; border-bottom-left-radius: {left};"
        f" border-top-right-radius: {right}; border-bottom-right-radius: {right};"
        + ("" if last else " border-right: 0;")
    )

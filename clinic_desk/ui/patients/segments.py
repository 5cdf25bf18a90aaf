"""A strip of buttons of which each shows one page: by click, by Alt and its number, by Ctrl+PgUp and Ctrl+PgDn."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from clinic_desk.ui.booking.fields import set_button_text
from clinic_desk.ui.focus_chain import proxy_of
from clinic_desk.ui.tool_tips import plain_tip


class Segments(QWidget):
    """Pages and the strip above them."""

    def __init__(self, host: QWidget) -> None:
        """`host`: where its keys work."""
        super().__init__(host)
        self._host = host
        self.pages = QStackedWidget()
        self.buttons: list[QPushButton] = []
        self._group = QButtonGroup(self)
        self._strip = QHBoxLayout()
        self._strip.setSpacing(6)
        self._strip.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(self._strip)
        column.addWidget(self.pages, 1)

    def add(self, name: str, page: QWidget) -> None:
        """Put a page at the end; its button gets its words by `name_page`."""
        number = len(self.buttons)
        made = QPushButton()
        made.setObjectName(name)
        made.setCheckable(True)
        made.setAutoDefault(False)
        made.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        made.clicked.connect(lambda _checked: self.turn_to(number))
        self._group.addButton(made)
        self._strip.insertWidget(number, made)
        self.buttons.append(made)
        self.pages.addWidget(page)
        made.setChecked(not number)
        keys = QKeySequence(f"Alt+{number + 1}")
        made.setToolTip(plain_tip(keys.toString(QKeySequence.SequenceFormat.NativeText)))
        self._on(keys, lambda: self.turn_to(number))

    def follow_keys(self) -> None:
        """Turn the pages by Ctrl+PgUp and Ctrl+PgDn too."""
        self._on(QKeySequence("Ctrl+PgUp"), lambda: self.turn_to(max(0, self.pages.currentIndex() - 1)))
        last = len(self.buttons) - 1
        self._on(QKeySequence("Ctrl+PgDown"), lambda: self.turn_to(min(last, self.pages.currentIndex() + 1)))

    def _on(self, keys: QKeySequence, act: Callable[[], object]) -> None:
        shortcut = QShortcut(keys, self._host)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)  # another sheet may lie over this one
        shortcut.activated.connect(act)

    def name_page(self, number: int, text: str) -> None:
        """Say on its button what is on a page."""
        set_button_text(self.buttons[number], text)

    def turn_to(self, number: int) -> None:
        """Show a page, and give it the keyboard."""
        self.pages.setCurrentIndex(number)
        self.buttons[number].setChecked(True)
        page = self.pages.currentWidget()
        inner = None if page is None else proxy_of(page)
        (inner if inner is not None and inner.isVisibleTo(self) else self.buttons[number]).setFocus()

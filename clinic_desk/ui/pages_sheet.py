"""A sheet of several pages: a list of them at the left, one beside it, and below what is saved and what is not."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QListWidget,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QWidget,
)
from shiboken6 import isValid

from clinic_desk.ui.booking.fields import button, let_wrap, plain_label, restyle
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.focus_chain import following
from clinic_desk.ui.messages.settings.rows import list_item, show_focus

translate = QCoreApplication.translate
_NUMBERED = 9
"""Pages that Alt and a digit reach."""


class PagesSheet(Sheet):
    """Takes nearly all of the window up to `size`. Saves nothing itself. `may_write`: a manager; others only look.

    `name` begins the names of its parts. A page is made when it is first shown.
    """

    save_wanted = Signal()
    leave_wanted = Signal()

    def __init__(self, parent: QWidget, name: str, title: str, size: tuple[int, int], *, may_write: bool) -> None:
        super().__init__(parent, width=size[0])
        self.setAccessibleName(title)
        self._size = size
        self._may_write = may_write
        self._busy = False
        self._came_back_to: QWidget | None = None
        self._making: list[Callable[[], QWidget]] = []
        self._made: dict[int, QWidget] = {}
        self.areas = QListWidget()
        self.areas.setObjectName(f"{name}_areas")
        self.areas.setAccessibleName(translate("pages", "Areas"))
        self.areas.setAccessibleDescription(_keys_text())
        self.pages = QStackedWidget()
        self.told = plain_label("", "muted")
        self.told.setObjectName(f"{name}_told")
        self.close_button = button(translate("pages", "&Close"), f"{name}_close", self.leave_wanted.emit)
        self.save = button(translate("pages", "&Save"), f"{name}_save", self.save_wanted.emit, "primary")
        self.who = plain_label(
            translate("pages", "You can look at everything here. Only a practice manager can change it."), "warning"
        )
        self.who.setObjectName(f"{name}_who")
        self.who.setProperty("boxed", "true")
        (self.who if may_write else self.save).hide()
        self.below = QHBoxLayout()
        """The line of what was said and the buttons."""
        self._lay_out_parts(title)
        self.areas.currentRowChanged.connect(self._show_page)
        self.add_key(QKeySequence(QKeySequence.StandardKey.Save), self.save.click)
        self.add_key(QKeySequence("Ctrl+PgUp"), lambda: self._turn_by(-1))
        self.add_key(QKeySequence("Ctrl+PgDown"), lambda: self._turn_by(1))
        self.pages.setEnabled(False)

    def _lay_out_parts(self, title: str) -> None:
        show_focus(self.areas)
        self.areas.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        let_wrap(self.told)
        middle, below = QHBoxLayout(), self.below
        middle.setSpacing(16)
        middle.addWidget(self.areas)
        middle.addWidget(self.pages, 1)
        below.setSpacing(8)
        below.addWidget(self.told, 1)
        below.addWidget(self.close_button)
        below.addWidget(self.save)
        self.body.addWidget(plain_label(title, "title"))
        self.body.addWidget(self.who)
        self.body.addLayout(middle, 1)
        self.body.addLayout(below)

    def add_key(self, keys: QKeySequence, act: Callable[[], object]) -> None:
        """Do this by a key wherever in the sheet the keyboard is."""
        shortcut = QShortcut(keys, self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)  # another sheet may lie over this one
        shortcut.activated.connect(act)

    # --- pages ---

    def add_page(self, title: str, make: Callable[[], QWidget]) -> None:
        """Put a page at the end; `make` is called when it is first shown."""
        row = self.areas.count()
        self._making.append(make)
        item = list_item(title)
        beside = _keys_text()
        if row < _NUMBERED:
            keys = QKeySequence(f"Alt+{row + 1}")
            self.add_key(keys, lambda: self.turn_to(row))
            beside = f"{keys.toString(QKeySequence.SequenceFormat.NativeText)}\n{beside}"
        item.setToolTip(beside)
        self.areas.addItem(item)

    def page(self, row: int) -> QWidget:
        """Return a page, made now if it was not shown yet."""
        if row not in self._made:
            made = self._made[row] = self._making[row]()
            made.setAccessibleName(self.areas.item(row).text())
            self.pages.addWidget(made)
            _put_in_order(made, self.close_button, self.save)
        return self._made[row]

    def is_made(self, row: int) -> bool:
        """Whether a page was shown already."""
        return row in self._made

    def _show_page(self, row: int) -> None:
        self.pages.setCurrentWidget(self.page(row))

    def turn_to(self, row: int) -> None:
        """Show a page, and give it the keyboard."""
        self.areas.setCurrentRow(row)
        self.enter_page()

    def _turn_by(self, rows: int) -> None:
        row = self.areas.currentRow() + rows
        if 0 <= row < self.areas.count():
            self.turn_to(row)

    def enter_page(self) -> None:
        """Give the page on screen the keyboard."""
        self.areas.setFocus()

    # --- showing ---

    def say(self, text: str, role: str = "danger") -> None:
        """Say what became of saving."""
        self.told.setText(text)
        restyle(self.told, "role", role)

    def set_busy(self, *, busy: bool) -> None:
        """Keep everything as it is while it is saved; the keyboard comes back to where it was."""
        if busy == self._busy:
            return
        self._busy = busy
        focused = QApplication.focusWidget()
        if busy and focused is not None and self.pages.isAncestorOf(focused):
            self._came_back_to = focused
            self.areas.setFocus()
        self.pages.setEnabled(not busy)
        back, self._came_back_to = self._came_back_to, self._came_back_to if busy else None
        if not busy and back is not None and isValid(back) and back.isVisible() and self.areas.hasFocus():
            back.setFocus()
        self.show_state()

    def show_state(self) -> None:
        """Show what can be pressed; what is not saved."""
        self.close_button.setEnabled(not self._busy)

    # --- the sheet ---

    def first_focus(self) -> QWidget | None:
        return self.areas

    def reject(self) -> None:
        """Esc leaves, after a question if something is not saved."""
        if not self._busy:
            self.leave_wanted.emit()

    def arrange(self) -> None:
        self.arrange_fixed(self._size)

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802
        """Tab scrolls to where it leads."""
        moved = super().focusNextPrevChild(forward)
        scroll_to(QApplication.focusWidget())
        return moved

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button that has the keyboard, and no other; in the list it goes on into the page."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
            return
        focused = self.focusWidget()
        if isinstance(focused, QPushButton):
            focused.click()
        elif focused is self.areas:
            self.enter_page()
        event.accept()


def _keys_text() -> str:
    return translate("pages", "Ctrl+PgUp, Ctrl+PgDn: the one above, below. In the list its first letters find it.")


def scrolled(inner: QWidget) -> QScrollArea:
    """Return a part that scrolls where it has no room."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(inner)
    area.viewport().setAutoFillBackground(False)
    inner.setAutoFillBackground(False)
    return area


def scroll_to(field: QWidget | None) -> None:
    """Have a field in sight, if it is in a part that scrolls."""
    part = field
    while part is not None and not isinstance(part, QScrollArea):
        part = part.parentWidget()
    if part is not None and field is not None:
        part.ensureWidgetVisible(field)


def _put_in_order(made: QWidget, *after: QWidget) -> None:
    """Have Tab lead from a page to these, which were made before it."""
    last, then = made, following(made)
    while made.isAncestorOf(then):
        last, then = then, following(then)
    for each in after:
        QWidget.setTabOrder(last, each)
        last = each

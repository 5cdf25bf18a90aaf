"""The sheet of keys (Ctrl+F1): every command with its key, grouped, found by typing, and a place to change a key."""

from __future__ import annotations

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QFont, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QLineEdit, QMenu, QTreeWidget, QTreeWidgetItem, QWidget

from clinic_desk.ui.actions import SPECS, Actions
from clinic_desk.ui.booking.fields import Remark, button, plain_label
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.shell.key_field import KeyField
from clinic_desk.ui.shell.key_groups import filtered, key_groups, why_not

_PORTABLE = QKeySequence.SequenceFormat.PortableText
_NATIVE = QKeySequence.SequenceFormat.NativeText
_NAME = Qt.ItemDataRole.UserRole


class ShortcutsSheet(Sheet):
    """Enter on a command asks for its new key; one that another command has is refused and named."""

    def __init__(self, actions: Actions, menu: QMenu, parent: QWidget) -> None:
        super().__init__(parent, width=760)
        self._actions = actions
        self._menu = menu
        self.setObjectName("shortcuts_sheet")
        self.setAccessibleName(self.tr("Keys"))
        self.search = QLineEdit()
        self.search.setObjectName("find_key")
        self.search.setClearButtonEnabled(True)
        self.search.setPlaceholderText(self.tr("Find a command or a key…"))
        self.search.setAccessibleName(self.tr("Find a command or a key"))
        self.tree = KeyTree()
        self.told = Remark()
        self.told.setObjectName("key_told")
        self.field = KeyField()
        self.change = button(self.tr("&Change key…"), "change_key", self.begin_change)
        self._changing = ""
        self._build()
        self.search.textChanged.connect(lambda _text: self._fill())
        self.tree.itemActivated.connect(lambda *_: self.begin_change())
        self.tree.currentItemChanged.connect(lambda *_: self._renew_button())
        self.field.pressed.connect(self._pressed)
        self.field.left.connect(self._leave_field)
        self._fill()

    def _build(self) -> None:
        reset = button(self.tr("Back to the &usual keys"), "reset_keys", self.reset)
        close = button(self.tr("C&lose"), "close_keys", self.accept)
        for each in (self.change, reset, close):
            each.setAutoDefault(False)
        row = QHBoxLayout()
        row.addWidget(self.change)
        row.addWidget(self.field, 100)
        row.addStretch(1)
        row.addWidget(reset)
        row.addWidget(close)
        self.field.hide()
        self.body.addWidget(plain_label(self.tr("Keys"), "title"))
        self.body.addWidget(self.search)
        self.body.addWidget(self.tree, 1)
        self.body.addWidget(self.told)
        self.body.addLayout(row)

    def first_focus(self) -> QWidget | None:
        return self.search

    # --- what is shown ---

    def _fill(self) -> None:
        chosen = self._chosen()
        groups = filtered(key_groups(self._actions, self._menu), self.search.text())
        self.tree.clear()
        for group in groups:
            parent = self.tree.add_group(group.title)
            for line in group.lines:
                item = QTreeWidgetItem(parent, [line.text, line.keys])
                item.setData(0, _NAME, line.command)
                if line.command and line.command == chosen:
                    self.tree.setCurrentItem(item)
        self.tree.expandAll()
        if self.tree.currentItem() is None and self.search.text():
            self.tree.choose_first()
        self.told.say("" if groups else self.tr("No command and no key is called so."), "muted")
        self._renew_button()

    def _chosen(self) -> str:
        item = self.tree.currentItem()
        return str(item.data(0, _NAME) or "") if item is not None else ""

    def _renew_button(self) -> None:
        self.change.setEnabled(bool(self._chosen()))

    # --- another key ---

    def begin_change(self) -> None:
        """Ask for the new key of the chosen command."""
        self._changing = self._chosen()
        if self._changing:
            self.told.say("")
            self.field.show()
            self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _leave_field(self) -> None:
        if self._changing:
            self._changing = ""
            had_keyboard = self.field.hasFocus()
            self.field.hide()
            if had_keyboard:
                self.tree.setFocus(Qt.FocusReason.OtherFocusReason)

    def _pressed(self, pressed: QKeyCombination | None) -> None:
        """Take the key, unless it means something else; then another one can be pressed at once."""
        name = self._changing
        keys = QKeySequence() if pressed is None else QKeySequence(pressed)
        trouble = "" if pressed is None else why_not(pressed) or self._whose(keys, besides=name)
        self.told.say(trouble, "danger")
        if name and not trouble:
            self._actions.set_keys(name, keys.toString(_PORTABLE))
            self._leave_field()
            self._fill()

    def _whose(self, keys: QKeySequence, *, besides: str) -> str:
        for spec in SPECS:
            if spec.name != besides and keys in self._actions[spec.name].shortcuts():
                return self.tr("{keys} is the key of “{other}”. Choose another one.").format(
                    keys=keys.toString(_NATIVE), other=self._actions[spec.name].text()
                )
        return ""

    def reset(self) -> None:
        """Give every command its usual key."""
        for spec in SPECS:
            self._actions.set_keys(spec.name, spec.keys)
        self._fill()

    # --- Qt ---

    def arrange(self) -> None:
        """Take nearly all of the height there is: the list is long."""
        super().arrange()
        room = self.rect().adjusted(24, 24, -24, -24)
        card = self.card.geometry()
        self.card.setGeometry(card.left(), room.top(), card.width(), min(room.height(), 760))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """From the search line the arrows go into the list; Enter there is the list's."""
        if self.search.hasFocus() and event.key() in {Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.tree.choose_first()
            self.tree.setFocus(Qt.FocusReason.TabFocusReason)
            event.accept()
        elif self.tree.hasFocus() and event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            event.accept()
        else:
            super().keyPressEvent(event)


class KeyTree(QTreeWidget):
    """Groups of commands and their keys; a group cannot be chosen, Tab goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("key_tree")
        self.setAccessibleName(self.tr("Commands and their keys"))
        self.setColumnCount(2)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setItemsExpandable(False)
        self.setIndentation(14)
        self.setUniformRowHeights(True)
        self.setStyleSheet("QTreeView::item { padding: 3px 6px; }")
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)

    def add_group(self, title: str) -> QTreeWidgetItem:
        """Add a title; what belongs to it are its children."""
        item = QTreeWidgetItem(self, [title])
        item.setFlags(Qt.ItemFlag.ItemIsEnabled)
        font = QFont(self.font())
        font.setBold(True)
        item.setFont(0, font)
        item.setFirstColumnSpanned(True)
        return item

    def choose_first(self) -> None:
        """Choose the first command, unless one is chosen."""
        group, chosen = self.topLevelItem(0), self.currentItem()
        first = group.child(0) if group is not None else None
        if first is not None and (chosen is None or chosen.parent() is None):
            self.setCurrentItem(first)

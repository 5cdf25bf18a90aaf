"""The saved views in a list: what is shown is saved under a name; each is opened, renamed, replaced, moved, removed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from uuid import UUID

from PySide6.QtCore import QCoreApplication, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QLineEdit, QTreeWidget, QTreeWidgetItem, QWidget

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.saved_views import LONGEST_NAME, Arrangement, SavedView
from clinic_desk.ui.booking.fields import Remark, button, field_label, plain_label
from clinic_desk.ui.booking.sheet import Sheet

translate = QCoreApplication.translate


class SavedViewsSheet(Sheet):
    """Writes nothing itself. `present`: what is on screen; `keys`: of the first views, as they are written."""

    open_wanted = Signal(object)
    """SavedView."""
    save_wanted = Signal(object)
    """SavedView, new or over one that stands."""
    remove_wanted = Signal(object)
    order_wanted = Signal(object)
    """List of UUID."""

    def __init__(self, parent: QWidget, present: Callable[[], Arrangement], keys: Sequence[str]) -> None:
        super().__init__(parent, width=640)
        self.setObjectName("saved_views_sheet")
        self.setAccessibleName(translate("saved_views", "Saved views"))
        self._present, self._keys = present, keys
        self._views: tuple[SavedView, ...] = ()
        self.name = QLineEdit()
        self.name.setObjectName("view_name")
        self.name.setMaxLength(LONGEST_NAME)
        self.save = button(translate("saved_views", "&Save"), "view_save", self._save_new, "primary")
        self.list = ViewList()
        self.told = Remark()
        self.told.setObjectName("views_told")
        self._acts = {
            "view_open": button(translate("saved_views", "&Open"), "view_open", self._open),
            "view_replace": button(
                translate("saved_views", "&Replace by what is shown"), "view_replace", self._replace
            ),
            "view_start": button(translate("saved_views", "Open at s&tart"), "view_start", self._start),
            "view_rename": button(translate("saved_views", "Re&name"), "view_rename", self._rename),
            "view_up": button(translate("saved_views", "&Up"), "view_up", lambda: self._move(-1)),
            "view_down": button(translate("saved_views", "&Down"), "view_down", lambda: self._move(1)),
            "view_remove": button(translate("saved_views", "Re&move"), "view_remove", self._remove),
        }
        self._lay_out()
        self.list.itemActivated.connect(lambda *_: self._open())
        self.list.renamed.connect(self._renamed)
        self.list.moved.connect(self._move)
        self.list.removed.connect(self._remove)
        self.list.currentItemChanged.connect(lambda *_: self._renew())
        self.name.textEdited.connect(lambda _text: self.say(""))
        self._renew()

    def _lay_out(self) -> None:
        above, first, second = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for row in (above, first, second):
            row.setSpacing(8)
        above.addWidget(field_label(translate("saved_views", "Save what is shown &as"), self.name))
        above.addWidget(self.name, 1)
        above.addWidget(self.save)
        for row, names in (
            (first, ("view_open", "view_replace", "view_start")),
            (second, ("view_rename", "view_up", "view_down", "view_remove")),
        ):
            for name in names:
                row.addWidget(self._acts[name])
            row.addStretch(1)
        close = button(translate("saved_views", "&Close"), "views_close", self.reject)
        second.addWidget(close)
        self.body.addWidget(plain_label(translate("saved_views", "Saved views"), "title"))
        self.body.addLayout(above)
        self.body.addWidget(self.list, 1)
        self.body.addWidget(self.told)
        self.body.addLayout(first)
        self.body.addLayout(second)

    def first_focus(self) -> QWidget | None:
        return self.list if self._views else self.name

    # --- what is shown ---

    def show_views(self, views: Sequence[SavedView]) -> None:
        """List these; the chosen one stays chosen, and a name that is being typed is left alone."""
        chosen, had_keyboard = self._chosen(), self.list.hasFocus()
        self._views = tuple(views)
        if self.list.is_editing:
            return
        keys = [*self._keys, *[""] * len(views)]
        start = translate("saved_views", "at start")
        self.list.fill([(one.id, (one.name, keys[at], start if one.at_start else "")) for at, one in enumerate(views)])
        self.list.choose(chosen.id if chosen is not None else None)
        if had_keyboard and not views:
            self.name.setFocus(Qt.FocusReason.OtherFocusReason)
        self._renew()

    def done_with(self, view_id: UUID | None) -> None:
        """It stands: what was typed is not needed any more."""
        if view_id is not None:
            self.list.choose(view_id)
            self.name.clear()
            if self.name.hasFocus() or self.save.hasFocus():
                self.list.setFocus(Qt.FocusReason.OtherFocusReason)
        self.say("")

    def say(self, text: str) -> None:
        """Say what came of it."""
        self.told.say(text)

    def _chosen(self) -> SavedView | None:
        chosen = self.list.chosen
        return next((one for one in self._views if one.id == chosen), None)

    def _renew(self) -> None:
        view = self._chosen()
        for each in self._acts.values():
            each.setEnabled(view is not None)
        at_start = view is not None and view.at_start
        text = translate("saved_views", "Not at s&tart") if at_start else translate("saved_views", "Open at s&tart")
        self._acts["view_start"].setText(text)
        self._acts["view_start"].setAccessibleName(text.replace("&", ""))

    # --- what is wanted ---

    def _save_new(self) -> None:
        name = self.name.text().strip()
        if not name:
            self.say(translate("saved_views", "Give it a name."))
            self.name.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        same = next((one for one in self._views if one.name == name), None)
        if same is not None:
            self.list.choose(same.id)
            self.say(translate("saved_views", "There is a view of this name: replace it, or choose another name."))
            return
        self.save_wanted.emit(SavedView(new_id(), name, self._present(), place=len(self._views)))

    def _open(self) -> None:
        view = self._chosen()
        if view is not None:
            self.open_wanted.emit(view)

    def _replace(self) -> None:
        view = self._chosen()
        if view is not None:
            self.save_wanted.emit(replace(view, arrangement=self._present()))

    def _start(self) -> None:
        view = self._chosen()
        if view is not None:
            self.save_wanted.emit(replace(view, at_start=not view.at_start))

    def _rename(self) -> None:
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)
        item: QTreeWidgetItem | None = self.list.currentItem()
        if item is not None:
            self.list.editItem(item, 0)

    def _renamed(self, name: str) -> None:
        view = self._chosen()
        if view is not None and name.strip() and name.strip() != view.name:
            self.save_wanted.emit(replace(view, name=name.strip()))
        else:
            QTimer.singleShot(0, self, lambda: self.show_views(self._views))

    def _move(self, by: int) -> None:
        view, ids = self._chosen(), [one.id for one in self._views]
        if view is not None and 0 <= (to := ids.index(view.id) + by) < len(ids):
            ids.insert(to, ids.pop(to - by))
            self.order_wanted.emit(ids)

    def _remove(self) -> None:
        view = self._chosen()
        if view is not None:
            self.remove_wanted.emit(view)

    def main_act(self) -> Callable[[], object] | None:
        """Enter saves what is being named, else opens the chosen view."""
        return self._save_new if self.name.hasFocus() else self._open


class ViewList(QTreeWidget):
    """Name, key, whether it is opened at start. F2 renames, Ctrl+Up and Ctrl+Down move, Del removes; Tab goes on."""

    renamed = Signal(str)
    moved = Signal(int)
    removed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("view_list")
        self.setAccessibleName(translate("saved_views", "Saved views"))
        self.setToolTip(translate("saved_views", "F2 renames, Ctrl+↑ and Ctrl+↓ move, Del removes"))
        self.setColumnCount(3)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QTreeWidget.EditTrigger.EditKeyPressed)
        self.setMinimumHeight(170)
        self.setStyleSheet("QTreeView::item { padding: 4px 6px; }")
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for section in (1, 2):
            self.header().setSectionResizeMode(section, QHeaderView.ResizeMode.ResizeToContents)
        self._filling = False
        self.itemChanged.connect(self._item_changed)

    def fill(self, rows: Sequence[tuple[UUID, tuple[str, ...]]]) -> None:
        """List these."""
        self._filling = True
        self.clear()
        for row_id, texts in rows:
            item = QTreeWidgetItem(self, list(texts))
            item.setData(0, Qt.ItemDataRole.UserRole, row_id)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            item.setData(0, Qt.ItemDataRole.AccessibleTextRole, ", ".join(text for text in texts if text))
        self._filling = False

    @property
    def is_editing(self) -> bool:
        """Whether a name is being typed."""
        return self.state() is QTreeWidget.State.EditingState

    @property
    def chosen(self) -> UUID | None:
        """The id of the chosen line."""
        item = self.currentItem()
        found = item.data(0, Qt.ItemDataRole.UserRole) if item is not None else None
        return found if isinstance(found, UUID) else None

    def choose(self, row_id: UUID | None) -> None:
        """Choose a line, the first if there is none of that id."""
        items = [self.topLevelItem(at) for at in range(self.topLevelItemCount())]
        for item in items:
            if item is not None and item.data(0, Qt.ItemDataRole.UserRole) == row_id:
                self.setCurrentItem(item)
                return
        if items and items[0] is not None:
            self.setCurrentItem(items[0])

    def _item_changed(self, item: QTreeWidgetItem, column: int) -> None:
        if not self._filling and column == 0:
            self.renamed.emit(item.text(0))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and event.key() in steps:
            self.moved.emit(steps[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_Delete:
            self.removed.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.setAccepted(self.is_editing)  # then it ended that, and opens nothing
        else:
            super().keyPressEvent(event)

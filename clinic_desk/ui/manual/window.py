"""The manual's window: contents and what is found at the left, the page beside it, back and forward as in a browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from clinic_desk.ui.booking.fields import button
from clinic_desk.ui.manual.browser import ManualBrowser
from clinic_desk.ui.manual.pages import CONTENTS, Page, contents, found, plain

translate = QCoreApplication.translate
_NAME = Qt.ItemDataRole.UserRole


class ManualWindow(QWidget):
    """Not modal, and closed with the main window. `filled`: returns a page's text by its name, with the keys of now."""

    closed = Signal()

    def __init__(self, filled: Callable[[str], str], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("manual_window")
        self._filled = filled
        self._parts = contents()
        self._texts: Mapping[Page, str] | None = None
        self._been: list[str] = []
        self._at = -1
        self.search = QLineEdit()
        self.list = QTreeWidget()
        self.page = ManualBrowser()
        self.back = self._arrow("←", translate("manual", "Back (Alt+Left)"), -1)
        self.forward = self._arrow("→", translate("manual", "Forward (Alt+Right)"), 1)
        self._lay_out()
        self._wire()
        self._list_contents()
        self.setMinimumSize(640, 420)
        self.resize(1120, 780)

    def _arrow(self, text: str, name: str, step: int) -> QPushButton:
        made = button(text, "manual_back" if step < 0 else "manual_forward", lambda: self._step(step))
        made.setAccessibleName(name)
        made.setToolTip(name)
        made.setEnabled(False)
        return made

    def _lay_out(self) -> None:
        self.search.setObjectName("manual_search")
        self.search.setClearButtonEnabled(True)
        self.search.setPlaceholderText(translate("manual", "Search the manual… (Ctrl+F)"))
        self.search.setAccessibleName(translate("manual", "Search the manual"))
        self.list.setObjectName("manual_contents")
        self.list.setAccessibleName(translate("manual", "Contents"))
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setIndentation(14)
        self.list.setStyleSheet("QTreeView::item { padding: 3px 4px; }")
        self.list.setWordWrap(True)
        above = QHBoxLayout()
        above.addWidget(self.back)
        above.addWidget(self.forward)
        above.addWidget(self.search, 1)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(12, 12, 6, 12)
        column.addLayout(above)
        column.addWidget(self.list, 1)
        halves = QSplitter()
        halves.addWidget(left)
        halves.addWidget(self.page)
        halves.setSizes([350, 770])
        halves.setStretchFactor(1, 1)
        halves.setChildrenCollapsible(False)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)
        whole.addWidget(halves)

    def _wire(self) -> None:
        self.search.textChanged.connect(self._look_for)
        self.search.returnPressed.connect(self._enter_found)
        self.list.currentItemChanged.connect(lambda item, _before: self._chosen(item))
        self.list.itemActivated.connect(lambda *_: self.page.setFocus(Qt.FocusReason.OtherFocusReason))
        self.page.page_wanted.connect(self.show_page)
        for keys, act in (
            (QKeySequence.StandardKey.Find, self._to_search),
            (QKeySequence.StandardKey.FindNext, self._next),
            (QKeySequence.StandardKey.Close, self.close),
            (QKeySequence.StandardKey.ZoomIn, self.page.zoomIn),
            (QKeySequence.StandardKey.ZoomOut, self.page.zoomOut),
            ("Esc", self._leave),
            ("Alt+Left", lambda: self._step(-1)),
            ("Alt+Right", lambda: self._step(1)),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(act)

    # --- pages ---

    def show_page(self, name: str) -> None:
        """Show a page; what was shown after the present one before is forgotten, as in any browser."""
        if name == CONTENTS or (self._been and self._been[self._at] == name):
            return
        del self._been[self._at + 1 :]
        self._been.append(name)
        self._at = len(self._been) - 1
        self._show()

    def _step(self, by: int) -> None:
        if 0 <= self._at + by < len(self._been):
            self._at += by
            self._show()

    def _show(self) -> None:
        name = self._been[self._at]
        self.page.show_text(self._filled(name))
        title = next((page.title for part in self._parts for page in part.pages if page.name == name), "")
        self.setWindowTitle(translate("manual", "{title} — manual of Clinic Desk").format(title=title))
        self.back.setEnabled(self._at > 0)
        self.forward.setEnabled(self._at + 1 < len(self._been))
        item = self._item_of(name)
        if item is not None and item is not self.list.currentItem():
            self.list.setCurrentItem(item)
        if self.search.text():
            self.page.mark(self.search.text())

    def _item_of(self, name: str) -> QTreeWidgetItem | None:
        tops = [self.list.topLevelItem(row) for row in range(self.list.topLevelItemCount())]
        items = [item for top in tops if top for item in (top, *(top.child(row) for row in range(top.childCount())))]
        return next((item for item in items if item and item.data(0, _NAME) == name), None)

    def _chosen(self, item: QTreeWidgetItem | None) -> None:
        if item is not None and item.data(0, _NAME):
            self.show_page(str(item.data(0, _NAME)))

    # --- contents and search ---

    def _list_contents(self) -> None:
        self.list.blockSignals(True)
        self.list.clear()
        for part in self._parts:
            top = QTreeWidgetItem(self.list, [part.title])
            top.setFlags(Qt.ItemFlag.ItemIsEnabled)
            font = top.font(0)
            font.setBold(True)
            top.setFont(0, font)
            for page in part.pages:
                QTreeWidgetItem(top, [page.title]).setData(0, _NAME, page.name)
        self.list.expandAll()
        self.list.blockSignals(False)
        if self._been and (item := self._item_of(self._been[self._at])) is not None:
            self.list.setCurrentItem(item)

    def _look_for(self, typed: str) -> None:
        if not typed.strip():
            self._list_contents()
            return
        if self._texts is None:
            self._texts = {page: plain(self._filled(page.name)) for part in self._parts for page in part.pages}
        hits = found(self._texts, typed)
        self.list.blockSignals(True)
        self.list.clear()
        for hit in hits:
            item = QTreeWidgetItem(self.list, [f"{hit.page.title}\n{hit.around}"])
            item.setData(0, _NAME, hit.page.name)
        if not hits:
            none = QTreeWidgetItem(self.list, [translate("manual", "Nothing of it is in the manual.")])
            none.setFlags(Qt.ItemFlag.ItemIsEnabled)
        self.list.blockSignals(False)

    def _enter_found(self) -> None:
        item = self.list.topLevelItem(0)
        if item is not None and item.data(0, _NAME):
            self.list.setCurrentItem(item)
            self.show_page(str(item.data(0, _NAME)))
            self._next()

    def _next(self) -> None:
        if self.search.text():
            self.page.mark(self.search.text())

    def _to_search(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    # --- Qt ---

    def _leave(self) -> None:
        """Esc first takes back what is looked for."""
        if self.search.text():
            self.search.clear()
        else:
            self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.closed.emit()

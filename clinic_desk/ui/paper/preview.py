"""The pages of a document as the printer will have them. Imports what Qt needs for printers: only when it is wanted."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QPageLayout
from PySide6.QtPrintSupport import QPrinter, QPrintPreviewDialog
from PySide6.QtWidgets import QToolBar, QToolButton, QWidget

from clinic_desk.ui.paper.document import Document
from clinic_desk.ui.paper.painter import paint


class Preview(QPrintPreviewDialog):
    """Qt's own preview; it lays the pages out anew for whatever printer and paper is chosen in it."""

    def __init__(self, document: Document, layout: QPageLayout, parent: QWidget) -> None:
        self._printer = QPrinter(QPrinter.PrinterMode.HighResolution)  # the dialog does not keep it
        self._printer.setDocName(document.name)
        self._printer.setPageLayout(layout)
        super().__init__(self._printer, parent)
        self.setObjectName("print_preview")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(document.name)
        self.resize(parent.size())
        # the program's own line edits have more room around their text than there is in this box of percents
        self.setStyleSheet("QComboBox { padding: 0 4px; min-height: 24px; } QComboBox QLineEdit { padding: 0; }")
        self.paintRequested.connect(lambda device: paint(document, device))
        self._give_keys()

    def _give_keys(self) -> None:
        """Let everything be reached by keyboard, which Qt forgot: its buttons by Tab, the printing by its usual key."""
        for each in self.findChildren(QToolButton):
            each.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        bar = self.findChild(QToolBar)
        if bar is not None and bar.actions():
            to_print = bar.actions()[-1]
            to_print.setShortcut(QKeySequence(QKeySequence.StandardKey.Print))
            keys = to_print.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            to_print.setToolTip(f"{to_print.text()} ({keys})")

"""The pages of a document as the printer will have them. Imports what Qt needs for printers: only when it is wanted."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPageLayout
from PySide6.QtPrintSupport import QPrinter, QPrintPreviewDialog
from PySide6.QtWidgets import QWidget

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
        self.paintRequested.connect(lambda device: paint(document, device))

"""A list as it is on screen, and the file it is saved to: asked for in one way, whatever list it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QCoreApplication, QStandardPaths, Qt
from PySide6.QtWidgets import QAbstractItemView, QFileDialog, QTableView, QWidget

from clinic_desk.services.exporting.lists import Listing

translate = QCoreApplication.translate
_LONGEST_NAME: Final = 60


def listing_of(view: QAbstractItemView) -> Listing:
    """Return what a list shows, row by row in its order, with the headings of its visible columns."""
    model = view.model()
    columns = [
        number
        for number in range(model.columnCount())
        if not (isinstance(view, QTableView) and view.isColumnHidden(number))
    ]
    headings = [str(model.headerData(number, Qt.Orientation.Horizontal) or "") for number in columns]
    if not isinstance(view, QTableView):
        headings = [view.accessibleName()] * len(columns)
    rows = tuple(
        tuple(str(model.index(row, number, view.rootIndex()).data() or "") for number in columns)
        for row in range(model.rowCount(view.rootIndex()))
    )
    return Listing(view.accessibleName(), tuple(headings), rows)


def ask_file(over: QWidget, title: str, chosen: Callable[[Path, str], object]) -> QFileDialog:
    """Ask where a list goes; `chosen` is told the file and what parts its columns. What is there may be replaced."""
    comma = translate("exchange", "CSV, parted by commas (*.csv)")
    semicolon = translate("exchange", "CSV, parted by semicolons (*.csv)")
    dialog = QFileDialog(over.window(), translate("exchange", "Save the list as CSV"))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setObjectName("list_file")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilters([comma, semicolon])
    dialog.setDefaultSuffix("csv")
    dialog.setDirectory(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation))
    dialog.selectFile(f"{file_name(title)}.csv")
    dialog.fileSelected.connect(
        lambda path: chosen(Path(path), ";" if dialog.selectedNameFilter() == semicolon else ",")
    )
    dialog.open()
    return dialog


def file_name(title: str) -> str:
    """Return letters and figures of a title, as every file system takes them."""
    return re.sub(r"[^\w-]+", " ", title).strip()[:_LONGEST_NAME] or "list"

"""A list as it is on screen, and the file it is saved to: asked for in one way, whatever list it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QCoreApplication, QStandardPaths, Qt
from PySide6.QtWidgets import QAbstractItemView, QFileDialog, QTableView, QWidget

from clinic_desk.services.exporting.lists import Listing, Target

translate = QCoreApplication.translate
_LONGEST_NAME: Final = 60


def listing_of(view: QAbstractItemView) -> Listing:
    """Return what a list shows, row by row in its order, with the headings of its visible columns.

    This is all that a new list needs: the list that has the keyboard, or the only one of the sheet or page that is
    open, is found by `ListSaving`.
    """
    model = view.model()
    columns = list(range(model.columnCount()))
    headings = [view.accessibleName()]
    if isinstance(view, QTableView):
        columns = [at for at in columns if not view.isColumnHidden(at)]
        headings = [str(model.headerData(at, Qt.Orientation.Horizontal) or "") for at in columns]
    rows = tuple(
        tuple(str(model.index(row, at, view.rootIndex()).data() or "") for at in columns)
        for row in range(model.rowCount(view.rootIndex()))
    )
    return Listing(view.objectName(), view.accessibleName(), tuple(headings), rows)


def ask_file(over: QWidget, title: str, chosen: Callable[[Target], object]) -> QFileDialog:
    """Ask where a list goes; the dialog itself asks whether one that is there is replaced."""
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
        lambda path: chosen(Target(Path(path), ";" if dialog.selectedNameFilter() == semicolon else ",", True))
    )
    dialog.open()
    return dialog


def file_name(title: str) -> str:
    """Return letters and figures of a title, as every file system takes them."""
    return re.sub(r"[^\w-]+", " ", title).strip()[:_LONGEST_NAME] or "list"

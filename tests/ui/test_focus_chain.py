"""Going from widget to widget as Tab does leaves everything in the hands of its real parent."""

import gc
import re
from pathlib import Path

from PySide6.QtWidgets import QHeaderView, QLineEdit, QTableView, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import Shiboken

import clinic_desk.ui
from clinic_desk.ui.focus_chain import following, preceding, proxy_of


def filled(qtbot: QtBot) -> tuple[QWidget, QTableView, QLineEdit]:
    """A window with a table and a field that takes the keyboard for it."""
    window = QWidget()
    qtbot.addWidget(window)
    table, field, column = QTableView(), QLineEdit(), QVBoxLayout(window)
    column.addWidget(table)
    column.addWidget(field)
    window.setFocusProxy(field)
    return window, table, field


def go_round(start: QWidget) -> None:
    """Forward through the whole ring, and a step back from each."""
    ring = [start]
    while (then := following(ring[-1])) is not start:
        ring.append(then)
    assert any(isinstance(each, QHeaderView) for each in ring)
    assert [each for each in ring if preceding(following(each)) is not each] == []


def test_no_widget_is_deleted_by_the_garbage_collector_after_rounds_through_the_ring(qtbot: QtBot) -> None:
    window, table, field = filled(qtbot)
    gone: list[str] = []
    table.horizontalHeader().destroyed.connect(lambda: gone.append("header"))
    for start in (window, field, table):
        go_round(start)
    gc.collect()
    assert gone == []
    assert proxy_of(window) is field
    assert proxy_of(field) is None
    assert Shiboken.ownedByPython(window)


def test_nobody_else_asks_pyside_for_the_ring() -> None:
    harmful = re.compile(r"\.(nextInFocusChain|previousInFocusChain|focusProxy)\(")
    folder = Path(clinic_desk.ui.__file__).parent
    found = [path.name for path in sorted(folder.rglob("*.py")) if harmful.search(path.read_text("utf-8"))]
    assert found == ["focus_chain.py"]

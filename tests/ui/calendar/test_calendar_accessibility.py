"""The calendar as a screen reader meets it: a table with named cells and headers, whose changes are announced."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.ui.calendar import sample
from tests.ui.calendar.conftest import Said, Shown

Name = QAccessible.Text.Name


@pytest.fixture
def listening() -> Iterator[None]:
    """Let Qt think that a screen reader is there."""
    was = QAccessible.isActive()
    QAccessible.setActive(True)
    yield
    QAccessible.setActive(was)


def table(said: Said) -> QAccessibleInterface:
    found = QAccessible.queryAccessibleInterface(said.view)
    assert found is not None
    return found


def names(of: QAccessibleInterface) -> dict[str, QAccessible.Role]:
    """Return the children's names and roles; the interfaces themselves are not kept."""
    return {of.child(at).text(Name): of.child(at).role() for at in range(of.childCount())}


@pytest.mark.usefixtures("listening")
def test_it_is_a_table_with_a_name(shown: Shown) -> None:
    found = table(shown())
    assert found.role() == QAccessible.Role.Table
    assert found.text(Name) == "Calendar"


@pytest.mark.usefixtures("listening")
def test_its_cells_and_headers_are_named(shown: Shown) -> None:
    said = shown(sample.board(sample.entry(1, 0, 480, "Anna Kowalska", "Check-up")), doctors=2)
    found = names(table(said))
    assert found["Dr. Amara Okafor, General practice"] == QAccessible.Role.ColumnHeader
    assert found["09:45"] == QAccessible.Role.RowHeader
    assert found["Dr. Jonas Weber, 09:45–10:00, free"] == QAccessible.Role.Cell
    cell = "Dr. Amara Okafor, 08:00–08:15, Anna Kowalska, Check-up, 08:00–08:15, booked"
    assert found[cell] == QAccessible.Role.Cell


@pytest.mark.usefixtures("listening")
def test_a_restricted_record_is_read_out_as_one_and_has_a_lock_on_its_block(shown: Shown) -> None:
    plain = sample.entry(1, 0, 480, "Anna Kowalska", "Check-up")
    said = shown(sample.board(plain), doctors=2)
    ground = said.view.grab().toImage()
    locked = replace(plain, patient=replace(plain.patient, restricted=True))
    said.view.update_boards({sample.DAY: sample.board(locked)}, frozenset())
    QApplication.processEvents()
    QApplication.processEvents()
    cell = "Dr. Amara Okafor, 08:00–08:15, Anna Kowalska, Check-up, 08:00–08:15, booked, restricted record"
    assert cell in names(table(said))
    assert said.view.grab().toImage() != ground


@pytest.mark.usefixtures("listening")
def test_a_cell_is_where_it_is_painted(shown: Shown) -> None:
    said = shown()
    view = said.view
    index = view.model().index(39, 1)
    rect = view.visualRect(index)
    assert rect.top() == view.surface.y(585)
    assert rect.left() == view.surface.column_span(1)[0]
    found = table(said).childAt(*view.viewport().mapToGlobal(rect.center()).toTuple())
    assert found is not None
    assert found.text(Name) == "Dr. Jonas Weber, 09:45–10:00, free"


@pytest.mark.usefixtures("listening")
def test_the_cell_of_the_time_cursor_is_the_focused_one(shown: Shown) -> None:
    said = shown()
    said.view.scene.column = 1
    said.view.go_to_minute(585)
    assert said.view.hasFocus()
    focused = table(said).focusChild()
    assert focused is not None
    assert focused.text(Name) == "Dr. Jonas Weber, 09:45–10:00, free"
    QTest.keyClick(said.view, Qt.Key.Key_Down)
    assert "Helena Sá" in table(said).focusChild().text(Name)


@pytest.mark.usefixtures("listening")
def test_changes_with_a_reader_present_are_no_trouble(shown: Shown) -> None:
    said = shown()
    board = said.board
    for turn in range(12):
        one = board.entries[turn]
        board = sample.with_entry(board, sample.moved(one, 30, turn % 5))
        said.view.update_boards({sample.DAY: board}, frozenset({one.id}))
        QApplication.processEvents()
        said.view.set_step((5, 10, 15, 20, 30)[turn % 5])
        unnamed = {role for name, role in names(table(said)).items() if not name}
        assert unnamed <= {QAccessible.Role.Pane}  # the corner between the headers
        QTest.keyClick(said.view, Qt.Key.Key_Down)
    for doctors in (2, 5, 0):
        clinic = sample.clinic(doctors)
        said.view.show_columns(sample.columns(clinic), {sample.DAY: board}, clinic, sample.instant(577))
        QApplication.processEvents()


def test_the_parts_have_object_names_for_tests_and_tools(shown: Shown) -> None:
    view = shown().view
    assert view.objectName() == "calendar"
    assert view.horizontalHeader().objectName() == "calendar_columns"
    assert view.verticalHeader().objectName() == "calendar_times"
    assert view.accessibleName() == "Calendar"

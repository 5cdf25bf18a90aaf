"""Import and export at a desk, by keyboard alone, on a real database."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import URL, Engine

from clinic_desk.database.engine import Database
from clinic_desk.database.setup import Group
from clinic_desk.domain.exchange import EXPECTED, FIELDS, Kind, RowProblem
from clinic_desk.ui.exchange.export_sheet import ExportSheet
from clinic_desk.ui.exchange.opener import Exchange
from clinic_desk.ui.exchange.sheet import ImportSheet
from clinic_desk.ui.exchange.words import expected_text, field_name
from clinic_desk.ui.theme import apply_style
from tests.support.exchanging import PATIENTS, desk_of, value
from tests.support.small_clinic import SmallClinic

COUNT = "SELECT count(*) FROM patient"


@pytest.fixture
def manager(url_as: Callable[[Group], URL], clinic: SmallClinic) -> Iterator[Database]:
    with desk_of(url_as, "clinic_manager") as database:
        yield database


@pytest.fixture
def window(qapp: QApplication, qtbot: QtBot) -> Iterator[QWidget]:
    apply_style(qapp, dark=False)
    window = QWidget()
    window.resize(1280, 800)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    yield window
    gc.collect()


@pytest.fixture
def exchange(window: QWidget, manager: Database, qtbot: QtBot) -> Iterator[Exchange]:
    exchange = Exchange(window, manager, parent=window)
    exchange.may_import = exchange.may_export = True
    yield exchange
    exchange.close()
    qtbot.waitUntil(lambda: not exchange.job.is_busy, timeout=20_000)


def opened(exchange: Exchange, qtbot: QtBot) -> ImportSheet:
    exchange.open_import()
    sheet = exchange.sheet
    assert isinstance(sheet, ImportSheet)
    qtbot.waitUntil(sheet.file.path.hasFocus)
    return sheet


def typed(path: Path) -> None:
    focused = QApplication.focusWidget()
    assert focused is not None
    QTest.keyClicks(focused, str(path))


def enter() -> None:
    focused = QApplication.focusWidget()
    assert focused is not None
    QTest.keyClick(focused, Qt.Key.Key_Return)


def over(exchange: Exchange, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not exchange.job.is_busy, timeout=20_000)


def test_a_file_is_imported_with_four_times_enter(
    exchange: Exchange, qtbot: QtBot, tmp_path: Path, owner_engine: Engine
) -> None:
    path = tmp_path / "p.csv"
    path.write_text(PATIENTS + "1,Zimmer,Otto,01.02.1970,,\n2,Meyer,Anna,14.03.1987,,\n")
    sheet = opened(exchange, qtbot)
    typed(path)
    enter()
    over(exchange, qtbot)
    assert sheet.pages.currentWidget() is sheet.columns
    assert sheet.columns.boxes["birth_date"].currentText() == "Birth date"
    enter()
    over(exchange, qtbot)
    assert sheet.pages.currentWidget() is sheet.outcome
    assert "All 2 rows can be imported: 1 new" in sheet.outcome.summary.text()
    (row,) = [sheet.outcome.rows.topLevelItem(place) for place in range(sheet.outcome.rows.topLevelItemCount())]
    assert row is not None
    assert (row.text(0), "Anna Meier 1987-03-14" in row.text(2)) == ("3", True)
    assert value(owner_engine, COUNT) == 10
    enter()
    over(exchange, qtbot)
    assert "✓ Imported: 1 new" in sheet.outcome.summary.text()
    assert value(owner_engine, COUNT) == 11
    enter()
    assert exchange.sheet is None


def test_who_is_there_gets_what_the_file_says_once_it_was_seen_by_keyboard(
    exchange: Exchange, qtbot: QtBot, tmp_path: Path, owner_engine: Engine
) -> None:
    with owner_engine.connect() as connection:
        known = connection.exec_driver_sql("SELECT id FROM patient WHERE family_name = 'Nowak'").scalar_one()
    path = tmp_path / "p.csv"
    path.write_text(PATIENTS + f"{known},<b>Nowak</b>,Zofia,,030 1234567,\n")
    sheet = opened(exchange, qtbot)
    typed(path)
    enter()
    over(exchange, qtbot)
    QTest.keyClick(sheet, Qt.Key.Key_W, Qt.KeyboardModifier.AltModifier)
    assert sheet.columns.existing.hasFocus()
    QTest.keyClick(sheet.columns.existing, Qt.Key.Key_Down)
    assert sheet.columns.existing.currentText() == "gets what the file says"
    enter()
    over(exchange, qtbot)
    rows = [sheet.outcome.rows.topLevelItem(place) for place in range(sheet.outcome.rows.topLevelItemCount())]
    assert [[row.text(place) for place in range(4)] for row in rows if row] == [
        ["2", "Family name", "Zofia Nowak: becomes <b>Nowak</b>", "Nowak"],
        ["2", "Phone", "Zofia Nowak: becomes +49301234567", ""],
    ]
    assert "1 changed." in sheet.outcome.summary.text()
    assert sheet.next.text().replace("&", "") == "Import 1"
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE patient SET family_name = 'Nowak-Weber' WHERE id = %s", (known,))
    enter()
    over(exchange, qtbot)
    assert "changed at another desk meanwhile" in sheet.outcome.summary.text()
    assert value(owner_engine, "SELECT count(*) FROM patient WHERE family_name = 'Nowak-Weber'") == 1
    enter()
    over(exchange, qtbot)
    assert "✓ Imported: 0 new" in sheet.outcome.summary.text()
    assert value(owner_engine, "SELECT count(*) FROM patient WHERE phone = '+49301234567'") == 1


def test_rows_with_problems_are_listed_and_cannot_be_imported_and_a_corrected_file_can(
    exchange: Exchange, qtbot: QtBot, tmp_path: Path, owner_engine: Engine
) -> None:
    path = tmp_path / "p.csv"
    path.write_text(PATIENTS + "1,<b>Zimmer</b>,Otto,31.02.1970,,\n")
    sheet = opened(exchange, qtbot)
    typed(path)
    for _ in range(2):
        enter()
        over(exchange, qtbot)
    row = sheet.outcome.rows.topLevelItem(0)
    assert row is not None
    assert [row.text(place) for place in range(4)] == [
        "2",
        "Birth date",
        "a date such as 1987-12-24 or 24.12.1987",
        "31.02.1970",
    ]
    assert not sheet.next.isVisible()
    path.write_text(PATIENTS + "1,Zimmer,Otto,28.02.1970,,\n")
    sheet.back.setFocus()
    enter()
    for _ in range(3):
        enter()
        over(exchange, qtbot)
    assert value(owner_engine, COUNT) == 11


def test_a_column_that_is_not_known_is_chosen_and_its_cells_shown(
    exchange: Exchange, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "p.csv"
    path.write_text("Spalte A,Spalte B\nZimmer,3/4/1970\n")
    sheet = opened(exchange, qtbot)
    typed(path)
    enter()
    over(exchange, qtbot)
    enter()
    over(exchange, qtbot)
    assert "not chosen yet" in sheet.told.text()
    last = sheet.columns.boxes["note"]
    sheet.columns.boxes["language"].setFocus()
    assert last.visibleRegion().isEmpty()
    QTest.keyClick(sheet.columns.boxes["language"], Qt.Key.Key_Tab)
    assert last.hasFocus()
    assert not last.visibleRegion().isEmpty()
    sheet.columns.boxes["family_name"].setCurrentIndex(1)
    sheet.columns.boxes["birth_date"].setCurrentIndex(2)
    enter()
    over(exchange, qtbot)
    assert "choose what 3/4/1987 means" in sheet.told.text()
    sheet.columns.order.setCurrentIndex(1)
    enter()
    over(exchange, qtbot)
    assert "1 new" in sheet.outcome.summary.text()


def test_esc_stops_what_runs_and_nothing_is_stored_then_closes(
    exchange: Exchange, qtbot: QtBot, tmp_path: Path, owner_engine: Engine
) -> None:
    path = tmp_path / "p.csv"
    path.write_text(PATIENTS + "".join(f"{number},Zimmer,Otto{number},,,\n" for number in range(8_000)))
    sheet = opened(exchange, qtbot)
    typed(path)
    for _ in range(2):
        enter()
        over(exchange, qtbot)
    with qtbot.waitSignal(exchange.job.progressed, timeout=20_000):
        enter()
    assert sheet.bar.isVisible()
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    over(exchange, qtbot)
    assert sheet.told.text() == "Stopped. Nothing was stored."
    assert value(owner_engine, COUNT) == 10
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    assert exchange.sheet is None


def test_who_is_no_manager_is_told_so_and_can_start_nothing(window: QWidget, manager: Database, qtbot: QtBot) -> None:
    for open_name in ("open_import", "open_export"):
        exchange = Exchange(window, manager, parent=window)
        getattr(exchange, open_name)()
        sheet = exchange.sheet
        assert sheet is not None
        assert sheet.told.text() in {
            "Only a practice manager can import.",
            "Your sign-in may not export. A practice manager can allow it.",
        }
        assert not sheet.next.isEnabled()
        QTest.keyClick(sheet, Qt.Key.Key_Escape)
        assert exchange.sheet is None


def test_patients_are_exported_by_keyboard_and_a_file_that_is_there_is_kept(
    exchange: Exchange, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "out.csv"
    exchange.open_export()
    sheet = exchange.sheet
    assert isinstance(sheet, ExportSheet)
    sheet.path.setFocus()
    typed(path)
    enter()
    over(exchange, qtbot)
    assert sheet.told.text() == "✓ 10 rows written."
    before = path.read_bytes()
    sheet.next.setFocus()
    enter()
    over(exchange, qtbot)
    assert "is there already" in sheet.told.text()
    assert path.read_bytes() == before


def test_every_field_and_every_reason_has_its_words() -> None:
    for kind in Kind:
        for field in FIELDS[kind]:
            assert field_name(field.name)
    for reason in EXPECTED:
        assert "{" not in expected_text(RowProblem(1, "x", reason, "detail"))

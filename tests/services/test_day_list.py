"""Reading what goes on paper, and putting day lists into a folder."""

from __future__ import annotations

import stat
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Rule
from clinic_desk.domain.day_list import DoctorDay
from clinic_desk.domain.records import Clinic
from clinic_desk.errors import InvalidInput
from clinic_desk.services import calendar
from clinic_desk.services.booking import book
from clinic_desk.services.day_list import (
    Order,
    carry_out,
    drop_old,
    file_name,
    put_file,
    read_coming,
    read_day,
    read_week,
)
from tests.support.bookings import NEW_YORK, at, checkup, statements_of
from tests.support.small_clinic import SmallClinic

NAME = "2031-03-03 day-list Mitte.pdf"


@pytest.fixture
def loaded(clinic: SmallClinic, database: Database) -> Clinic:
    return calendar.load_clinic(database)


def told(lists: tuple[DoctorDay, ...], _clinic: Clinic) -> bytes:
    """What stands in for a PDF: who is on it."""
    return " ".join(
        f"{line.entry.patient.family_name}" for each in lists for line in each.appointments if line.entry
    ).encode()


def test_a_day_a_week_and_a_card_are_each_read_in_a_few_statements(
    clinic: SmallClinic, database: Database, loaded: Clinic
) -> None:
    first = book(database, checkup(clinic))
    second = book(database, checkup(clinic, at(clinic.monday + timedelta(days=2), 9)))
    with statements_of(database) as sent:
        day = read_day(database, clinic.monday, loaded)
    assert len(sent) == 3
    assert [(each.site.name, len(each.appointments)) for each in day] == [("Harlem", 0), ("Mitte", 1), ("Mitte", 0)]
    with statements_of(database) as sent:
        week = read_week(database, clinic.monday + timedelta(days=3), clinic.weber, loaded, {clinic.berlin})
    assert len(sent) == 3
    assert [len(lists[0].appointments) for lists in week] == [1, 0, 1, 0, 0, 0, 0]
    coming, read_at = read_coming(database, clinic.patients[0])
    assert [entry.id for entry in coming] == [first.id, second.id]
    assert read_at < coming[0].appointment.starts_at


def test_lists_of_a_day_up_to_the_next_working_day_are_put_into_a_folder_for_each_site(
    clinic: SmallClinic, database: Database, tmp_path: Path
) -> None:
    friday, saturday = clinic.monday + timedelta(days=4), clinic.monday + timedelta(days=5)
    out_of_hours = frozenset({Rule.OUTSIDE_HOURS})
    book(database, checkup(clinic, at(saturday, 9), overrule=out_of_hours))
    book(database, checkup(clinic, at(clinic.monday + timedelta(days=7), 9), patient_id=clinic.patients[2]))
    folder = tmp_path / "lists"
    order = Order(folder, ((clinic.berlin, friday), (clinic.new_york, clinic.monday)), 7)
    with statements_of(database) as sent:
        written = carry_out(database, order, told)
    assert len(sent) == 1 + 3 * 2
    assert [path.name for path in written] == [
        "2031-03-07 day-list Mitte.pdf",
        "2031-03-08 day-list Mitte.pdf",
        "2031-03-10 day-list Mitte.pdf",
        "2031-03-03 day-list Harlem.pdf",
        "2031-03-04 day-list Harlem.pdf",
    ]
    assert [path.read_text() for path in written] == ["", "Meier", "O'Neill", "", ""]
    assert sorted(folder.iterdir()) == sorted(written)


def test_a_later_list_takes_the_place_of_the_earlier_and_old_ones_go(
    clinic: SmallClinic, database: Database, tmp_path: Path
) -> None:
    kept = ["2031-03-01 day-list Mitte.pdf", "2031-02-01 notes.pdf", "2031-02-31 day-list x.pdf"]
    for name in ("2031-02-20 day-list Mitte.pdf", *kept):
        (tmp_path / name).write_text("old")
    order = Order(tmp_path, ((clinic.berlin, clinic.monday),), 7)
    for expected in ("", "Meier"):
        path, _ = carry_out(database, order, told)
        assert path.name == NAME
        assert path.read_text() == expected
        book(database, checkup(clinic, at(clinic.monday, 9 if not expected else 10)))
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted([NAME, "2031-03-04 day-list Mitte.pdf", *kept])


def test_nothing_is_left_and_nothing_is_lost_when_writing_fails(tmp_path: Path) -> None:
    put_file(tmp_path, NAME, b"before")
    full = patch("os.fsync", side_effect=OSError(28, "No space left on device"))
    with full, pytest.raises(InvalidInput) as refused:
        put_file(tmp_path, NAME, b"after")
    assert (refused.value.field, "No space" in refused.value.expected) == ("folder", True)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [(NAME, b"before")]
    for folder in (tmp_path / NAME, tmp_path / "not" / "there"):
        with pytest.raises(InvalidInput):
            put_file(folder, NAME, b"x")


def test_a_list_that_somebody_looks_at_is_left_and_the_new_one_stands_beside_it(tmp_path: Path) -> None:
    put_file(tmp_path, NAME, b"before")
    put: Callable[..., Path] = Path.replace

    def as_on_windows(self: Path, target: Path) -> Path:
        if target.name == NAME:
            raise PermissionError(13, "open in another program")
        return put(self, target)

    with patch.object(Path, "replace", as_on_windows):
        path = put_file(tmp_path, NAME, b"after")
    assert path.name == "2031-03-03 day-list Mitte (2).pdf"
    assert drop_old(tmp_path, date(2031, 3, 4)) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_only_its_owner_may_read_a_list(tmp_path: Path) -> None:
    path = put_file(tmp_path, NAME, b"x")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_each_site_has_a_file_of_its_own_whatever_it_is_called(loaded: Clinic, clinic: SmallClinic) -> None:
    berlin = loaded.site(clinic.berlin)
    odd, even = replace(berlin, name="A/B: ../x"), replace(loaded.site(clinic.new_york), name="a\\b x")
    names = {file_name(clinic.monday, site, (odd, even)) for site in (odd, even)}
    assert len({name.casefold() for name in names}) == 2
    assert not any(sign in name for name in names for sign in '/\\:"<>|?*')
    assert file_name(clinic.monday, berlin, loaded.sites, "Dr. Weber") == "2031-03-03 day-list Mitte Dr-Weber.pdf"


def test_a_day_at_the_other_side_of_the_ocean_is_that_sites_day(
    clinic: SmallClinic, database: Database, loaded: Clinic
) -> None:
    night = frozenset({Rule.OUTSIDE_HOURS})
    book(
        database,
        checkup(
            clinic,
            at(clinic.monday, 21, zone=NEW_YORK),
            practitioner_id=clinic.diaz,
            site_id=clinic.new_york,
            overrule=night,
        ),
    )
    (day,) = read_day(database, clinic.monday, loaded, {clinic.new_york})
    assert len(day.appointments) == 1
    (after,) = read_day(database, clinic.monday + timedelta(days=1), loaded, {clinic.new_york})
    assert after.appointments == ()


def test_a_site_that_is_gone_and_one_where_nobody_works_have_no_list(
    clinic: SmallClinic, database: Database, owner_engine: Engine, tmp_path: Path
) -> None:
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE practitioner SET active = false")
    order = Order(tmp_path, ((clinic.berlin, clinic.monday), (clinic.weber, clinic.monday)), 7)
    assert carry_out(database, order, told) == ()

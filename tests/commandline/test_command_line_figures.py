"""`clinic-desk figures`: numbers for people, for programs and for spreadsheets, and nothing of a patient."""

from __future__ import annotations

import csv
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import URL

from tests.commandline.conftest import ADDRESS, Command, Ended, text
from tests.support.small_clinic import SMALL_CLINIC

WEEK = ("--from", SMALL_CLINIC.monday, "--to", "2031-03-09")


@pytest.fixture
def as_manager(booked: Callable[..., dict[str, Any]], url_as: Callable[[Any], URL], monkeypatch: Any) -> None:
    booked()
    monkeypatch.setenv(ADDRESS, text(url_as("clinic_manager")))


def test_a_week_is_one_document_with_the_week_before_it(as_manager: None, command: Command) -> None:
    ended = command("figures", *WEEK, "--json")
    assert ended.code == 0, ended
    document = ended.document
    assert (document["figures"]["from"], document["before"]["to"]) == ("2031-03-03", "2031-03-02")
    assert document["before"]["from"] == "2031-02-24"
    assert document["figures"]["visits"]["to_come"] == 1
    weber = document["figures"]["doctors"][0]
    assert (weber["name"], weber["time"]["bookable_minutes"], weber["time"]["booked_minutes"]) == (
        "Dr. Weber",
        2400,
        15,
    )
    assert weber["time"]["utilisation"] == 0.0063
    assert sum(document["figures"]["lead_time"]["classes"].values()) == 1


def test_a_table_for_spreadsheets_has_one_figure_a_line_and_no_formula(as_manager: None, command: Command) -> None:
    ended = command("figures", *WEEK, "--doctor", "Weber", "--site", "Mitte", "--csv")
    rows = list(csv.DictReader(ended.out.splitlines()))
    found = {(row["figure"], row["of"], row["what"]): (row["value"], row["before"]) for row in rows}
    assert found["time", "", "booked_minutes"] == ("15.0", "0.0")
    assert found["visits", "Dr. Weber", "to_come"] == ("1", "0")
    assert found["visits", "", "no_show_rate"] == ("", "")
    lines = command("figures", *WEEK).out
    assert "Dr. Weber: booked minutes: 15 (0)" in lines
    assert "Meier" not in ended.out + lines


def test_who_may_not_and_what_cannot_be_is_said(run: Callable[..., Ended]) -> None:
    assert (run("figures", *WEEK).code, run("figures", *WEEK).document["error"]) == (1, "not-allowed")
    wrong = run("figures", "--from", "2031-03-04", "--to", "2031-03-03")
    assert (wrong.code, wrong.document["field"]) == (2, "to")
    assert run("figures", "--to", "someday").document["field"] == "to"

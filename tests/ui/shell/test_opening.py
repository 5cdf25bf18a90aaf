"""Which demo database is used, and what is said while a clinic is opened."""

from __future__ import annotations

from datetime import date

import pytest

from clinic_desk.database.embedded import Step
from clinic_desk.errors import DatabaseDown, InvalidInput, NotAllowed, SchemaMismatch
from clinic_desk.opening.demo import new_demo_name, usable_demo
from clinic_desk.opening.stages import Stage
from clinic_desk.ui.opening_words import stage_text, trouble_text

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("names", "used"),
    [
        ([], None),
        (["demo_20261121"], "demo_20261121"),
        (["demo_20261114"], "demo_20261114"),
        (["demo_20261113"], None),
        (["demo_20261122"], None),
        (["demo_20261115", "demo_20261120", "demo_20261101"], "demo_20261120"),
        (["demo_20261121", "demo_20261121_2"], "demo_20261121_2"),
    ],
)
def test_the_newest_demo_of_the_last_week_is_used(names: list[str], used: str | None) -> None:
    assert usable_demo(names, TODAY) == used


def test_a_half_made_demo_of_today_is_left_alone_and_another_name_taken() -> None:
    assert new_demo_name(TODAY, ["postgres"]) == "demo_20261121"
    assert new_demo_name(TODAY, ["demo_20261121", "demo_20261121_2"]) == "demo_20261121_3"


def test_every_stage_and_step_is_said_in_words() -> None:
    stages = [getattr(Stage, name) for name in vars(Stage) if name.isupper()]
    for stage in [*stages, *Step]:
        assert stage_text(stage).endswith("…")
        assert " " not in stage or stage_text(stage) != stage


@pytest.mark.parametrize(
    ("error", "part"),
    [
        (SchemaMismatch(None, "0001"), "no clinic in it"),
        (SchemaMismatch("0009", "0001"), "update Clinic Desk on this PC"),
        (SchemaMismatch("0001", "0002"), "Waiting for a manager to upgrade it"),
        (NotAllowed("login"), "does not let this user in"),
        (InvalidInput("database_url", "postgresql://…"), "database_url"),
        (DatabaseDown(), "cannot be reached"),
        (DatabaseDown("server does not support SSL, but SSL was required"), "did not prove that it is the right one"),
        (DatabaseDown("SSL error: certificate verify failed"), "certificate verify failed"),
    ],
)
def test_why_a_clinic_cannot_be_opened_is_said_with_what_to_do(error: Exception, part: str) -> None:
    assert part in trouble_text(error)  # type: ignore[arg-type]

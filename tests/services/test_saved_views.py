"""Saved views: written once over the version that was seen, in their order, one at most opened at start."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from clinic_desk.database.engine import Database
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.saved_views import Arrangement, SavedView, ViewsChanged, arrangement_of
from clinic_desk.errors import InvalidInput
from clinic_desk.services import desks, saved_views

FULL = Arrangement(
    *("days", "room", str(UUID(int=7)), 5, "week", True, (str(UUID(int=1)), str(UUID(int=2))), 5, ("left",)),
    *("patient", True, "mull", "booked", str(UUID(int=9)), True, True, True),
)


@pytest.mark.parametrize("arrangement", [Arrangement(), FULL])
def test_an_arrangement_is_read_as_it_was_written(arrangement: Arrangement) -> None:
    assert arrangement_of(arrangement.to_text()) == arrangement
    assert len(FULL.resources) == 4


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", Arrangement()),
        ("[]", Arrangement()),
        ('{"span": "year", "count": 9, "as_list": 1, "of": "me", "step": "5", "new": 1}', Arrangement()),
        ('{"shown": ["x"], "sides": [1], "count": true, "typed": 4, "pace": []}', Arrangement()),
        ('{"span": "week", "count": 12}', Arrangement(span="week")),
    ],
)
def test_what_another_program_wrote_is_left_out_where_it_is_not_understood(text: str, found: Arrangement) -> None:
    assert arrangement_of(text) == found


def view(name: str, **other: object) -> SavedView:
    return replace(SavedView(new_id(), name, Arrangement()), **other)  # type: ignore[arg-type]


def test_views_are_saved_ordered_changed_and_removed(database: Database) -> None:
    front, week = view("Front  desk ", place=0), view("My week", place=1, arrangement=FULL)
    saved_views.save(database, front)
    found = saved_views.save(database, week)
    assert [(one.name, one.arrangement, one.version) for one in found] == [
        ("Front desk", Arrangement(), 1),
        ("My week", FULL, 1),
    ]
    assert [one.name for one in saved_views.put_in_order(database, [week.id, front.id])] == ["My week", "Front desk"]
    found = saved_views.read(database)
    left = saved_views.remove(database, found[0])
    assert [one.name for one in left] == ["Front desk"]


def test_one_at_most_is_opened_at_start_and_is_known_when_somebody_signs_in(database: Database) -> None:
    assert desks.who_am_i(database).first_view is None
    saved_views.save(database, view("A", at_start=True))
    found = saved_views.save(database, view("B", at_start=True, arrangement=FULL, place=1))
    assert [one.at_start for one in found] == [False, True]
    assert arrangement_of(desks.who_am_i(database).first_view or "") == FULL


def test_a_view_changed_at_another_desk_or_a_name_in_use_is_refused(
    database: Database, second_database: Database
) -> None:
    (seen,) = saved_views.save(database, view("A"))
    saved_views.save(second_database, replace(seen, name="B"))
    for late in (replace(seen, name="C"), view("B")):
        with pytest.raises(ViewsChanged):
            saved_views.save(database, late)
    with pytest.raises(ViewsChanged):
        saved_views.remove(database, seen)
    with pytest.raises(InvalidInput):
        saved_views.save(database, view(" "))
    assert [one.name for one in saved_views.read(database)] == ["B"]

"""What a word means of a number that was offered a time: what was asked last decides, doubt goes to a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from clinic_desk.domain.asking import Heard, Sense, Standing, Word, sense_of

NOW = datetime(2031, 3, 3, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def offer(state: Standing = Standing.ASKED, told: int = 10, until: int = 10, number: int = 1, **other: Any) -> Heard:
    """An offer that was sent `told` minutes ago and can be taken for `until` more."""
    given = {"answered": False, "wish_open": True, "running": True, "over": False} | other
    key = UUID(int=number)
    return Heard(key, key, key, state, NOW - told * MINUTE, NOW + until * MINUTE, **given)


def meant(word: Word, *offers: Heard, told: int | None = None, request: int | None = None, at: int = 0) -> str:
    """`told`, `request`: minutes since an appointment was told of, and since one was that waits for an answer."""
    last_told = None if told is None else NOW - told * MINUTE
    last_request = None if request is None else NOW - request * MINUTE
    sense, _ = sense_of(word, offers, last_told=last_told, last_request=last_request, at=NOW + at * MINUTE)
    return sense.value


@pytest.mark.parametrize(
    ("word", "told", "open_request", "wanted"),
    [
        ("yes", None, None, "takes"),
        ("confirm", None, None, "takes"),
        ("no", None, None, "declines"),
        # An appointment told of before the offer, and nothing to be confirmed.
        ("yes", 60, None, "takes"),
        ("confirm", 60, None, "takes"),
        # A reminder before it that waits for its C: only what an offer alone asks for answers the offer.
        ("yes", 60, 60, "takes"),
        ("confirm", 60, 60, "doubtful"),
        ("no", 60, 60, "declines"),
        # Both within two minutes: nobody knows which was read first.
        ("yes", 11, 11, "doubtful"),
        ("confirm", 11, 11, "doubtful"),
        ("no", 11, 11, "doubtful"),
        # A reminder after it: a C is its answer, anything else could be either's.
        ("confirm", 5, 5, "else"),
        ("yes", 5, 5, "doubtful"),
        ("no", 5, 5, "doubtful"),
        ("yes", 5, None, "doubtful"),
    ],
)
def test_what_was_asked_last_decides_and_doubt_is_left_to_a_person(
    word: Word, told: int | None, open_request: int | None, wanted: str
) -> None:
    assert meant(word, offer(), told=told, request=open_request) == wanted


def test_without_an_offer_it_is_none_to_an_offer() -> None:
    assert meant("yes") == Sense.ELSE
    assert meant("no", offer(Standing.LAPSED)) == Sense.ELSE
    assert meant("yes", offer(Standing.LAPSED), told=5, request=5) == Sense.ELSE


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"state": Standing.ASKED, "answered": True}, "again"),
        ({"state": Standing.TAKEN, "running": False}, "again"),
        ({"state": Standing.LAPSED, "until": -1}, "takes"),  # on its way when the time ran out
        ({"state": Standing.LAPSED, "until": -3}, "late"),
        ({"state": Standing.LAPSED, "until": -300, "running": False, "over": True}, "takes"),
        ({"state": Standing.LAPSED, "until": -1, "running": False}, "late"),
        ({"state": Standing.LOST}, "late"),
        ({"state": Standing.WITHDRAWN, "running": False}, "late"),
        ({"state": Standing.DECLINED}, "late"),
        ({"state": Standing.DECLINED, "running": False, "over": True}, "doubtful"),
        ({"state": Standing.ASKED, "wish_open": False}, "late"),
    ],
)
def test_a_yes_to_what_is_over_is_late_unless_nobody_else_has_a_claim(given: dict[str, Any], wanted: str) -> None:
    assert meant("yes", offer(**given)) == wanted


def test_a_family_that_was_offered_two_times_is_asked_by_a_person() -> None:
    both = offer(told=5, number=1), offer(told=20, number=2)
    assert meant("yes", *both) == Sense.DOUBTFUL
    assert meant("yes", both[0], replace(both[1], state=Standing.LAPSED)) == Sense.TAKES

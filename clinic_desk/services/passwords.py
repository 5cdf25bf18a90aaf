"""Judges a password that somebody wants to have, before it is made into a verifier; it goes no further than this PC."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from clinic_desk.domain.passwords import LONGEST, SHORTEST, Weakness, weakness
from clinic_desk.errors import InvalidInput
from clinic_desk.resources import resource

if TYPE_CHECKING:
    from collections.abc import Iterable

_WANTED: Final = {
    Weakness.TOO_SHORT: f"at least {SHORTEST} characters",
    Weakness.TOO_LONG: f"at most {LONGEST} characters",
    Weakness.UNUSABLE: "characters that can be typed",
    Weakness.COMMON: "one that is not among the commonest, with or without digits around it",
    Weakness.TOO_SIMPLE: "more than one piece again and again, or a run",
    Weakness.OWN_NAME: "more than the login, the name or the clinic's name",
}


class WeakPassword(InvalidInput):
    """A password that will not do; `weakness` says why."""

    def __init__(self, why: Weakness) -> None:
        super().__init__("password", _WANTED[why])
        self.weakness = why


def weakness_of(password: str, *, login: str, others: Iterable[str] = ()) -> Weakness | None:
    """Return why a password will not do, None if it will. `others`: the person's and the clinic's name.

    Reads a file the first time.
    """
    return weakness(password, (login, *others), _common())


def check_new_password(password: str, *, login: str, others: Iterable[str] = ()) -> None:
    """Raise WeakPassword if a password will not do."""
    why = weakness_of(password, login=login, others=others)
    if why is not None:
        raise WeakPassword(why)


@cache
def _common() -> frozenset[str]:
    lines = resource("people/common-passwords.txt").read_text("utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))

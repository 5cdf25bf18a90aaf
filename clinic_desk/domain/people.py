"""The people of the clinic: who may sign in, in which group, with which rights; the one-time codes they start with."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from unicodedata import normalize

from clinic_desk.domain.ids import new_id
from clinic_desk.errors import InvalidInput, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from clinic_desk.domain.rights import Right

LONGEST_LOGIN: Final = 63
"""Bytes of UTF-8: PostgreSQL cuts off what is longer."""
_CODE_LETTERS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""None that is taken for another when it is read aloud or copied by hand: no 0 and O, no 1 and I."""
_CODE_LENGTH: Final = 12  # of 32 letters each: 60 bits, and the server takes it for one day
_CODE_GROUP: Final = 4


class Group(StrEnum):
    """A group that a person can be in, as `staff.group_name` writes it."""

    RECEPTION = "reception"
    MANAGER = "manager"
    READONLY = "readonly"


class PeopleRefusal(StrEnum):
    """Why the database refuses a change of people: the word that NotAllowed carries as its `right`."""

    NO_MANAGER = "manager"
    OWN_LOGIN = "own-login"
    NOT_A_PERSON = "not-a-person"
    LAST_MANAGER = "last-manager"
    DISABLED = "disabled"
    CODE_OVER = "code-over"
    NO_CODE = "no-code"
    OTHER_SESSION = "other-session"
    SET_UP_AGAIN = "set-up-again"


@dataclass(frozen=True, slots=True)
class Person:
    """One who can sign in, or could. `rights`: given (True) or refused (False) to her by name, beside her group's.

    `code_until`: the end of the one-time code that stands in the place of a password; None once she has one.
    """

    id: UUID
    login: str
    display_name: str
    group: Group
    version: int
    disabled: bool = False
    code_until: datetime | None = None
    last_seen_at: datetime | None = None
    rights: Mapping[Right, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OneTimeCode:
    """What a manager hands to a person once: it signs her in until `until` (UTC) to set a password of her own."""

    login: str
    display_name: str
    code: str = field(repr=False)
    until: datetime


def login_of(typed: str) -> str:
    """Return what was typed as a login: trimmed, composed (NFC), in small letters.

    Raises InvalidInput (`login`) unless it is letters and digits of any script, with . _ - between, 63 bytes at most.
    """
    login = normalize("NFC", typed.strip()).lower()
    plain = login.replace(".", "").replace("_", "").replace("-", "")
    if not plain.isalnum() or not login[0].isalnum() or len(login.encode()) > LONGEST_LOGIN or login.startswith("pg_"):
        raise InvalidInput(field="login", expected="letters and digits, with . _ - between", example="anna.weber")
    return login


def display_name_of(typed: str) -> str:
    """Return what was typed as the name others see. Raises InvalidInput (`display_name`)."""
    name = " ".join(typed.split())
    if not name or not name.isprintable() or len(name) > 100:
        raise InvalidInput(field="display_name", expected="a name of 1 to 100 characters", example="Anna Weber")
    return name


def new_code() -> str:
    """Make a one-time code, in groups to be read aloud: `K7QM-3XPD-9RTA`."""
    letters = "".join(secrets.choice(_CODE_LETTERS) for _ in range(_CODE_LENGTH))
    return "-".join(letters[at : at + _CODE_GROUP] for at in range(0, _CODE_LENGTH, _CODE_GROUP))


def as_code(typed: str) -> str | None:
    """Return what was typed, in any case and with any blanks, as the code that was made; None if it is none."""
    letters = "".join(char for char in typed.upper() if char not in " -\t")
    if len(letters) != _CODE_LENGTH or any(letter not in _CODE_LETTERS for letter in letters):
        return None
    return "-".join(letters[at : at + _CODE_GROUP] for at in range(0, _CODE_LENGTH, _CODE_GROUP))


@dataclass(frozen=True, slots=True)
class CreatePerson:
    """Let somebody sign in as `login`, in `group`, with a one-time code."""

    login: str
    display_name: str
    group: Group
    code: str = field(default_factory=new_code, repr=False)
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class ResetPassword:
    """Put a new one-time code in the place of somebody's password."""

    login: str
    code: str = field(default_factory=new_code, repr=False)
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class RenamePerson:
    """Change the name that the others see. `version`: of the person as she was seen."""

    login: str
    display_name: str
    version: int
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class SetGroup:
    """Put somebody into another group."""

    login: str
    group: Group
    version: int
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class SetDisabled:
    """Shut somebody out at once, or let her in again."""

    login: str
    disabled: bool
    version: int
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class SetRight:
    """Give (True) or refuse (False) a right by name; None: as her group has it."""

    login: str
    right: Right
    granted: bool | None
    operation_id: UUID = field(default_factory=new_id)


class PersonChanged(Refused):
    """Somebody's row was changed since the user saw it; `now` is how it stands."""

    def __init__(self, now: Person) -> None:
        super().__init__("this person was changed at another desk first")
        self.now = now

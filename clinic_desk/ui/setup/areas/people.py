"""Who signs in: group, rights by name, shut out or not. Who is new gets a one-time code, which is shown once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID, uuid5

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QLineEdit

from clinic_desk.database.engine import Database
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.people import (
    CreatePerson,
    Group,
    OneTimeCode,
    Person,
    RenamePerson,
    SetDisabled,
    SetGroup,
    SetRight,
    display_name_of,
    login_of,
)
from clinic_desk.domain.rights import Right, by_group
from clinic_desk.domain.wall import to_wall
from clinic_desk.services import people as service
from clinic_desk.services.setup_overview import Setup
from clinic_desk.ui.booking.words import day_text
from clinic_desk.ui.messages.settings.rows import line
from clinic_desk.ui.rights_words import group_name, right_about, right_name
from clinic_desk.ui.setup.area import Area, Line, Row, Values, Work
from clinic_desk.ui.setup.inputs import Input, choice_input, text_input, tick_input
from clinic_desk.ui.setup.words import yes_no

translate = QCoreApplication.translate
PEOPLE: Final = "people"


@dataclass(frozen=True, slots=True)
class Login:
    """What stands in the field of a login; that of somebody who is there already stays."""

    text: str
    is_new: bool


def _login_input(name: str) -> Input:
    made: QLineEdit = line(name, 63, "anna.weber")
    standing = {"is_new": True, "locked": False}

    def lock(*, locked: bool) -> None:
        standing["locked"] = locked
        made.setReadOnly(locked or not standing["is_new"])

    def show(value: Login) -> None:
        standing["is_new"] = value.is_new
        lock(locked=standing["locked"])
        if made.text() != value.text:
            made.setText(value.text)

    return Input(
        made,
        lambda: Login(made.text(), standing["is_new"]),
        show,
        lambda locked: lock(locked=locked),
        (made.textChanged,),
    )


def _values(person: Person, _setup: Setup) -> dict[str, Any]:
    rights = {right.value: person.rights.get(right) for right in Right}
    return {
        "login": Login(person.login, person.version == 0),
        "display_name": person.display_name,
        "group": person.group,
        "disabled": person.disabled,
        **rights,
    }


def _read(values: Values, base: Person, _setup: Setup) -> Person:
    login: Login = values["login"]
    return replace(
        base,
        login=login_of(login.text) if login.is_new else base.login,
        display_name=display_name_of(values["display_name"]),
        group=values["group"],
        disabled=values["disabled"],
        rights={right: values[right.value] for right in Right if values[right.value] is not None},
    )


def _line(person: Person, setup: Setup) -> Line:
    notes = [person.login, group_name(person.group)]
    if person.code_until is not None:
        notes.append(translate("people", "has a code, no password yet"))
    elif person.last_seen_at is not None:
        seen = to_wall(person.last_seen_at, setup.zone)
        notes.append(translate("people", "seen {day}").format(day=day_text(seen.date())))
    idle = translate("people", "shut out")
    return Line(person.display_name, " · ".join(note for note in notes if note), "", not person.disabled, idle)


def _said(name: str, person: Person, _setup: Setup) -> str:
    if name == "group":
        return group_name(person.group)
    if name == "disabled":
        return yes_no(person.disabled)
    if name == "rights":
        told = (f"{right_name(right)}: {yes_no(granted)}" for right, granted in person.rights.items())
        return ", ".join(told) or translate("people", "as the group")
    return str(getattr(person, name))


def _saving(base: Person | None, person: Person, operation: UUID) -> Work:
    if base is not None:
        return lambda db: _change(db, base, person, operation)
    command = CreatePerson(person.login, person.display_name, person.group, operation_id=operation)

    def create(db: Database) -> OneTimeCode:
        code = service.create_person(db, command)
        _give_rights(db, replace(person, rights={}), person, operation)
        return code

    return create


def _change(db: Database, base: Person, person: Person, operation: UUID) -> None:
    """Write what is wanted otherwise, each as an operation of its own: done again, all of them are the same ones."""
    version = base.version
    if person.display_name != base.display_name:
        rename = RenamePerson(person.login, person.display_name, version, uuid5(operation, "name"))
        version = service.rename_person(db, rename).version
    if person.group != base.group:
        version = service.set_group(
            db, SetGroup(person.login, person.group, version, uuid5(operation, "group"))
        ).version
    _give_rights(db, base, person, operation)
    if person.disabled != base.disabled:
        disable = SetDisabled(person.login, disabled=person.disabled, version=version)
        service.set_disabled(db, replace(disable, operation_id=uuid5(operation, "disabled")))


def _give_rights(db: Database, base: Person, person: Person, operation: UUID) -> None:
    for right in Right:
        wanted = person.rights.get(right)
        if wanted != base.rights.get(right):
            service.set_right(db, SetRight(person.login, right, wanted, uuid5(operation, right.value)))


def _blank(_setup: Setup) -> Person:
    return Person(new_id(), "", "", Group.RECEPTION, version=0)


def _offered(right: Right) -> Callable[[Values], list[tuple[str, Any]]]:
    """The three states of a right, the first of them by the group that stands in the form."""

    def offer(values: Values) -> list[tuple[str, Any]]:
        granted = right in by_group(values["group"] or Group.RECEPTION)
        as_group = (
            translate("people", "as the group: allowed")
            if granted
            else translate("people", "as the group: not allowed")
        )
        return [(as_group, None), (translate("people", "allowed"), True), (translate("people", "refused"), False)]

    return offer


def _rows() -> tuple[Row, ...]:
    return (
        Row(
            "login",
            translate("people", "Signs in as"),
            _login_input,
            translate("people", "Small letters and digits, with . _ - between. It stays."),
        ),
        Row(
            "display_name",
            translate("people", "Name"),
            text_input(100),
            translate("people", "The others read it beside what she books."),
        ),
        Row(
            "group",
            translate("people", "Group"),
            choice_input(),
            offered=lambda _setup, _person: [(group_name(group), group) for group in Group],
        ),
        Row(
            "disabled",
            translate("people", "Shut out"),
            tick_input(translate("people", "cannot sign in; what is open ends at once")),
            translate("people", "For who leaves. What she did stays under her name."),
        ),
        *(
            Row(right.value, right_name(right), choice_input(), right_about(right), follows=_offered(right))
            for right in Right
        ),
    )


def people_area() -> Area:
    """Return the area of those who sign in."""
    return Area(
        name=PEOPLE,
        title=translate("people", "People and rights"),
        about=translate(
            "people",
            "Who signs in at the desks, each as herself. Whoever is new, or forgot her password, gets a code that lets"
            " her in once to choose one: nobody else ever knows it.",
        ),
        none_yet=translate("people", "Nobody signs in by name yet."),
        new_text=translate("people", "&New person"),
        extra_text=translate("people", "Reset pass&word…"),
        rows=_rows(),
        records=lambda setup: setup.people,
        line=_line,
        read=_read,
        said=_said,
        saving=_saving,
        values=_values,
        blank=_blank,
        compared=("display_name", "group", "disabled", "rights"),
        is_same=lambda one, other: bool(one.login and one.login == other.login),
        names={"rights": translate("people", "Rights")},
        rows_of={"rights": Right.SQUEEZE_IN.value},
    )

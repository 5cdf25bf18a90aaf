"""`clinic-desk people`: who signs in, made, reset, shut out, and what each may by name. As a manager's login."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from clinic_desk.commandline.appointments import Answer, Work
from clinic_desk.commandline.documents import plain
from clinic_desk.commandline.usage import Usage
from clinic_desk.domain.people import CreatePerson, Group, ResetPassword, SetDisabled, SetGroup, SetRight
from clinic_desk.domain.rights import Right
from clinic_desk.services import people as service

if TYPE_CHECKING:
    import argparse

    from clinic_desk.domain.people import OneTimeCode, Person

_STATES: Final = {"allowed": True, "refused": False, "as-group": None}


def people(work: Work, arguments: argparse.Namespace) -> Answer:
    """List people, or change one. A code is printed once, and is nowhere else."""
    if arguments.action == "list":
        rows = [_document(person) for person in service.people(work.database)]
        return Answer({"people": rows}, tuple(_line(row) for row in rows) or ("nobody",))
    if not arguments.login:
        raise Usage(field="login", expected=f"whom to {arguments.action}")
    if arguments.action == "add":
        name, group = arguments.name or arguments.login, Group(arguments.group or Group.RECEPTION)
        new = CreatePerson(arguments.login, name, group, operation_id=work.operation_id)
        return _code(service.create_person(work.database, new))
    if arguments.action == "reset":
        reset = ResetPassword(arguments.login, operation_id=work.operation_id)
        return _code(service.reset_password(work.database, reset))
    row = _document(_changed(work, arguments))
    return Answer(row, (_line(row),))


def _changed(work: Work, arguments: argparse.Namespace) -> Person:
    login, operation = arguments.login, work.operation_id
    if arguments.action == "set-right":
        if arguments.right is None or arguments.state is None:
            expected = f"a right ({', '.join(Right)}) and one of {', '.join(_STATES)} behind the login"
            raise Usage(field="right", expected=expected)
        given = SetRight(login, Right(arguments.right), _STATES[arguments.state], operation)
        return service.set_right(work.database, given)
    person = service.person(work.database, login)
    if arguments.action == "set-group":
        if arguments.group is None:
            raise Usage(field="group", expected=f"one of {', '.join(Group)}")
        return service.set_group(work.database, SetGroup(login, Group(arguments.group), person.version, operation))
    command = SetDisabled(login, arguments.action == "disable", person.version, operation)
    return service.set_disabled(work.database, command)


def _code(code: OneTimeCode) -> Answer:
    document = {"login": code.login, "name": code.display_name, "code": code.code, "until": plain(code.until)}
    lines = (
        f"{code.login} signs in with this code, once, until {document['until']}, and chooses a password:",
        code.code,
    )
    return Answer(document, lines)


def _document(person: Person) -> dict[str, Any]:
    return {
        "login": person.login,
        "name": person.display_name,
        "group": person.group.value,
        "disabled": person.disabled,
        "code_until": plain(person.code_until),
        "last_seen": plain(person.last_seen_at),
        "rights": {right.value: granted for right, granted in person.rights.items()},
        "version": person.version,
    }


def _line(row: dict[str, Any]) -> str:
    rights = [f"{name}: {'allowed' if granted else 'refused'}" for name, granted in row["rights"].items()]
    notes = ["shut out"] * row["disabled"] + [f"code until {row['code_until']}"] * bool(row["code_until"]) + rights
    seen = f"last seen {row['last_seen']}" if row["last_seen"] else "never seen"
    return "  ".join((row["login"], row["name"], row["group"], seen, *notes))

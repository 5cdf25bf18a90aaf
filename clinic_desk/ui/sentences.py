"""Every refusal, outage and broken rule as one translated plain-text sentence that says what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.commands import Rule
from clinic_desk.domain.people import PeopleRefusal
from clinic_desk.domain.records import Clinic, RoomKind
from clinic_desk.domain.refusals import (
    Conflict,
    LikelyDuplicates,
    NotFound,
    PatientConflict,
    RuleViolation,
    SlotTaken,
    Violation,
)
from clinic_desk.domain.rights import Right
from clinic_desk.domain.wall import to_wall
from clinic_desk.errors import (
    Busy,
    ClinicDeskError,
    DatabaseDown,
    DiskFull,
    DurabilityUnknown,
    InvalidInput,
    NotAllowed,
    OutcomeUnknown,
    SchemaMismatch,
)
from clinic_desk.ui.booking.words import day_text, minute_text, one_line, span_text, time_text
from clinic_desk.ui.rights_words import not_allowed, people_refusal

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class About:
    """What was asked for, as far as it is known: it makes a sentence name the doctor, the visit and the hours."""

    practitioner_id: UUID | None = None
    type_id: UUID | None = None
    starts_at: datetime | None = None
    patient_name: str = ""


def sentence(problem: ClinicDeskError | Violation, clinic: Clinic, zone: str, about: About | None = None) -> str:
    """Return what is wrong and what to do about it, in the user's language; times are shown in `zone` (IANA name)."""
    about = about or About()
    if isinstance(problem, Violation):
        return _violation(problem, clinic, zone, about)
    if isinstance(problem, RuleViolation):
        return " ".join(_violation(violation, clinic, zone, about) for violation in combined(problem.violations))
    if isinstance(problem, SlotTaken):
        return _slot_taken(problem, clinic, zone)
    if isinstance(problem, InvalidInput):
        return _invalid(problem)
    return _plain(problem)


def question(violations: tuple[Violation, ...], clinic: Clinic, zone: str, about: About | None = None) -> str:
    """Return the sentences of rules that may be overruled, ending in the question whether to go on."""
    about = about or About()
    told = " ".join(_violation(violation, clinic, zone, about, asking=True) for violation in combined(violations))
    if any(violation.rule is Rule.SLOT_TAKEN for violation in violations):
        return told + " " + translate("sentences", "Squeeze in side by side?")
    return told + " " + translate("sentences", "Book anyway?")


def combined(violations: Iterable[Violation]) -> tuple[Violation, ...]:
    """Return the violations with those of one rule and one name told as one, from the first start to the last end."""
    found: dict[tuple[Rule, str], Violation] = {}
    for one in violations:
        before = found.get((one.rule, one.name))
        if before is not None and before.starts_at and before.ends_at and one.starts_at and one.ends_at:
            start, end = min(before.starts_at, one.starts_at), max(before.ends_at, one.ends_at)
            found[one.rule, one.name] = replace(before, starts_at=start, ends_at=end)
        else:
            found.setdefault((one.rule, one.name), one)
    return tuple(found.values())


def _violation(violation: Violation, clinic: Clinic, zone: str, about: About, *, asking: bool = False) -> str:
    facts = _Facts.of(violation, clinic, zone, about)
    template, advice = _by_rule(violation.rule, facts)
    told = template.format(
        who=facts.who, name=facts.name, span=facts.span, day=facts.day, hours=facts.hours, visit=facts.visit
    )
    if violation.barred:
        return told + " " + translate("sentences", "Only a practice manager can book this, or allow it.")
    return told if asking or not advice else f"{told} {advice}"


@dataclass(frozen=True, slots=True)
class _Facts:
    """The words a sentence about one broken rule can use; each is never empty except `name`, `span` and `hours`."""

    who: str
    name: str
    span: str
    day: str
    hours: str
    visit: str
    is_over: bool
    """What is in the way has ended when the visit begins: only the time after it is in the way."""

    @classmethod
    def of(cls, violation: Violation, clinic: Clinic, zone: str, about: About) -> _Facts:
        practitioner = next((one for one in clinic.practitioners if one.id == about.practitioner_id), None)
        kind = next((one for one in clinic.types if one.id == about.type_id), None)
        start = about.starts_at or violation.starts_at
        wall = to_wall(start, zone) if start is not None else None
        return cls(
            who=one_line(practitioner.name) if practitioner else translate("sentences", "The doctor"),
            name=one_line(violation.name),
            span=_span(violation, zone),
            day=day_text(wall.date()) if wall else translate("sentences", "that day"),
            hours=_hours(clinic, about.practitioner_id, wall),
            visit=one_line(kind.name) if kind else translate("sentences", "This visit"),
            is_over=bool(violation.ends_at and about.starts_at and violation.ends_at <= about.starts_at),
        )


def _span(violation: Violation, zone: str) -> str:
    if violation.starts_at is None or violation.ends_at is None:
        return ""
    start, end = to_wall(violation.starts_at, zone), to_wall(violation.ends_at, zone)
    if start.date() == end.date():
        return span_text(start, end)
    return f"{day_text(start.date())} {time_text(start)} – {day_text(end.date())} {time_text(end)}"


def _hours(clinic: Clinic, practitioner_id: UUID | None, wall: datetime | None) -> str:
    """Return `08:00–12:00, 13:00–17:00` of that local day, empty when the doctor does not work or is not known."""
    if wall is None or practitioner_id is None:
        return ""
    rows = sorted(
        (row.start_minute, row.end_minute)
        for row in clinic.working_hours
        if row.practitioner_id == practitioner_id
        and row.weekday == wall.isoweekday()
        and row.valid_from <= wall.date() <= (row.valid_to or wall.date())
    )
    return ", ".join(f"{minute_text(start)}–{minute_text(end)}" for start, end in rows)


def _by_rule(rule: Rule, facts: _Facts) -> tuple[str, str]:
    """Return what is wrong, as a template for the facts, and what to do about it."""
    if rule in _SPECIAL:
        return _SPECIAL[rule](facts)
    named, nameless, advice = _plain_rules()[rule]
    return (named if facts.name and named else nameless), advice


def _plain_rules() -> dict[Rule, tuple[str, str, str]]:
    """Return (where what is in the way has a name, where it has none, what to do); "" where a name says nothing."""
    return {
        Rule.OVER_BREAK: (
            translate("sentences", "{who}: {name} {span}."),
            translate("sentences", "{who} has a break {span}."),
            translate("sentences", "Choose a time before or after."),
        ),
        Rule.TIME_OFF: (
            translate("sentences", "{who} is away: {name}, {span}."),
            translate("sentences", "{who} is away {span}."),
            translate("sentences", "Choose another time or doctor."),
        ),
        Rule.CLOSURE: (
            translate("sentences", "The practice is closed on {day}: {name}."),
            translate("sentences", "The practice is closed on {day}."),
            translate("sentences", "Choose another day."),
        ),
        Rule.BLOCKED: (
            translate("sentences", "{span} is kept for {name}."),
            translate("sentences", "{span} is blocked."),
            translate("sentences", "Choose a time before or after."),
        ),
        Rule.IN_THE_PAST: (
            "",
            translate("sentences", "This time is over."),
            translate("sentences", "Choose a later one."),
        ),
        Rule.TOO_SHORT: (
            "",
            translate("sentences", "The length is too short for {visit}."),
            translate("sentences", "Give it at least five minutes."),
        ),
        Rule.TOO_LONG: (
            "",
            translate("sentences", "An appointment can last at most twelve hours."),
            translate("sentences", "Shorten it."),
        ),
        Rule.WRONG_TYPE: (
            "",
            translate("sentences", "{who} does not do {visit}."),
            translate("sentences", "Choose another doctor or another visit."),
        ),
        Rule.ROOM_TAKEN: (
            translate("sentences", "{name} is taken at that time."),
            translate("sentences", "The room is taken at that time."),
            translate("sentences", "Choose another room, or “automatic”."),
        ),
        Rule.DEVICE_TAKEN: (
            translate("sentences", "{name} is taken at that time."),
            translate("sentences", "The device is taken at that time."),
            translate("sentences", "Choose another device, or “automatic”."),
        ),
        Rule.WRONG_ROOM: (
            translate("sentences", "{name} is not meant for this visit."),
            translate("sentences", "The room is not meant for this visit."),
            translate("sentences", "Choose another one, or “automatic”."),
        ),
        Rule.INACTIVE: (
            translate("sentences", "{name} is no longer in use."),
            translate("sentences", "The doctor, room or visit is no longer in use."),
            translate("sentences", "Choose another one."),
        ),
    }


def _outside_hours(facts: _Facts) -> tuple[str, str]:
    advice = translate("sentences", "Choose a time within them.")
    if facts.hours:
        return translate("sentences", "{who} does not work then; hours on {day}: {hours}."), advice
    return (
        translate("sentences", "{who} does not work on {day}."),
        translate("sentences", "Choose another day or doctor."),
    )


def _patient_busy(facts: _Facts) -> tuple[str, str]:
    advice = translate("sentences", "Choose another time.")
    if facts.name and facts.span:
        return translate("sentences", "The patient is already booked {span} ({name})."), advice
    if facts.span:
        return translate("sentences", "The patient is already booked {span}."), advice
    return translate("sentences", "The patient is already booked at that time."), advice


def _taken(facts: _Facts) -> tuple[str, str]:
    advice = translate("sentences", "Choose a free time.")
    if facts.is_over:
        return translate("sentences", "{who} is booked {span} and needs some minutes after it."), advice
    if facts.span:
        return translate("sentences", "{who} is already booked {span}."), advice
    return translate("sentences", "{who} is already booked then."), advice


def _no_room(facts: _Facts) -> tuple[str, str]:
    if facts.name:
        advice = translate("sentences", "Choose another room, or “automatic”.")
        return translate("sentences", "{name} is at another site."), advice
    return (
        translate("sentences", "{visit} needs a room, and none is free or chosen."),
        translate("sentences", "Choose a room or another time."),
    )


def _no_device(facts: _Facts) -> tuple[str, str]:
    if facts.name:
        advice = translate("sentences", "Choose another device, or “automatic”.")
        return translate("sentences", "{name} is at another site."), advice
    return (
        translate("sentences", "{visit} needs a device, and none is free or chosen."),
        translate("sentences", "Choose a device or another time."),
    )


_SPECIAL = {
    Rule.OUTSIDE_HOURS: _outside_hours,
    Rule.PATIENT_BUSY: _patient_busy,
    Rule.SLOT_TAKEN: _taken,
    Rule.NO_ROOM: _no_room,
    Rule.NO_DEVICE: _no_device,
}
"""Rules whose sentence hangs on more than whether what is in the way has a name."""


def _slot_taken(problem: SlotTaken, clinic: Clinic, zone: str) -> str:
    if problem.resource is RoomKind.ROOM:
        return translate("sentences", "The room was taken first. Choose another room, or “automatic”.")
    if problem.resource is RoomKind.DEVICE:
        return translate("sentences", "The device was taken first. Choose another device, or “automatic”.")
    if problem.by is None:
        return translate("sentences", "This time was taken first. Choose another time.")
    visit = problem.by.appointment
    start, end = to_wall(visit.starts_at, zone), to_wall(visit.ends_at, zone)
    return translate("sentences", "{span} was taken first. Choose another time.").format(span=span_text(start, end))


def _invalid(problem: InvalidInput) -> str:
    """Return the sentence of a field; one not named here keeps the English `expected` as its last resort."""
    told = {
        "phone": translate(
            "sentences",
            "This is not a phone number. Type it with its area code, such as {example}; a foreign one begins with +.",
        ).format(example=problem.example or "030 123456"),
        "email": translate("sentences", "This is not an e-mail address. It looks like name@example.org."),
        "family_name": translate("sentences", "Please type the name."),
        "given_name": translate("sentences", "Please type the name."),
        "name": translate("sentences", "Please type the name."),
        "birth_date": translate("sentences", "This is not a birth date. Type it as 14.3.1987 or 1987-03-14."),
        "channel": translate(
            "sentences", "There is no address to tell the patient by. Add it, or choose “no messages”."
        ),
        "language": translate("sentences", "Choose the language of the messages."),
        "length_minutes": translate("sentences", "This is not a length. Type minutes, for example 15."),
        "starts_at": translate("sentences", "This is not a time. Type it as 10:30, or with a day as fri 10:30."),
        "note": translate("sentences", "The note is too long. Shorten it."),
    }.get(problem.field)
    other = translate("sentences", "{field}: expected {expected}.")
    return told or other.format(field=problem.field, expected=problem.expected)


def _plain(problem: ClinicDeskError) -> str:
    if isinstance(problem, NotAllowed) and problem.right in set(Right):
        return not_allowed(Right(problem.right))
    if isinstance(problem, NotAllowed) and problem.right in set(PeopleRefusal):
        return people_refusal(PeopleRefusal(problem.right))
    for kind, told in _told_by_kind():
        if isinstance(problem, kind):
            return told
    if isinstance(problem, NotFound):
        return _not_found(problem)
    return translate("sentences", "This could not be done. Nothing was changed; please try again.")


def _told_by_kind() -> tuple[tuple[type[ClinicDeskError], str], ...]:
    return (
        (Conflict, translate("sentences", "Another desk changed this appointment first. Look at it, then decide.")),
        (PatientConflict, translate("sentences", "Another desk changed this patient first. Look at it, then decide.")),
        (LikelyDuplicates, translate("sentences", "This patient may be there already. Choose the one that is meant.")),
        (
            NotAllowed,
            translate("sentences", "Your sign-in may not do this. Ask the practice manager for the right to do it."),
        ),
        (
            DatabaseDown,
            translate("sentences", "The database cannot be reached: nothing was saved. Your input is kept; try again."),
        ),
        (
            DiskFull,
            translate("sentences", "The server's disk is full: nothing was saved. Your input is kept; tell whoever "
                      "looks after the server."),
        ),
        (
            Busy,
            translate("sentences", "The database is busy: nothing was saved. Your input is kept; try again."),
        ),
        (
            DurabilityUnknown,
            translate("sentences", "It is saved on one server, but the second one has not answered. Please wait."),
        ),
        (
            OutcomeUnknown,
            translate("sentences", "We are finding out whether this was booked. Please do not book it a second time."),
        ),
        (
            SchemaMismatch,
            translate("sentences", "The database and this program have different versions. Nothing can be saved here; "
                      "ask the person who installs the program."),
        ),
    )  # fmt: skip


def _not_found(problem: NotFound) -> str:
    match problem.what:
        case "appointment":
            return translate("sentences", "This appointment is no longer there. Reload the day to see what is.")
        case "patient":
            return translate("sentences", "This patient is no longer there. Search for the patient again.")
        case "practitioner":
            return translate("sentences", "This doctor is no longer there. Choose another one.")
        case "room":
            return translate("sentences", "This room is no longer there. Choose another one, or “automatic”.")
        case "device":
            return translate("sentences", "This device is no longer there. Choose another one, or “automatic”.")
    return translate("sentences", "What was chosen is no longer there. Choose again.")

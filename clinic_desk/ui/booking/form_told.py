"""What a booking form says under its fields: where its time comes from, and what speaks against its content."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.records import Hold
from clinic_desk.domain.refusals import Violation
from clinic_desk.domain.wall import to_wall
from clinic_desk.errors import ClinicDeskError
from clinic_desk.ui.booking.form_content import FormContent
from clinic_desk.ui.booking.judging import field_of
from clinic_desk.ui.booking.words import one_line
from clinic_desk.ui.sentences import About, combined, question, sentence

translate = QCoreApplication.translate
Told = tuple[str, str]
"""A sentence and its role."""


def remarks_of(content: FormContent, foreign: Hold | None, hint: str, *, asked: bool = False) -> dict[str, Told]:
    """Return what is to be said under which field. `foreign`: another desk's hold; `hint`: about the patient.

    `asked`: what is broken is in the question that is asked, where only another desk is still to be known.
    """
    if asked:
        return {} if foreign is None else {"when": _about_time(content, foreign)}
    broken: dict[str, list[Violation]] = {}
    for violation in content.violations():
        broken.setdefault(field_of(violation), []).append(violation)
    told = {"when": _about_time(content, foreign)}
    if content.draft.patient is not None:
        told["patient"] = (hint, "muted")
    for field, found in broken.items():
        text = " ".join(told_of(one, content) for one in combined(found))
        said, role = told.get(field, ("", "muted"))
        if role == "warning":  # another desk stands there too: both are to be known
            text = f"{said} {text}"
        told[field] = (text, "warning" if all(one.overrulable for one in found) else "danger")
    return told


def _about_time(content: FormContent, foreign: Hold | None) -> Told:
    if foreign is not None and foreign.offered_to:
        until = f"{to_wall(foreign.expires_at, foreign.zone):%H:%M}"
        told = translate("booking", "This time is offered by message to a patient who waits, until {until}.")
        return told.format(until=until), "warning"
    if foreign is not None:
        desk = one_line(foreign.desk_name)
        return translate("booking", "{desk} is booking this time just now.").format(desk=desk), "warning"
    if content.time_source == "searching":
        return translate("booking", "Looking for the next free time…"), "muted"
    if content.time_source == "found":
        return translate("booking", "The next free time. Type another one, or ↑↓ to step."), "muted"
    if content.draft.day is None or content.time_source == "none":
        return translate("booking", "No free time was found. Type one, or choose another visit or doctor."), "muted"
    return "", "muted"


def told_of(problem: ClinicDeskError | Violation, content: FormContent) -> str:
    """Return the sentence of a problem with what is in the form."""
    return sentence(problem, content.clinic, zone_of(content), _about(content))


def asked_of(violations: tuple[Violation, ...], content: FormContent) -> str:
    """Return the question whether what is in the form is to be booked against these rules."""
    return question(violations, content.clinic, zone_of(content), _about(content))


def zone_of(content: FormContent) -> str:
    """Return the zone in which the form's times are shown."""
    return content.clinic.site(content.draft.site_id).zone


def _about(content: FormContent) -> About:
    draft = content.draft
    return About(draft.practitioner_id, draft.type_id, draft.starts_at(content.clinic))

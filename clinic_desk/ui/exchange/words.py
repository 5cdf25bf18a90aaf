"""The sentences of import and export: fields, what was expected of a cell, what came of it."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.exchange import Kind, Reason, RowProblem
from clinic_desk.domain.rights import Right
from clinic_desk.errors import Busy, ClinicDeskError, DatabaseDown, InvalidInput, NotAllowed, OutcomeUnknown
from clinic_desk.services.importing.plan import Cancelled, ImportReport
from clinic_desk.ui.rights_words import not_allowed

translate = QCoreApplication.translate


def kind_name(kind: Kind) -> str:
    """What a file holds."""
    return {
        Kind.PATIENTS: translate("exchange", "Patients"),
        Kind.PRACTITIONERS: translate("exchange", "Doctors"),
        Kind.APPOINTMENTS: translate("exchange", "Appointments"),
    }[kind]


def field_name(name: str) -> str:
    """What one column holds."""
    return {
        "id": translate("exchange", "Number"),
        "family_name": translate("exchange", "Family name"),
        "given_name": translate("exchange", "Given name"),
        "name": translate("exchange", "Whole name"),
        "birth_date": translate("exchange", "Birth date"),
        "gender": translate("exchange", "Gender"),
        "phone": translate("exchange", "Phone"),
        "mobile": translate("exchange", "Mobile"),
        "email": translate("exchange", "E-mail"),
        "channel": translate("exchange", "Messages by"),
        "language": translate("exchange", "Language"),
        "note": translate("exchange", "Note"),
        "speciality": translate("exchange", "Speciality"),
        "colour": translate("exchange", "Colour"),
        "patient_id": translate("exchange", "Patient's number"),
        "patient": translate("exchange", "Patient's name"),
        "practitioner": translate("exchange", "Doctor"),
        "type": translate("exchange", "Kind of visit"),
        "site": translate("exchange", "Site"),
        "room": translate("exchange", "Room"),
        "device": translate("exchange", "Device"),
        "date": translate("exchange", "Date"),
        "start": translate("exchange", "Start"),
        "end": translate("exchange", "End"),
        "length": translate("exchange", "Minutes"),
        "status": translate("exchange", "Status"),
    }[name]


def expected_text(problem: RowProblem) -> str:
    """What would have done in a cell."""
    text = {
        Reason.MISSING: translate("exchange", "something must stand here"),
        Reason.DATE: translate("exchange", "a date such as {detail}"),
        Reason.BIRTH_DATE: translate("exchange", "a birth date from 1850 until today"),
        Reason.TIME: translate("exchange", "a time such as {detail}"),
        Reason.LENGTH: translate("exchange", "1 to 1440 minutes, or an end after the start"),
        Reason.PHONE: translate("exchange", "a whole phone number, such as {detail}"),
        Reason.EMAIL: translate("exchange", "one e-mail address"),
        Reason.LANGUAGE: translate("exchange", "a language code such as de"),
        Reason.COLOUR: translate("exchange", "a colour such as #3b6fd4"),
        Reason.NAME: translate("exchange", "a family name or a given name"),
        Reason.TEXT: translate("exchange", "shorter text, without control characters"),
        Reason.WORD: translate("exchange", "one of: {detail}"),
        Reason.CELLS: translate("exchange", "as many cells as headings: {detail}"),
        Reason.UNREADABLE: translate("exchange", "a row that can be read ({detail})"),
        Reason.UNKNOWN: translate("exchange", "one that is there: {detail}"),
        Reason.SEVERAL: translate("exchange", "several match: say which"),
        Reason.TAKEN: translate("exchange", "a free time: {detail}"),
        Reason.REPEATS: translate("exchange", "single appointments: this one repeats"),
        Reason.REFUSED: translate("exchange", "a value the database accepts"),
        Reason.CHANGED: translate("exchange", "somebody changed this patient meanwhile: check again"),
        Reason.OUTSIDE_HOURS: translate("exchange", "a time at which the doctor works ({detail})"),
        Reason.OVER_BREAK: translate("exchange", "not in the doctor's break ({detail})"),
        Reason.TIME_OFF: translate("exchange", "the doctor is away: {detail}"),
        Reason.BLOCKED: translate("exchange", "the time is reserved: {detail}"),
        Reason.CLOSURE: translate("exchange", "the site is closed: {detail}"),
    }[problem.reason]
    return text.replace("{detail}", problem.detail)


def result_text(report: ImportReport) -> str:
    """How many rows are what."""
    if report.stored:
        head = translate("exchange", "✓ Imported: {new} new, {there} were there already, {out} left out as doubles.")
    elif report.outdated:
        head = translate(
            "exchange",
            "Patients were changed at another desk meanwhile. Nothing was stored: this is what would change now.",
        )
    elif report.problem_count:
        head = translate(
            "exchange",
            "{bad} of {rows} rows cannot be imported. Nothing was stored: correct the file, then choose it again.",
        )
    else:
        head = translate(
            "exchange", "All {rows} rows can be imported: {new} new, {there} there already, {out} left out as doubles."
        )
    if report.changed:
        head += " " + translate("exchange", "{changed} changed.")
    if report.warning_count:
        head += " " + translate("exchange", "{odd} are outside working hours and are taken all the same.")
    return head.format(
        changed=report.changed,
        odd=report.warning_count,
        rows=report.rows,
        new=report.new,
        there=report.there,
        out=report.left_out,
        bad=report.problem_count,
    )


def trouble_text(error: ClinicDeskError) -> str:
    """Why nothing was done."""
    if isinstance(error, InvalidInput):
        return _invalid_text(error)
    known: tuple[tuple[type[ClinicDeskError], str], ...] = (
        (Cancelled, translate("exchange", "Stopped. Nothing was stored.")),
        (NotAllowed, translate("exchange", "Only a practice manager can import.")),
        (
            OutcomeUnknown,
            translate("exchange", "It is not known whether this was stored. Importing it again makes no doubles."),
        ),
        (Busy, translate("exchange", "Somebody else is importing, or the database is busy. Nothing was stored.")),
        (DatabaseDown, translate("exchange", "The database cannot be reached. Nothing was stored.")),
    )
    found = (text for kind, text in known if isinstance(error, kind))
    return next(found, translate("exchange", "This could not be done. Nothing was stored."))


def _invalid_text(error: InvalidInput) -> str:
    return {
        "file": translate(
            "exchange", "This file cannot be used. Take a CSV or iCalendar file (save a spreadsheet as CSV first)."
        ),
        "columns": translate("exchange", "A column that is needed is not chosen yet."),
        "date_order": translate("exchange", "These dates can be read both ways: choose what 3/4/1987 means."),
        "delimiter": translate("exchange", "The columns are parted in another way."),
        "encoding": translate("exchange", "This file is written in another encoding."),
        "format": translate("exchange", "Only appointments can be a calendar file."),
    }.get(error.field, translate("exchange", "This could not be done. Nothing was stored."))


def target_text(error: ClinicDeskError) -> str:
    """Why nothing was exported."""
    if isinstance(error, InvalidInput) and error.field == "file":
        return translate("exchange", "The file cannot be written there, or is there already.")
    if isinstance(error, Cancelled):
        return translate("exchange", "Stopped. No file was written.")
    if isinstance(error, NotAllowed):
        return not_allowed(Right.EXPORT)
    return trouble_text(error)

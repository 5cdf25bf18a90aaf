"""`clinic-desk import` and `clinic-desk export`: files of patients, practitioners and appointments."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from clinic_desk.commandline import documents, lookup
from clinic_desk.commandline.appointments import Answer, Work
from clinic_desk.commandline.refusals import DONE, REFUSED
from clinic_desk.commandline.usage import Usage
from clinic_desk.domain.exchange import FIELDS, DateOrder, Doubles, Existing, Kind, OutOfHours
from clinic_desk.errors import InvalidInput
from clinic_desk.services.exporting.run import ExportPlan, export
from clinic_desk.services.importing.files import look_at
from clinic_desk.services.importing.plan import planned
from clinic_desk.services.importing.run import carry_out_import, check_import

if TYPE_CHECKING:
    from clinic_desk.domain.exchange import RowProblem
    from clinic_desk.services.importing.plan import Change, Double, ImportPlan, ImportReport

_OPTIONS: Final = {
    "file": "FILE",
    "columns": "column",
    "date_order": "dates",
    "encoding": "encoding",
    "delimiter": "delimiter",
    "format": "format",
    "operation_id": "operation-id",
}
_DELIMITERS: Final = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
_PRINTED: Final = 20


def import_(work: Work, arguments: argparse.Namespace) -> Answer:
    """Check or import a file. Exit code 1 if rows cannot be imported: then nothing is stored. Raises Usage."""
    try:
        plan = _plan(arguments)
        if arguments.check:
            report = check_import(work.database, plan)
        else:
            report = carry_out_import(work.database, plan, work.operation_id)
    except InvalidInput as error:
        raise Usage(field=_OPTIONS.get(error.field, error.field), expected=error.expected) from None
    lines = tuple(_lines(report, checked=arguments.check))
    return Answer(_document(work, plan, report), lines, REFUSED if report.problem_count else DONE)


def _plan(arguments: argparse.Namespace) -> ImportPlan:
    delimiter = _DELIMITERS[arguments.delimiter] if arguments.delimiter else None
    source = look_at(arguments.file, encoding=arguments.encoding, delimiter=delimiter)
    plan = planned(Kind(arguments.kind), source)
    columns = dict(plan.columns)
    for text in arguments.column:
        _set_column(plan, columns, text)
    return replace(
        plan,
        columns=columns,
        label=arguments.source,
        order=DateOrder(arguments.dates) if arguments.dates else None,
        region=arguments.country.upper(),
        language=arguments.language,
        doubles=Doubles(arguments.doubles),
        existing=Existing(arguments.existing),
        out_of_hours=OutOfHours(arguments.out_of_hours),
    )


def _set_column(plan: ImportPlan, columns: dict[str, int], text: str) -> None:
    """Understand FIELD=HEADING, FIELD=NUMBER or FIELD= (no column)."""
    name, equals, heading = text.partition("=")
    known = [field.name for field in FIELDS[plan.kind]]
    if not equals or name not in known:
        raise Usage(field="column", expected=f"FIELD=HEADING with a field of {', '.join(known)}, got {text!r}")
    headings = plan.source.headings
    if not heading:
        columns.pop(name, None)
    elif heading in headings:
        columns[name] = headings.index(heading)
    elif heading.isdecimal() and 1 <= int(heading) <= len(headings):
        columns[name] = int(heading) - 1
    else:
        raise Usage(field="column", expected=f"a heading of the file ({', '.join(headings)}), got {heading!r}")


def _document(work: Work, plan: ImportPlan, report: ImportReport) -> dict[str, Any]:
    headings = plan.source.headings
    return {
        "kind": report.kind.value,
        "stored": report.stored,
        "repeated": report.repeated,
        "operation_id": str(work.operation_id) if report.stored else None,
        "columns": {name: headings[place] for name, place in plan.columns.items()},
        "rows": report.rows,
        "new": report.new,
        "changed": report.changed,
        "already_there": report.there,
        "left_out": report.left_out,
        "problem_count": report.problem_count,
        "problems": [_problem(row) for row in report.problems],
        "warning_count": report.warning_count,
        "warnings": [_problem(row) for row in report.warnings],
        "changes": [_change(row) for row in report.changes],
        "doubles": [_double(row) for row in report.doubles],
    }


def _problem(row: RowProblem) -> dict[str, Any]:
    return {
        "row": row.row,
        "column": row.column,
        "reason": row.reason.value,
        "expected": row.expected,
        "found": row.found,
    }


def _change(row: Change) -> dict[str, Any]:
    return {
        "row": row.row,
        "patient": documents.patient(row.patient),
        "fields": {name: {"is": was, "becomes": will} for name, was, will in row.fields},
    }


def _double(row: Double) -> dict[str, Any]:
    return {
        "row": row.row,
        "same_as_row": row.of_row or None,
        "resembles": [documents.patient(patient) for patient in row.patients],
    }


def _lines(report: ImportReport, *, checked: bool) -> list[str]:
    if report.repeated:
        return ["imported already, by the same operation"]
    what = "can be imported" if checked else "imported" if report.stored else "would be new; nothing was stored"
    changed = f"{report.changed} changed, " if report.changed else ""
    counts = f"{report.new} {what}, {changed}{report.there} there already, {report.left_out} left out as doubles"
    lines = [f"{report.rows} rows: {counts}, {report.problem_count} with problems"]
    lines += [_problem_line(problem) for problem in report.problems[:_PRINTED]]
    if len(report.problems) > _PRINTED:
        lines.append("more problems: see --json")
    lines += [f"{_problem_line(warning)} (taken all the same)" for warning in report.warnings[:_PRINTED]]
    for change in report.changes[:_PRINTED]:
        fields = ", ".join(f"{name} {was!r} becomes {will!r}" for name, was, will in change.fields)
        lines.append(f"row {change.row}, {change.patient.id}: {fields}")
    for double in report.doubles[:_PRINTED]:
        who = ", ".join(str(patient.id) for patient in double.patients)
        lines.append(f"row {double.row}: " + (f"the same as row {double.of_row}" if double.of_row else f"may be {who}"))
    return lines


def _problem_line(problem: RowProblem) -> str:
    found = f", found {problem.found!r}" if problem.found else ""
    column = f", {problem.column}" if problem.column else ""
    return f"row {problem.row}{column}: expected {problem.expected}{found}"


def export_(work: Work, arguments: argparse.Namespace) -> Answer:
    """Write a file."""
    days = {
        name: lookup.day(name, text, work.now, lookup.zone_of(work.clinic, None, [])) if text else None
        for name, text in (("from", arguments.from_), ("to", arguments.to))
    }
    plan = ExportPlan(
        Kind(arguments.kind),
        arguments.file,
        arguments.format or ("ics" if arguments.file.suffix.lower() == ".ics" else "csv"),
        _DELIMITERS[arguments.delimiter or "comma"],
        days["from"],
        days["to"],
        overwrite=arguments.overwrite,
    )
    try:
        count = export(work.database, plan, work.operation_id)
    except InvalidInput as error:
        raise Usage(field=_OPTIONS.get(error.field, error.field), expected=error.expected) from None
    document = {
        "kind": plan.kind.value,
        "file": str(plan.path),
        "format": plan.format,
        "rows": count,
        "operation_id": str(work.operation_id),
    }
    return Answer(document, (f"{count} {plan.kind.value} written to {plan.path}",))

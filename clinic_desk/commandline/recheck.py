"""The command that checks appointments to come: which no longer fit and why, and keeping the times that were agreed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid5

from clinic_desk.commandline import documents
from clinic_desk.commandline.appointments import Answer, Work
from clinic_desk.commandline.refusals import error_document, error_lines
from clinic_desk.domain.recheck import KeepWallTimes, NotKept, keeping
from clinic_desk.domain.wall import to_wall
from clinic_desk.services import recheck

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from clinic_desk.domain.records import Clinic, Entry

UNFIT: Final = 1
"""The exit code when some no longer fit, as when something is refused."""


def check_appointments(work: Work, arguments: argparse.Namespace) -> Answer:
    """List appointments to come that no longer fit; with --keep-wall-time put right first what can be."""
    looked = recheck.look_at_all(work.database)
    kept: tuple[Entry, ...] = ()
    refused: NotKept | None = None
    if arguments.keep_wall_time:
        kept, refused = _kept(work, keeping(one.misfit for one in looked.found))
        if kept:
            looked = recheck.look_at_all(work.database)
    document = {
        "looked_at": looked.number,
        "kept": [documents.appointment(entry, work.clinic) for entry in kept],
        "unfit": [_document(one, looked.clinic) for one in looked.found],
    }
    lines = [_line(one, looked.clinic) for one in looked.found]
    if kept:
        lines.append(f"{len(kept)} put back to the time that was agreed")
    if refused is not None:
        document["refused"] = error_document(refused.cause, work.clinic, work.operation_id)
        lines.append(f"no more, because of {documents.appointment_line(refused.entry, work.clinic)}:")
        lines.extend(error_lines(refused.cause, work.operation_id))
    lines.append(f"{len(looked.found)} of {looked.number} appointments to come no longer fit")
    return Answer(document, tuple(lines), UNFIT if looked.found else 0)


def _kept(work: Work, parts: Iterable[KeepWallTimes]) -> tuple[tuple[Entry, ...], NotKept | None]:
    """Carry out part after part, until one is refused: of the first nothing is written then, so it is an error."""
    kept: tuple[Entry, ...] = ()
    for part in parts:
        # the same appointments under the same --operation-id are put back once, others under it are another change
        same = uuid5(work.operation_id, " ".join(f"{step.appointment_id}:{step.version}" for step in part.steps))
        try:
            kept += recheck.keep_wall_times(work.database, replace(part, operation_id=same))
        except NotKept as refused:
            if not kept:
                raise refused.cause from refused  # as for an appointment by itself
            return kept, refused
    return kept, None


def _document(found: recheck.Found, clinic: Clinic) -> dict[str, Any]:
    misfit = found.misfit
    return {
        "appointment": documents.appointment(found.entry, clinic),
        "violations": [documents.violation(broken) for broken in misfit.violations],
        "shifted": None
        if misfit.keeps is None
        else {
            "agreed": documents.plain(misfit.appointment.wall_start),
            "shown": documents.plain(to_wall(misfit.appointment.starts_at, _zone(found, clinic))),
            "keeps": documents.plain(misfit.keeps),
        },
    }


def _zone(found: recheck.Found, clinic: Clinic) -> str:
    return clinic.site(found.misfit.appointment.site_id).zone


def _line(found: recheck.Found, clinic: Clinic) -> str:
    misfit = found.misfit
    why = [" ".join(part for part in (broken.rule.value, broken.name) if part) for broken in misfit.violations]
    if misfit.keeps is not None:
        shown = to_wall(misfit.appointment.starts_at, _zone(found, clinic))
        why.insert(0, f"agreed for {misfit.appointment.wall_start:%H:%M}, the clocks will show {shown:%H:%M}")
    return f"{documents.appointment_line(found.entry, clinic)}: {'; '.join(why)}"

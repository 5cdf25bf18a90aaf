"""What a look through the history found, in words."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.history_chain import Finding, Problem, Restore
from clinic_desk.domain.wall import to_wall
from clinic_desk.services.history_verify import Verified
from clinic_desk.ui.booking.words import day_text, one_line, time_text

translate = QCoreApplication.translate
_MOST = 5


def verdict_text(result: Verified, zone: str) -> str:
    """Return whether the history is whole, if not what is wrong first, and which backups became this clinic."""
    lines = [_verdict_text(result), *(restore_text(one, zone) for one in result.restores[-_MOST:])]
    if result.restores:
        lines.append(translate("history", "If nobody of the clinic did that, tell whoever runs the database."))
    return "\n".join(lines)


def restore_text(one: Restore, zone: str) -> str:
    """Return who had which backup restored, and when."""
    told = translate(
        "history", "On {day}, {time}, {who} had the backup of {taken_day}, {taken_time}, restored at {desk}."
    )
    at, taken = to_wall(one.at, zone), to_wall(one.taken_at, zone)
    return told.format(
        day=day_text(at.date(), date.min),
        time=time_text(at),
        who=one_line(one.login),
        taken_day=day_text(taken.date(), date.min),
        taken_time=time_text(taken),
        desk=one_line(one.desk) or "–",
    )


def _verdict_text(result: Verified) -> str:
    if result.is_sound:
        told = translate(
            "history", "✓ The history is whole: {rows} changes, {seals} seals, of which this PC knew {known}."
        )
        return told.format(rows=f"{result.rows:n}", seals=f"{result.seals:n}", known=result.anchors)
    lines = [finding_text(one) for one in result.findings[:_MOST]]
    rest = len(result.findings) - len(lines)
    if rest:
        lines.append(translate("history", "{n} more; clinic-desk verify-history lists them").format(n=rest))
    return "\n".join([translate("history", "The history is NOT whole. Tell whoever runs the database."), *lines])


def finding_text(one: Finding) -> str:
    """Return what is wrong, and where."""
    texts = {
        Problem.ANCHOR: translate(
            "history",
            "Seal {seal}, which this PC has seen, is missing or another one: the end was cut off or written anew, and "
            "no restore that is recorded explains it.",
        ),
        Problem.SEALS_MISSING: translate("history", "Seals {seal} to {last_seal} are missing."),
        Problem.SEAL_CHANGED: translate("history", "Seal {seal} was changed."),
        Problem.ROW_CHANGED: translate("history", "Row {row} was changed after it was sealed."),
        Problem.ROW_REMOVED: translate("history", "Row {row} was removed after it was sealed."),
        Problem.ROW_ADDED: translate("history", "Row {row} was added after its time was sealed."),
        Problem.ROWS_DIFFER: translate("history", "The rows of seal {seal} are not those that were sealed."),
        Problem.UNKNOWN_ERASURE: translate("history", "Row {row} was erased by no act that is recorded."),
        Problem.BEGINNING: translate("history", "{table} {record}: the history does not begin with its making."),
        Problem.HOLE: translate("history", "{table} {record}: changes before version {version} are missing."),
        Problem.BETWEEN: translate("history", "{table} {record}: changed without a trace before version {version}."),
        Problem.UNRECORDED: translate("history", "{table} {record}: not as its last recorded change left it."),
        Problem.WITHOUT_HISTORY: translate("history", "{table} {record}: has no history at all."),
        Problem.GONE: translate("history", "{table} {record}: gone, and no deletion is recorded."),
        Problem.NOT_RECORDING: translate("history", "{table}: what records or protects changes is switched off."),
    }
    return texts[one.problem].format(
        seal=one.seal,
        last_seal=one.last_seal,
        row=one.row,
        table=one.table,
        record=one.record,
        version=one.version,
    )

"""How backups speak: how the clinic stands with them, what became of each, and what to do when one failed."""

from __future__ import annotations

from datetime import datetime, timedelta

from PySide6.QtCore import QCoreApplication, QLocale

from clinic_desk.backups.making import Stage
from clinic_desk.backups.manifest import Manifest
from clinic_desk.backups.problems import BackupFailed, NotUsable, Problem
from clinic_desk.backups.recording import AlreadyRunning, SettingsChanged
from clinic_desk.domain.backups import BackupRun, BackupsNow, RunKind, RunState, Standing
from clinic_desk.domain.records import Clinic
from clinic_desk.domain.wall import to_wall
from clinic_desk.errors import ClinicDeskError, InvalidInput
from clinic_desk.ui.booking.words import day_text, one_line, time_text
from clinic_desk.ui.sentences import sentence

translate = QCoreApplication.translate


def light_text(now: BackupsNow) -> tuple[str, str]:
    """Return (text, role) for the status bar; nothing where no backups are made by themselves."""
    good = now.last_good
    match now.standing:
        case Standing.OFF:
            return "", ""
        case Standing.NONE:
            return translate("backups", "No good backup yet"), "danger"
        case Standing.OVERDUE:
            return translate("backups", "No good backup for %n day(s)", None, max(1, now.days_without)), "danger"
        case Standing.FAILED:
            return translate("backups", "The last backup failed"), "warning"
        case _:
            assert good is not None
            assert good.taken_at is not None
            return translate("backups", "Backup: {when}").format(when=moment_text(good.taken_at, now)), "plain"


def state_text(now: BackupsNow) -> tuple[str, str]:
    """Return (text, role) for the head of the window of backups."""
    good = now.last_good
    last = (
        translate("backups", "The last good backup is of {when}.").format(when=moment_text(good.taken_at, now))
        if good is not None and good.taken_at is not None
        else translate("backups", "There is no good backup yet.")
    )
    match now.standing:
        case Standing.OFF:
            return translate("backups", "No backups are made by themselves.") + " " + last, "warning"
        case Standing.GOOD:
            return "✓ " + last, "ok"
        case Standing.FAILED:
            failed = now.last_ended
            why = problem_text(failed.problem) if failed is not None else ""
            return f"{last} {why}", "warning"
        case _:
            failed = now.last_ended
            why = problem_text(failed.problem) if failed is not None and failed.problem else ""
            return f"{last} {why}".rstrip(), "danger"


def moment_text(at: datetime, now: BackupsNow) -> str:
    """Return `last night, 02:10`, `today, 14:05`, or the day and the time."""
    zone = now.settings.zone
    wall, today = to_wall(at, zone), to_wall(now.now, zone).date()
    time = time_text(wall)
    if wall.date() == today:
        pattern = translate("backups", "last night, {time}") if wall.hour < 6 else translate("backups", "today, {time}")
        return pattern.format(time=time)
    if wall.date() == today - timedelta(days=1):
        return translate("backups", "yesterday, {time}").format(time=time)
    return translate("backups", "{day}, {time}").format(day=day_text(wall.date()), time=time)


def kind_text(run: BackupRun) -> str:
    """Return why it was made."""
    return {
        RunKind.SCHEDULED: translate("backups", "every night"),
        RunKind.BY_HAND: translate("backups", "by hand"),
        RunKind.BEFORE_UPGRADE: translate("backups", "before an upgrade"),
        RunKind.BEFORE_RESTORE: translate("backups", "before a restore"),
        RunKind.RESTORE: translate("backups", "this was restored"),
    }[run.kind]


def became_text(run: BackupRun) -> str:
    """Return what became of it."""
    if run.state is RunState.RUNNING:
        return translate("backups", "… being made at {desk}").format(desk=one_line(run.desk))
    if run.state is RunState.FAILED:
        return "✗ " + problem_text(run.problem)
    if run.removed_at is not None:
        return translate("backups", "file deleted")
    if run.findings:
        return translate("backups", "✓ good; the history in it is not whole, as it was in the clinic")
    return "✓ " + (translate("backups", "restored") if run.kind is RunKind.RESTORE else translate("backups", "good"))


def became_role(run: BackupRun) -> str:
    """Return the colour of that."""
    if run.state is RunState.FAILED:
        return "danger"
    if run.removed_at is not None or run.state is RunState.RUNNING:
        return "muted"
    return "warning" if run.findings else "ok"


def size_text(size: int) -> str:
    """Return `12 MB`."""
    return QLocale().formattedDataSize(size, 0, QLocale.DataSizeFormat.DataSizeSIFormat) if size else ""


def stage_text(stage: Stage, done: int) -> str:
    """Return how far it is."""
    pattern = {
        Stage.READING: translate("backups", "Reading the database… {size}"),
        Stage.CHECKING: translate("backups", "Checking it by restoring it on the side… {size}"),
    }[stage]
    return pattern.format(size=size_text(done)).rstrip()


def problem_text(code: str) -> str:
    """Return why, and what to do."""
    known = {
        Problem.FOLDER: translate(
            "backups", "The folder for backups cannot be reached. Is the drive there, may this PC write to it?"
        ),
        Problem.DISK_FULL: translate("backups", "The disk is full. Make room, or choose another folder."),
        Problem.NO_PROGRAM: translate(
            "backups", "This PC has no PostgreSQL programs that fit the server. Install PostgreSQL's client programs."
        ),
        Problem.NO_LOGIN: translate(
            "backups",
            "This PC has no login that may read the whole database. The PC that shares the clinic has one; for another "
            "PC the administrator of the server makes it (the manual says how).",
        ),
        Problem.DUMP: translate("backups", "The database could not be read to its end. Try again."),
        Problem.RESTORE: translate("backups", "It could not be restored on the side. Is there room on this PC's disk?"),
        Problem.DIFFERS: translate("backups", "What was restored was not what was backed up. Nothing was kept."),
        Problem.DATABASE: translate("backups", "The connection to the database was lost."),
        Problem.PASSPHRASE: translate(
            "backups", "This PC does not have the passphrase for backups. Set it here: the one the other PCs have."
        ),
        Problem.STOPPED: translate("backups", "It was stopped."),
        Problem.LOST: translate("backups", "The program that made it ended."),
        Problem.WRONG_PASSPHRASE: translate(
            "backups",
            "This is not the passphrase that this backup was made with. Look on its recovery sheet, or where it was "
            "written down.",
        ),
        Problem.DAMAGED: translate("backups", "The file is damaged or cut off. Take another backup."),
        Problem.NOT_A_BACKUP: translate("backups", "This file is not a backup of Clinic Desk."),
        Problem.NEWER: translate("backups", "A newer Clinic Desk made this backup. Update this one first."),
        Problem.IN_USE: translate(
            "backups",
            "Other programs connect to the clinic again and again. Nothing was changed. Close Clinic Desk on the other "
            "PCs, and try again.",
        ),
    }
    return known.get(Problem(code), "") if code in set(Problem) else code


def failure_text(error: BackupFailed | NotUsable) -> str:
    """Return why a backup was not made, or cannot be used, and what to do."""
    if isinstance(error, BackupFailed) and error.major:
        told = translate(
            "backups",
            "The server is PostgreSQL {major}, and no programs on this PC are that new. Install PostgreSQL {major} "
            "(its own server need not run), or have a PC make the backups that has it.",
        )
        return told.format(major=error.major)
    if isinstance(error, NotUsable) and error.program:
        told = translate("backups", "Clinic Desk {version} made this backup. Update this one first.")
        return told.format(version=one_line(error.program))
    return problem_text(error.code.value)


def here_text(trouble: BackupFailed | None) -> tuple[str, str]:
    """Return (text, role): whether this PC can make backups, and what is in the way."""
    if trouble is None:
        return translate("backups", "✓ This PC has it, and can make backups."), "ok"
    if trouble.code is Problem.PASSPHRASE:
        return translate("backups", "This PC does not have it, and makes no backups."), "warning"
    told = translate("backups", "This PC has it, but cannot make backups. {why}")
    return told.format(why=failure_text(trouble)), "warning"


def saved_text(trouble: BackupFailed | None) -> tuple[str, str]:
    """Return (text, role) when the settings are saved."""
    if trouble is None:
        return translate("backups", "✓ Saved."), "ok"
    told = translate("backups", "✓ Saved. But this PC cannot make them: another one has to. {why}")
    return told.format(why=failure_text(trouble)), "warning"


def trouble_text(error: ClinicDeskError, clinic: Clinic, zone: str) -> str:
    """Return what went wrong, and what to do."""
    if isinstance(error, BackupFailed | NotUsable):
        return failure_text(error)
    if isinstance(error, AlreadyRunning):
        return translate("backups", "A backup is being made at {desk}. Wait until it is done.").format(
            desk=one_line(error.desk)
        )
    if isinstance(error, SettingsChanged):
        return translate("backups", "Another desk changed this first. What is shown is how it stands now.")
    if isinstance(error, InvalidInput) and error.field == "passphrase":
        return translate("backups", "Choose at least 12 characters that nobody guesses: four words, for example.")
    return sentence(error, clinic, zone)


def contents_text(made: Manifest, zone: str) -> str:
    """Return what is in a backup."""
    wall = to_wall(made.taken_at, zone)
    told = translate("backups", "{clinic}, as it was on {day} at {time}: {patients} patients, {visits} appointments.")
    text = told.format(
        clinic=one_line(", ".join(made.clinic)) or translate("backups", "A clinic without a site"),
        day=day_text(wall.date()),
        time=time_text(wall),
        patients=made.count("patient"),
        visits=made.count("appointment"),
    )
    if made.has_passwords:
        return text
    without = translate(
        "backups", "It holds no passwords: on a new server everybody needs a one-time code from a manager."
    )
    return f"{text} {without}"


def another_passphrase_text() -> str:
    """Return what to do about a passphrase that is not that of the last backup."""
    return translate(
        "backups",
        "The clinic's last backup was made with another passphrase. Type that one; or keep this one all the same: then "
        "backups that were made before still need the old one.",
    )


def not_manager_then_text() -> str:
    """Return why whoever is signed in cannot put this backup in the place of the clinic."""
    return translate(
        "backups",
        "You were no manager when this backup was made, and would be shut out. Have somebody restore it who was, or "
        "restore it into a new folder.",
    )

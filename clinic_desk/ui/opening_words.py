"""What is said while a clinic is being opened, and why it could not be."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from clinic_desk.errors import Busy, ClinicDeskError, DatabaseDown, InvalidInput, NotAllowed, SchemaMismatch

translate = QCoreApplication.translate


def stage_text(stage: str) -> str:
    """Return what is being done, for a stage of `opening` or a step of the embedded server."""
    texts = {
        "importing": translate("Opening", "Starting…"),
        "backing-up": translate("Opening", "Making a backup before the upgrade, and checking it…"),
        "upgrading": translate("Opening", "Upgrading the clinic. This may take some minutes…"),
        "preparing": translate("Opening", "Preparing the database…"),
        "demo": translate("Opening", "Making the demo clinic: its doctors, patients and appointments. Once only…"),
        "connecting": translate("Opening", "Connecting to the database…"),
        "restoring": translate("Opening", "Restoring the backup, and comparing what comes of it. This takes a while…"),
        "Making the database (only the first time) …": translate(
            "Opening", "Making the database. This is done once only…"
        ),
        "looking": translate("Opening", "Looking for PostgreSQL on this PC…"),
        "making-server": translate("Opening", "Making the clinic's own server…"),
        "making-certificate": translate("Opening", "Making the server's certificate…"),
        "starting": translate("Opening", "Starting the server…"),
        "reaching": translate("Opening", "Reaching the server and comparing its fingerprint…"),
        "joining": translate("Opening", "Joining the clinic…"),
        "closing-old": translate("Opening", "Waiting until nothing is being changed or sent…"),
        "copying": translate("Opening", "Copying everything…"),
        "checking": translate("Opening", "Comparing the copy row by row, and looking through the history…"),
        "setting": translate("Opening", "Writing down this PC's connection…"),
        "Starting the database …": translate("Opening", "Starting the database…"),
        "The database is recovering from a crash …": translate("Opening", "The database is recovering from a crash…"),
    }
    return texts.get(stage) or _server_text(stage)


def _server_text(stage: str) -> str:
    """Return what is being done to take the clinic over to another PostgreSQL; behind some steps stand megabytes."""
    texts = {
        "server-starting": translate("Opening", "Starting the old database…"),
        "server-reading": translate("Opening", "Reading everything out into a backup…"),
        "server-making": translate("Opening", "Making the new database…"),
        "server-filling": translate("Opening", "Restoring the backup into the new database…"),
        "server-comparing": translate("Opening", "Comparing every row, and reading the history through…"),
        "server-switching": translate("Opening", "Putting the new database in the place of the old one…"),
    }
    name, _, megabytes = stage.partition(" ")
    if name not in texts:
        return stage
    if not megabytes:
        return texts[name]
    return translate("Opening", "{step} {megabytes} MB").format(step=texts[name], megabytes=megabytes)


def trying_text() -> str:
    """Return what is said at once when somebody tries again."""
    return translate("Opening", "Connecting to the database…")


def elsewhere_text() -> str:
    """Return what the quiet button says where the server is gone for good."""
    return translate("Opening", "This PC is to work with another server…")


def looking_text() -> str:
    """Return that nobody need press anything."""
    return translate("Opening", "This desk looks again by itself.")


def may_mend_itself(error: ClinicDeskError) -> bool:
    """Whether it can go away without anything being done at this desk: no password, setting or program to change."""
    if isinstance(error, SchemaMismatch):
        return error.found is None or error.is_older  # set up from another PC, or upgraded by a manager
    return isinstance(error, DatabaseDown | Busy)


def trouble_text(error: ClinicDeskError) -> str:
    """Return why the clinic could not be opened, what can be done, and whether the desk looks again by itself."""
    text = _trouble_text(error)
    return f"{text}\n{looking_text()}" if may_mend_itself(error) else text


def _trouble_text(error: ClinicDeskError) -> str:
    if isinstance(error, SchemaMismatch):
        return _schema_text(error)
    if isinstance(error, NotAllowed):
        return translate(
            "Opening",
            "The database does not let this user in.\nCheck the name, the password and the database's name.",
        )
    if isinstance(error, InvalidInput):
        return translate("Opening", "A setting cannot be used: {field}.\nExpected: {expected}.").format(
            field=error.field, expected=error.expected
        )
    if isinstance(error, DatabaseDown):
        return _down_text(error)
    if isinstance(error, Busy):
        return translate("Opening", "The database is busy and did not answer in time.")
    return _backup_text(error)


def _down_text(error: DatabaseDown) -> str:
    from clinic_desk.database.failures import is_untrusted  # only now: it imports more than a window needs

    if is_untrusted(error):
        return translate(
            "Opening",
            "The database's server did not prove that it is the right one, so no password was sent to it.\n"
            "Tell whoever looks after it: {reason}",
        ).format(reason=error)
    return translate(
        "Opening", "The database cannot be reached.\nIs the server on, and is this PC on the clinic's network?"
    )


def _backup_text(error: ClinicDeskError) -> str:
    from clinic_desk.backups.problems import BackupFailed  # only now: where a backup was made, it is there already

    if isinstance(error, BackupFailed):
        text = translate("Opening", "The backup before the upgrade could not be made. Nothing was changed.\n{reason}")
        return text.format(reason=error)
    return str(error)


def _schema_text(error: SchemaMismatch) -> str:
    if error.found is None:
        return translate(
            "Opening", "This database has no clinic in it yet.\nAsk whoever looks after it to set it up (init-db)."
        )
    if error.is_older:
        return waiting_for_upgrade_text()
    return update_text(error)


def waiting_for_upgrade_text() -> str:
    """Return what everybody waits for whose program is newer than the clinic."""
    return translate(
        "Opening",
        "This program is newer than the clinic's database, which must be upgraded before you can go on.\n"
        "Waiting for a manager to upgrade it; this window then opens by itself.",
    )


def update_text(error: SchemaMismatch) -> str:
    """Return what is to be done at a desk whose program is older than the clinic."""
    return translate(
        "Opening",
        "The clinic was upgraded to a newer version of Clinic Desk (database {found}; this program knows {expected}).\n"
        "Please update Clinic Desk on this PC.",
    ).format(found=error.found, expected=error.expected)


def only_reading_text() -> str:
    """Return the same where the day can still be read."""
    return translate(
        "Opening",
        "Please update Clinic Desk on this PC: the clinic was upgraded to a newer version. "
        "You can read on; booking and changing are off until then.",
    )


def not_set_up_text() -> str:
    """Return what is said of a clinic in which nothing can be booked yet."""
    text = translate(
        "Opening",
        "This clinic has no places, doctors or kinds of visits yet, so there is nothing to book.\n"
        "A practice manager can enter them at any desk. To look around in a made-up clinic, start: clinic-desk demo",
    )
    return f"{text}\n{looking_text()}"

"""A patient with a unique word in every field goes through a whole day, with everything logged that can be.

Her words are in the database, in her messages as far as they need them, and in files that were asked for; nowhere else.
"""

from __future__ import annotations

import logging
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import psutil
import psycopg2
import pytest
from sqlalchemy import URL, Engine

from clinic_desk import logs
from clinic_desk.database.engine import Database
from clinic_desk.database.setup import Group
from clinic_desk.domain.commands import Cancel, Park, SetStatus, Update, UpdatePatient
from clinic_desk.domain.exchange import Kind
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import AppointmentStatus, CancellationReason, Channel
from clinic_desk.errors import Refused
from clinic_desk.notifications.senders.compose import Origin
from clinic_desk.notifications.senders.smtp import SmtpSender
from clinic_desk.notifications.senders.smtp_link import MailAccount
from clinic_desk.notifications.worker import Worker
from clinic_desk.reports import crash_report
from clinic_desk.services import booking, patients, search, support_bundle
from clinic_desk.services.calendar import load_clinic
from clinic_desk.services.exporting.run import ExportPlan, export
from clinic_desk.settings import load_settings
from tests.plugins.postgres import GIVEN_SERVER, PostgresServer
from tests.support.bookings import at, checkup
from tests.support.exchanging import PATIENTS, desk_of, imported, plan_of
from tests.support.mail_server import MailServer
from tests.support.queue_rows import let_pass, sql
from tests.support.small_clinic import SmallClinic
from tests.support.twilio_senders import making_senders
from tests.support.twilio_server import TwilioServer, refusal

FAMILY, GIVEN, NOTE, VISIT = "Zanzibarski", "Quetzalina", "Xylophonitis", "Ornithorhynchus"
PHONE, MAIL, BORN = "+493076543219", "zq.canary@example.org", ("1961-07-13", "13.07.1961")
DIGITS: Final = "3076543219"
CANARIES: Final = (FAMILY, GIVEN, NOTE, VISIT, DIGITS, MAIL.partition("@")[0], *BORN)
ROW: Final = f"zq-1,{FAMILY},{GIVEN},{BORN[0]},{PHONE},{MAIL}\n"


@pytest.fixture
def everything_logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The program's log with DEBUG, and every library's logger wide open; temporary files below the test's folder."""
    (tmp_path / "temp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temp"))
    monkeypatch.setenv("CLINIC_DESK_LOG", "debug")
    monkeypatch.setattr(logs, "_log_hard_crashes", lambda _folder: None)
    root = logging.getLogger()
    before, level, ours = set(root.handlers), root.level, logging.getLogger("clinic_desk").level
    logs.start_log(logs.log_folder())
    wide = {
        name: logging.getLogger(name).level for name in ("sqlalchemy.engine", "sqlalchemy.pool", "twilio", "urllib3")
    }
    for name in wide:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield tmp_path
    for name, was in wide.items():
        logging.getLogger(name).setLevel(was)
    for handler in set(root.handlers) - before:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    logging.getLogger("clinic_desk").setLevel(ours)


@pytest.fixture
def manager(url_as: Callable[[Group], URL], clinic: SmallClinic) -> Iterator[Database]:
    assert clinic.berlin.version == 7
    with desk_of(url_as, "clinic_manager") as database:
        yield database


@pytest.fixture
def heard(database_url: URL) -> Iterator[Callable[[], list[str]]]:
    """Every announcement of the day, on both channels."""
    listening = psycopg2.connect(database_url.set(drivername="postgresql").render_as_string(hide_password=False))
    listening.autocommit = True
    with listening.cursor() as cursor:
        cursor.execute("LISTEN clinic_desk; LISTEN clinic_desk_queue")

        def payloads() -> list[str]:
            cursor.execute("SELECT 1")
            return [notify.payload for notify in listening.notifies]

        yield payloads
    listening.close()


def canaries_in(text: str, *allowed: str) -> list[str]:
    return [word for word in CANARIES if word.casefold() in text.casefold() and word not in allowed]


def test_a_patients_words_are_nowhere_they_do_not_belong(
    *,
    everything_logged: Path,
    manager: Database,
    worker_db: Database,
    clinic: SmallClinic,
    heard: Callable[[], list[str]],
    owner_engine: Engine,
    postgres_server: PostgresServer,
) -> None:
    folder = everything_logged
    sql(owner_engine, "UPDATE appointment_type SET name = %s WHERE id = %s", (VISIT, clinic.checkup))
    with MailServer() as mail, TwilioServer() as twilio, making_senders() as make:
        host, port = mail.address
        by_mail = SmtpSender(MailAccount(host, port, security="none"), Origin("desk@clinic.example", "Mitte"))
        worker = Worker(worker_db, {Channel.SMS: make(twilio), Channel.EMAIL: by_mail}, "one")
        twilio.plan("POST", refusal(21617))
        a_day(manager, clinic, folder, owner_engine, worker)
        by_mail.close()
        sent = [message.mail.as_string() for message in mail.received]
        texts = [message.body for message in twilio.received]
    assert sent, "she was written to"
    assert texts, "and texted"
    for body in (*sent, *texts):
        assert canaries_in(body, FAMILY, GIVEN, MAIL.partition("@")[0]) == []
    crash = a_crash()
    logging.getLogger("clinic_desk.x").critical("bug: %s", crash)
    bundle = folder / "bundle.zip"
    support_bundle.write_bundle(bundle, load_settings(), lambda: support_bundle.health_of(manager))
    with zipfile.ZipFile(bundle) as opened:
        packed = "\n".join(opened.read(name).decode() for name in opened.namelist())
    payloads = heard()
    assert len(payloads) > 5
    log = (logs.log_folder() / "clinic-desk.log").read_text("utf-8")
    assert "bug: " in log
    for where, text in {
        "the log": log,
        "the announcements": "\n".join(payloads),
        "the crash report": crash,
        "the support bundle": packed,
        "the process list": "\n".join(map(str, psutil.Process().cmdline())),
        "what the program keeps for its user": kept_below(Path.home()),
        "temporary files": kept_below(folder / "temp"),
        "the server's log": server_log(postgres_server),
    }.items():
        assert canaries_in(text) == [], where


def a_day(manager: Database, clinic: SmallClinic, folder: Path, owner_engine: Engine, worker: Worker) -> None:
    """Import, look for, book, move, tell, fail to tell, cancel, park, be refused, export."""
    imported(manager, plan_of(Kind.PATIENTS, folder / "import.csv", PATIENTS + ROW))
    (match,) = patients.search_patients(manager, FAMILY)
    search.find(manager, load_clinic(manager), f"{GIVEN} {FAMILY}", clinic.monday)
    patient = match.patient
    for channel, hour in ((Channel.SMS, 9), (Channel.EMAIL, 10), (Channel.SMS, 11)):
        known = patients.get_patient(manager, patient.id)
        patients.update_patient(manager, UpdatePatient(replace(known, channel=channel, note=NOTE)))
        start = at(clinic.monday, hour)
        entry = booking.book(manager, checkup(clinic, start, patient_id=patient.id, note=NOTE))
        with pytest.raises(Refused):
            booking.book(manager, checkup(clinic, start, patient_id=patient.id, note=NOTE))
        _send(owner_engine, worker)
        moved = booking.update(
            manager, Update(entry.appointment.id, entry.appointment.version, starts_at=start + timedelta(minutes=30))
        )
        _send(owner_engine, worker)
        last = Park(moved.appointment.id, moved.appointment.version)
        if channel is Channel.EMAIL:
            booking.cancel(manager, Cancel(moved.appointment.id, moved.appointment.version, CancellationReason.PATIENT))
        elif hour == 9:
            booking.set_status(
                manager, SetStatus(moved.appointment.id, moved.appointment.version, AppointmentStatus.ARRIVED)
            )
        else:
            booking.park(manager, last)
        _send(owner_engine, worker)
    for kind in Kind:
        export(manager, ExportPlan(kind, folder / f"{kind.value}.csv"), new_id())


def _send(owner_engine: Engine, worker: Worker) -> None:
    let_pass(owner_engine, timedelta(minutes=5))
    worker.tick()


def a_crash() -> str:
    """A bug in the middle of her record, as an excepthook gets it."""
    with pytest.raises(ValueError, match=FAMILY) as raised:
        _look_up({})
    return crash_report(raised.value, "MainThread")


def _look_up(names: dict[str, str]) -> str:
    try:
        return names[FAMILY]
    except KeyError as error:
        message = f"Key (phone)=({PHONE}) of {GIVEN} {FAMILY} born {BORN[0]}"
        raise ValueError(message) from error


def kept_below(folder: Path) -> str:
    """Every file's name and content."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return "\n".join(f"{path}\n{path.read_bytes().decode('utf-8', 'replace')}" for path in files)


def server_log(server: PostgresServer) -> str:
    """What the tests' own server wrote; that of a given server is its administrator's."""
    if os.environ.get(GIVEN_SERVER):
        return ""
    with server.admin.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        [(data,)] = cursor.fetchall()
    found = sorted((Path(data).parent / "log").glob("*"))
    return "\n".join(path.read_bytes().decode("utf-8", "replace") for path in found if path.is_file())

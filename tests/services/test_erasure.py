"""One person's data: taken out whole, or erased so that no copy is left in the database, or at the provider."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import URL, Engine
from sqlalchemy.exc import DBAPIError

from clinic_desk.database.anchors import seal
from clinic_desk.database.engine import Database
from clinic_desk.database.setup import Group
from clinic_desk.domain.commands import UpdatePatient
from clinic_desk.domain.erasure import ErasePatient, NotErasable
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.messaging import Answer, Outcome
from clinic_desk.domain.patients_merge import MergePatients
from clinic_desk.domain.records import AdministrativeGender, Channel
from clinic_desk.domain.refusals import NotFound, PatientConflict
from clinic_desk.errors import Busy, InvalidInput, NotAllowed
from clinic_desk.notifications.copies import delete_copies
from clinic_desk.notifications.senders.twilio import TwilioAccount, TwilioSender
from clinic_desk.services.booking import book
from clinic_desk.services.erasure import erase_patient, look_at_erasure, write_person
from clinic_desk.services.history_verify import look_through
from clinic_desk.services.patients import get_patient, search_patients, update_patient
from clinic_desk.services.patients_merge import merge_patients
from tests.support.bookings import at, checkup
from tests.support.exchanging import desk_of
from tests.support.queued import run
from tests.support.small_clinic import SmallClinic
from tests.support.twilio_server import ACCOUNT, NUMBER, TOKEN, Fault, TwilioServer
from tests.support.waiting import until

PHONE, EMAIL = "+4930987654321", "Canary.Mail@example.org"
CANARIES = ("Canaryfamily", "Canarygiven", "canarygiven", "1951-03-17", PHONE, EMAIL.lower(), "Canarynote")
"""Of her record and what was written about her; searched for in small and capital letters alike."""
SID = "SM" + "5" * 32
REPLY = "SM" + "6" * 32


@pytest.fixture
def manager(url_as: Callable[[Group], URL], clinic: SmallClinic) -> Iterator[Database]:
    with desk_of(url_as, "clinic_manager") as database:
        yield database


@pytest.fixture
def worker(url_as: Callable[[Group], URL], clinic: SmallClinic) -> Iterator[Database]:
    with desk_of(url_as, "clinic_worker") as database:
        yield database


@pytest.fixture
def canary(database: Database, clinic: SmallClinic, owner_engine: Engine) -> UUID:
    """A patient with a past: a visit with a note, messages to and from her, a wish, a note about her number."""
    patient = get_patient(database, clinic.patients[0])
    new = replace(
        patient,
        family_name="Canaryfamily",
        given_name="Canarygiven",
        birth_date=date(1951, 3, 17),
        gender=AdministrativeGender.FEMALE,
        phone=PHONE,
        email=EMAIL,
        note="Canarynote of the record",
        channel=Channel.EMAIL,
    )
    update_patient(database, UpdatePatient(new))
    entry = book(database, checkup(clinic, at(clinic.monday, 9), note="Canarynote of a visit"))
    run(owner_engine, "UPDATE appointment SET status = 'fulfilled', version = version + 1 WHERE id = %s", entry.id)
    run(
        owner_engine,
        "UPDATE notification SET status = 'sent', channel = 'sms', sent_at = now(), provider_id = %s, recipient = %s,"
        " body = 'Dear Canarygiven' WHERE id = (SELECT id FROM notification ORDER BY id LIMIT 1)",
        SID,
        PHONE,
    )
    run(
        owner_engine,
        "INSERT INTO inbound_message (id, provider_id, sender, body, received_at)"
        " VALUES (gen_random_uuid(), %s, %s, 'Canarynote of hers', now())",
        REPLY,
        PHONE,
    )
    run(
        owner_engine,
        "INSERT INTO contact_note (id, channel, address, state, source) VALUES (gen_random_uuid(), 'sms', %s,"
        " 'opted-out', 'reply')",
        PHONE,
    )
    run(
        owner_engine,
        "INSERT INTO wish (id, patient_id, type_id, note) VALUES (gen_random_uuid(), %s, %s, 'Canarynote of a wish')",
        patient.id,
        clinic.checkup,
    )
    return patient.id


def whole_database(engine: Engine) -> dict[str, str]:
    """Every row of every table as text."""
    with engine.connect() as connection:
        names = connection.exec_driver_sql(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        ).scalars()
        return {
            name: connection.exec_driver_sql(f"SELECT coalesce(string_agg(x::text, '\n'), '') FROM {name} x").scalar()
            or ""
            for name in list(names)
        }


def traces(engine: Engine) -> set[str]:
    """The tables in which anything of hers can be found."""
    found = whole_database(engine)
    return {name for name, text in found.items() for canary in CANARIES if canary.lower() in text.lower()}


def command(database: Database, patient_id: UUID) -> ErasePatient:
    return ErasePatient(patient_id, look_at_erasure(database, patient_id).version)


def test_nothing_of_an_erased_patient_is_left_in_any_table_and_her_visits_stay(
    manager: Database, canary: UUID, owner_engine: Engine
) -> None:
    assert {"patient", "appointment", "notification", "inbound_message", "wish", "history"} <= traces(owner_engine)
    seen = look_at_erasure(manager, canary)
    assert (seen.records, seen.appointments, seen.replies, seen.copies, seen.coming) == (1, 1, 1, 2, 0)
    done = erase_patient(manager, command(manager, canary))
    assert traces(owner_engine) == set()
    assert (done.records, done.appointments, done.replies, done.copies) == (1, 1, 1, 2)
    with owner_engine.connect() as connection:
        status, version = connection.exec_driver_sql(
            "SELECT status, version FROM appointment WHERE patient_id = %s", (canary,)
        ).one()
        waiting = connection.exec_driver_sql("SELECT count(*) FROM notification WHERE status = 'pending'").scalar()
        histories = connection.exec_driver_sql(
            "SELECT count(*) FROM history WHERE row_id = %s AND table_name = 'patient'", (canary,)
        ).scalar()
    assert status == "fulfilled"
    assert version == 3
    assert waiting == 0
    assert histories == 3, "her record, a change of it, and the erasure: that they were, stays"
    assert search_patients(manager, "canary") == ()


def test_the_sealed_history_stays_whole_when_somebody_is_erased(
    manager: Database, canary: UUID, tmp_path: Path
) -> None:

    def is_sealed() -> bool:
        seal(manager, tmp_path)
        found = look_through(manager, tmp_path)
        assert (found.findings, found.blanked) == ((), 0)
        return found.unsealed == 0

    until(is_sealed, "all of it is sealed: no transaction on this server is older")
    erase_patient(manager, command(manager, canary))
    after = look_through(manager, tmp_path)
    assert (after.findings, after.blanked > 3) == ((), True)


def test_a_record_that_was_merged_away_is_erased_with_the_one_that_stays(
    manager: Database, canary: UUID, clinic: SmallClinic, owner_engine: Engine
) -> None:
    kept, double = get_patient(manager, clinic.patients[1]), get_patient(manager, canary)
    merge_patients(manager, MergePatients(kept, double.id, double.version))
    assert erase_patient(manager, command(manager, kept.id)).records == 2
    assert traces(owner_engine) == set()


def test_whoever_has_appointments_to_come_or_messages_on_their_way_is_not_erased(
    manager: Database, canary: UUID, clinic: SmallClinic, owner_engine: Engine
) -> None:
    run(owner_engine, "UPDATE notification SET status = 'unknown' WHERE provider_id = %s", SID)
    with pytest.raises(NotErasable) as refused:
        erase_patient(manager, command(manager, canary))
    assert (refused.value.why, refused.value.count) == ("unsettled", 1)
    book(manager, checkup(clinic, at(clinic.monday, 11)))
    with pytest.raises(NotErasable) as refused:
        erase_patient(manager, command(manager, canary))
    assert (refused.value.why, refused.value.count) == ("coming", 1)
    with pytest.raises(Busy), manager.writing() as connection:  # nor by plain SQL
        connection.exec_driver_sql("SELECT erase_patient(%s)", (canary,))
    assert "Canary" in get_patient(manager, canary).family_name


def test_what_was_changed_since_it_was_seen_is_not_erased(manager: Database, canary: UUID) -> None:
    seen = command(manager, canary)
    update_patient(manager, UpdatePatient(replace(get_patient(manager, canary), note="still a patient")))
    with pytest.raises(PatientConflict):
        erase_patient(manager, seen)


def test_only_a_manager_erases_and_takes_data_out(
    database: Database, manager: Database, canary: UUID, tmp_path: Path
) -> None:
    with pytest.raises(NotAllowed):
        erase_patient(database, command(database, canary))
    with pytest.raises(NotAllowed):
        write_person(database, canary, tmp_path / "her.json", new_id())
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(NotAllowed), manager.writing() as connection:  # not even a manager by hand
        connection.exec_driver_sql("UPDATE patient SET erased_at = now() WHERE id = %s", (canary,))


def test_an_erased_record_is_nobodys_any_more(
    manager: Database, canary: UUID, clinic: SmallClinic, owner_engine: Engine
) -> None:
    erase_patient(manager, command(manager, canary))
    with pytest.raises(Busy):
        book(manager, checkup(clinic, at(clinic.monday, 11)))
    with pytest.raises(NotAllowed):
        update_patient(manager, UpdatePatient(replace(get_patient(manager, canary), family_name="Back")))
    for statement in ("UPDATE patient SET erased_at = NULL", "DELETE FROM patient"):
        with pytest.raises(DBAPIError), owner_engine.begin() as connection:
            connection.exec_driver_sql(f"{statement} WHERE id = %s", (canary,))
    with pytest.raises(NotFound):
        look_at_erasure(manager, canary)


def test_an_erasure_whose_answer_was_lost_is_done_once(manager: Database, canary: UUID, owner_engine: Engine) -> None:
    once = command(manager, canary)
    erase_patient(manager, once)
    erase_patient(manager, once)
    with owner_engine.connect() as connection:
        counted = connection.exec_driver_sql("SELECT count(*) FROM operation WHERE command = 'ErasePatient'").scalar()
    assert counted == 1


def test_one_persons_data_is_written_whole_privately_and_noted(
    manager: Database, canary: UUID, tmp_path: Path, owner_engine: Engine
) -> None:
    path, operation = tmp_path / "her.json", new_id()
    assert write_person(manager, canary, path, operation) > 5
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    document = json.loads(path.read_text("utf-8"))
    assert document["patient"][0]["family_name"] == "Canaryfamily"
    assert document["appointments"][0]["practitioner"].startswith("Dr. ")
    assert "Dear Canarygiven" in {each["body"] for each in document["messages"]}
    assert document["notes_about_addresses"][0]["state"] == "opted-out"
    assert {"phone", "email"} <= set(document["changes"][1]["changed"])
    assert [each["note"] for each in document["wishes"]] == ["Canarynote of a wish"]
    assert "search_key" not in document["patient"][0]
    with owner_engine.connect() as connection:
        who = connection.exec_driver_sql("SELECT db_user FROM operation WHERE id = %s", (operation,)).scalar()
    assert who == "test_manager"
    with pytest.raises(InvalidInput):
        write_person(manager, canary, path, new_id())  # it is there already


# --- the provider's copies --------------------------------------------------------------------------------------------


@pytest.fixture
def provider() -> Iterator[TwilioServer]:
    with TwilioServer() as server:
        yield server
        assert server.violations == []


def sender_to(provider: TwilioServer) -> TwilioSender:
    return TwilioSender(TwilioAccount(ACCOUNT, TOKEN, NUMBER, base_url=provider.address))


def left(engine: Engine) -> list[tuple[str, int, str]]:
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT provider_id, tries, code FROM provider_copy WHERE deleted_at IS NULL ORDER BY provider_id"
        )
        return [(row[0], row[1], row[2]) for row in rows]


def test_what_the_provider_has_of_an_erased_patient_is_deleted_there_and_tried_until_it_is(
    manager: Database, worker: Database, canary: UUID, provider: TwilioServer, owner_engine: Engine
) -> None:
    heard = provider.hear(PHONE, "Canarynote of hers")
    run(owner_engine, "UPDATE inbound_message SET provider_id = %s", heard)
    erase_patient(manager, command(manager, canary))
    sender = sender_to(provider)
    try:
        provider.plan("DELETE", Fault(status=503), Fault(status=503))
        assert delete_copies(worker, sender) == 0
        assert [row[1:] for row in left(owner_engine)] == [(1, "503"), (1, "503")]
        assert delete_copies(worker, sender) == 0, "it waits before it tries again"
        run(owner_engine, "UPDATE provider_copy SET next_try_at = now()")
        assert delete_copies(worker, sender) == 2, "one was there, and one Twilio does not know: both are gone"
    finally:
        sender.close()
    assert left(owner_engine) == []
    assert provider.messages == []


def test_a_provider_that_refuses_the_account_is_asked_no_more_than_once(
    manager: Database, worker: Database, canary: UUID, provider: TwilioServer, owner_engine: Engine
) -> None:
    erase_patient(manager, command(manager, canary))
    sender = TwilioSender(TwilioAccount(ACCOUNT, "another", NUMBER, base_url=provider.address))
    try:
        assert sender.forget(SID) == Outcome(Answer.CONFIGURATION, code="20003", reason=sender.forget(SID).reason)
        asked = len(provider.requests)
        assert delete_copies(worker, sender) == 0
        assert len(provider.requests) == asked + 1
    finally:
        sender.close()
    assert len(left(owner_engine)) == 2

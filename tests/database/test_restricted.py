"""What is closed of a restricted record, PostgreSQL gives to nobody who did not open it, and writes down who did."""

from collections.abc import Callable, Iterator
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from sqlalchemy import URL, Connection, Engine, insert, text, update
from sqlalchemy.exc import DBAPIError

from clinic_desk.database import tables
from clinic_desk.database.setup import GROUPS, Group
from tests.support.small_clinic import SmallClinic
from tests.support.sql import add, at, connected, refused_by

DENIED: Final = "42501"
SECRETS: Final = ("+4930111222333", "canary@example.org", "1961-02-03", "canary note", "canary reply")
OPEN: Final = text("SELECT at, until_at FROM open_record(:access, :id, :desk, :reason)")
READ: Final = text("SELECT table_name, data FROM read_record(:access, :id) ORDER BY table_name, row_id")
WHY: Final = "She fainted in the waiting room"
RESTRICT: Final = text("UPDATE patient SET restricted = :on WHERE id = :id")


@pytest.fixture
def anna(clinic: SmallClinic, url_as: Callable[[Any], URL], owner_engine: Engine) -> UUID:
    """A patient with something in every place that a restriction closes, and an appointment; restricted."""
    her = clinic.patients[0]
    with connected(url_as("clinic_reception")) as desk:
        desk.execute(
            update(tables.patient)
            .where(tables.patient.c.id == her)
            .values(phone=SECRETS[0], email=SECRETS[1], birth_date=SECRETS[2], note=SECRETS[3], channel="sms")
            .values(search_key="muller anna b19610203 m0203 4930111222333 2333", gender="female")
        )
        appointment_id = add(desk, 9, 9.5, patient_id=her)
    with owner_engine.begin() as owner:
        message = {"id": uuid4(), "patient_id": her, "kind": "reminder", "channel": "sms", "dedupe_key": "x"}
        sent = {"recipient": SECRETS[0], "status": "sent", "sent_at": at(0), "appointment_id": appointment_id}
        owner.execute(insert(tables.notification).values(message | sent))
        reply = {"id": uuid4(), "provider_id": "SM1", "sender": SECRETS[0], "body": SECRETS[4], "patient_id": her}
        owner.execute(insert(tables.inbound_message).values(reply | {"received_at": at(0)}))
    restrict(url_as, her, on=True)
    return her


def restrict(url_as: Callable[[Any], URL], patient_id: UUID, *, on: bool) -> None:
    with connected(url_as("clinic_manager")) as manager:
        assert manager.execute(RESTRICT, {"on": on, "id": patient_id}).rowcount == 1


def everything(connection: Connection) -> str:
    """All that a login can read of all tables, as one text."""
    found: list[str] = []
    for name in (*tables.metadata.tables, "pg_stat_activity"):
        try:
            with connection.begin_nested():
                found += connection.scalars(text(f"SELECT x::text FROM {name} x")).all()
        except DBAPIError:
            with connection.begin_nested():
                seen = text(
                    "SELECT string_agg(quote_ident(attname), ',') FROM pg_attribute WHERE attrelid = to_regclass(:name)"
                    " AND attnum > 0 AND has_column_privilege(attrelid, attnum, 'SELECT')"
                )
                columns = connection.scalar(seen, {"name": name})
                found += connection.scalars(text(f"SELECT row({columns})::text FROM {name}")).all() if columns else []
    return "\n".join(found)


def access(patient_id: UUID, reason: str = WHY) -> dict[str, object]:
    return {"access": uuid4(), "id": patient_id, "desk": uuid4(), "reason": reason}


# --- what is closed ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("group", GROUPS)
def test_no_role_reads_what_is_closed_in_any_table_and_all_see_the_name(
    group: Group, anna: UUID, url_as: Callable[[Any], URL]
) -> None:
    with connected(url_as(group)) as connection:
        seen = everything(connection)
        assert [secret for secret in (*SECRETS, SECRETS[0][1:], "b19610203") if secret in seen] == []
        name = text("SELECT family_name <> '' AND restricted AND gender = 'unknown' FROM patient WHERE id = :id")
        assert connection.scalar(name, {"id": anna})


@pytest.mark.parametrize("group", ["clinic_reception", "clinic_manager"])
def test_what_is_open_is_read_as_before(group: Group, anna: UUID, url_as: Callable[[Any], URL]) -> None:
    restrict(url_as, anna, on=False)
    with connected(url_as(group)) as connection:
        seen = everything(connection)
        assert [secret for secret in SECRETS if secret not in seen] == []
        key = connection.scalar(text("SELECT search_key FROM patient WHERE id = :id"), {"id": anna})
        assert key == "muller anna b19610203 m0203 4930111222333 2333"


def test_her_name_finds_her_and_her_number_does_not(anna: UUID, database_url: URL) -> None:
    with connected(database_url) as connection:
        key = connection.scalar(text("SELECT search_key FROM patient WHERE id = :id"), {"id": anna})
        assert key == "muller anna"


def test_the_chain_of_the_history_holds_before_and_after(
    anna: UUID, url_as: Callable[[Any], URL], owner_engine: Engine
) -> None:
    digests = text(
        "SELECT h.id, coalesce(c.blanked, sha256(convert_to(c.personal, 'UTF8'))) FROM history h,"
        " history_content(ARRAY[h.id]) c WHERE h.row_id = :id AND h.version < 3 ORDER BY h.id"
    )
    with owner_engine.connect() as owner:
        closed = owner.execute(digests, {"id": anna}).all()
        assert owner.scalar(text("SELECT count(*) FROM history WHERE blanked IS NOT NULL")) > 0
    restrict(url_as, anna, on=False)
    with owner_engine.connect() as owner:
        assert owner.execute(digests, {"id": anna}).all() == closed
        assert owner.scalar(text("SELECT count(*) FROM history WHERE blanked IS NOT NULL")) == 0
        assert owner.scalar(text("SELECT count(*) FROM closed_data")) == 0


def test_what_arrives_and_leaves_while_it_is_closed_is_closed(
    anna: UUID, url_as: Callable[[Any], URL], database_url: URL
) -> None:
    reply = {"id": uuid4(), "provider_id": "SM2", "sender": SECRETS[0], "body": SECRETS[4], "received_at": at(0)}
    with connected(url_as("clinic_worker")) as worker:
        worker.execute(insert(tables.inbound_message).values(reply))
        worker.execute(
            text("UPDATE inbound_message SET patient_id = :id WHERE id = :row"), {"id": anna, "row": reply["id"]}
        )
        worker.execute(text("UPDATE notification SET recipient = :to"), {"to": SECRETS[0]})
        recipient = text("SELECT closed_recipient(id) FROM notification")
        assert worker.scalar(recipient) == SECRETS[0]
        assert worker.scalar(text("SELECT closed_address(:id, 'email')"), {"id": anna}) == SECRETS[1]
        assert worker.scalars(text("SELECT closed_owners(:to)"), {"to": SECRETS[0]}).all() == [anna]
    with connected(database_url) as desk:
        seen = everything(desk)
        assert [secret for secret in SECRETS if secret in seen] == []
        away = "UPDATE inbound_message SET patient_id = (SELECT id FROM patient WHERE NOT restricted LIMIT 1)"
        assert refused_by(desk, away) == DENIED
    with connected(url_as("clinic_worker")) as worker:
        worker.execute(text("DELETE FROM inbound_message"))
        worker.execute(text("DELETE FROM notification"))
    with connected(url_as("clinic_manager")) as manager:
        opened = access(anna)
        manager.execute(OPEN, opened)
    with connected(url_as("clinic_manager")) as manager:
        kept = {row.table_name for row in manager.execute(READ, {"access": opened["access"], "id": anna})}
        assert kept == {"patient", "history"}, "what was deleted has left nothing behind"


# --- who may ----------------------------------------------------------------------------------------------------------


def test_only_who_has_the_right_restricts_and_lifts_it(
    anna: UUID, clinic: SmallClinic, url_as: Callable[[Any], URL]
) -> None:
    give = insert(tables.staff_right).values(id=uuid4(), login="test_reception", name="restricted", granted=True)
    changes = ((anna, False), (clinic.patients[1], True))
    with connected(url_as("clinic_reception")) as desk:
        assert [refused_by(desk, RESTRICT, {"on": on, "id": one}) for one, on in changes] == [DENIED, DENIED]
        new = insert(tables.patient).values(id=uuid4(), family_name="x", restricted=True)
        assert refused_by(desk, new) == DENIED
    with connected(url_as("clinic_manager")) as manager:
        manager.execute(give)
    with connected(url_as("clinic_reception")) as desk:
        assert [refused_by(desk, RESTRICT, {"on": on, "id": one}) for one, on in changes] == [None, None]


def test_nobody_writes_over_what_she_does_not_see(anna: UUID, url_as: Callable[[Any], URL]) -> None:
    """Neither a reception, nor a manager whose form was filled from the closed record."""
    for group in ("clinic_reception", "clinic_manager"):
        with connected(url_as(group)) as desk:
            for column, value in (("phone", "+49301"), ("family_name", "Other"), ("channel", "none"), ("note", "x")):
                change = f"UPDATE patient SET {column} = '{value}' WHERE id = '{anna}'"
                assert refused_by(desk, change) == DENIED
            same = f"UPDATE patient SET phone = '', email = '', birth_date = NULL, note = '' WHERE id = '{anna}'"
            assert refused_by(desk, same) is None
    restrict(url_as, anna, on=False)
    with connected(url_as("clinic_manager")) as desk:
        assert desk.scalar(text("SELECT phone FROM patient WHERE id = :id"), {"id": anna}) == SECRETS[0]


def test_who_has_it_open_changes_what_is_closed(anna: UUID, url_as: Callable[[Any], URL]) -> None:
    change = text("UPDATE patient SET phone = '+49305555', search_key = 'muller anna 5555' WHERE id = :id")
    opened = access(anna)
    with connected(url_as("clinic_reception")) as desk:
        desk.execute(OPEN, opened)
    with connected(url_as("clinic_reception")) as desk:
        desk.execute(text("SELECT set_config('clinic_desk.opened', :id, true)"), {"id": str(anna)})
        desk.execute(change, {"id": anna})
        assert (
            desk.scalar(text("SELECT phone || search_key FROM patient WHERE id = :id"), {"id": anna}) == "muller anna"
        )
        data = {row.table_name: row.data for row in desk.execute(READ, {"access": opened["access"], "id": anna})}
        assert data["patient"]["phone"] == "+49305555"
        assert desk.scalar(text("SELECT end_access(:access, NULL)"), {"access": opened["access"]})
        assert refused_by(desk, change, {"id": anna}) == DENIED, "it is closed again"


def test_merging_with_a_restricted_record_restricts_both_and_needs_the_right(
    anna: UUID, clinic: SmallClinic, url_as: Callable[[Any], URL]
) -> None:
    kept = clinic.patients[1]
    for one, other in ((anna, kept), (kept, anna)):
        merge = text("UPDATE patient SET merged_into_id = :other WHERE id = :one")
        with connected(url_as("clinic_reception")) as desk:
            assert refused_by(desk, merge, {"one": one, "other": other}) == DENIED
        with connected(url_as("clinic_manager")) as manager:
            nested = manager.begin_nested()
            manager.execute(merge, {"one": one, "other": other})
            both = text("SELECT count(*) FROM patient WHERE restricted AND id IN (:one, :other)")
            assert manager.scalar(both, {"one": one, "other": other}) == 2
            nested.rollback()


# --- opening ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def desks(url_as: Callable[[Any], URL]) -> Iterator[Callable[[str], Connection]]:
    """Makes a connection of a group that is committed after each statement."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    engines: dict[str, Engine] = {}
    connections: list[Connection] = []

    def connect(group: str) -> Connection:
        engines.setdefault(group, create_engine(url_as(group), poolclass=NullPool, isolation_level="AUTOCOMMIT"))
        connections.append(engines[group].connect())
        return connections[-1]

    yield connect
    for each in connections:
        each.close()
    for engine in engines.values():
        engine.dispose()


@pytest.mark.parametrize("group", ["clinic_reception", "clinic_readonly", "clinic_manager"])
def test_it_is_written_down_before_anything_is_given_out(
    group: str, anna: UUID, desks: Callable[[str], Connection], url_as: Callable[[Any], URL]
) -> None:
    opened = access(anna)
    its = {"access": opened["access"], "id": anna}
    with connected(url_as(group)) as same_transaction:
        same_transaction.execute(OPEN, opened)
        assert refused_by(same_transaction, READ, its) == DENIED, "it could still be rolled back"
        other = access(anna)
        with same_transaction.begin_nested():
            same_transaction.execute(OPEN, other)
        assert refused_by(same_transaction, READ, {"access": other["access"], "id": anna}) == DENIED
    desk = desks(group)
    given = {row.table_name: row.data for row in desk.execute(READ, its)}
    assert {*given} == {"patient", "history", "inbound_message", "notification"}
    assert [given["patient"][name] for name in ("phone", "email", "birth_date", "note")] == list(SECRETS[:4])
    row = text(
        "SELECT login, patient_id, desk_id, by_right, reason, until_at - at = '15 minutes' FROM patient_access"
        " WHERE id = :access"
    )
    login = group.replace("clinic", "test")
    assert desk.execute(row, its).first() == (login, anna, opened["desk"], group == "clinic_manager", WHY, True)
    told = desk.execute(text("SELECT command FROM operation WHERE id = :access"), its).scalar()
    assert told == "OpenRecord"


@pytest.mark.parametrize("reason", ["", "         x        ", "too short", None])
def test_who_lacks_the_right_says_why(reason: str | None, anna: UUID, desks: Callable[[str], Connection]) -> None:
    with pytest.raises(DBAPIError, match="patient_access_reason"):
        desks("clinic_reception").execute(OPEN, access(anna) | {"reason": reason})
    assert desks("clinic_manager").execute(OPEN, access(anna) | {"reason": reason}).rowcount == 1


def test_an_opening_serves_its_own_person_patient_and_time(
    anna: UUID, clinic: SmallClinic, desks: Callable[[str], Connection], owner_engine: Engine
) -> None:
    opened = access(anna)
    its = {"access": opened["access"], "id": anna}
    desk = desks("clinic_reception")
    desk.execute(OPEN, opened)
    assert len(desk.execute(READ, its).all()) > 0
    for other, values in (
        (desks("clinic_manager"), its),
        (desk, its | {"id": clinic.patients[1]}),
        (desk, access(anna)),
    ):
        with pytest.raises(DBAPIError, match="restricted"):
            other.execute(READ, values)
    again = desk.execute(OPEN, opened).one()
    assert again == desk.execute(OPEN, opened).one(), "the same act again opens it no longer"
    with owner_engine.begin() as owner:
        owner.execute(text("ALTER TABLE patient_access DISABLE TRIGGER USER"))
        owner.execute(
            text("UPDATE patient_access SET at = at - interval '20 min', until_at = until_at - interval '20 min'")
        )
        owner.execute(text("ALTER TABLE patient_access ENABLE TRIGGER USER"))
    with pytest.raises(DBAPIError, match="restricted"):
        desk.execute(READ, its)
    with pytest.raises(DBAPIError, match="not restricted"):
        desk.execute(OPEN, access(clinic.patients[1]))


def test_who_opened_what_is_append_only_and_told_by_the_history(
    anna: UUID, desks: Callable[[str], Connection], url_as: Callable[[Any], URL], owner_engine: Engine
) -> None:
    first, second = desks("clinic_reception"), desks("clinic_manager")
    first.execute(OPEN, access(anna))
    second.execute(OPEN, access(anna))
    for group in ("clinic_reception", "clinic_manager"):
        with connected(url_as(group)) as connection:
            for statement in ("DELETE FROM patient_access", "UPDATE patient_access SET reason = 'none of yours'"):
                assert refused_by(connection, statement) == DENIED
    with connected(owner_engine.url) as owner:
        for statement in (
            "DELETE FROM patient_access",
            "UPDATE patient_access SET ended_at = now(), reason = 'another one'",
            "TRUNCATE patient_access",
        ):
            assert refused_by(owner, statement) == DENIED
        recorded = text("SELECT count(*) FROM history WHERE table_name = 'patient_access' AND action = 'insert'")
        assert owner.scalar(recorded) == 2
    mine = text("SELECT login FROM patient_access ORDER BY login")
    assert first.scalars(mine).all() == ["test_reception"]
    assert second.scalars(mine).all() == ["test_manager", "test_reception"]


def test_erasing_takes_what_was_closed_with_it(
    clinic: SmallClinic, url_as: Callable[[Any], URL], owner_engine: Engine
) -> None:
    her = clinic.patients[2]
    with connected(url_as("clinic_reception")) as desk:
        desk.execute(text("UPDATE patient SET note = :note WHERE id = :id"), {"note": SECRETS[3], "id": her})
    restrict(url_as, her, on=True)
    with connected(url_as("clinic_manager")) as manager:
        manager.execute(text("SELECT * FROM erase_patient(:id)"), {"id": her})
    with connected(owner_engine.url) as owner:
        assert SECRETS[3] not in everything(owner)
        assert owner.scalar(
            text("SELECT NOT restricted AND erased_at IS NOT NULL FROM patient WHERE id = :id"), {"id": her}
        )

"""The history is sealed: what its owner changes, removes or adds is found; what desks do at the same time is not."""

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import URL, Connection, Engine, text, update

from clinic_desk.database import anchors, tables
from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.database.queries import verify as queries_verify
from clinic_desk.domain.history_chain import PERSONAL, Anchor, Finding, Problem, differing, row_digest
from clinic_desk.errors import NotAllowed
from clinic_desk.services.history_verify import Verified, verify_history
from clinic_desk.services.importing.plan import Cancelled
from tests.support.small_clinic import SmallClinic
from tests.support.sql import add, at, connected, refused_by

SEAL = "SELECT * FROM seal_history({})"
ADDED = "INSERT INTO patient (id, family_name) VALUES (:id, 'X')"
NOTED = "UPDATE patient SET note = :note WHERE id = :id"


@pytest.fixture
def manager(url_as: Callable[[Any], URL]) -> Iterator[Database]:
    """A manager's desk."""
    database = Database(url_as("clinic_manager"), DeskIdentity(UUID(int=0xDE), "Office"))
    yield database
    database.dispose()


@pytest.fixture
def owner(owner_engine: Engine, postgres_server: Any, fresh_database: str) -> Any:
    """Runs statements as the owner, with the triggers that protect the history turned off."""

    def run(*statements: str, **values: Any) -> None:
        with owner_engine.begin() as connection:
            for table in ("history", "history_seal", "appointment", "patient"):
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            for statement in statements:
                connection.execute(text(statement), values)
            for table in ("history", "history_seal", "appointment", "patient"):
                connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))

    return run


def _seal(url: URL, most: int = 5000) -> None:
    """Seal what can be sealed at once, so many rows at a time."""
    more = True
    while more:
        with connected(url) as connection:
            row = connection.execute(text(SEAL.format(most))).first()
        more = row is not None and row.more


def _seal_all(url: URL, most: int = 5000) -> None:
    """Seal until nothing is left; other tests' transactions on the same server may hold it up for a while."""
    left = text("SELECT EXISTS (SELECT FROM history WHERE id > coalesce((SELECT max(last_id) FROM history_seal), 0))")
    for _ in range(5000):
        _seal(url, most)
        with connected(url) as connection:
            if not connection.execute(left).scalar_one():
                return
    pytest.fail("some transaction on this server never ends")


@pytest.fixture
def worked(clinic: SmallClinic, database_url: URL) -> list[UUID]:
    """Appointments that were booked, changed and cancelled; all sealed, in several seals."""
    booked = []
    for number in range(4):
        with connected(database_url) as connection:
            booked.append(add(connection, 8 + number, 8.25 + number, patient_id=clinic.patients[number], note="knee"))
        with connected(database_url) as connection:
            _change(connection, booked[-1], starts_at=at(13 + number), ends_at=at(13.25 + number))
    with connected(database_url) as connection:
        _change(connection, booked[0], status="cancelled", cancellation_reason="pat")
        connection.execute(update(tables.patient).where(tables.patient.c.id == clinic.patients[0]).values(note="deaf"))
    _seal_all(database_url, 12)
    return booked


def _change(connection: Connection, identifier: UUID, **values: Any) -> None:
    connection.execute(update(tables.appointment).where(tables.appointment.c.id == identifier).values(**values))


def _found(result: Verified) -> set[Problem]:
    return {one.problem for one in result.findings}


def _row(engine: Engine, record: UUID, version: int) -> int:
    with engine.connect() as connection:
        found = text("SELECT id FROM history WHERE row_id = :record AND version = :version")
        return int(connection.execute(found, {"record": record, "version": version}).scalar_one())


# --- nothing is wrong -------------------------------------------------------------------------------------------------


def test_in_a_clinic_at_work_nothing_is_found(manager: Database, worked: list[UUID], database_url: URL) -> None:
    told: list[tuple[int, int]] = []
    result = verify_history(manager, tell=lambda *step: told.append(step))
    assert result.findings == ()
    assert (result.seals > 2, result.rows) == (True, told[-1][1])
    with connected(database_url) as connection:
        _change(connection, worked[1], note="hip")
    assert verify_history(manager).rows == result.rows + 1
    assert verify_history(manager).is_sound


def test_what_several_desks_do_while_it_is_sealed_is_all_sealed_once(
    clinic: SmallClinic, manager: Database, database_url: URL, url_as: Callable[[Any], URL]
) -> None:
    """Ids are taken in one order and committed in another, some never; sealing goes on all the while."""
    ended = threading.Event()

    def work(desk: int) -> None:
        chance = random.Random(desk)  # the same each time
        mine: list[UUID] = []
        for number in range(25):
            with connected(database_url) as connection, connection.begin_nested() as inner:
                new = [uuid4() for _ in range(chance.randint(0, 2))]
                connection.execute(text(ADDED), [{"id": one} for one in new or [uuid4()]])
                if mine:
                    connection.execute(text(NOTED), {"id": chance.choice(mine), "note": str(number)})
                if chance.random() < 0.2:
                    connection.execute(text("SELECT pg_sleep(0.01)"))
                if chance.random() < 0.2:
                    inner.rollback()
                else:
                    mine += new

    def sealing() -> None:
        while not ended.is_set():
            with connected(url_as("clinic_worker")) as connection:
                connection.execute(text(SEAL.format(7)))

    with ThreadPoolExecutor(6) as pool:
        sealers = [pool.submit(sealing) for _ in range(2)]
        try:
            for desk in [pool.submit(work, number) for number in range(4)]:
                desk.result()
            during = verify_history(manager)
        finally:
            ended.set()
        for sealer in sealers:
            sealer.result()
    _seal_all(database_url)
    result = verify_history(manager)
    assert during.findings == ()
    assert result.findings == ()
    assert (result.seals > 10, result.unsealed) == (True, 0)


def test_nothing_is_sealed_that_a_transaction_under_way_could_still_slip_rows_into(
    worked: list[UUID], database_url: URL, owner_engine: Engine
) -> None:
    assert worked
    _seal_all(database_url)
    with connected(database_url) as slow:
        early = add(slow, 18, 18.25)
        with connected(database_url) as quick:
            add(quick, 19, 19.25)
        for _ in range(3):
            _seal(database_url)
        with owner_engine.connect() as connection:
            sealed = connection.execute(text("SELECT max(last_id) FROM history_seal")).scalar_one()
    assert sealed < _row(owner_engine, early, 1)
    _seal_all(database_url)
    with owner_engine.connect() as connection:
        assert connection.execute(text("SELECT sum(count) FROM history_seal")).scalar_one() == (
            connection.execute(text("SELECT count(*) FROM history")).scalar_one()
        )


def test_numbers_that_were_taken_and_never_used_do_not_hold_sealing_up(
    worked: list[UUID], owner_engine: Engine, database_url: URL, manager: Database
) -> None:
    with connected(database_url) as connection, connection.begin_nested() as inner:
        _change(connection, worked[1], note="hip")
        inner.rollback()
    with owner_engine.begin() as connection:
        mark = "SELECT true, last_value, 1 FROM history_id_seq"  # as if it had been set while that was under way
        connection.execute(text("DELETE FROM history_horizon"))
        connection.execute(text(f"INSERT INTO history_horizon {mark}"))
    with connected(database_url) as connection:
        _change(connection, worked[1], note="hip")
    _seal_all(database_url)
    assert verify_history(manager).is_sound


def test_a_database_that_was_restored_on_another_server_is_sealed_on(
    worked: list[UUID], owner_engine: Engine, database_url: URL, manager: Database
) -> None:
    with owner_engine.begin() as connection:
        connection.execute(text("UPDATE history_horizon SET last_id = last_id + 1, xid = xid + 1000000"))
    with connected(database_url) as connection:
        _change(connection, worked[1], note="hip")
    _seal_all(database_url)
    assert verify_history(manager).is_sound


def test_it_is_sealed_only_by_a_transaction_that_sees_what_others_commit(database_url: URL) -> None:
    with connected(database_url) as connection:
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        assert refused_by(connection, SEAL.format("")) == "25000"


# --- the owner does what no desk can ----------------------------------------------------------------------------------


def test_a_changed_row_is_found_and_named(
    manager: Database, worked: list[UUID], owner: Any, owner_engine: Engine
) -> None:
    number = _row(owner_engine, worked[2], 2)
    owner("UPDATE history SET db_user = 'somebody' WHERE id = :id", id=number)
    (finding,) = verify_history(manager).findings
    assert (finding.problem, finding.row) == (Problem.ROW_CHANGED, number)


@pytest.mark.parametrize("column", ["before", "after"])
def test_so_is_what_a_row_says_of_a_patient(
    manager: Database, worked: list[UUID], owner: Any, owner_engine: Engine, column: str
) -> None:
    number = _row(owner_engine, worked[2], 2)
    owner(f'UPDATE history SET {column} = {column} || jsonb \'{{"note": "x"}}\' WHERE id = :id', id=number)
    found = verify_history(manager).findings
    assert Finding(Problem.ROW_CHANGED, row=number, seal=found[0].seal) in found
    assert [one.fields for one in found if one.problem in (Problem.BETWEEN, Problem.UNRECORDED)] == [("note",)]


def test_a_removed_row_is_found_and_named(
    manager: Database, worked: list[UUID], owner: Any, owner_engine: Engine
) -> None:
    number = _row(owner_engine, worked[3], 1)
    owner("DELETE FROM history WHERE id = :id", id=number)
    found = verify_history(manager).findings
    assert [(one.problem, one.row) for one in found] == [
        (Problem.ROW_REMOVED, number),
        (Problem.BEGINNING, _row(owner_engine, worked[3], 2)),
    ]


def test_a_row_that_was_slipped_in_later_is_found_and_named(
    manager: Database, worked: list[UUID], owner: Any, owner_engine: Engine
) -> None:
    number = _row(owner_engine, worked[3], 2)
    columns = "operation_id, table_name, row_id, action, before, after, at, db_user"
    owner(
        "DELETE FROM history WHERE id = :id",
        f"INSERT INTO history (id, version, {columns}) OVERRIDING SYSTEM VALUE"
        f" SELECT :id, 2, {columns} FROM history WHERE row_id = :record AND version = 1",
        id=number,
        record=worked[3],
    )
    assert Problem.ROW_CHANGED in _found(verify_history(manager))


def test_a_row_in_a_gap_of_the_numbers_is_found(
    manager: Database, worked: list[UUID], owner: Any, owner_engine: Engine, database_url: URL
) -> None:
    with owner_engine.connect() as connection:
        gap = connection.execute(text("SELECT nextval('history_id_seq')")).scalar_one()
    with connected(database_url) as connection:
        _change(connection, worked[1], note="hip")
    _seal_all(database_url)
    columns = "operation_id, table_name, row_id, action, version, before, after, at, db_user, desk_id"
    owner(
        f"INSERT INTO history (id, {columns}) OVERRIDING SYSTEM VALUE SELECT :gap, gen_random_uuid(),"
        f" {columns.partition(', ')[2]} FROM history WHERE row_id = :record AND version = 1",
        gap=gap,
        record=worked[3],
    )
    assert (Problem.ROW_ADDED, gap) in {(one.problem, one.row) for one in verify_history(manager).findings}


def test_the_tail_that_is_not_sealed_yet_is_guarded_by_the_records_themselves(
    manager: Database, worked: list[UUID], owner: Any, database_url: URL
) -> None:
    with connected(database_url) as connection:
        _change(connection, worked[1], status="cancelled", cancellation_reason="pat")
        new = add(connection, 17, 17.25)
    owner("DELETE FROM history WHERE id > (SELECT max(last_id) FROM history_seal)")
    found = {(one.problem, one.record): one.fields for one in verify_history(manager).findings}
    assert found.keys() == {(Problem.UNRECORDED, worked[1]), (Problem.WITHOUT_HISTORY, new)}
    assert "status" in found[Problem.UNRECORDED, worked[1]]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("UPDATE history_seal SET digest = sha256('x') WHERE no = 2", Problem.SEAL_CHANGED),
        ("UPDATE history_seal SET at = at + interval '1 hour' WHERE no = 2", Problem.SEAL_CHANGED),
        ("UPDATE history_seal SET count = count + 1 WHERE no = 2", Problem.ROWS_DIFFER),
        ("DELETE FROM history_seal WHERE no = 2", Problem.SEALS_MISSING),
        ("DELETE FROM history_seal WHERE no = 1", Problem.SEALS_MISSING),
    ],
)
def test_a_changed_or_removed_seal_is_found(
    manager: Database, worked: list[UUID], owner: Any, change: str, problem: Problem
) -> None:
    assert worked
    owner(change)
    found = verify_history(manager).findings
    assert problem in {one.problem for one in found}
    assert all(one.seal in (1, 2, 3) for one in found)


def test_seals_that_were_taken_away_or_made_anew_are_found_by_a_pc_that_saw_them(
    manager: Database, worked: list[UUID], owner: Any, database_url: URL, tmp_path: Path
) -> None:
    anchors.seal(manager, tmp_path)
    known = anchors.known(manager, tmp_path)
    assert verify_history(manager, known).is_sound
    last = known[-1].no
    owner("DELETE FROM history WHERE id > (SELECT first_id FROM history_seal WHERE no = :no)", no=last)
    owner("DELETE FROM history_seal WHERE no >= :no", no=last)
    owner("UPDATE history_horizon SET last_id = 0")
    assert Problem.ANCHOR not in _found(verify_history(manager))
    assert Finding(Problem.ANCHOR, seal=last, at=known[-1].at) in verify_history(manager, known).findings
    _seal_all(database_url)  # the whole chain holds again, but it is another one
    assert Problem.ANCHOR in _found(verify_history(manager, known))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("UPDATE appointment SET status = 'noshow', version = version + 1 WHERE id = :id", Problem.UNRECORDED),
        ("UPDATE appointment SET note = 'x' WHERE id = :id", Problem.UNRECORDED),
        ("DELETE FROM appointment WHERE id = :id", Problem.GONE),
    ],
)
def test_a_record_that_was_changed_past_the_history_is_found(
    manager: Database, worked: list[UUID], owner: Any, change: str, problem: Problem
) -> None:
    owner(change, id=worked[3])
    (finding,) = verify_history(manager).findings
    assert (finding.problem, finding.table, finding.record) == (problem, "appointment", worked[3])


def test_a_trigger_that_is_switched_off_is_found(manager: Database, owner_engine: Engine) -> None:
    for statement in (
        "ALTER TABLE wish DISABLE TRIGGER wish_80_history",
        "ALTER TABLE history DISABLE TRIGGER history_append_only",
        "DROP TRIGGER block_80_history ON block",
    ):
        with owner_engine.begin() as connection:
            connection.execute(text(statement))
    found = verify_history(manager).findings
    assert {(one.problem, one.table) for one in found} == {
        (Problem.NOT_RECORDING, name) for name in ("wish", "history", "block")
    }


# --- erasing a patient ------------------------------------------------------------------------------------------------


def test_what_the_history_says_of_a_patient_can_be_erased_and_the_chain_holds(
    clinic: SmallClinic, manager: Database, worked: list[UUID], owner_engine: Engine, database_url: URL
) -> None:
    patient = clinic.patients[0]
    with owner_engine.begin() as connection:
        connection.execute(
            text("UPDATE patient SET family_name = 'Erased', given_name = '', phone = '', note = '' WHERE id = :id"),
            {"id": patient},
        )
        rows = connection.execute(text("SELECT blank_history(:id)"), {"id": patient}).scalar_one()
        again = connection.execute(text("SELECT blank_history(:id)"), {"id": patient}).scalar_one()
        assert (rows, again) == (3 + 3, 0)  # her record's three, and three of the appointment
        images = connection.execute(
            text("SELECT concat(before, after) FROM history WHERE blanked IS NOT NULL")
        ).scalars()
        assert not any(secret in image for image in images for secret in ("Meier", "Anna", "1987", "+4930", "knee"))
    _seal_all(database_url)
    result = verify_history(manager)
    assert (result.findings, result.blanked) == ((), 6)
    assert worked


def test_what_was_hers_once_and_is_another_patients_now_or_gone_is_erased_too(
    clinic: SmallClinic, manager: Database, worked: list[UUID], owner_engine: Engine, database_url: URL
) -> None:
    patient, other = clinic.patients[1], clinic.patients[2]
    with connected(database_url) as connection:
        _change(connection, worked[1], note="given away")
        _change(connection, worked[1], patient_id=other, note="")
        wish = text("INSERT INTO wish (id, patient_id, type_id, note) VALUES (gen_random_uuid(), :id, :type, 'struck')")
        connection.execute(wish, {"id": patient, "type": clinic.checkup})
    with owner_engine.begin() as connection:
        connection.execute(text("DELETE FROM wish WHERE patient_id = :id"), {"id": patient})
        connection.execute(text("SELECT blank_history(:id)"), {"id": patient})
        images = connection.execute(
            text("SELECT concat(before, after) FROM history WHERE row_id = :id OR blanked IS NOT NULL"),
            {"id": worked[1]},
        )
        said = " ".join(images.scalars())
    assert "given away" not in said
    assert "struck" not in said
    _seal_all(database_url)
    assert verify_history(manager).findings == ()


def test_nothing_but_the_patients_fields_can_be_changed_in_the_name_of_erasing(
    clinic: SmallClinic, manager: Database, worked: list[UUID], owner: Any, owner_engine: Engine
) -> None:
    with owner_engine.begin() as connection:
        connection.execute(text("SELECT blank_history(:id)"), {"id": clinic.patients[1]})
    number = _row(owner_engine, worked[1], 2)
    owner("UPDATE history SET db_user = 'somebody' WHERE id = :id", id=number)
    assert Problem.ROW_CHANGED in _found(verify_history(manager))


def test_an_erasure_that_nobody_asked_for_is_found(
    manager: Database, worked: list[UUID], owner: Any, owner_engine: Engine
) -> None:
    number = _row(owner_engine, worked[2], 2)
    owner(
        "UPDATE history SET blanked = sha256('x'), salt = NULL, blank_id = gen_random_uuid() WHERE id = :id", id=number
    )
    assert {Problem.UNKNOWN_ERASURE, Problem.ROW_CHANGED} <= _found(verify_history(manager))


def test_every_column_of_a_patient_is_erased_or_tells_nothing_of_her() -> None:
    """A column that is added must be one or the other: in history_content(), blank_history() and PERSONAL at once."""
    harmless = {"id", "channel", "language", "merged_into_id", "search_key", "erased_at", "version", "restricted"}
    harmless |= {"changed_at", "changed_by", "changed_desk_id"}
    assert set(tables.patient.c.keys()) == harmless | set(PERSONAL["patient"])


def test_every_table_that_is_recorded_is_looked_at_and_no_other(owner_engine: Engine) -> None:
    statement = "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgfoid = 'record_history'::regproc"
    with owner_engine.connect() as connection:
        assert set(connection.scalars(text(statement))) == set(queries_verify.RECORDED)


def test_the_program_and_the_database_make_the_same_digests(
    clinic: SmallClinic, worked: list[UUID], owner_engine: Engine
) -> None:
    with owner_engine.begin() as connection:
        connection.execute(text("SELECT blank_history(:id)"), {"id": clinic.patients[2]})
        columns = "id, fixed, CASE WHEN blanked IS NULL THEN personal END, blanked"
        ids = "(SELECT array_agg(id) FROM history)"
        theirs = connection.execute(text(f"SELECT {columns} FROM history_content({ids}) ORDER BY id")).all()
        ours = [row[:4] for row in connection.exec_driver_sql(queries_verify.ROWS)]
    assert worked
    assert [_digest(*row) for row in theirs] == [_digest(*row) for row in ours]


def _digest(number: int, fixed: str, personal: str | None, blanked: bytes | None) -> tuple[int, bytes]:
    return number, row_digest(fixed, personal, blanked and bytes(blanked))


# --- who may look, and what is kept outside ---------------------------------------------------------------------------


def test_only_who_may_see_everybodys_changes_looks_through_them(database: Database) -> None:
    with pytest.raises(NotAllowed):
        verify_history(database)


def test_a_look_can_be_stopped(manager: Database, worked: list[UUID]) -> None:
    assert worked
    with pytest.raises(Cancelled):
        verify_history(manager, stop=lambda: True)


def test_a_pc_keeps_the_last_seal_of_each_day_and_the_latest_hundred(tmp_path: Path) -> None:
    file = tmp_path / "seals.jsonl"
    first = datetime(2031, 3, 3, 8, tzinfo=UTC)
    for number in range(1, 241):
        anchors._keep(file, Anchor(number, bytes([number]) * 32, first + timedelta(hours=number)))
    file.write_text(file.read_text() + "damaged\n")
    kept = anchors.load(file)
    assert [one.no for one in kept[-100:]] == list(range(141, 241))
    assert len({one.at.date() for one in kept}) == len({(first + timedelta(hours=n)).date() for n in range(1, 241)})
    assert file.stat().st_mode & 0o077 == 0
    anchors._keep(file, Anchor(5, b"x" * 32, first))
    assert all(one.digest != b"x" * 32 for one in anchors.load(file))


def test_each_database_has_a_file_of_its_own(
    tmp_path: Path, manager: Database, worked: list[UUID], postgres_server: Any
) -> None:
    assert worked
    anchors.seal(manager, tmp_path)
    assert anchors.known(manager, tmp_path)
    other = Database(postgres_server.superuser_url.set(database="template1"), manager.desk)
    assert anchors.known(other, tmp_path) == ()
    other.dispose()


def test_images_of_one_row_are_the_same_in_another_zone_and_after_an_upgrade() -> None:
    was = {"starts_at": "2031-03-03T09:00:00+00:00", "status": "booked", "dropped": 1}
    now = {"starts_at": "2031-03-03T10:00:00+01:00", "status": "booked", "added": 2}
    assert differing("appointment", was, now) == ()
    assert differing("appointment", was, now | {"status": "noshow"}) == ("status",)
    assert differing("appointment", was, now | {"starts_at": "2031-03-03T10:00:00+02:00"}) == ("starts_at",)
    assert differing("appointment", None, now) == ("*",)
    assert differing("patient", {"note": "x"}, {"note": ""}, blanked=True) == ()

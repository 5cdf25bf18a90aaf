"""`verify-history`: whether the history is whole, in words, as a document and as an exit code."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import URL, Engine

from clinic_desk.domain.history_chain import Anchor, on_paper
from tests.commandline.conftest import ADDRESS, Command, text
from tests.support.small_clinic import SmallClinic
from tests.support.sql import connected


@pytest.fixture
def as_manager(
    command: Command,
    clinic: SmallClinic,
    url_as: Callable[[Any], URL],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Command:
    """`clinic-desk` as a manager, with a data folder of its own."""
    assert clinic.patients
    monkeypatch.setenv(ADDRESS, text(url_as("clinic_manager")))
    monkeypatch.setenv("CLINIC_DESK_DATA", str(tmp_path))
    return command


def _until_sealed(as_manager: Command) -> None:
    """Other tests' transactions on the same server may hold sealing up for a while."""
    for _ in range(100):
        if as_manager("verify-history", "--json").document["anchors"]:
            return
    pytest.fail("nothing was sealed")


def _as_owner(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_a_whole_history_is_exit_code_0_and_from_then_on_this_pc_knows_its_last_seal(as_manager: Command) -> None:
    first = as_manager("verify-history", "--json")
    assert (first.code, first.document["sound"], first.document["anchors"]) == (0, True, 0)
    _until_sealed(as_manager)
    again = as_manager("verify-history")
    assert again.code == 0
    assert "the history is whole" in again.out
    assert "1 seals known to this PC" in again.out


def test_a_seal_that_was_printed_is_compared_however_it_is_typed(as_manager: Command, owner_engine: Engine) -> None:
    _until_sealed(as_manager)
    with owner_engine.connect() as connection:
        no, digest, at = connection.exec_driver_sql("SELECT no, digest, at FROM history_seal ORDER BY no LIMIT 1").one()
    printed = on_paper(Anchor(no, bytes(digest), at))
    same = as_manager("verify-history", "--seal", printed.upper().replace("-", " "))
    assert (same.code, same.out.splitlines()[0]) == (0, f"seal {no} is as on the paper")
    other = f"{printed[:-1]}{'0' if printed[-1] != '0' else '1'}"
    wrong = as_manager("verify-history", "--seal", printed, "--seal", f"999:{printed.partition(':')[2]}", "--json")
    assert (wrong.code, wrong.document["sound"]) == (1, False)
    assert wrong.document["paper"] == [{"seal": no, "as_on_paper": True}, {"seal": 999, "as_on_paper": False}]
    assert f"seal {no} is NOT as on the paper" in as_manager("verify-history", "--seal", other).out
    assert as_manager("verify-history", "--seal", "1:12").code == 2


def test_what_is_wrong_is_said_in_words_with_where_and_is_exit_code_1(
    as_manager: Command, owner_engine: Engine
) -> None:
    _until_sealed(as_manager)
    with owner_engine.connect() as connection:
        last = connection.exec_driver_sql("SELECT max(id) FROM history WHERE table_name = 'patient'").scalar_one()
    _as_owner(
        owner_engine,
        "ALTER TABLE history DISABLE TRIGGER USER",
        f'UPDATE history SET after = after || \'{{"phone": "+49"}}\' WHERE id = {last}',
        "ALTER TABLE history_seal DISABLE TRIGGER USER",
        "DELETE FROM history_seal WHERE no = (SELECT max(no) FROM history_seal)",
    )
    ended = as_manager("verify-history")
    assert ended.code == 1
    lines = ended.out.splitlines()
    assert any(line.startswith("seal 1, which this PC saw on ") for line in lines)
    assert any("is not as its last recorded change left it" in line and line.endswith(": phone") for line in lines)
    assert "table history: what records or protects its changes is switched off" in lines
    assert lines[-1] == "the history is NOT whole"
    document = as_manager("verify-history", "--json").document
    assert {one["problem"] for one in document["findings"]} == {"anchor", "unrecorded", "not-recording"}


def test_who_may_not_see_everybodys_changes_is_refused(
    as_manager: Command, database_url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ADDRESS, text(database_url))
    ended = as_manager("verify-history", "--json")
    assert (ended.code, ended.document["error"]) == (1, "not-allowed")


def test_changes_are_listed_in_the_windows_words_and_written_to_a_file(as_manager: Command, tmp_path: Path) -> None:
    ended = as_manager("history", "--kind", "setup", "--csv", tmp_path / "list.csv", "--json")
    assert ended.code == 0
    told = [one["what"] for one in ended.document["changes"]]
    assert "Kind of visit “Checkup” added" in told
    assert (tmp_path / "list.csv").read_text("utf-8-sig").splitlines()[0] == '"When","Who","Patient","What"'
    some = as_manager("history", "--practitioner", "Weber", "--from=-1w", "--to", "today", "--limit", "2")
    assert len(some.out.splitlines()) == 3
    assert "Dr. Weber" in some.out
    assert as_manager("history", "--who", "nobody", "--json").document["changes"] == []
    assert as_manager("history", "--desk", "nowhere").code == 2


def test_of_one_patient_everybody_sees_the_changes_and_of_all_who_has_the_right(
    as_manager: Command, database_url: URL, monkeypatch: pytest.MonkeyPatch, clinic: SmallClinic
) -> None:
    monkeypatch.setenv(ADDRESS, text(database_url))
    ended = as_manager("history", "--record", clinic.patients[0])
    assert (ended.code, "Record made [Anna Meier]" in ended.out) == (0, True)
    assert as_manager("history").code == 1


def test_who_opened_restricted_records_is_listed(
    as_manager: Command, clinic: SmallClinic, url_as: Callable[[Any], URL]
) -> None:
    her, access, desk = (str(each) for each in (clinic.patients[0], uuid4(), uuid4()))
    with connected(url_as("clinic_manager")) as manager:
        manager.exec_driver_sql("UPDATE patient SET restricted = true WHERE id = %s", (her,))
    with connected(url_as("clinic_readonly")) as reader:
        reader.exec_driver_sql("SELECT open_record(%s, %s, %s, 'She fainted at the desk')", (access, her, desk))
    (one,) = as_manager("history", "--kind", "accesses", "--json").document["changes"]
    assert (one["login"], one["patient"]) == ("test_readonly", "Anna Meier")
    assert one["what"].startswith("Restricted record opened in an emergency until ")
    assert one["what"].endswith(": “She fainted at the desk”")

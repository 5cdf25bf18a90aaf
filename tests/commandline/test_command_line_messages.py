"""The commands about messages: the queue is listed and counted, a message is acted on, a confirmation sent again."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import URL, Engine

from clinic_desk.database import setup
from tests.commandline.conftest import ADDRESS, Command, Ended, text
from tests.support.queue_rows import rows, sql
from tests.support.small_clinic import SmallClinic

Run = Callable[..., Ended]
Booked = Callable[..., dict[str, Any]]


def queued(run: Run, *arguments: object) -> list[dict[str, Any]]:
    """What `queue list` tells."""
    ended = run("queue", "list", *arguments)
    assert ended.code == 0, ended
    messages: list[dict[str, Any]] = ended.document["messages"]
    return messages


def the_confirmation(run: Run) -> dict[str, Any]:
    (message,) = [message for message in queued(run) if message["kind"] == "confirmation"]
    return message


def test_what_a_booking_queued_is_listed_and_counted(run: Run, booked: Booked) -> None:
    appointment = booked("09:00")
    messages = queued(run)
    assert {message["kind"] for message in messages} == {"confirmation", "reminder"}
    assert {message["appointment_id"] for message in messages} == {appointment["id"]}
    assert {message["status"] for message in messages} == {"pending"}
    assert not any(message["needs_attention"] for message in messages)
    counts = run("queue", "counts").document
    assert counts["counts"]["due"] == 1
    assert {line["channel"] for line in counts["channels"]} == {"email", "sms"}


def test_a_message_that_waits_is_cancelled_once(run: Run, booked: Booked) -> None:
    booked("09:00")
    message = the_confirmation(run)
    operation = uuid4()
    first = run("queue", "cancel", message["id"], "--operation-id", operation)
    assert (first.code, first.document["status"]) == (0, "cancelled")
    again = run("queue", "cancel", message["id"], "--operation-id", operation)
    assert (again.code, again.document["status"]) == (0, "cancelled")
    refused = run("queue", "cancel", message["id"])
    assert (refused.code, refused.document["error"]) == (1, "message-refused")


def test_a_message_that_failed_is_retried(run: Run, booked: Booked, owner_engine: Engine) -> None:
    booked("09:00")
    message = the_confirmation(run)
    sql(owner_engine, "UPDATE notification SET status = 'failed', error_code = '500' WHERE id = %s", (message["id"],))
    assert [each["id"] for each in queued(run, "--filter", "attention")] == [message["id"]]
    ended = run("queue", "retry", message["id"])
    assert (ended.code, ended.document["status"]) == (0, "pending")
    assert queued(run, "--filter", "attention") == []


def test_an_appointments_confirmation_is_sent_again(run: Run, booked: Booked, owner_engine: Engine) -> None:
    appointment = booked("09:00")
    sql(owner_engine, "UPDATE notification SET status = 'sent', sent_at = now() WHERE kind = 'confirmation'")
    ended = run("confirm", appointment["id"])
    assert (ended.code, ended.document["status"], ended.document["kind"]) == (0, "pending", "confirmation")
    assert sorted(status for _, _, status in rows(owner_engine, where="kind = 'confirmation'")) == ["pending", "sent"]


def test_a_confirmation_of_nothing_is_refused(run: Run) -> None:
    ended = run("confirm", uuid4())
    assert (ended.code, ended.document["error"]) == (1, "not-found")


def test_a_message_is_found_by_a_part_of_the_patients_name(run: Run, booked: Booked) -> None:
    booked("09:00")
    name = queued(run)[0]["patient_name"]
    assert {message["patient_name"] for message in queued(run, "--search", name[:4])} == {name}
    assert queued(run, "--search", "nobody of that name") == []


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["queue", "retry"], "message"),
        (["queue", "list", str(uuid4())], "message"),
        (["queue", "shout"], "action"),
        (["queue", "--filter", "some"], "filter"),
        (["confirm"], "id"),
        (["confirm", "soon"], "id"),
    ],
)
def test_what_cannot_be_understood_names_what_was_wrong(run: Run, arguments: list[str], named: str) -> None:
    ended = run(*arguments)
    assert ended.code == 2
    assert named in ended.document["field"]


def test_who_may_only_read_sees_the_queue_and_changes_nothing(
    command: Command,
    url_as: Callable[[setup.Group], URL],
    booked: Booked,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    booked("09:00")
    message = the_confirmation(run)
    monkeypatch.setenv(ADDRESS, text(url_as("clinic_readonly")))
    ended = command("queue", "cancel", message["id"], "--json")
    assert (ended.code, ended.document["error"]) == (1, "not-allowed")


def test_lines_for_people_say_what_when_and_how_it_stands(
    command: Command, run: Run, booked: Booked, clinic: SmallClinic
) -> None:
    booked("09:00")
    lines = command("queue").out.splitlines()
    assert len(lines) == 2
    assert any("confirmation for 2031-03-03 09:00" in line and "pending" in line for line in lines)
    assert command("queue", "counts").out.startswith("attention: 0\ndue: 1\n")
    assert clinic.monday.year == 2031

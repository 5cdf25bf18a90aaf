"""A channel's sender is renewed when settings or credentials may have changed, and its worker stays what it was."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.messaging import Answer, Found, Messaging, Outcome, Outgoing, Trace
from clinic_desk.domain.records import Channel
from clinic_desk.errors import DatabaseDown, Unavailable
from clinic_desk.notifications import credentials, post, queue
from clinic_desk.notifications.post import Post
from clinic_desk.notifications.providers import Sender
from clinic_desk.notifications.worker import never
from tests.support.queue_rows import Provider, let_pass, put, row, sql, state_of

pytestmark = pytest.mark.usefixtures("appointment")
REFUSED = Outcome(Answer.CONFIGURATION, code="535", reason="sign in")


class Maker:
    """What makes senders: of each password the latest; the account takes the `right` one only."""

    def __init__(self) -> None:
        self.password: str | None = "old"
        self.right = "old"
        self.made: list[Provider] = []
        self.closed: list[Provider] = []

    def __call__(self, _settings: Messaging) -> Mapping[Channel, Sender]:
        if self.password is None:
            return {}
        right = self.password == self.right
        self.made.append(Provider(Channel.SMS, [] if right else [REFUSED] * 9))
        self.made[-1].close = lambda made=self.made[-1]: self.closed.append(made)  # type: ignore[method-assign, misc]
        return {Channel.SMS: self.made[-1]}


@pytest.fixture
def maker() -> Maker:
    return Maker()


@pytest.fixture
def sms(worker_db: Database, maker: Maker) -> Iterator[Post]:
    made = Post(Channel.SMS, worker_db, maker, "Desk 1#1/sms")
    yield made
    made.close()


def due(engine: Engine, appointment: UUID) -> UUID:
    """A message that is due now."""
    return put(engine, appointment)


def test_as_long_as_nothing_changes_the_sender_stays(sms: Post, maker: Maker) -> None:
    for _ in range(3):
        sms.work(never)
        sms.renew()
    assert len(maker.made) == 1


def test_new_settings_are_in_force_before_the_next_message_leaves(
    sms: Post, maker: Maker, owner_engine: Engine, appointment: UUID
) -> None:
    """Saving resumes the channel and wakes the queue: tried with the old settings it would be stopped again at once."""
    maker.right = "new"
    first = due(owner_engine, appointment)
    sms.work(never)
    assert state_of(owner_engine)["state"] == "stopped"
    maker.password = "new"
    sql(owner_engine, "UPDATE messaging SET from_name = 'x'")
    sms.work(never)
    assert row(owner_engine, first)["status"] == "sent"
    assert row(owner_engine, first)["attempts"] == 1
    assert maker.closed == maker.made[:-1], "the old one was let go"


def test_a_channel_that_somebody_lets_try_again_uses_the_password_of_now(
    sms: Post, maker: Maker, owner_engine: Engine, appointment: UUID
) -> None:
    maker.right = "new"
    first = due(owner_engine, appointment)
    sms.work(never)
    sms.work(never)
    maker.password = "new"
    sql(owner_engine, "UPDATE message_channel SET state = 'working', since = now() WHERE channel = 'sms'")
    sms.work(never)
    assert row(owner_engine, first)["status"] == "sent"


@pytest.mark.parametrize("state", ["lacks its password", "is stopped"])
def test_a_channel_that_cannot_send_looks_again_soon(
    sms: Post, maker: Maker, owner_engine: Engine, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if state == "is stopped":
        sql(owner_engine, "UPDATE message_channel SET state = 'stopped' WHERE channel = 'sms'")
    else:
        maker.password = None
    sms.renew()
    made = sms.renewals
    sms.renew()
    assert sms.renewals == made, "not each time: a keyring is slow"
    monkeypatch.setattr(post, "LOOK_AGAIN_S", -1.0)
    maker.password = maker.right = "new"
    sms.renew()
    assert sms.renewals == made + 1
    assert sms.sender is maker.made[-1]


def test_a_channel_that_works_is_not_asked_for_its_password_so_often(
    sms: Post, maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(post, "LOOK_AGAIN_S", -1.0)
    sms.renew()
    sms.renew()
    assert len(maker.made) == 1
    monkeypatch.setattr(post, "CREDENTIALS_S", -1.0)
    sms.renew()
    assert len(maker.made) == 2


def test_a_channel_that_is_off_lacks_nothing(
    sms: Post, maker: Maker, owner_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(post, "LOOK_AGAIN_S", -1.0)
    maker.password = None
    sql(owner_engine, "UPDATE messaging SET sms_by = 'off'")
    sms.renew()
    sms.renew()
    assert sms.renewals == 1


def test_a_password_stored_by_this_program_is_used_for_the_next_message(
    sms: Post, maker: Maker, owner_engine: Engine, appointment: UUID
) -> None:
    maker.password = None
    sms.renew()
    maker.password = "old"
    sms.forget_credentials()
    first = due(owner_engine, appointment)
    sms.work(never)
    assert row(owner_engine, first)["status"] == "sent"


def test_what_could_not_be_settled_is_settled_after_the_sender_was_renewed(
    *, sms: Post, maker: Maker, owner_engine: Engine, appointment: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_the_settling(sms, monkeypatch)
    first = due(owner_engine, appointment)
    with pytest.raises(Unavailable):
        sms.work(never)
    sms.forget_credentials()
    sms.work(never)
    assert (len(maker.made), len(maker.made[0].arrived), len(maker.made[1].arrived)) == (2, 1, 0)
    assert row(owner_engine, first)["status"] == "sent"


@pytest.mark.parametrize("ending", ["the channel is switched off", "the program closes"])
def test_what_could_not_be_settled_is_settled_at_the_end(
    *, sms: Post, maker: Maker, owner_engine: Engine, appointment: UUID, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_the_settling(sms, monkeypatch)
    first = due(owner_engine, appointment)
    with pytest.raises(Unavailable):
        sms.work(never)
    if ending == "the program closes":
        assert sms.release() == 0
    else:
        maker.password = None
        sql(owner_engine, "UPDATE messaging SET sms_by = 'off'")
        sms.work(never)
        assert sms.sender is None
    assert row(owner_engine, first)["status"] == "sent"


def lose_the_settling(sms: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database is away when the first message's outcome is to be written."""
    settle = queue.settle
    lost: list[bool] = []

    def fail_once(*of: Any) -> Any:
        if not lost:
            lost.append(True)
            raise DatabaseDown
        return settle(*of)

    monkeypatch.setattr(queue, "settle", fail_once)


def test_what_was_left_and_what_is_too_late_is_seen_to_also_where_no_channel_is_set_up(
    sms: Post, maker: Maker, owner_engine: Engine, appointment: UUID
) -> None:
    maker.password = None
    late = put(owner_engine, appointment)
    sql(owner_engine, "UPDATE notification SET not_after = now()")
    sms.work(never)
    assert row(owner_engine, late)["status"] == "expired"


def test_looking_for_what_became_of_messages_holds_no_message_up(
    *, sms: Post, maker: Maker, owner_engine: Engine, appointment: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    sms.renew()
    waiting = due(owner_engine, appointment)

    def find(_message: Outgoing) -> Found:
        sms.work(never)
        return Found(Trace.ABSENT)

    monkeypatch.setattr(maker.made[0], "find", find)
    lost = put(owner_engine, appointment, due_in=timedelta(days=1))
    sql(
        owner_engine,
        "UPDATE notification SET status = 'unknown', attempts = 1, sending_started_at = now(), check_at = now()"
        " WHERE id = %s",
        (lost,),
    )
    let_pass(owner_engine, timedelta(seconds=1))
    sms.check(never)
    assert row(owner_engine, waiting)["status"] == "sent"


def test_a_program_hears_of_the_secrets_that_it_stores_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[tuple[str, str]] = []
    monkeypatch.setattr(credentials, "_write", lambda *of: kept.append(of))
    heard: list[int] = []
    end = credentials.when_stored(lambda: heard.append(len(kept)))
    credentials.store("email_password", "secret")
    assert heard == [1], "after it was stored"
    end()
    credentials.store("email_password", "")
    assert heard == [1]

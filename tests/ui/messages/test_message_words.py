"""What the panel says: about which visit, why a message stands as it does, what happened, what is offered."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from clinic_desk.domain.message_list import Answered, MessageRefused, Step, Why
from clinic_desk.domain.messaging import ChannelState, Kind, QueueStatus
from clinic_desk.domain.records import AppointmentStatus, Channel
from clinic_desk.notifications.senders import twilio_codes
from clinic_desk.ui.messages.acts import possible, possible_reply
from clinic_desk.ui.messages.channel_line import channel_look, rate_text, trouble_text
from clinic_desk.ui.messages.reasons import reason_text
from clinic_desk.ui.messages.size import size_text
from clinic_desk.ui.messages.states import state_look
from clinic_desk.ui.messages.story import refusal_text, steps_of
from clinic_desk.ui.messages.words import about_text, due_text, left_text, what_text, why_text
from tests.ui.messages.sample import NOW, ZONE, berlin, channels, picture_rows, reply, row

S = QueueStatus


def test_the_rows_of_the_picture_read_as_in_the_picture() -> None:
    told = [
        (due_text(each, NOW), what_text(each, NOW), state_look(each).text, why_text(each, NOW))
        for each in picture_rows()
    ]
    assert told == [
        ("09:36", "reminder · today 11:00", "⚠ failed", "number is a landline (21614) · try e-mail, or call"),
        ("09:36", "reminder · today 11:00", "⚠ failed", "opted out with STOP on Thu 19 Nov · call"),
        (
            "09:36",
            "moved to Thu 26 Nov, 10:00",
            "? checking",
            "connection lost after sending; asking the provider at 09:38",
        ),
        ("09:37", "confirmation · today 11:00", "○ due", "in 14 s – undo still recalls it"),
        ("09:37", "reminder · today 11:00", "➤ sending", ""),
        ("09:30", "reminder · today 11:00", "✓✓ delivered", "replied “C” 09:33 – confirmed"),
        ("09:15", "reminder · today 11:00", "✓ sent", ""),
        ("09:12", "reminder · today 11:00", "– cancelled", "appointment was cancelled at Desk 2, 09:10"),
        ("09:00", "reminder · today 11:00", "✓✓ delivered", ""),
    ]


def test_every_state_has_a_sign_of_its_own_beside_its_colour() -> None:
    looks = {status: state_look(row(1, status=status)) for status in S}
    assert all(look.sign and look.word for look in looks.values())
    assert len({look.sign for status, look in looks.items() if status not in {S.LEASED, S.EXPIRED}}) == 7


def test_what_somebody_takes_care_of_alarms_nobody() -> None:
    taken = row(1, status=S.FAILED, code="550", dealt_with_by="Julia Brandt", dealt_with_how="call")
    assert state_look(taken).role == "muted"
    assert why_text(taken, NOW) == "Julia Brandt will call"
    assert why_text(replace(taken, dealt_with_how="email"), NOW) == "sent by e-mail instead"
    assert why_text(replace(taken, dealt_with_how="done"), NOW) == "done: Julia Brandt"


def test_a_message_says_about_which_visit_it_is() -> None:
    assert about_text(row(1), NOW) == "reminder for today 11:00, Dr. Okafor"
    assert what_text(row(1, starts_at=None), NOW) == "reminder"
    assert due_text(row(1, due_at=berlin(9, 0, 23)), NOW) == "23 Nov 09:00"


@pytest.mark.parametrize(
    ("status", "others", "told"),
    [
        (S.PENDING, {"due_at": NOW + timedelta(hours=3)}, ""),
        (S.PENDING, {"due_at": NOW + timedelta(minutes=3)}, "in 3 min"),
        (S.PENDING, {"due_at": NOW, "kind": Kind.CONFIRMATION}, "leaves now"),
        (
            S.PENDING,
            {"due_at": NOW, "attempts": 2, "code": "30003"},
            "tried 2 times, again soon: the phone could not be",
        ),
        (S.PENDING, {"due_at": NOW + timedelta(hours=3), "code": "quiet-hours"}, "held back by the quiet hours"),
        (S.UNKNOWN, {}, "not known whether it went"),
        (S.FAILED, {}, "reason not known"),
        (S.FAILED, {"error": "quiet-hours"}, "held back by the quiet hours"),
        (S.FAILED, {"code": "999", "error": "Something <b>odd</b>"}, "Something <b>odd</b> (999)"),
        (S.FAILED, {"passed_on": True}, "another message was sent in its place"),
        (S.EXPIRED, {}, "it was too late for it"),
        (S.CANCELLED, {"code": "recalled"}, "taken back at a desk"),
        (S.CANCELLED, {"error": "superseded"}, "replaced: the appointment was changed"),
        (S.SENT, {"answered": Answered("  Ja\n gern ", NOW, "other")}, "replied “Ja gern” 09:37"),
    ],
)
def test_why_a_message_stands_as_it_does(status: S, others: dict[str, Any], told: str) -> None:
    said = why_text(row(1, status=status, **others), NOW)
    assert said.startswith(told)
    assert told or not said


def test_every_code_that_a_sender_knows_has_a_sentence_here() -> None:
    known = {
        str(code)
        for table in vars(twilio_codes).values()
        if isinstance(table, dict)
        for code in table
        if isinstance(code, int)
    }
    assert known
    untold = sorted(code for code in known if reason_text(code) == f"reason not known ({code})")
    assert untold == []


def test_the_story_names_who_did_what() -> None:
    steps = (
        Step(NOW, S.PENDING, 0, "Julia Brandt"),
        Step(NOW, S.LEASED, 0, "Desk 2"),
        Step(NOW, S.SENDING, 1, "Desk 2"),
        Step(NOW, S.FAILED, 1, "Desk 2", "550"),
        Step(NOW, S.FAILED, 1, "Karl", "550", dealt="call"),
        Step(NOW, S.PENDING, 0, "Karl"),
        Step(NOW, S.PENDING, 0, "Karl", "send-now", "asked for at a desk"),
        Step(NOW, S.CANCELLED, 0, "Karl", "recalled"),
        Step(NOW, S.SENT, 1, "Desk 2"),
    )
    assert [text for _, text, _ in steps_of(row(1, log=steps))] == [
        "written by Julia Brandt",
        "due, claimed by Desk 2",
        "handed to the provider",
        "this mailbox does not exist (550) · correct the address",
        "Karl will call",
        "tried again by Karl",
        "Karl wants it sent now",
        "cancelled · taken back at a desk",
        "✓ sent",
    ]


@pytest.mark.parametrize("reason", list(Why))
def test_every_refusal_has_a_sentence(reason: Why) -> None:
    assert refusal_text(MessageRefused(reason)).endswith(".")


def test_a_quicker_worker_is_news_and_no_error() -> None:
    assert refusal_text(MessageRefused(Why.LEFT, S.SENT)) == "It was quicker than you: sent."


# --- what is offered --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "offered"),
    [
        (row(1, status=S.PENDING), ("send_now", "cancel", "show")),
        (row(1, status=S.LEASED), ("cancel", "show")),
        (row(1, status=S.SENDING), ("show",)),
        (row(1, status=S.DELIVERED), ("show",)),
        (row(1, status=S.FAILED), ("retry", "call", "done", "show")),
        (row(1, status=S.FAILED, other_channel=Channel.EMAIL), ("by_other", "retry", "call", "done", "show")),
        (row(1, status=S.FAILED, noted="opted-out"), ("call", "done", "allow", "show")),
        (row(1, status=S.FAILED, not_after=NOW), ("call", "done", "show")),
        (row(1, status=S.FAILED, moved=True), ("call", "done", "show")),
        (row(1, status=S.FAILED, appointment_status=AppointmentStatus.CANCELLED), ("call", "done", "show")),
        (row(1, status=S.UNKNOWN, check_at=NOW), ("retry", "show")),
        (row(1, status=S.FAILED, dealt_with_by="Julia", dealt_with_how="call"), ("retry", "done", "show")),
        (row(1, status=S.CANCELLED, appointment_id=None), ()),
    ],
)
def test_only_what_can_help_is_offered(given: object, offered: tuple[str, ...]) -> None:
    assert possible(given, NOW, may_write=True).names == offered  # type: ignore[arg-type]


def test_who_may_only_read_is_offered_to_look() -> None:
    assert possible(row(1, status=S.FAILED), NOW, may_write=False).names == ("show",)
    assert possible_reply(reply(), may_write=False).names == ()


def test_a_reply_is_a_yes_only_when_it_is_clear_to_what() -> None:
    assert possible_reply(reply(), may_write=True).names == ("filed",)
    only = reply(candidates=reply().candidates[:1])
    assert possible_reply(only, may_write=True).names == ("filed", "yes", "show")
    assert possible_reply(reply(owner=only.candidates[0]), may_write=True).names == ("filed", "yes", "show")


# --- channels ---------------------------------------------------------------------------------------------------------


def test_a_channel_says_how_it_stands() -> None:
    email, sms = channels()
    assert channel_look(email, ZONE, NOW) == ("● e-mail working", "ok")
    assert channel_look(sms, ZONE, NOW) == ("● SMS working · 1/s", "ok")
    assert rate_text(90) == "90/min"
    folder = channels(by="folder")[1]
    assert channel_look(folder, ZONE, NOW) == ("▣ SMS to a folder: reaches nobody", "warning")
    off = channels(by="off")[1]
    assert channel_look(off, ZONE, NOW)[1] == "muted"
    pausing = channels(ChannelState(Channel.SMS, "pausing", "429", "busy", NOW, berlin(9, 45)))[1]
    assert channel_look(pausing, ZONE, NOW) == ("◔ SMS pauses until 09:45", "warning")


def test_a_stopped_channel_says_what_to_change() -> None:
    lines = channels(ChannelState(Channel.SMS, "stopped", "20003", "refused", NOW))
    assert channel_look(lines[1], ZONE, NOW) == ("■ SMS stopped", "danger")
    told = trouble_text(lines, 17)
    assert "the provider refused the sign-in (20003) · a manager: Settings" in told
    assert "17 messages wait" in told
    assert trouble_text(channels(), 17) == ""


def test_how_long_a_text_is_is_told_in_characters_and_segments() -> None:
    assert size_text("a" * 160) == "160 characters · 1 segment"
    assert size_text("a" * 161) == "161 characters · 2 segments"
    assert (left_text(14), left_text(61)) == ("14 s", "2 min")

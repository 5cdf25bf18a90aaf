"""What the settings say: rules, lengths, trials and faults; and what a draft has to save."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest
from PySide6.QtWidgets import QApplication

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.messaging import Answer, ChannelState, Kind, MessageText, Messaging, Outcome, ReminderRule
from clinic_desk.domain.records import Channel
from clinic_desk.errors import InvalidInput
from clinic_desk.notifications.segments import segments_of
from clinic_desk.notifications.senders.making import _MISSING
from clinic_desk.notifications.templates import TextKey
from clinic_desk.notifications.texts import PLACEHOLDERS, Text
from clinic_desk.services.messaging import MessagingSetup
from clinic_desk.ui.messages.settings.draft import NOT_COMPARED, Draft, Step, compared
from clinic_desk.ui.messages.settings.text_size import size_words
from clinic_desk.ui.messages.settings.trial_words import checked_text, keyring_text, sent_text, wrong_text
from clinic_desk.ui.messages.settings.words import (
    field_names,
    invalid_text,
    kind_title,
    placeholder_text,
    rule_text,
    wait_text,
)

pytestmark = pytest.mark.usefixtures("qapp")
RULE = ReminderRule(new_id(), 24)
KEY = TextKey(Kind.REMINDER, Channel.SMS, "en")
OWN = MessageText(new_id(), Kind.REMINDER, Channel.SMS, "en", "", "$date $time", version=4)


def draft_of(*texts: MessageText) -> Draft:
    channels = {channel: ChannelState(channel) for channel in (Channel.EMAIL, Channel.SMS)}
    return Draft(MessagingSetup(Messaging(), (RULE,), texts, channels, None, datetime(2031, 3, 3, tzinfo=UTC)))


# --- words ------------------------------------------------------------------------------------------------------------


def test_a_rule_is_a_sentence(qapp: QApplication) -> None:
    assert qapp is not None
    assert rule_text(RULE) == "24 hours before the start; booked later than that: no reminder."
    assert rule_text(replace(RULE, lead=1, unit="days")).startswith("1 day before, at the same time of day;")
    assert wait_text(0) == "not at all: they leave at once"
    assert (wait_text(60), wait_text(90), wait_text(900)) == ("1 minute", "90 seconds", "15 minutes")


def test_the_length_names_what_makes_a_text_unicode() -> None:
    assert size_words(segments_of("a" * 96)) == ("96 characters · 1 segment · 64 more fit", "muted")
    assert size_words(segments_of("ü" * 161)) == ("161 characters · 2 segments · 145 more fit", "warning")
    text, role = size_words(segments_of("ü „x“"))
    assert text.endswith("“„” ““” makes it Unicode: 70 characters in a segment, not 160.")
    assert role == "warning"
    assert "“U+00A0”" in size_words(segments_of("a\u00a0b"))[0]
    assert size_words(segments_of("αβγδεζη"))[0].count("“") == 5


def test_every_field_kind_and_placeholder_has_its_words() -> None:
    names = field_names()
    for record in (Messaging, ReminderRule, MessageText):
        assert {each.name for each in fields(record)} - NOT_COMPARED <= set(names)
    assert all(kind_title(kind) for kind in Kind)
    assert all(placeholder_text(name) for name in PLACEHOLDERS)


@pytest.mark.parametrize("code", sorted(_MISSING))
def test_what_a_channel_lacks_is_said_in_the_users_language(code: str) -> None:
    told = wrong_text(Outcome(Answer.CONFIGURATION, code=code, reason="English"))
    assert "English" not in told


def test_a_code_that_is_not_known_keeps_the_senders_sentence() -> None:
    assert wrong_text(Outcome(Answer.PERMANENT, code="63001", reason="Odd.")) == "Odd. (code 63001)"
    assert wrong_text(Outcome(Answer.TRANSIENT)) == "It did not work. Please try again."
    assert wrong_text(Outcome(Answer.TRANSIENT, code="connect", reason="Check x (connect).")) == "Check x (connect)."
    assert sent_text(Outcome(Answer.UNKNOWN), "a@b.org", None)[1] == "warning"
    trial = checked_text(Outcome(Answer.SENT, code="trial"), Messaging(), Channel.SMS, None)
    assert trial == ("It works, but a trial account sends to verified numbers only.", "warning")
    assert "{name}" in keyring_text("keyring-unsafe")


def test_faults_of_texts_are_told_apart() -> None:
    assert invalid_text(InvalidInput("body", "at most 600 characters")).startswith("The text is too long")
    assert invalid_text(InvalidInput("body", "only the placeholders $a")).startswith("Only the placeholders below")
    assert invalid_text(InvalidInput("subject", "one line")).startswith("An e-mail has a subject")
    assert invalid_text(InvalidInput("x", "a y")) == "This cannot be used. Expected: a y."


# --- the draft --------------------------------------------------------------------------------------------------------


def test_nothing_changed_is_nothing_to_save_and_the_default_typed_is_no_own_text() -> None:
    draft = draft_of()
    assert not draft.is_changed
    draft.write_text(KEY, Text("", "x"))
    assert draft.is_changed_text(KEY)
    draft.write_text(KEY, draft.default(KEY))
    assert draft.steps() == ()


def test_what_is_removed_is_written_before_what_is_new() -> None:
    draft = draft_of(OWN)
    draft.settings = replace(draft.settings, wait_s=0)
    new = ReminderRule(new_id(), 24, version=0)
    draft.rules = {new.id: new}
    del draft.texts[KEY]
    steps = draft.steps()
    assert [(step.base is None, step.mine is None) for step in steps] == [
        (False, False),
        (False, True),
        (True, False),
        (False, True),
    ]
    for step in steps:
        if step.mine is None:
            draft.forget(step)
        else:
            draft.take(Step(step.mine, step.mine))
    assert not draft.is_changed
    assert draft.text(KEY) == draft.default(KEY)


def test_a_text_that_both_desks_wrote_first_is_asked_where_they_differ() -> None:
    mine = replace(OWN, id=new_id(), body="$time $date", version=0)
    step = Step(None, mine)
    assert compared(step, OWN) == (("body", True, True),)
    assert step.over(OWN, {"body"}) == Step(OWN, replace(OWN, body="$time $date"))
    assert step.over(OWN, ()) == Step(OWN, OWN)


def test_what_one_desk_removed_stays_removed_or_is_made_anew() -> None:
    changed = replace(RULE, lead=3)
    assert Step(RULE, changed).over(None, ()) == Step(None, None)
    anew = Step(RULE, changed).over(None, {"whole"}).mine
    assert isinstance(anew, ReminderRule)
    assert (anew.lead, anew.version, anew.id == RULE.id) == (3, 0, False)
    assert Step(RULE, None).over(changed, ()) == Step(changed, changed)
    assert Step(RULE, None).over(changed, {"whole"}) == Step(changed, None)

"""The settings as they are being written, beside what the database held: what is to be saved, one record at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any, Final
from uuid import UUID

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.messaging import MessageText, Messaging, ReminderRule
from clinic_desk.notifications.templates import TextKey, takes_answers
from clinic_desk.notifications.texts import Text, default_text
from clinic_desk.services import messaging

Record = Messaging | ReminderRule | MessageText
NOT_COMPARED: Final = frozenset({"id", "version", "kind"})
"""Fields of a record that nobody chooses a value of."""


@dataclass(frozen=True, slots=True)
class Step:
    """One record to write. `base`: as it was read, None for a new one; `mine`: as wanted, None if it is to go."""

    base: Record | None
    mine: Record | None

    @property
    def about(self) -> Record:
        """Return either side, to say what this is about."""
        record = self.mine or self.base
        assert record is not None
        return record

    def command(self) -> object:
        """Return the command that writes it; made once per try, for its operation's id."""
        match self.about:
            case Messaging() as settings:
                return messaging.SaveMessaging(settings)
            case ReminderRule() as rule:
                return messaging.DeleteRule(rule) if self.mine is None else messaging.SaveRule(rule)
            case MessageText() as text:
                return messaging.UseDefaultText(text) if self.mine is None else messaging.SaveText(text)

    def over(self, now: Record | None, kept: Iterable[str]) -> Step:
        """Return the step over what another desk wrote: `kept` are the fields that stay as wanted here.

        Where one side removed the record, `kept` empty means that the other side's wish is done.
        """
        kept = frozenset(kept)
        if now is None:
            return Step(None, fresh(self.mine) if kept and self.mine is not None else None)
        if self.mine is None:
            return Step(now, None if kept else now)
        return Step(now, replace(now, **{name: getattr(self.mine, name) for name in kept}))


def fresh(record: Record) -> Record:
    """Return a record as one that the database does not have."""
    assert not isinstance(record, Messaging)
    return replace(record, id=new_id(), version=0)


def compared(step: Step, now: Record) -> tuple[tuple[str, bool, bool], ...]:
    """Return (field, changed here, changed there) of each field in which one side is not as it was read."""
    if step.mine is None:
        return ()
    told = []
    for each in fields(now):
        if each.name in NOT_COMPARED:
            continue
        base: Any = getattr(step.base, each.name, None)
        mine, theirs = getattr(step.mine, each.name), getattr(now, each.name)
        if step.base is None:  # both made one: only what differs is to be asked
            here = there = mine != theirs
        else:
            here, there = mine != base, theirs != base
        if here or there:
            told.append((each.name, here, there))
    return tuple(told)


def _key(text: MessageText) -> TextKey:
    return TextKey(text.kind, text.channel, text.language)


class Draft:
    """`settings`, `rules` and `texts` are as wanted; `steps` leads from what was read to them."""

    def __init__(self, setup: messaging.MessagingSetup) -> None:
        self.settings = self._settings = setup.settings
        self.rules: dict[UUID, ReminderRule] = {rule.id: rule for rule in setup.rules}
        self.texts: dict[TextKey, MessageText] = {_key(text): text for text in setup.texts}
        self._rules = dict(self.rules)
        self._texts = dict(self.texts)

    # --- texts ---

    def default(self, key: TextKey) -> Text:
        """Return the program's own text."""
        return default_text(key.kind, key.channel, key.language, answers=takes_answers(self.settings))

    def text(self, key: TextKey) -> Text:
        """Return a text as wanted, the program's own where there is none of the clinic's."""
        own = self.texts.get(key)
        return self.default(key) if own is None else Text(own.subject, own.body)

    def write_text(self, key: TextKey, text: Text) -> None:
        """Take over what was typed; words equal to the program's own are not one of the clinic's."""
        if text == self.default(key) and key not in self._texts:
            self.texts.pop(key, None)
            return
        row = self.texts.get(key) or self._texts.get(key)
        if row is None:
            row = MessageText(new_id(), key.kind, key.channel, key.language, "", "", version=0)  # type: ignore[arg-type]
        self.texts[key] = replace(row, subject=text.subject, body=text.body)

    def is_changed_text(self, key: TextKey) -> bool:
        """Whether a text is not as it was read."""
        return self.texts.get(key) != self._texts.get(key)

    # --- saving ---

    @property
    def is_changed(self) -> bool:
        """Whether there is anything to save."""
        return bool(self.steps())

    def steps(self) -> tuple[Step, ...]:
        """Return what is to be written, in this order: what is removed first may stand in the way of what is new."""
        settings = () if self.settings == self._settings else (Step(self._settings, self.settings),)
        gone = [Step(rule, None) for key, rule in self._rules.items() if key not in self.rules]
        rules = [Step(self._rules.get(key), rule) for key, rule in self.rules.items() if rule != self._rules.get(key)]
        default = [Step(text, None) for key, text in self._texts.items() if key not in self.texts]
        texts = [Step(self._texts.get(key), text) for key, text in self.texts.items() if text != self._texts.get(key)]
        return (*settings, *gone, *rules, *default, *texts)

    def take(self, step: Step) -> None:
        """Take a step's sides over as what was read and what is wanted; equal ones mean that it is written."""
        match step.about:
            case Messaging():
                assert isinstance(step.base, Messaging)
                assert isinstance(step.mine, Messaging)
                self._settings, self.settings = step.base, step.mine
            case ReminderRule() as rule:
                _put(self._rules, rule.id, step.base)
                _put(self.rules, rule.id, step.mine)
            case MessageText() as text:
                _put(self._texts, _key(text), step.base)
                _put(self.texts, _key(text), step.mine)

    def forget(self, step: Step) -> None:
        """What a step was about is neither there nor wanted any more."""
        match step.about:
            case ReminderRule() as rule:
                self._rules.pop(rule.id, None)
                self.rules.pop(rule.id, None)
            case MessageText() as text:
                self._texts.pop(_key(text), None)
                self.texts.pop(_key(text), None)


def _put(rows: dict[Any, Any], key: Any, record: Record | None) -> None:
    if record is None:
        rows.pop(key, None)
    else:
        rows[key] = record

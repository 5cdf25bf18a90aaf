"""Refusals that carry records: what the conflict dialog and the forms need to explain and to help."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from clinic_desk.domain.clinic_records import RoomKind
from clinic_desk.errors import Refused

if TYPE_CHECKING:
    from clinic_desk.domain.commands import Rule
    from clinic_desk.domain.messaging import MessageText, Messaging, ReminderRule
    from clinic_desk.domain.records import ChangeNote, Entry, Patient


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule. `name`: the block's, closure's or type's; `starts_at`/`ends_at`: the interval in the way.

    `by`: the id of the appointment that has the time. `barred`: the clinic's booking rules let nobody overrule it.
    `about`: it is the booking's room, or its device, that speaks against it.
    """

    rule: Rule
    name: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    by: UUID | None = None
    barred: bool = False
    about: RoomKind | None = None

    @property
    def overrulable(self) -> bool:
        """Whether a reception may go on after being asked once."""
        from clinic_desk.domain.commands import OVERRULABLE

        return self.rule in OVERRULABLE and not self.barred


class RuleViolation(Refused):
    """The booking breaks rules; if all are overrulable the same command may be sent again with them in `overrule`."""

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        super().__init__("rules broken: " + ", ".join(violation.rule for violation in violations))
        self.violations = violations

    @property
    def overrulable(self) -> bool:
        """Whether every broken rule may be overruled."""
        return all(violation.overrulable for violation in self.violations)


class SlotTaken(Refused):
    """The time was taken first. `by` is what stands there now (None when it cannot be told, e.g. already gone).

    `resource`: the practitioner's time is free, and it is a room or device that was taken.
    """

    def __init__(self, by: Entry | None, *, resource: RoomKind | None = None) -> None:
        super().__init__(f"the {resource or 'time'} is taken")
        self.by = by
        self.resource = resource


class Conflict(Refused):
    """An appointment was changed since the user saw it. `now` is what the database holds, `changed` who did it."""

    def __init__(self, now: Entry) -> None:
        super().__init__("the appointment was changed at another desk first")
        self.now = now

    @property
    def changed(self) -> ChangeNote | None:
        """Who changed it last."""
        return self.now.changed


class PatientConflict(Refused):
    """A patient's details were changed since the user saw them (or the record was merged into another)."""

    def __init__(self, now: Patient, changed: ChangeNote | None) -> None:
        super().__init__("the patient's details were changed at another desk first")
        self.now = now
        self.changed = changed


class MessagingConflict(Refused):
    """Settings, a reminder rule or a text were changed since the user saw them; `now` is None if they are gone."""

    def __init__(self, now: Messaging | ReminderRule | MessageText | None) -> None:
        super().__init__("the settings of the messages were changed at another desk first")
        self.now = now


class NotFound(Refused):
    """No such row; `what` is the kind of record (appointment, patient, practitioner, ...)."""

    def __init__(self, what: str) -> None:
        super().__init__(f"no such {what}")
        self.what = what


class LikelyDuplicates(Refused):
    """Patients that may be the same person as the one to be added; add with `even_if_similar` to go on."""

    def __init__(self, patients: tuple[Patient, ...]) -> None:
        super().__init__("similar patients exist")
        self.patients = patients

"""What this desk did last and how each of it is taken back: as a new change with the version it left behind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final
from uuid import UUID

from PySide6.QtCore import QObject, Signal

from clinic_desk.domain.commands import Cancel, Park, Rule, SetStatus, Update
from clinic_desk.domain.records import Appointment, AppointmentStatus, CancellationReason, Entry
from clinic_desk.domain.series import ChangeSeries

Undoing = Update | SetStatus | Cancel | Park
_AT_MOST: Final = 50
_FIELDS: Final = ("starts_at", "practitioner_id", "site_id", "room_id", "device_id", "type_id", "patient_id", "note")


def undoing(
    before: Appointment | None, after: Appointment, version: int, beside: frozenset[UUID] = frozenset()
) -> Undoing | None:
    """Return the command that takes `after` back to `before` (None: it was booked); None if nothing is different.

    `version` is the version the appointment is expected to have now; `beside`: whom it may be squeezed in with again.
    """
    if before is None:
        return SetStatus(after.id, version, AppointmentStatus.ENTERED_IN_ERROR)
    if after.status is not before.status:
        return _status_back(before, after, version, beside)
    changed: dict[str, Any] = {
        name: getattr(before, name) for name in _FIELDS if getattr(before, name) != getattr(after, name)
    }
    if before.length != after.length:
        changed["length_minutes"] = int(before.length.total_seconds() // 60)
    if not changed:
        return None
    known = {rule.value for rule in Rule}
    overrule = frozenset(Rule(each) for each in before.overruled if each in known)
    if before.squeezed_in:
        overrule |= {Rule.SLOT_TAKEN}
    return Update(after.id, version, overrule=overrule, beside=beside, **changed)


def _status_back(before: Appointment, after: Appointment, version: int, beside: frozenset[UUID]) -> Undoing | None:
    if before.status is AppointmentStatus.WAITLIST:
        return None if after.status is AppointmentStatus.ENTERED_IN_ERROR else Park(after.id, version)
    if after.status in {AppointmentStatus.CANCELLED, AppointmentStatus.WAITLIST}:
        return Update(after.id, version, reinstate=True, beside=beside)
    if before.status is AppointmentStatus.CANCELLED:
        return Cancel(after.id, version, before.cancellation_reason or CancellationReason.SCHEDULING_ERROR)
    if after.status is AppointmentStatus.ENTERED_IN_ERROR:
        return None
    return SetStatus(after.id, version, before.status)


@dataclass(frozen=True, slots=True)
class Done:
    """One own change: the appointment before (None: it was booked) and after, and its version as it should be now.

    `beside`: those who shared its time before; whoever came there since was never agreed to.
    """

    before: Entry | None
    after: Entry
    version: int
    beside: frozenset[UUID] = frozenset()

    @property
    def command(self) -> Undoing | None:
        """The command that takes it back."""
        before = self.before.appointment if self.before else None
        return undoing(before, self.after.appointment, self.version, self.beside)


def undoing_together(done: Iterable[Done], versions: Mapping[UUID, int], *, tell: bool) -> ChangeSeries | None:
    """Return the command that takes several changes back at once; None if nothing is different.

    `versions`: those that the appointments have now. `tell`: the patient hears of the first of them, as of the change.
    """
    steps: list[Undoing] = []
    for one in sorted(done, key=lambda one: (one.before or one.after).appointment.starts_at):
        row_id = one.after.id
        step = replace(one, version=versions.get(row_id, one.version)).command
        if step is not None:
            steps.append(step if isinstance(step, SetStatus | Park) else replace(step, tell_patient=tell and not steps))
    return ChangeSeries(tuple(steps)) if steps else None


@dataclass(frozen=True, slots=True, eq=False)
class DoneTogether:
    """One own change of several appointments. `take_back` takes all of it back; None: `instead` says what to do.

    `versions`: what the appointments should have now; own later changes raise them.
    """

    take_back: Callable[[], None] | None
    instead: str = ""
    versions: dict[UUID, int] = field(default_factory=dict)


class UndoStack(QObject):
    """Own changes of this session, newest last."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._done: list[Done | DoneTogether] = []

    def push(self, before: Entry | None, after: Entry, beside: frozenset[UUID] = frozenset()) -> Done | None:
        """Remember a change; return it if it can be taken back."""
        self.moved_on(after)
        done = Done(before, after, after.appointment.version, beside)
        if done.command is None:
            return None
        self._remember(done)
        return done

    def push_together(self, done: DoneTogether) -> None:
        """Remember a change of several appointments."""
        self._remember(done)

    def _remember(self, done: Done | DoneTogether) -> None:
        self._done.append(done)
        del self._done[:-_AT_MOST]
        self.changed.emit()

    def __contains__(self, done: Done | DoneTogether) -> bool:
        return done in self._done

    def last(self) -> Done | DoneTogether | None:
        """Return the newest change that was not taken back."""
        return self._done[-1] if self._done else None

    def current(self, done: Done) -> Done | None:
        """Return this change as it is remembered now (own later changes raise the version); None if it is gone."""
        own = [each for each in self._done if isinstance(each, Done)]
        same = [each for each in own if each.after == done.after and each.before == done.before]
        return same[-1] if same else None

    def remove(self, done: Done | DoneTogether) -> None:
        """Forget a change: it was taken back, or cannot be."""
        if done in self._done:
            self._done.remove(done)
            self.changed.emit()

    def restore(self, done: Done | DoneTogether) -> None:
        """Remember a change again: taking it back did not work and may be tried once more."""
        self._done.append(done)
        self.changed.emit()

    def forget(self, appointment_id: UUID) -> None:
        """Forget all changes of an appointment: another desk changed it since."""
        self._done = [done for done in self._done if isinstance(done, DoneTogether) or done.after.id != appointment_id]
        self.changed.emit()

    def moved_on(self, after: Entry) -> None:
        """This desk changed an appointment again: earlier changes of it are taken back from the new version."""
        version = after.appointment.version
        for done in self._done:
            if isinstance(done, DoneTogether) and after.id in done.versions:
                done.versions[after.id] = version
        self._done = [
            replace(done, version=version) if isinstance(done, Done) and done.after.id == after.id else done
            for done in self._done
        ]


assert set(_FIELDS) <= {field.name for field in fields(Appointment)}

"""Plans what is told of dates of a series: in one message those that a change put in the same rhythm; pure.

What a patient knows of each date is what the messages that left say of it, whichever date they hang on. A message that
has not left and names a date that is changed is voided, and what it would have told of the others is told anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

from clinic_desk.domain.messaging import Kind
from clinic_desk.domain.records import AppointmentStatus, Channel
from clinic_desk.domain.wall import to_wall
from clinic_desk.notifications.planning import LEFT, Message, Occasion, telling, way_to
from clinic_desk.notifications.texts import MOST_NAMED

if TYPE_CHECKING:
    from clinic_desk.domain.records import Patient, Site

_OFF: Final = frozenset({AppointmentStatus.CANCELLED, AppointmentStatus.WAITLIST, AppointmentStatus.ENTERED_IN_ERROR})
_DAWN: Final = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Told:
    """A message about dates of one series. `dates`: what it tells of each (`Occasion.told`).

    `is_open`: it has not left, or had not until this change voided it.
    """

    id: UUID
    patient_id: UUID
    kind: str
    status: str
    dates: Mapping[UUID, str]
    is_open: bool


@dataclass(frozen=True, slots=True)
class Retelling:
    """What is to be done: messages to void, and messages to queue with what each tells of which date."""

    void: tuple[UUID, ...]
    messages: tuple[tuple[Message, Mapping[UUID, str]], ...]


class _Group(NamedTuple):
    """What one message may be about. `rhythm`: wall time and days off the series' own day, where not all are named."""

    kind: Kind
    patient_id: UUID
    site_id: UUID
    rhythm: tuple[time, int] | None = None


def retell(
    occasions: Mapping[UUID, Occasion],
    rows: Iterable[Told],
    sites: Mapping[UUID, Site],
    *,
    tell: Set[UUID],
    changed: Set[UUID],
    farewell_to: Patient | None = None,
) -> Retelling:
    """Return what to void and to queue after dates of a series were `changed`; `rows` by age, those voided before out.

    `tell`: those of the changed dates that the patient is to hear of. `farewell_to`: from whom they were taken.
    """
    rows = tuple(rows)
    void, owed = _undone(rows, changed)
    owed -= changed - tell
    left = [row for row in rows if row.status in LEFT and row.status != "leased"]
    groups: dict[_Group, list[Occasion]] = {}
    for row_id in (tell | owed) & occasions.keys():
        occasion = occasions[row_id]
        people = (
            (occasion.patient,) if farewell_to is None or row_id not in changed else (occasion.patient, farewell_to)
        )
        for patient in people:
            found = _news(replace(occasion, patient=patient), left, sites, is_hers=patient is occasion.patient)
            if found is not None:
                kind, about = found
                groups.setdefault(_Group(kind, patient.id, about.site.id), []).append(about)
    messages = [_message(key.kind, about) for key, about in _by_rhythm(groups)]
    return Retelling(void, tuple(one for one in messages if one is not None))


def _undone(rows: Iterable[Told], changed: Set[UUID]) -> tuple[tuple[UUID, ...], frozenset[UUID]]:
    """Return the open messages that name a changed date, and the dates of those that name others besides."""
    void, owed = [], set[UUID]()
    waiting = [row for row in rows if row.is_open]
    touched = set(changed)
    while hit := [row for row in waiting if touched & row.dates.keys()]:
        waiting = [row for row in waiting if row not in hit]
        void += [row.id for row in hit]
        for row in hit:
            touched |= row.dates.keys()
            if not row.dates.keys() <= changed:
                owed |= row.dates.keys()
    return tuple(void), frozenset(owed)


def _news(
    occasion: Occasion, left: Iterable[Told], sites: Mapping[UUID, Site], *, is_hers: bool
) -> tuple[Kind, Occasion] | None:
    """Return what a patient does not know yet of a date, and the date as it is to be named to her."""
    row = occasion.appointment
    known = [one for one in left if one.patient_id == occasion.patient.id and row.id in one.dates]
    last = known[-1] if known else None
    told = None if last is None or last.kind == Kind.CANCELLED else last.dates[row.id]
    if not is_hers or row.status in _OFF:
        about = None if told is None else _as_told(occasion, told, sites)
        return None if about is None else (Kind.CANCELLED, about)
    if row.status is not AppointmentStatus.BOOKED or row.starts_at <= occasion.now or told == occasion.told:
        return None
    return (Kind.CONFIRMATION if told is None else Kind.RESCHEDULED), occasion


def _as_told(occasion: Occasion, told: str, sites: Mapping[UUID, Site]) -> Occasion | None:
    """Return a date where the patient believes it to be; None if that is over."""
    at, _, place = told.partition("@")
    starts_at, site = datetime.fromtimestamp(int(at), UTC), sites[UUID(place)]
    if starts_at <= occasion.now:
        return None
    row = replace(occasion.appointment, starts_at=starts_at, site_id=site.id)
    return replace(occasion, appointment=row, site=site)


def _by_rhythm(groups: Mapping[_Group, list[Occasion]]) -> list[tuple[_Group, list[Occasion]]]:
    """Return the groups; one whose dates are not all named, only their number and the last, has none out of step."""
    found: dict[_Group, list[Occasion]] = {}
    for key, group in groups.items():
        way = way_to(group[0].patient, group[0].manner)
        named = way is not None and way.channel is Channel.EMAIL and len(group) <= MOST_NAMED
        for occasion in group:
            found.setdefault(key if named else key._replace(rhythm=_rhythm(occasion)), []).append(occasion)
    return [(key, sorted(group, key=lambda one: one.appointment.starts_at)) for key, group in found.items()]


def _rhythm(occasion: Occasion) -> tuple[time, int]:
    wall = to_wall(occasion.appointment.starts_at, occasion.site.zone)
    return wall.time(), (wall.date() - (occasion.appointment.series_day or _DAWN)).days


def _message(kind: Kind, about: list[Occasion]) -> tuple[Message, Mapping[UUID, str]] | None:
    """Return one message about these dates, by their start; it hangs on the first. None: she is told nothing at all."""
    first = about[0]
    way = way_to(first.patient, first.manner)
    if way is None:
        return None
    along = tuple(one.appointment.starts_at for one in about) if len(about) > 1 else ()
    message = telling(replace(first, along=along), kind, way)
    start, _, told = message.dedupe_key.rpartition(":")
    message = replace(message, dedupe_key=f"{start}:together-{message.id}:{told}")
    return message, {one.appointment.id: one.told for one in about}

"""What a new booking begins with, and what a clinic lacks for one. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.commands import AUTOMATIC
from clinic_desk.domain.records import AppointmentType, Clinic
from clinic_desk.domain.refusals import Violation
from clinic_desk.domain.resources import serves
from clinic_desk.domain.wall import to_wall
from clinic_desk.services.slots import FreeSlot, SlotQuery
from clinic_desk.ui.booking.draft import Draft, RoomChoice

if TYPE_CHECKING:
    from clinic_desk.ui.calendar.places import Place

translate = QCoreApplication.translate
_NOTHING = UUID(int=0)
NO_DRAFT = Draft(type_id=_NOTHING, practitioner_id=None, site_id=_NOTHING, day=None, minute=0, length_minutes=15)
"""What a form holds that was never opened."""


def missing_for_booking(clinic: Clinic) -> str:
    """Return one sentence about what must be set up before anything can be booked; "" when nothing is missing."""
    people = {one.id for one in clinic.practitioners if one.active}
    kinds = [kind for kind in clinic.types if kind.active]
    if not any(site.active for site in clinic.sites):
        return translate("booking", "Nothing can be booked: no site of the practice is set up and in use.")
    if not people:
        return translate("booking", "Nothing can be booked: no doctor is set up and in use.")
    if not kinds:
        return translate("booking", "Nothing can be booked: no kind of visit is set up and in use.")
    if not any(people & kind.practitioner_ids for kind in kinds):
        return translate("booking", "Nothing can be booked: no doctor does any of the visits that are set up.")
    return ""


def empty_draft(clinic: Clinic, home_site_id: UUID | None) -> Draft:
    """Return a draft of the first visit, at the desk's own site, without a time. The clinic lacks nothing."""
    kind = kind_for(clinic, None)
    sites = [site.id for site in clinic.sites if site.active]
    return replace(
        NO_DRAFT,
        type_id=kind.id,
        site_id=home_site_id if home_site_id in sites else sites[0],
        length_minutes=kind.length_minutes,
    )


def kind_for(clinic: Clinic, practitioner_id: UUID | None) -> AppointmentType:
    """Return the first type this practitioner does (anybody, for None); if none, the first there is."""
    people = {one.id for one in clinic.practitioners if one.active}
    wanted = people if practitioner_id is None else {practitioner_id}
    active = [kind for kind in clinic.types if kind.active]
    return next((kind for kind in active if wanted & kind.practitioner_ids), active[0])


def draft_at(draft: Draft, place: Place, clinic: Clinic) -> Draft:
    """Return the draft at a place of the calendar, with the visit its doctor does."""
    kind = kind_for(clinic, place.practitioner_id)
    wall = to_wall(place.starts_at, clinic.site(place.site_id).zone)
    return replace(
        draft,
        type_id=kind.id,
        practitioner_id=place.practitioner_id,
        site_id=place.site_id,
        day=wall.date(),
        minute=wall.hour * 60 + wall.minute,
        length_minutes=place.length_minutes or kind.length_minutes,
        room_id=place.room_id or AUTOMATIC,
    )


def with_somebody(draft: Draft, clinic: Clinic, judge: Callable[[Draft, Clinic], Sequence[Violation]]) -> Draft:
    """Return the draft with the first practitioner who does it and could take its time; else the first who does."""
    kind = clinic.type(draft.type_id)
    people = [one.id for one in clinic.practitioners if one.active and one.id in kind.practitioner_ids]
    free = (one for one in people if not judge(replace(draft, practitioner_id=one), clinic))
    return replace(draft, practitioner_id=next(free, people[0] if people else None))


def draft_in(draft: Draft, slot: FreeSlot, clinic: Clinic) -> Draft:
    """Return the draft at a free time that was found."""
    wall = to_wall(slot.starts_at, clinic.site(slot.site_id).zone)
    return replace(
        draft,
        practitioner_id=slot.practitioner_id,
        site_id=slot.site_id,
        day=wall.date(),
        minute=wall.hour * 60 + wall.minute,
        room_id=AUTOMATIC,
        device_id=AUTOMATIC,
    )


def fitted(draft: Draft, clinic: Clinic) -> Draft:
    """Return the draft with what the clinic no longer has put to what it has; the clinic lacks nothing."""
    if all(kind.id != draft.type_id for kind in clinic.types):
        draft = replace(draft, type_id=kind_for(clinic, None).id)
    if all(one.id != draft.practitioner_id for one in clinic.practitioners):
        draft = replace(draft, practitioner_id=None)
    if all(site.id != draft.site_id for site in clinic.sites):
        draft = replace(draft, site_id=next(site.id for site in clinic.sites if site.active), room_id=AUTOMATIC)
        draft = replace(draft, device_id=AUTOMATIC)
    there = {AUTOMATIC, None, *(room.id for room in clinic.rooms)}
    if draft.room_id not in there:
        draft = replace(draft, room_id=AUTOMATIC)
    if draft.device_id not in there:
        draft = replace(draft, device_id=AUTOMATIC)
    return draft


def device_for(draft: Draft, opened: Draft | None, kind: AppointmentType, clinic: Clinic) -> RoomChoice:
    """Return the device for another type: the one there if it serves that too; a type that needs none lets it go.

    `opened`: the form as it was opened, whose device comes back with its type.
    """
    if opened is not None and opened.type_id == kind.id:
        return opened.device_id
    chosen = next((room for room in clinic.rooms if room.id == draft.device_id), None)
    serving = kind.needs_device and chosen is not None and serves(clinic, chosen, kind.room_ids)
    return draft.device_id if serving else AUTOMATIC


def search_for(draft: Draft, clinic: Clinic, from_at: datetime) -> SlotQuery:
    """Return the search for the draft's next free time: with its doctor anywhere, else at its site if that can be."""
    who = clinic.type(draft.type_id).practitioner_ids
    at_home = any(row.site_id == draft.site_id for row in clinic.working_hours if row.practitioner_id in who)
    somebody = draft.practitioner_id
    return SlotQuery(
        type_id=draft.type_id,
        from_at=from_at,
        practitioner_ids=None if somebody is None else frozenset({somebody}),
        site_id=draft.site_id if somebody is None and at_home else None,
        days=1,
        length_minutes=draft.length_minutes,
    )

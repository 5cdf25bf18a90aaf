"""Which rooms and devices serve a visit."""

from __future__ import annotations

from collections.abc import Set
from uuid import UUID

from clinic_desk.domain.records import Clinic, Room, RoomKind


def serving(clinic: Clinic, kind: RoomKind, site_id: UUID, named: Set[UUID]) -> tuple[Room, ...]:
    """Return the active rooms (or devices) of a site that serve a visit, in the order in which they are given out.

    `named`: the rooms and devices that the visit's type names. If one of this kind is among them, at whatever site,
    only the named ones serve; otherwise all do.
    """
    rooms = (
        room
        for room in clinic.rooms
        if room.site_id == site_id and room.active and room.kind == kind and serves(clinic, room, named)
    )
    return tuple(sorted(rooms, key=lambda room: (room.position, room.name)))


def serves(clinic: Clinic, room: Room, named: Set[UUID]) -> bool:
    """Whether a type that names these rooms and devices may be seen in (or with) this one."""
    return room.id in named or not any(other.id in named and other.kind == room.kind for other in clinic.rooms)

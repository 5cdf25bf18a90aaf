"""The demo clinic's set-up: its sites, people, rooms, types and hours, and who is away when, seen from one day."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any, Final
from uuid import UUID

from clinic_desk.domain.records import (
    AppointmentType,
    Block,
    Clinic,
    Closure,
    DateOverride,
    Desk,
    Practitioner,
    Room,
    RoomKind,
    Site,
    TimeOff,
    WorkingHours,
)
from clinic_desk.domain.wall import day_bounds, minute_to_instant
from clinic_desk.resources import resource

WEEKS_BACK: Final = 4
WEEKS_AHEAD: Final = 6
SPECIAL_DAYS: Final = 49
"""How far ahead, at least, lies the Saturday with hours of its own: beyond the days that are filled."""
STAFF: Final = {"julia": "Julia Brandt", "karl": "Karl Stein"}
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DemoSetup:
    """The clinic and its absences; `ages` of the patients each practitioner sees, `weights` of the types she does."""

    today: date
    clinic: Clinic
    time_off: tuple[TimeOff, ...]
    blocks: tuple[Block, ...]
    desks: tuple[Desk, ...]
    home: dict[UUID, Site]
    ages: dict[UUID, range]
    weights: dict[UUID, dict[UUID, int]]
    notes: tuple[str, ...]

    def days(self) -> tuple[date, ...]:
        """Return the local days that are filled: four weeks back to six weeks ahead."""
        return tuple(self.today + offset * _DAY for offset in range(-7 * WEEKS_BACK, 7 * WEEKS_AHEAD + 1))


def load(name: str) -> dict[str, Any]:
    """Return one of the demo's JSON resources."""
    content: dict[str, Any] = json.loads(resource(f"demo/{name}.json").read_text(encoding="utf-8"))
    return content


def made_id(chance: random.Random, at: datetime) -> UUID:
    """Return a UUIDv7 (RFC 9562) of an instant that depends on nothing else but `chance`."""
    milliseconds = int(at.timestamp() * 1000) & (1 << 48) - 1
    value = milliseconds << 80 | 7 << 76 | chance.getrandbits(12) << 64 | 2 << 62 | chance.getrandbits(62)
    return UUID(int=value)


def demo_setup(today: date, chance: random.Random) -> DemoSetup:
    """Return the set-up for a demo whose middle is `today`, whatever weekday that is."""
    plan = load("clinic")
    saturday = today + ((5 - today.weekday()) % 7 + SPECIAL_DAYS) * _DAY
    own_chance = random.Random(saturday.toordinal())  # noqa: S311  # so that it moves nothing else
    opened = date(today.year - 2, 1, 1)
    begun = day_bounds(opened, "UTC")[0]
    keys = (row["key"] for part in ("sites", "practitioners", "rooms", "types") for row in plan[part])
    ids = {key: made_id(chance, begun) for key in keys}
    sites = {
        row["key"]: Site(id=ids[row["key"]], **{name: value for name, value in row.items() if name != "key"})
        for row in plan["sites"]
    }
    people = tuple(
        Practitioner(ids[row["key"]], no, row["name"], row["speciality"], row["colour"], no)
        for no, row in enumerate(plan["practitioners"], start=1)
    )
    clinic = Clinic(
        sites=tuple(sites.values()),
        practitioners=people,
        rooms=tuple(
            Room(ids[row["key"]], no, ids[row["site"]], row["name"], no)
            for no, row in enumerate(plan["rooms"], start=1)
        )
        + _devices(plan, ids, begun, own_chance),
        types=tuple(_type(no, row, ids) for no, row in enumerate(plan["types"], start=1)),
        working_hours=tuple(_hours(plan, ids, opened, chance)),
        closures=_closures(plan["absences"], ids, today, chance),
        staff=dict(STAFF),
        date_overrides=_overrides(plan["absences"], ids, saturday, own_chance),
    )
    return DemoSetup(
        today=today,
        clinic=clinic,
        time_off=tuple(_time_off(plan["absences"], ids, today, chance)),
        blocks=(*_blocks(plan, ids, today, chance), _reserved(plan["absences"], ids, saturday, own_chance)),
        desks=tuple(
            Desk(made_id(chance, begun), f"Desk {no}", name) for no, name in enumerate(STAFF.values(), start=1)
        ),
        home={ids[row["key"]]: sites[row["site"]] for row in plan["practitioners"]},
        ages={ids[row["key"]]: range(row["ages"][0], row["ages"][1] + 1) for row in plan["practitioners"]},
        weights={
            person.id: {ids[row["key"]]: row["by"][key] for row in plan["types"] if key in row["by"]}
            for person, key in zip(people, (row["key"] for row in plan["practitioners"]), strict=True)
        },
        notes=tuple(plan["notes"]),
    )


def _type(no: int, row: dict[str, Any], ids: dict[str, UUID]) -> AppointmentType:
    return AppointmentType(
        id=ids[row["key"]],
        name=row["name"],
        length_minutes=row["minutes"],
        buffer_before_minutes=row.get("before", 0),
        buffer_after_minutes=row.get("after", 0),
        colour=row["colour"],
        needs_room=row.get("room", False),
        practitioner_ids=frozenset(ids[key] for key in row["by"]),
        position=no,
    )


def _hours(plan: dict[str, Any], ids: dict[str, UUID], opened: date, chance: random.Random) -> Iterator[WorkingHours]:
    begun = day_bounds(opened, "UTC")[0]
    for row in plan["practitioners"]:
        for weekdays, spans in row["hours"].items():
            for weekday in map(int, weekdays):
                for start, end in spans:
                    row_id = made_id(chance, begun)
                    yield WorkingHours(row_id, ids[row["key"]], ids[row["site"]], weekday, start, end, opened)


def _closures(names: dict[str, str], ids: dict[str, UUID], today: date, chance: random.Random) -> tuple[Closure, ...]:
    monday = today - today.weekday() * _DAY
    made = day_bounds(monday - 28 * _DAY, "UTC")[0]
    outing, works = monday + 18 * _DAY, monday - 14 * _DAY
    return (
        Closure(made_id(chance, made), ids["lindenhof"], outing, outing, names["closed"]),
        Closure(made_id(chance, made), ids["atlantic"], works, works, names["bridge"]),
    )


def _time_off(names: dict[str, str], ids: dict[str, UUID], today: date, chance: random.Random) -> Iterator[TimeOff]:
    monday = today - today.weekday() * _DAY
    made = day_bounds(monday - 28 * _DAY, "UTC")[0]
    zone = "Europe/Berlin"
    for key, name, first, last, start, end in (
        ("ortega", "today", today, today, 13 * 60, 18 * 60),
        ("ortega", "congress", monday - 11 * _DAY, monday - 10 * _DAY, 0, 1440),
        ("weber", "holiday", monday + 9 * _DAY, monday + 9 * _DAY, 13 * 60, 18 * 60),
        ("tanaka", "holiday", monday + 21 * _DAY, monday + 27 * _DAY, 0, 1440),
    ):
        starts_at, ends_at = minute_to_instant(first, start, zone), minute_to_instant(last, end, zone)
        yield TimeOff(made_id(chance, made), ids[key], starts_at, ends_at, names[name])


def _blocks(plan: dict[str, Any], ids: dict[str, UUID], today: date, chance: random.Random) -> Iterator[Block]:
    """Training at the end of Dr. Tanaka's day, a meeting on Wednesdays, one room under repair."""
    names, zone = plan["absences"], "Europe/Berlin"
    monday = today - today.weekday() * _DAY
    made = day_bounds(monday - 28 * _DAY, "UTC")[0]
    training = (900, 1020) if today.weekday() < 5 else (795, 840) if today.weekday() == 5 else (720, 780)
    wanted = [("tanaka", today, training, "training")]
    wanted += [("tanaka", monday + (1 + 7 * week) * _DAY, (900, 1020), "training") for week in (-3, -1, 1, 2, 4)]
    wanted += [
        (key, monday + (2 + 7 * week) * _DAY, (780, 810), "meeting")
        for week in range(-WEEKS_BACK, WEEKS_AHEAD)
        for key in ("okafor", "hahn")
    ]
    numbers = count()
    for key, day, (start, end), name in wanted:
        next(numbers)
        starts_at, ends_at = minute_to_instant(day, start, zone), minute_to_instant(day, end, zone)
        yield Block(made_id(chance, made), starts_at, ends_at, names[name], practitioner_id=ids[key])
    day = monday + 8 * _DAY
    starts_at, ends_at = minute_to_instant(day, 480, zone), minute_to_instant(day, 1080, zone)
    yield Block(made_id(chance, made), starts_at, ends_at, names["repair"], room_id=ids["room2"])


def _devices(plan: dict[str, Any], ids: dict[str, UUID], begun: datetime, chance: random.Random) -> tuple[Room, ...]:
    first = len(plan["rooms"]) + 1
    return tuple(
        Room(made_id(chance, begun), no, ids[row["site"]], row["name"], no, kind=RoomKind.DEVICE)
        for no, row in enumerate(plan["devices"], start=first)
    )


def _overrides(
    names: dict[str, str], ids: dict[str, UUID], saturday: date, chance: random.Random
) -> tuple[DateOverride, ...]:
    """A Saturday on which one doctor works, and the Friday before it on which another does not."""
    made, where = day_bounds(saturday - SPECIAL_DAYS * _DAY, "UTC")[0], ids["lindenhof"]
    return (
        DateOverride(made_id(chance, made), ids["okafor"], where, saturday, 540, 780, names["saturday"]),
        DateOverride(made_id(chance, made), ids["weber"], where, saturday - _DAY, None, None, names["congress"]),
    )


def _reserved(names: dict[str, str], ids: dict[str, UUID], saturday: date, chance: random.Random) -> Block:
    """An hour of that Saturday that is kept for short visits."""
    made, zone = day_bounds(saturday - SPECIAL_DAYS * _DAY, "UTC")[0], "Europe/Berlin"
    starts_at, ends_at = minute_to_instant(saturday, 660, zone), minute_to_instant(saturday, 720, zone)
    kinds = frozenset({ids["checkup"], ids["followup"]})
    return Block(made_id(chance, made), starts_at, ends_at, names["acute"], ids["okafor"], type_ids=kinds)

"""Reads what goes on paper (a day, a doctor's week, a patient's next appointments) and puts day lists into a folder."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from clinic_desk.domain.day_list import DoctorDay, doctor_day, doctor_days, next_working_day
from clinic_desk.domain.day_list_rooms import RoomDay, room_day, room_days
from clinic_desk.domain.ids import new_id
from clinic_desk.errors import InvalidInput
from clinic_desk.services.calendar import load_clinic, load_day, load_days
from clinic_desk.services.patients_record import record_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.records import Clinic, Entry, Site

_DAY: Final = timedelta(days=1)
_NAME: Final = re.compile(r"(\d{4}-\d\d-\d\d) day-list .+\.pdf")
_SPARE_NAMES: Final = 9


def read_day(
    db: Database, day: date, clinic: Clinic, site_ids: Iterable[UUID] = (), practitioner_ids: Iterable[UUID] = ()
) -> tuple[DoctorDay, ...]:
    """Return the lists of a local day, of some sites and doctors or of all. Three statements, one snapshot."""
    return doctor_days(load_day(db, day, clinic), clinic, site_ids, practitioner_ids)


def read_week(
    db: Database, day: date, practitioner_id: UUID, clinic: Clinic, site_ids: Iterable[UUID] = ()
) -> tuple[tuple[DoctorDay, ...], ...]:
    """Return the week of ISO 8601 around a day, Monday first: for each day a list for each site. Three statements."""
    wanted = set(site_ids)
    sites = [site for site in clinic.sites if not wanted or site.id in wanted]
    monday = day - day.weekday() * _DAY
    boards = load_days(db, monday, monday + 6 * _DAY, clinic, practitioner_id)
    return tuple(tuple(doctor_day(board, clinic, site, practitioner_id) for site in sites) for board in boards)


def read_rooms(
    db: Database, day: date, clinic: Clinic, site_ids: Iterable[UUID] = (), room_ids: Iterable[UUID] = ()
) -> tuple[RoomDay, ...]:
    """Return the lists of the rooms and devices on a local day, of some or of all. Three statements, one snapshot."""
    return room_days(load_day(db, day, clinic), clinic, site_ids, room_ids)


def read_room_week(db: Database, day: date, room_id: UUID, clinic: Clinic) -> tuple[tuple[RoomDay, ...], ...]:
    """Return the week of ISO 8601 around a day, Monday first, of one room. Three statements. KeyError: no such room."""
    room = clinic.room(room_id)
    monday = day - day.weekday() * _DAY
    boards = load_days(db, monday, monday + 6 * _DAY, clinic, None)
    return tuple((room_day(board, clinic, room),) for board in boards)


def read_coming(db: Database, patient_id: UUID) -> tuple[tuple[Entry, ...], datetime]:
    """Return a patient's appointments to come, the soonest first, and when that was read. Raises NotFound."""
    record = record_of(db, patient_id, with_messages=False)
    return record.coming, record.read_at


# --- into a folder ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Order:
    """Which lists are wanted where. `since`: for each site, the first local day of which they are.

    `keep_days`: lists of days so long gone are deleted.
    """

    folder: Path
    since: tuple[tuple[UUID, date], ...]
    keep_days: int


def carry_out(
    db: Database, order: Order, make_pdf: Callable[[tuple[DoctorDay, ...], Clinic], bytes]
) -> tuple[Path, ...]:
    """Write a file for each site's first day and those up to its next working day; return what was written.

    Between the two (a Saturday without hours) a day has a file if somebody is booked. Old files are deleted then.
    Raises InvalidInput(folder), DatabaseDown, Busy; what was there before stays there.
    """
    clinic = load_clinic(db)
    written: list[Path] = []
    for site_id, first in order.since:
        site = next((row for row in clinic.sites if row.id == site_id), None)
        if site is None:
            continue
        last = next_working_day(clinic, site, first) or first
        for board in load_days(db, first, last, clinic, None):
            lists = doctor_days(board, clinic, {site_id})
            if lists and (board.day in {first, last} or any(each.appointments for each in lists)):
                name = file_name(board.day, site, clinic.sites)
                written.append(put_file(order.folder, name, make_pdf(lists, clinic)))
    if order.since:
        drop_old(order.folder, min(day for _, day in order.since) - order.keep_days * _DAY)
    return tuple(written)


def file_name(day: date, site: Site, sites: Sequence[Site], doctor: str = "") -> str:
    """Return the name of a list's file: those of one folder sort by day, and each site has its own."""
    told = _for_a_name(site.name)
    if [_for_a_name(row.name).casefold() for row in sites].count(told.casefold()) > 1:
        told = f"{told} {site.id.hex[-6:]}"
    return f"{day.isoformat()} day-list {told}{f' {_for_a_name(doctor)}' if doctor else ''}.pdf"


def _for_a_name(text: str) -> str:
    """Return letters and figures only, as every file system takes them."""
    return re.sub(r"[^\w]+", "-", text).strip("-")[:60] or "-"


def put_file(folder: Path, name: str, content: bytes) -> Path:
    """Put a file into a folder, whole or not at all, in place of an older one; return where it is.

    Mode 0600. The folder is made if the one it lies in is there. Where the older file cannot be replaced (on Windows,
    while somebody looks at it) the new one stands beside it. Raises InvalidInput(folder).
    """
    beside = folder / f".{name[:40]}.{new_id().hex}.new"
    try:
        folder.mkdir(exist_ok=True, mode=0o700)
        number = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        return _in_place(beside, folder, name)
    except OSError as error:
        reason = error.strerror or "it cannot be written to"
        raise InvalidInput(field="folder", expected=f"a folder that can be written to: {reason}") from None
    finally:
        with suppress(OSError):
            beside.unlink()


def _in_place(beside: Path, folder: Path, name: str) -> Path:
    stem = name.removesuffix(".pdf")
    for number in range(1, _SPARE_NAMES + 1):
        path = folder / (name if number == 1 else f"{stem} ({number}).pdf")
        try:
            beside.replace(path)
        except PermissionError:
            if number == _SPARE_NAMES or not path.exists():
                raise
            continue
        return path
    raise AssertionError


def drop_old(folder: Path, before: date) -> int:
    """Delete the lists of days before this one, and nothing else; return how many. What cannot be deleted stays."""
    count = 0
    with suppress(OSError):
        for path in list(folder.iterdir()):
            found = _NAME.fullmatch(path.name)
            if found and _day(found[1]) < before:
                with suppress(OSError):
                    path.unlink()
                    count += 1
    return count


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.max

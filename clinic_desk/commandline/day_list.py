"""`clinic-desk day-list`: the day on paper, as PDF files, also on a computer without a screen."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING
from uuid import UUID

from clinic_desk.commandline import lookup
from clinic_desk.commandline.appointments import Answer, Work
from clinic_desk.commandline.usage import Usage
from clinic_desk.domain.day_list import DoctorDay, doctor_days
from clinic_desk.domain.day_list_rooms import RoomDay, room_days
from clinic_desk.errors import InvalidInput
from clinic_desk.services.calendar import load_day
from clinic_desk.services.day_list import file_name, put_file

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from clinic_desk.domain.records import Clinic, DayBoard, Practitioner, Site

_WINDOWED = frozenset({"win32", "darwin"})


def day_list(work: Work, arguments: argparse.Namespace) -> Answer:
    """Write one file for each site that has anything on that day. Raises Usage."""
    clinic = work.clinic
    where = lookup.site(clinic, arguments.site) if arguments.site else None
    who = [lookup.practitioner(clinic, arguments.practitioner)] if arguments.practitioner else []
    day = lookup.day("day", arguments.day, work.now, lookup.zone_of(clinic, where, who))
    board = load_day(work.database, day, clinic)
    lists, name = _lists(board, clinic, where, who, arguments.room)
    files: list[dict[str, object]] = []
    pdf_of = _pdf_maker(work, arguments.paper) if lists else None
    for site in clinic.sites:
        of_site = tuple(each for each in lists if each.site.id == site.id)
        if of_site and pdf_of is not None:
            file = file_name(day, site, clinic.sites, name)
            try:
                path = put_file(arguments.pdf.expanduser(), file, pdf_of(of_site))
            except InvalidInput as error:
                raise Usage(field="pdf", expected=error.expected) from None
            files.append({"site": {"id": str(site.id), "name": site.name}, "file": str(path), **_counts(of_site)})
    what = "rooms" if arguments.room else "doctors"
    lines = [f"{row['appointments']} appointments of {row['lists']} {what}: {row['file']}" for row in files]
    document = {"day": day.isoformat(), "read_at": board.read_at.isoformat(), "files": files}
    return Answer(document, tuple(lines or [f"nobody works and nobody is booked on {day}: nothing was written"]))


def _lists(
    board: DayBoard, clinic: Clinic, where: Site | None, who: list[Practitioner], room: str | None
) -> tuple[tuple[DoctorDay | RoomDay, ...], str]:
    """Return the lists, and what is behind the site in the names of their files. Raises Usage."""
    sites = {where.id} if where else set[UUID]()
    if not room:
        return doctor_days(board, clinic, sites, {person.id for person in who}), who[0].name if who else ""
    if who:
        raise Usage(field="room", expected="it or --doctor, not both")
    if room == "all":
        return room_days(board, clinic, sites), "rooms"
    one = lookup.named("room", clinic.rooms, room)
    return room_days(board, clinic, sites, {one.id}), one.name


def _counts(lists: tuple[DoctorDay | RoomDay, ...]) -> dict[str, int]:
    return {"lists": len(lists), "appointments": sum(len(each.appointments) for each in lists)}


def _pdf_maker(work: Work, paper: str) -> Callable[[tuple[DoctorDay | RoomDay, ...]], bytes]:
    """Have Qt ready to write pages, without a screen. Raises Usage where Qt or a font is missing."""
    if sys.platform not in _WINDOWED and not os.environ.get("QT_QPA_PLATFORM"):
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    try:
        from PySide6.QtGui import QFontDatabase, QGuiApplication

        from clinic_desk.ui.paper.day_pages import day_document
        from clinic_desk.ui.paper.painter import paper_named, pdf_of
    except ImportError as error:
        raise Usage(field="pdf", expected=f"Qt's system libraries on this computer: {error}") from None
    app = QGuiApplication.instance() or QGuiApplication(["clinic-desk"])
    if not QFontDatabase.families():
        raise Usage(field="pdf", expected="a font on this computer, such as the package fonts-dejavu-core")

    def make(lists: tuple[DoctorDay | RoomDay, ...]) -> bytes:
        assert app is not None  # fonts are there as long as it is
        return pdf_of(day_document(lists, work.clinic, work.database.desk.name), paper_named(paper))

    return make

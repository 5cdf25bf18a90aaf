"""The way to what is parked from a desk's menu: read on a lane, kept as it stands, and what is chosen carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic_desk.domain.wall import to_wall
from clinic_desk.services.parking import Parked, parked
from clinic_desk.ui.away.parked import ParkedSheet

if TYPE_CHECKING:
    from clinic_desk.domain.records import Entry
    from clinic_desk.errors import ClinicDeskError
    from clinic_desk.ui.workspace import Workspace


def open_parked(space: Workspace) -> None:
    """Show what is parked, unless it is shown already."""
    if any(sheet.isVisible() for sheet in space.window.findChildren(ParkedSheet)):
        return
    sheet = ParkedSheet(space.window, space.store.freshness.now, may_write=space.may_write)
    database, store = space.desk.database, space.store

    def show(found: tuple[Parked, ...]) -> None:
        sheet.show_parked(found, store.clinic)

    def failed(error: ClinicDeskError) -> None:
        from clinic_desk.ui.sentences import sentence

        sheet.say(sentence(error, store.clinic, "UTC"))

    def read() -> None:
        space.desk.tasks.query(sheet, lambda: parked(database), show, failed, key="parked")

    heard = store.tables_changed.connect(lambda tables: read() if "appointment" in tables else None)
    sheet.taken.connect(lambda entry: take_in_hand(space, entry))
    sheet.cancel_wanted.connect(lambda entry: ask_cancel(space, entry))
    sheet.rejected.connect(space.commands.back_to_calendar)
    sheet.finished.connect(lambda _result: store.tables_changed.disconnect(heard))
    sheet.open()
    read()


def take_in_hand(space: Workspace, entry: Entry) -> None:
    """Take a parked appointment in hand, on the day it was booked for or today: Enter on a place puts it there."""
    if not space.window.calendar.isVisible():
        space.window.actions_by_name["today"].trigger()
    row = entry.appointment
    today = to_wall(space.store.freshness.now(), row.zone).date()
    space.navigator.go_to(max(row.wall_start.date(), today))
    space.moving.take(entry)


def ask_cancel(space: Workspace, entry: Entry) -> None:
    """Ask why, then cancel; the list stays open."""
    from clinic_desk.ui.booking.cancel import CancelDialog

    desk = space.desk
    dialog = CancelDialog(desk.database, desk.tasks, desk.store.clinic, entry, space.window)
    dialog.ended.connect(lambda after: space.own.committed(dialog.entry, after))
    dialog.crossed.connect(space.own.meet)
    dialog.open()

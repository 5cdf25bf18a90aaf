"""Opens the check of appointments to come, goes where it leads, puts right what it can, and offers it by itself.

It is offered after the set-up was changed, and when this desk's zone rules are others than at its last look: then all
is looked at quietly, and only if something no longer fits the strip over the calendar says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from uuid import UUID

from PySide6.QtCore import QObject

from clinic_desk.domain.recheck import NotKept, keeping
from clinic_desk.domain.records import Clinic, Entry
from clinic_desk.domain.undoing import Deed
from clinic_desk.domain.wall import to_wall
from clinic_desk.errors import ClinicDeskError
from clinic_desk.services.recheck import Found
from clinic_desk.ui.lanes import Priority
from clinic_desk.ui.recheck.keeping import Ended, Keeping
from clinic_desk.ui.recheck.looking import Looking
from clinic_desk.ui.recheck.sheet import RecheckSheet
from clinic_desk.ui.recheck.words import deed_text, keeping_text, kept_text, offer_text, refused_text

if TYPE_CHECKING:
    from clinic_desk.ui.workspace import Workspace

SOME_UNASKED: Final = 250
"""So many are looked at in one part when nobody asked for it: the work of some milliseconds."""


class RecheckDesk(QObject):
    """One per window."""

    def __init__(self, space: Workspace) -> None:
        super().__init__(space)
        self._space = space
        self.sheet: RecheckSheet | None = None
        self._came_from: UUID | None = None
        """The line that was gone to last: the list is opened there again."""
        self._looking = Looking(space.desk.database, space.desk.tasks, self)
        self._looking.progressed.connect(self._show)
        self._looking.failed.connect(self._not_looked)
        self._quiet = Looking(space.desk.database, space.desk.tasks, self, priority=Priority.IDLE, some=SOME_UNASKED)
        self._quiet.progressed.connect(self._looked_quietly)
        self._rules = ""
        """The zone rules that are looked at quietly; empty: the set-up is."""
        self._keeping = Keeping(space.desk.database, space.desk.tasks, self)
        self._keeping.part_stands.connect(self._part_kept)
        self._keeping.ended.connect(self._kept)
        self._before: dict[UUID, Entry] = {}
        """What is being put right, as it was; `_number` of it, of which so many `_stand` by now."""
        self._number = self._stand = 0
        self._trouble: ClinicDeskError | None = None
        """Why some were not put right, to be said when it was looked what that leaves."""
        space.closing.connect(self._stop)

    def open(self) -> None:
        """Show the list over the window and look."""
        space = self._space
        if self.sheet is not None:
            return
        space.window.banner.withdraw()
        self.sheet = RecheckSheet(space.window, space.store.freshness.now, may_write=space.may_write)
        self.sheet.wanted.connect(self._go_to)
        self.sheet.keep_wanted.connect(self._keep)
        self.sheet.stop_wanted.connect(self._keeping.stop)
        self.sheet.finished.connect(lambda _result: self._closed())
        self.sheet.open()
        self._look()

    def _look(self) -> None:
        if self.sheet is not None:
            self.sheet.show_looking()
            self._looking.start()

    def _show(self, found: tuple[Found, ...], number: int, clinic: Clinic, is_all: bool) -> None:
        if self.sheet is not None:
            self.sheet.show_found(found, number, clinic, ended=is_all)
            if is_all:
                self.sheet.choose(self._came_from)
                self._say_trouble(some_stand=True)

    def _not_looked(self, error: ClinicDeskError) -> None:
        if self.sheet is not None:
            self.sheet.say(refused_text(error, self._space.store.clinic))

    def _closed(self) -> None:
        self.sheet = None
        self._trouble = None
        self._looking.stop()
        self._space.commands.back_to_calendar()

    def _stop(self) -> None:
        self._looking.stop()
        self._quiet.stop()
        self._keeping.stop()

    # --- what is done about it ---

    def _go_to(self, entry: Entry) -> None:
        """Show the appointment on the calendar; the list begins at it when it is opened again."""
        sheet, row = self.sheet, entry.appointment
        self._came_from = entry.id
        if sheet is not None:
            sheet.accept()
        shown = to_wall(row.starts_at, self._space.store.clinic.site(row.site_id).zone)
        self._space.navigator.go_to(shown.date(), minute=shown.hour * 60 + shown.minute, select=entry.id)

    def _keep(self, chosen: tuple[Found, ...]) -> None:
        self._before = {one.id: one.entry for one in chosen}
        self._number = len(chosen)
        if self.sheet is not None:
            self.sheet.set_busy(busy=True)
        self._keeping.start(keeping(one.misfit for one in chosen))

    def _part_kept(self, entries: tuple[Entry, ...]) -> None:
        self._apply(entries)
        self._stand += len(entries)
        if self.sheet is not None:
            self.sheet.say(keeping_text(self._stand, self._number), "muted")

    def _kept(self, ended: Ended) -> None:
        """What stands can be taken back, also if others were refused or it was stopped."""
        self._stand = 0
        if ended.stands:
            before = self._before
            deeds = (_deed(before, part, ended.number) for part in ended.stands)
            self._space.own.committed_together(kept_text(ended.number), *deeds)
        self._trouble = ended.error
        if self.sheet is not None:
            self.sheet.set_busy(busy=False)
            if ended.stands:
                self._look()
            else:
                self._say_trouble(some_stand=False)

    def _say_trouble(self, *, some_stand: bool) -> None:
        """Say why some were not put right, and choose the one that was in the way."""
        error, self._trouble = self._trouble, None
        if error is not None and self.sheet is not None:
            self.sheet.say(refused_text(error, self._space.store.clinic, some_stand=some_stand))
            self.sheet.choose(error.entry.id if isinstance(error, NotKept) else None)

    def _apply(self, entries: tuple[Entry, ...]) -> None:
        for entry in entries:
            self._space.desk.store.apply_entry(entry)

    # --- by itself ---

    def look_after_setup(self) -> None:
        """The set-up was changed: look quietly, and offer the list if something no longer fits."""
        self._rules = ""
        self._quiet.start()

    def look_by_rules(self, rules: str) -> None:
        """The zone rules are new to this desk: look quietly, and remember them if all is at the time agreed."""
        self._rules = rules
        self._quiet.start()

    def _looked_quietly(self, found: tuple[Found, ...], _number: int, _clinic: Clinic, is_all: bool) -> None:
        if not is_all:
            return
        shifted = sum(one.misfit.keeps is not None for one in found)
        if self._rules and not shifted:
            self._space.window.preferences.set_zone_rules_seen(self._rules)
        unfit = shifted if self._rules else len(found)
        if unfit and self.sheet is None:
            self._space.window.banner.offer(offer_text(unfit, shifted), self.tr("Look at them"), self.open)


def _deed(before: Mapping[UUID, Entry], part: tuple[Entry, ...], number: int) -> Deed:
    """Return a part of what was put right, told of with the number of all of them."""
    first = part[0]
    mark = (first.id, first.appointment.version)
    return Deed(mark, before.get(first.id), first, len(part), text=deed_text(number), command="KeepWallTimes")


def recheck_of(space: Workspace) -> RecheckDesk:
    """Return the check of a desk's window; it is made when somebody asks for it first."""
    made = space.findChild(RecheckDesk)
    return made if isinstance(made, RecheckDesk) else RecheckDesk(space)

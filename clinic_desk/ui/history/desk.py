"""Opens the history over a desk's window: reads it page by page, saves it, and has it checked."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject

from clinic_desk.domain.history_list import Change, Page, Wanted
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import Entry
from clinic_desk.domain.rights import Right
from clinic_desk.domain.wall import to_wall
from clinic_desk.errors import ClinicDeskError, InvalidInput, NotAllowed
from clinic_desk.services.exporting.lists import Target, save_list
from clinic_desk.services.history_list import changes, writers
from clinic_desk.services.history_verify import Verified, look_through
from clinic_desk.services.importing.plan import Cancelled
from clinic_desk.ui.booking.fields import set_button_text
from clinic_desk.ui.booking.words import one_line
from clinic_desk.ui.exchange.job import Job
from clinic_desk.ui.exchange.saving import ask_file, listing_of
from clinic_desk.ui.history.findings import verdict_text
from clinic_desk.ui.history.printing import print_changes
from clinic_desk.ui.history.sheet import HistorySheet
from clinic_desk.ui.rights_words import not_allowed
from clinic_desk.ui.sentences import sentence

if TYPE_CHECKING:
    from clinic_desk.ui.workspace import Workspace

translate = QCoreApplication.translate


class HistoryDesk(QObject):
    """One per window."""

    def __init__(self, space: Workspace) -> None:
        super().__init__(space)
        self._space = space
        self.sheet: HistorySheet | None = None
        self.job = Job(self)
        self.job.progressed.connect(self._tell_progress)
        self._wanted = Wanted()
        self._shown: tuple[Change, ...] = ()
        space.closing.connect(self.job.stop)

    def open_all(self) -> None:
        """Show everybody's changes; who may not see them is told so."""
        sheet = self._made(translate("history", "All changes"), all_changes=True)
        if sheet is None:
            return
        sheet.wished.connect(self._look)
        sheet.csv_wanted.connect(self._ask_csv)
        sheet.check_wanted.connect(self._check)
        sheet.go_wanted.connect(self._go_to)
        sheet.open()
        if not self._space.opening.person.may(Right.HISTORY):
            sheet.check.setEnabled(False)
            sheet.say(not_allowed(Right.HISTORY), "warning")
            return
        self._look(Wanted())
        database = self._space.desk.database
        self._space.desk.tasks.query(sheet, lambda: writers(database), sheet.show_desks, self._missed, key="desks")

    def open_of(self, entry: Entry) -> None:
        """Show what was changed of one appointment."""
        title = translate("history", "What was changed: {patient}").format(patient=one_line(entry.patient.display_name))
        sheet = self._made(title, all_changes=False)
        if sheet is not None:
            sheet.open()
            self._look(Wanted(record=entry.id))

    def _made(self, title: str, *, all_changes: bool) -> HistorySheet | None:
        if self.sheet is not None:
            return None
        space = self._space
        clock = space.store.freshness.now
        sheet = self.sheet = HistorySheet(space.window, space.store.clinic, clock, title, all_changes=all_changes)
        sheet.more_wanted.connect(self._read_more)
        sheet.print_wanted.connect(lambda: print_changes(space, sheet, self._shown, self._missed))
        sheet.finished.connect(lambda _result: self._closed())
        return sheet

    def _closed(self) -> None:
        self.sheet = None
        self._shown = ()
        self.job.stop()
        self._space.commands.back_to_calendar()

    # --- reading ---

    def _look(self, wanted: Wanted) -> None:
        self._wanted, self._shown = wanted, ()
        self._read(None)

    def _read_more(self) -> None:
        if self._shown:
            self._read(self._shown[-1])

    def _read(self, before: Change | None) -> None:
        sheet, database, wanted = self.sheet, self._space.desk.database, self._wanted
        if sheet is None:
            return
        sheet.say(translate("history", "Reading…"), "muted")
        self._space.desk.tasks.query(
            sheet, lambda: changes(database, wanted, before), self._show, self._missed, key="history"
        )

    def _show(self, page: Page) -> None:
        if self.sheet is None:
            return
        self._shown += page.changes
        self.sheet.show_changes(self._shown, more=page.more)
        empty = translate("history", "Nothing was changed by these lights.")
        more = translate("history", "The latest {n} are listed.").format(n=len(self._shown))
        self.sheet.say(more if page.more else "" if self._shown else empty, "muted")

    def _missed(self, error: ClinicDeskError) -> None:
        if self.sheet is not None:
            self.sheet.say(self._told(error))

    def _told(self, error: ClinicDeskError) -> str:
        if isinstance(error, NotAllowed):
            rights = {right.value: right for right in Right}
            return not_allowed(rights.get(error.right, Right.EXPORT))
        if isinstance(error, Cancelled):
            return translate("history", "Stopped.")
        if isinstance(error, InvalidInput):
            return translate("history", "It could not be saved there. Choose another folder.")
        clinic = self._space.store.clinic
        return sentence(error, clinic, clinic.sites[0].zone if clinic.sites else "UTC")

    # --- what can be done with it ---

    def _ask_csv(self) -> None:
        if self.sheet is not None:
            ask_file(self.sheet, translate("history", "All changes"), self.save_csv)

    def save_csv(self, target: Target) -> None:
        """Write what is listed to a file; who may not take lists out of the program is told so."""
        sheet, database = self.sheet, self._space.desk.database
        if sheet is None:
            return
        listing = listing_of(sheet.list)

        def saved(count: int) -> None:
            if self.sheet is not None:
                told = translate("history", "✓ {count} lines saved as {name}")
                if count == 1:
                    told = translate("history", "✓ 1 line saved as {name}")
                self.sheet.say(told.format(count=count, name=target.path.name), "ok")

        self.job.run(
            lambda *_: save_list(database, listing, target, new_id()),
            saved,
            self._missed,
        )

    def _check(self) -> None:
        """Have the whole history looked through, or stop that."""
        sheet, settings = self.sheet, self._space.opening.settings
        if self.job.is_busy:
            self.job.stop()
            return
        if sheet is None or settings is None:
            return
        set_button_text(sheet.check, translate("history", "&Stop"))
        sheet.say(translate("history", "Reading all of it…"), "muted")
        database, data = self._space.desk.database, settings.data
        self.job.run(
            lambda tell, stop: look_through(database, data, lambda done, total: tell((done, total)), stop),
            self._checked,
            self._not_checked,
        )

    def _tell_progress(self, progress: object) -> None:
        if self.sheet is not None and self.job.is_busy and isinstance(progress, tuple):
            done, total = progress
            told = translate("history", "{done} of {total} changes read…")
            self.sheet.say(told.format(done=f"{done:n}", total=f"{total:n}"), "muted")

    def _checked(self, result: Verified) -> None:
        if self.sheet is not None:
            set_button_text(self.sheet.check, translate("history", "Is it &whole?"))
            self.sheet.say(verdict_text(result, self._zone()), "ok" if result.is_sound else "danger")

    def _zone(self) -> str:
        sites = self._space.store.clinic.sites
        return sites[0].zone if sites else "UTC"

    def _not_checked(self, error: ClinicDeskError) -> None:
        if self.sheet is not None:
            set_button_text(self.sheet.check, translate("history", "Is it &whole?"))
        self._missed(error)

    def _go_to(self, change: Change) -> None:
        """Go to the appointment on the calendar; otherwise to the patient's page."""
        space, image = self._space, change.after or change.before or {}
        if self.sheet is not None:
            self.sheet.accept()
        if change.table != "appointment":
            if change.patient_id is not None:
                space.open_patient(change.patient_id)
            return
        shown = to_wall(datetime.fromisoformat(image["starts_at"]), image["zone"])
        space.navigator.go_to(shown.date(), minute=shown.hour * 60 + shown.minute, select=change.row_id)


def history_of(space: Workspace) -> HistoryDesk:
    """Return what opens the history; its parts are made when somebody asks for them first."""
    made = space.findChild(HistoryDesk)
    return made if isinstance(made, HistoryDesk) else HistoryDesk(space)

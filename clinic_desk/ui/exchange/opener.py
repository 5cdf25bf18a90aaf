"""Opens import and export over a desk's window and carries them out: one at a time, off the GUI thread."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtWidgets import QWidget

from clinic_desk.database.engine import Database
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.rights import Right
from clinic_desk.errors import ClinicDeskError
from clinic_desk.services.exporting.lists import Listing, Target, save_list
from clinic_desk.services.exporting.run import ExportPlan, export
from clinic_desk.services.importing.files import look_at
from clinic_desk.services.importing.plan import ImportPlan, ImportReport, planned
from clinic_desk.services.importing.run import carry_out_import, check_import
from clinic_desk.ui.exchange.export_sheet import ExportSheet
from clinic_desk.ui.exchange.job import Job
from clinic_desk.ui.exchange.sheet import ImportSheet
from clinic_desk.ui.exchange.words import target_text, trouble_text
from clinic_desk.ui.rights_words import not_allowed

translate = QCoreApplication.translate


class Exchange(QObject):
    """Of one window. `may_import`, `may_export`: what is offered; the database decides all the same."""

    def __init__(self, window: QWidget, database: Database, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._window = window
        self._database = database
        self.may_import = self.may_export = False
        self._checked: ImportPlan | None = None
        self.job = Job(self)
        self.sheet: ImportSheet | ExportSheet | None = None

    def close(self) -> None:
        """The window is closed: what is under way ends and leaves nothing."""
        self.job.stop()

    # --- import ---

    def open_import(self) -> None:
        """Show the first step."""
        if self.sheet is not None or self.job.is_busy:
            return
        sheet = self.sheet = ImportSheet(self._window)
        sheet.file_wanted.connect(partial(self._look, sheet))
        sheet.check_wanted.connect(partial(self._check, sheet))
        sheet.import_wanted.connect(partial(self._import, sheet))
        self._show(sheet)
        self.job.progressed.connect(sheet.show_progress)

    def _look(self, sheet: ImportSheet) -> None:
        kind, path = sheet.file.kind.value, Path(sheet.file.path.text().strip()).expanduser()

        def work(*_: Any) -> ImportPlan:
            return planned(kind, look_at(path))

        sheet.set_busy(busy=True, text=translate("exchange", "Looking at the file…"))
        self.job.run(work, partial(self._done, sheet, sheet.show_plan), partial(self._failed, sheet))

    def _check(self, sheet: ImportSheet) -> None:
        plan, database = sheet.columns.plan(), self._database
        self._checked = None
        sheet.set_busy(busy=True, text=translate("exchange", "Checking every row…"))
        self.job.run(
            lambda tell, stop: check_import(database, plan, tell, stop),
            partial(self._done, sheet, partial(self._seen, sheet, plan)),
            partial(self._failed, sheet),
        )

    def _seen(self, sheet: ImportSheet, plan: ImportPlan, report: ImportReport) -> None:
        """What is on screen is what is agreed to."""
        self._checked = replace(plan, agreed=report.seal)
        sheet.show_report(report)

    def _import(self, sheet: ImportSheet) -> None:
        plan, database, operation = self._checked, self._database, new_id()
        if plan is None:
            return

        def work(tell: Any, stop: Any) -> ImportReport:
            return carry_out_import(database, plan, operation, tell, stop)

        sheet.set_busy(busy=True, text=translate("exchange", "Importing…"))
        self.job.run(work, partial(self._done, sheet, partial(self._seen, sheet, plan)), partial(self._failed, sheet))

    # --- export ---

    def open_export(self) -> None:
        """Ask what goes where."""
        if self.sheet is not None or self.job.is_busy:
            return
        sheet = self.sheet = ExportSheet(self._window)
        sheet.export_wanted.connect(partial(self._export, sheet))
        self._show(sheet)
        self.job.progressed.connect(sheet.show_progress)

    def _export(self, sheet: ExportSheet, plan: ExportPlan) -> None:
        database, operation = self._database, new_id()
        sheet.set_busy(busy=True)
        self.job.run(
            lambda tell, stop: export(database, plan, operation, tell, stop),
            partial(self._done, sheet, sheet.show_count),
            partial(self._failed, sheet),
        )

    def open_list(self, listing: Listing) -> None:
        """Ask into which file a list goes, as it is on screen."""
        if self.sheet is not None or self.job.is_busy:
            return
        sheet = self.sheet = ExportSheet(self._window, listing)
        sheet.export_wanted.connect(partial(self._export_list, sheet, listing))
        self._show(sheet)
        self.job.progressed.connect(sheet.show_progress)

    def _export_list(self, sheet: ExportSheet, listing: Listing, target: Target) -> None:
        database, operation = self._database, new_id()
        sheet.set_busy(busy=True)
        self.job.run(
            lambda *_: save_list(database, listing, target, operation),
            partial(self._done, sheet, sheet.show_count),
            partial(self._failed, sheet),
        )

    # --- both ---

    def _show(self, sheet: ImportSheet | ExportSheet) -> None:
        sheet.stop_wanted.connect(self.job.stop)
        sheet.finished.connect(self._closed)
        is_export = isinstance(sheet, ExportSheet)
        may = self.may_export if is_export else self.may_import
        if not may:
            sheet.next.setEnabled(False)
        sheet.open()
        if not may:
            importing = translate("exchange", "Only a practice manager can import.")
            sheet.say(not_allowed(Right.EXPORT) if is_export else importing, "warning")

    def _done(self, sheet: ImportSheet | ExportSheet, show: Any, result: Any) -> None:
        if self.sheet is sheet:
            sheet.set_busy(busy=False)
            show(result)

    def _failed(self, sheet: ImportSheet | ExportSheet, error: ClinicDeskError) -> None:
        if self.sheet is sheet:
            sheet.set_busy(busy=False)
            sheet.say(target_text(error) if isinstance(sheet, ExportSheet) else trouble_text(error))

    def _closed(self) -> None:
        sheet, self.sheet = self.sheet, None
        if sheet is not None:
            self.job.progressed.disconnect(sheet.show_progress)

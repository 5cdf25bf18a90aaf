"""Opens what goes on paper over a desk's window: asks what, reads it and makes its pages off the GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QCoreApplication, QObject, QStandardPaths, Qt
from PySide6.QtGui import QPageSize
from PySide6.QtWidgets import QDialog, QFileDialog

from clinic_desk.domain.records import Entry
from clinic_desk.domain.wall import to_wall
from clinic_desk.errors import ClinicDeskError, InvalidInput
from clinic_desk.services import day_list
from clinic_desk.ui.booking.words import time_text
from clinic_desk.ui.exchange.job import Job
from clinic_desk.ui.paper import choices
from clinic_desk.ui.paper.automatic import automatic_of
from clinic_desk.ui.paper.automatic_sheet import AutomaticSheet
from clinic_desk.ui.paper.card import card_document
from clinic_desk.ui.paper.day_pages import day_document, room_week_document, week_document
from clinic_desk.ui.paper.document import Document
from clinic_desk.ui.paper.painter import PrintCancelled, page_layout, paper_named, paper_of_locale, pdf_of
from clinic_desk.ui.paper.print_sheet import PrintSheet, Wish
from clinic_desk.ui.sentences import sentence
from clinic_desk.ui.shell.day_words import long_day_text

if TYPE_CHECKING:
    from clinic_desk.ui.workspace import Workspace

translate = QCoreApplication.translate


class PaperDesk(QObject):
    """One per window."""

    def __init__(self, space: Workspace) -> None:
        super().__init__(space)
        self._space = space
        self.job = Job(self)
        self.sheet: PrintSheet | None = None
        self.settings: AutomaticSheet | None = None
        self._wish: Wish | None = None
        space.closing.connect(self.job.stop)

    # --- lists ---

    def open(self) -> None:
        """Ask what goes on paper; at first it is what the calendar shows."""
        if self.sheet is not None or self.job.is_busy:
            return
        space = self._space
        sheet = self.sheet = PrintSheet(space.store.clinic, self._first(), space.navigator.today(), space.window)
        sheet.preview_wanted.connect(lambda wish: self._make(sheet, wish, self._read(wish), partial(self._show, wish)))
        sheet.pdf_wanted.connect(partial(self._ask_file, sheet))
        sheet.stop_wanted.connect(self.job.stop)
        sheet.finished.connect(self._closed)
        self.job.progressed.connect(sheet.show_progress)
        sheet.open()

    def _first(self) -> Wish:
        view, before = self._space.navigator.view, self._wish
        paper = before.paper if before else "letter" if paper_of_locale() is QPageSize.PageSizeId.Letter else "a4"
        if view.span != "day" and view.kind == "practitioner":
            return Wish("week", view.day, view.week_of, None, paper)
        if view.kind == "room":
            return Wish("rooms", view.day, None, before.site_id if before else None, paper)
        return Wish("day", view.day, None, before.site_id if before else None, paper)

    def _closed(self) -> None:
        sheet, self.sheet = self.sheet, None
        if sheet is not None:
            self.job.progressed.disconnect(sheet.show_progress)

    def _read(self, wish: Wish) -> Callable[[], Document]:
        """Return what reads the wished and makes it a document, off the GUI thread."""
        database, clinic, desk = (
            self._space.desk.database,
            self._space.store.clinic,
            self._space.desk.database.desk.name,
        )
        sites = (wish.site_id,) if wish.site_id else ()

        def work() -> Document:
            if wish.what == "week" and wish.practitioner_id is not None:
                week = day_list.read_week(database, wish.day, wish.practitioner_id, clinic, sites)
                return week_document(week, wish.practitioner_id, clinic, desk)
            if wish.what == "room-week" and wish.room_id is not None:
                return room_week_document(
                    day_list.read_room_week(database, wish.day, wish.room_id, clinic), clinic, desk
                )
            if wish.what in {"rooms", "room-week"}:
                rooms = (wish.room_id,) if wish.room_id else ()
                return day_document(day_list.read_rooms(database, wish.day, clinic, sites, rooms), clinic, desk)
            people = (wish.practitioner_id,) if wish.practitioner_id else ()
            return day_document(day_list.read_day(database, wish.day, clinic, sites, people), clinic, desk)

        return work

    def _make(self, sheet: PrintSheet, wish: Wish, work: Callable[..., Any], show: Callable[[Any], None]) -> None:
        self._wish = wish
        sheet.set_busy(busy=True)
        self.job.run(lambda *_: work(), partial(self._done, sheet, show), partial(self._failed, sheet))

    def _done(self, sheet: PrintSheet, show: Callable[[Any], None], result: Any) -> None:
        if self.sheet is sheet:
            sheet.set_busy(busy=False)
            sheet.say("")
            show(result)

    def _failed(self, sheet: PrintSheet, error: ClinicDeskError) -> None:
        if self.sheet is sheet:
            sheet.set_busy(busy=False)
            sheet.say(self._told(error))

    def _told(self, error: ClinicDeskError) -> str:
        if isinstance(error, PrintCancelled):
            return translate("paper", "Stopped. Nothing was made.")
        if isinstance(error, InvalidInput):
            return translate("paper", "It could not be saved there. Choose another folder.")
        clinic = self._space.store.clinic
        return sentence(error, clinic, clinic.sites[0].zone if clinic.sites else "UTC")

    # --- preview, printer, file ---

    def _show(self, wish: Wish, document: Document) -> None:
        if not document.sheets:
            if self.sheet is not None:
                self.sheet.say(_nobody_text(wish), "warning")
            return
        self.preview(document, paper_named(wish.paper))

    def preview(self, document: Document, paper: QPageSize.PageSizeId) -> None:
        """Show the pages as the printer will have them, with what is needed to print them."""
        from clinic_desk.ui.paper.preview import Preview

        dialog = Preview(document, page_layout(document, paper), self._space.window)
        QDialog.open(dialog)

    def _ask_file(self, sheet: PrintSheet, wish: Wish) -> None:
        dialog = QFileDialog(self._space.window, translate("paper", "Save as PDF"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setObjectName("print_file")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(translate("paper", "PDF (*.pdf)"))
        dialog.setDefaultSuffix("pdf")
        dialog.setDirectory(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation))
        dialog.selectFile(f"{wish.day.isoformat()} {_FILES[wish.what]}.pdf")
        dialog.fileSelected.connect(lambda chosen: self.save(sheet, wish, Path(chosen)))
        dialog.open()

    def save(self, sheet: PrintSheet, wish: Wish, path: Path) -> None:
        """Write what is wished to a PDF file, which is there whole or not at all."""
        self._wish = wish
        read, paper = self._read(wish), paper_named(wish.paper)

        def work(tell: Callable[[int], None], stop: Callable[[], bool]) -> Path | None:
            document = read()
            if not document.sheets:
                return None
            return day_list.put_file(path.parent, path.name, pdf_of(document, paper, tell, stop))

        def saved(where: Path | None) -> None:
            if where is None:
                sheet.say(_nobody_text(wish), "warning")
                return
            sheet.say(translate("paper", "✓ Saved as {name}").format(name=where.name), "ok")
            sheet.close_button.setFocus()

        sheet.set_busy(busy=True)
        self.job.run(work, partial(self._done, sheet, saved), partial(self._failed, sheet))

    # --- card ---

    def open_card(self, entry: Entry) -> None:
        """Show the card of a patient's next appointments."""
        database = self._space.desk.database
        self._space.desk.tasks.query(
            self,
            lambda: day_list.read_coming(database, entry.patient.id),
            self._show_card,
            lambda error: self._space.own.tell_trouble(self._told(error)),
            key="card",
        )

    def _show_card(self, found: tuple[tuple[Entry, ...], datetime]) -> None:
        coming, read_at = found
        if not coming:
            self._space.own.tell_trouble(translate("paper", "Nothing is booked for this patient any more."))
            return
        self.preview(card_document(coming, self._space.store.clinic, read_at), paper_of_locale())

    # --- by themselves ---

    def open_automatic(self) -> None:
        """Ask when and where day lists are written by themselves."""
        if self.settings is not None:
            return
        automatic = automatic_of(self._space)
        choice = choices.automatic(self._space.window.preferences)
        sheet = self.settings = AutomaticSheet(choice, self._space.window)
        sheet.saved.connect(partial(self._save, sheet))
        sheet.now_wanted.connect(self._write_now)
        automatic.ended.connect(self._tell_last)
        sheet.finished.connect(self._settings_closed)
        self._tell_last()
        sheet.open()

    def _settings_closed(self) -> None:
        self.settings = None
        automatic_of(self._space).ended.disconnect(self._tell_last)

    def _save(self, sheet: AutomaticSheet, choice: choices.Automatic) -> None:
        choices.set_automatic(self._space.window.preferences, choice)
        sheet.accept()
        automatic_of(self._space).look_anew()

    def _write_now(self, choice: choices.Automatic) -> None:
        choices.set_automatic(self._space.window.preferences, choice)
        if automatic_of(self._space).write_now() and self.settings is not None:
            self.settings.say(translate("paper", "Writing…"))

    def _tell_last(self) -> None:
        trouble = automatic_of(self._space).trouble
        if self.settings is not None:
            self.settings.say(trouble or self._last_text(), "danger" if trouble else "muted")

    def _last_text(self) -> str:
        sites = [site for site in self._space.store.clinic.sites if site.active]
        found = [(choices.written_at(self._space.window.preferences, site.id), site.zone) for site in sites]
        last = [to_wall(at, zone) for at, zone in found if at is not None]
        if not last:
            return translate("paper", "None were written on this PC yet.")
        return translate("paper", "Last written: {day}, {time}").format(
            day=long_day_text(max(last).date()), time=time_text(max(last))
        )


_FILES: Final = {"day": "day-list", "week": "week", "rooms": "rooms", "room-week": "room-week"}


def _nobody_text(wish: Wish) -> str:
    if wish.what in {"rooms", "room-week"}:
        return translate("paper", "No room is used on {day}.").format(day=long_day_text(wish.day))
    return translate("paper", "Nobody works and nobody is booked on {day}.").format(day=long_day_text(wish.day))


def paper_of(space: Workspace) -> PaperDesk:
    """Return what prints for a desk's window, made when somebody asks for it first."""
    made = space.findChild(PaperDesk)
    return made if isinstance(made, PaperDesk) else PaperDesk(space)

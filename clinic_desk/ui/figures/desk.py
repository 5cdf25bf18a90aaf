"""Opens the figures over a desk's window: reads them off the GUI thread and off the desk's lanes, prints and saves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QObject, QStandardPaths, Qt
from PySide6.QtWidgets import QFileDialog

from clinic_desk.domain.figures import Figures, Span, period_of
from clinic_desk.domain.rights import Right
from clinic_desk.errors import ClinicDeskError, InvalidInput, NotAllowed
from clinic_desk.services.day_list import put_file
from clinic_desk.services.exporting.lists import Target, save_figures
from clinic_desk.services.figures import STEPS, Wanted, compare
from clinic_desk.services.importing.plan import Cancelled
from clinic_desk.ui.exchange.job import Job
from clinic_desk.ui.exchange.saving import ask_file
from clinic_desk.ui.figures.charts import Chart
from clinic_desk.ui.figures.paper import figures_document
from clinic_desk.ui.figures.sheet import FiguresSheet, Wish
from clinic_desk.ui.figures.words import charts_of, headline, listing_of_chart, period_text
from clinic_desk.ui.paper.day_pages import as_of
from clinic_desk.ui.paper.desk import paper_of
from clinic_desk.ui.paper.document import Document
from clinic_desk.ui.paper.painter import paper_of_locale, pdf_of
from clinic_desk.ui.rights_words import not_allowed
from clinic_desk.ui.sentences import sentence

if TYPE_CHECKING:
    from clinic_desk.ui.workspace import Workspace

translate = QCoreApplication.translate


class FiguresDesk(QObject):
    """One per window; the figures chosen last are shown again."""

    def __init__(self, space: Workspace) -> None:
        super().__init__(space)
        self._space = space
        self.job = Job(self)
        self.job.progressed.connect(self._tell_progress)
        self.sheet: FiguresSheet | None = None
        self._wish: Wish | None = None
        self._read: Wish | None = None
        self._shown: tuple[Figures, tuple[Chart, ...]] | None = None
        space.closing.connect(self.job.stop)

    def open(self) -> None:
        """Show the figures of this month, or those that were looked at last; who may not see them is told why not."""
        space = self._space
        if self.sheet is not None:
            return
        today = space.navigator.today()
        wish = self._wish or Wish(Span.MONTH, period_of(Span.MONTH, today))
        sheet = self.sheet = FiguresSheet(space.store.clinic, wish, today, space.window)
        sheet.wished.connect(self._look)
        sheet.csv_wanted.connect(self._ask_csv)
        sheet.pdf_wanted.connect(self._ask_pdf)
        sheet.print_wanted.connect(self._print)
        sheet.finished.connect(lambda _result: self._closed())
        sheet.open()
        if Right.STATISTICS in space.store.clinic.rights:
            self._look(wish)
        else:
            sheet.refuse(not_allowed(Right.STATISTICS))

    def _closed(self) -> None:
        self.sheet = None
        self._shown = None
        self.job.stop()
        self._space.commands.back_to_calendar()

    # --- reading ---

    def _look(self, wish: Wish) -> None:
        """Read what is wished for now; what is being read for an earlier wish is stopped."""
        self._wish = wish
        if self.sheet is not None:
            self.sheet.set_ready(ready=False)
            self.sheet.say(translate("figures", "Reading…"))
        if self.job.is_busy:
            self.job.stop()
            return
        self._read = wish
        database, wanted = self._space.desk.database, Wanted(wish.period, wish.site_id, wish.practitioner_id)
        self.job.run(lambda tell, stop: compare(database, wanted, wish.before, tell, stop), self._show, self._failed)

    def _again(self) -> bool:
        """Whether something else is wished for by now; it is read then."""
        if self.sheet is None or self._wish is None or self._wish == self._read:
            return False
        self._look(self._wish)
        return True

    def _show(self, found: tuple[Figures, Figures]) -> None:
        if self.sheet is None or self._again() or self._read is None:
            return
        now, before = found
        wish, clinic = self._read, self._space.store.clinic
        names = period_text(wish.period, wish.span), period_text(wish.before, wish.span)
        charts = charts_of(now, before, clinic, names)
        self._shown = now, charts
        self.sheet.show_figures(headline(now, before), charts)
        empty = translate("figures", "Nobody worked, nobody was booked and no message was sent in these days.")
        self.sheet.say(empty if now.is_empty else "")

    def _failed(self, error: ClinicDeskError) -> None:
        if self.sheet is None or self._again():
            return
        self.sheet.say(self._told(error), "danger")

    def _tell_progress(self, step: int) -> None:
        if self.sheet is not None and self.job.is_busy and not self.sheet.csv.isEnabled():
            text = translate("figures", "Reading… {part} of {whole}")
            self.sheet.say(text.format(part=step, whole=2 * STEPS))

    def _told(self, error: ClinicDeskError) -> str:
        if isinstance(error, NotAllowed):
            return not_allowed(Right.STATISTICS)
        if isinstance(error, Cancelled):
            return translate("figures", "Stopped.")
        if isinstance(error, InvalidInput) and error.field == "period":
            return translate("figures", "These are too many days at once: ten years at most.")
        if isinstance(error, InvalidInput) and error.field in {"file", "folder"}:
            return translate("figures", "It could not be saved there. Choose another folder.")
        clinic = self._space.store.clinic
        return sentence(error, clinic, clinic.sites[0].zone if clinic.sites else "UTC")

    # --- file and paper ---

    def _ask_csv(self) -> None:
        sheet = self.sheet
        if sheet is not None and sheet.page.chart is not None:
            chart = sheet.page.chart
            title = f"{chart.title} {sheet.when.text()}"
            ask_file(sheet, title, lambda target: self.save_csv(chart, target))

    def save_csv(self, chart: Chart, target: Target) -> None:
        """Write the table of a figure to a file."""
        listing = listing_of_chart(chart)
        self._save(target.path, lambda: save_figures(listing, target))

    def _ask_pdf(self) -> None:
        if self.sheet is None:
            return
        dialog = QFileDialog(self.sheet.window(), translate("figures", "Save as PDF"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setObjectName("figures_file")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(translate("figures", "PDF (*.pdf)"))
        dialog.setDefaultSuffix("pdf")
        dialog.setDirectory(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation))
        dialog.selectFile(f"{self.sheet.wish.period.first_day.isoformat()} figures.pdf")
        dialog.fileSelected.connect(lambda chosen: self.save_pdf(Path(chosen)))
        dialog.open()

    def save_pdf(self, path: Path) -> None:
        """Write all figures on screen to a PDF file."""
        document = self._document()
        if document is not None:
            made = document
            self._save(path, lambda: put_file(path.parent, path.name, pdf_of(made, paper_of_locale())))

    def _save(self, path: Path, work: Callable[[], object]) -> None:
        def saved(_result: Any) -> None:
            if self.sheet is not None and not self._again():
                self.sheet.say(translate("figures", "✓ Saved as {name}").format(name=path.name), "ok")

        self.job.run(lambda *_: work(), saved, self._failed)

    def _print(self) -> None:
        document = self._document()
        if document is not None:
            paper_of(self._space).preview(document, paper_of_locale())

    def _document(self) -> Document | None:
        """Return what is on screen as pages; None while it is being read."""
        if self._shown is None or self._read is None:
            return None
        now, charts = self._shown
        wish, clinic = self._read, self._space.store.clinic
        of = [site.name for site in clinic.sites if site.id == wish.site_id]
        of += [person.name for person in clinic.practitioners if person.id == wish.practitioner_id]
        aside = [as_of(now.read_at, clinic.sites[0], self._space.desk.database.desk.name)] if clinic.sites else []
        return figures_document(charts, " · ".join((period_text(wish.period, wish.span), *of)), aside)


def open_figures(space: Workspace) -> None:
    """Show the figures; their parts are made when somebody asks for them first."""
    made = space.findChild(FiguresDesk)
    (made if isinstance(made, FiguresDesk) else FiguresDesk(space)).open()

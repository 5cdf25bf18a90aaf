"""The clinic's figures over the window: of which days, site and doctor, as charts or tables, to keep and to print."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from clinic_desk.domain.figures import Period, Span, period_after, period_before, period_of
from clinic_desk.domain.records import Clinic
from clinic_desk.errors import InvalidInput
from clinic_desk.ui.booking.fields import ChoiceBox, Remark, TickBox, button, plain_label
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.booking.words import one_line
from clinic_desk.ui.figures.charts import Chart
from clinic_desk.ui.figures.pages import FigurePage
from clinic_desk.ui.figures.words import period_text, span_texts
from clinic_desk.ui.patients.segments import Segments
from clinic_desk.ui.setup.days import typed_day, written_day
from clinic_desk.ui.theme import bold, scaled

translate = QCoreApplication.translate
_SIZE = (1180, 760)
PAGES = ("utilisation", "no-shows", "lead-time", "bookings-by-hour", "bookings-by-weekday", "messages")


@dataclass(frozen=True, slots=True)
class Wish:
    """Which figures are shown. None: of all sites, of all doctors."""

    span: Span
    period: Period
    site_id: UUID | None = None
    practitioner_id: UUID | None = None

    @property
    def before(self) -> Period:
        """The period it is compared with."""
        return period_before(self.period, self.span)


class FiguresSheet(Sheet):
    """Shows what it is given. Alt+1 to Alt+6 turn the pages, Ctrl+Left and Ctrl+Right step through time."""

    wished = Signal(object)
    """A `Wish`."""
    csv_wanted = Signal()
    pdf_wanted = Signal()
    print_wanted = Signal()

    def __init__(self, clinic: Clinic, wish: Wish, today: date, parent: QWidget) -> None:
        super().__init__(parent, width=_SIZE[0])
        self.setObjectName("figures_sheet")
        self.setAccessibleName(translate("figures", "Figures"))
        self.wish, self._today = wish, today
        self._make_choices(clinic)
        self.tiles: list[tuple[QLabel, QLabel, QLabel]] = []
        self.segments = Segments(self)
        self.pages = [FigurePage(name) for name in PAGES]
        for page in self.pages:
            self.segments.add(f"{page.objectName()}_turn", page)
        self.segments.follow_keys()
        self.as_table = TickBox()
        self.as_table.setObjectName("figures_as_table")
        self.as_table.setText(translate("figures", "As a &table"))
        self.as_table.toggled.connect(self._show_table)
        self.told = Remark()
        self.told.setObjectName("figures_told")
        self.close_button = button(translate("figures", "&Close"), "figures_close", self.reject)
        self.copy = button(translate("figures", "Cop&y table"), "figures_copy", self._copy)
        self.csv = button(translate("figures", "Save as C&SV…"), "figures_csv", self.csv_wanted.emit)
        self.pdf = button(translate("figures", "Save as P&DF…"), "figures_pdf", self.pdf_wanted.emit)
        self.printing = button(translate("figures", "&Print…"), "figures_print", self.print_wanted.emit)
        self._lay_out()
        self._on("Ctrl+Left", lambda: self._step(period_before))
        self._on("Ctrl+Right", lambda: self._step(period_after))
        self._show_wish()
        self.set_ready(ready=False)

    def _make_choices(self, clinic: Clinic) -> None:
        self.span = ChoiceBox("figures_span")
        self.span.name_alone(translate("figures", "Period"))
        self.span.fill(span_texts(), self.wish.span)
        self.earlier = button("‹", "figures_earlier", lambda: self._step(period_before))
        self.earlier.setAccessibleName(translate("figures", "The period before"))
        self.earlier.setToolTip(translate("figures", "The period before (Ctrl+Left)"))
        self.later = button("›", "figures_later", lambda: self._step(period_after))
        self.later.setAccessibleName(translate("figures", "The period after"))
        self.later.setToolTip(translate("figures", "The period after (Ctrl+Right)"))
        self.when = plain_label("", "title")
        self.first = _day_line("figures_first", translate("figures", "First day"))
        self.last = _day_line("figures_last", translate("figures", "Last day"))
        self.problem = Remark()
        self.site = ChoiceBox("figures_site")
        self.site.name_alone(translate("figures", "Site"))
        sites = [(one_line(site.name), site.id) for site in clinic.sites]
        self.site.fill([(translate("figures", "All sites"), None), *sites], self.wish.site_id)
        if len(sites) < 2:
            self.site.hide()
        self.doctor = ChoiceBox("figures_doctor")
        self.doctor.name_alone(translate("figures", "Doctor"))
        people = [(one_line(person.name), person.id) for person in clinic.practitioners]
        self.doctor.fill([(translate("figures", "All doctors"), None), *people], self.wish.practitioner_id)
        self.span.currentIndexChanged.connect(lambda _index: self._span_chosen())
        self.first.editingFinished.connect(self._days_typed)
        self.last.editingFinished.connect(self._days_typed)
        for box in (self.site, self.doctor):
            box.currentIndexChanged.connect(
                lambda _index: self._want(
                    replace(self.wish, site_id=self.site.value, practitioner_id=self.doctor.value)
                )
            )

    def _lay_out(self) -> None:
        top, middle, below = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for row in (top, middle, below):
            row.setSpacing(8)
        top.addWidget(self.when)
        top.addStretch(1)
        for part in (self.earlier, self.later, self.span, self.first, self.last, self.site, self.doctor):
            top.addWidget(part)
        for _ in range(5):
            middle.addLayout(self._tile())
        middle.addStretch(1)
        below.addWidget(self.as_table)
        below.addStretch(1)
        for each in (self.close_button, self.copy, self.csv, self.pdf, self.printing):
            below.addWidget(each)
        self.body.addLayout(top)
        self.body.addWidget(self.problem)
        self.body.addWidget(self.told)
        self.body.addLayout(middle)
        self.body.addWidget(self.segments, 1)
        self.body.addLayout(below)

    def _tile(self) -> QVBoxLayout:
        what, value, before = plain_label("", "muted"), plain_label(), plain_label("", "muted")
        value.setFont(bold(scaled(self.font(), 1.5)))
        self.tiles.append((what, value, before))
        column = QVBoxLayout()
        column.setSpacing(0)
        column.setContentsMargins(0, 2, 34, 6)
        for each in (what, value, before):
            column.addWidget(each)
        return column

    def _on(self, keys: str, act: Callable[[], object]) -> None:
        shortcut = QShortcut(QKeySequence(keys), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(act)

    # --- what is wished ---

    def _span_chosen(self) -> None:
        span = self.span.value
        inside = min(max(self._today, self.wish.period.first_day), self.wish.period.last_day)
        period = self.wish.period if span is Span.ANY else period_of(span, inside)
        self._want(replace(self.wish, span=span, period=period))

    def _days_typed(self) -> None:
        try:
            first = typed_day("first", self.first.text(), self._today)
            last = typed_day("last", self.last.text(), self._today)
        except InvalidInput:
            self.problem.say(translate("figures", "This is not a date. Type it as 24.12.2026, or as fri."))
            return
        if last < first:
            self.problem.say(translate("figures", "The last day is before the first."))
            return
        self._want(replace(self.wish, period=Period(first, last)))

    def _step(self, to: Callable[[Period, Span], Period]) -> None:
        if self.span.isEnabled():
            self._want(replace(self.wish, period=to(self.wish.period, self.wish.span)))

    def _want(self, wish: Wish) -> None:
        self.problem.say("")
        if wish != self.wish:
            self.wish = wish
            self._show_wish()
            self.wished.emit(wish)

    def _show_wish(self) -> None:
        wish, is_any = self.wish, self.wish.span is Span.ANY
        self.when.setText(period_text(wish.period, wish.span))
        for field, day in ((self.first, wish.period.first_day), (self.last, wish.period.last_day)):
            field.setVisible(is_any)
            field.setText(written_day(day, self._today))

    # --- what is shown ---

    def show_figures(self, headline: Sequence[tuple[str, str, str]], charts: Sequence[Chart]) -> None:
        """Show what was read."""
        for labels, texts in zip(self.tiles, headline, strict=True):
            for label, text in zip(labels, texts, strict=True):
                label.setText(text)
        for number, (page, chart) in enumerate(zip(self.pages, charts, strict=True)):
            page.show_chart(chart)
            self.segments.name_page(number, chart.title)
        self.set_ready(ready=True)

    def set_ready(self, *, ready: bool) -> None:
        """Say whether what is on screen is what is wished for; what can be done with it can be done then only."""
        for each in (self.copy, self.csv, self.pdf, self.printing, self.as_table):
            each.setEnabled(ready)
        self.segments.setVisible(ready or self.pages[0].chart is not None)

    def say(self, text: str, role: str = "muted") -> None:
        """Say that it is being read, why it could not be, or what became of a file."""
        self.told.say(text, role)

    def refuse(self, text: str) -> None:
        """Say why there is nothing to choose here."""
        for each in (self.span, self.earlier, self.later, self.first, self.last, self.site, self.doctor):
            each.setEnabled(False)
        self.say(text, "warning")
        self.close_button.setFocus()

    @property
    def page(self) -> FigurePage:
        """The figure on screen."""
        return self.pages[self.segments.pages.currentIndex()]

    def _show_table(self, on: bool) -> None:
        for page in self.pages:
            page.show_table(on=on)

    def _copy(self) -> None:
        self.page.copy_table()
        self.say(translate("figures", "✓ The table is on the clipboard."), "ok")

    def first_focus(self) -> QWidget | None:
        return self.span

    def main_act(self) -> Callable[[], object]:
        """Enter in a field takes what was typed there."""
        return self._days_typed if self.wish.span is Span.ANY else lambda: None

    def arrange(self) -> None:
        self.arrange_fixed(_SIZE)


def _day_line(name: str, accessible: str) -> QLineEdit:
    line = QLineEdit()
    line.setObjectName(name)
    line.setAccessibleName(accessible)
    line.setMaximumWidth(120)
    return line

"""Repeating a booking: the rule, every date with its conflicts, and one Enter that books them all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Book
from clinic_desk.domain.records import Clinic, Entry, Patient, Series
from clinic_desk.domain.recurrence import Recurrence
from clinic_desk.domain.refusals import Conflict
from clinic_desk.domain.series import (
    BookSeries,
    PlannedDate,
    SeriesDate,
    SeriesRefused,
    planned_dates,
    series_of,
    told_once,
)
from clinic_desk.domain.wall import to_wall
from clinic_desk.errors import InvalidInput
from clinic_desk.notifications.planning import address_of
from clinic_desk.ui.booking.tell_line import why_not_text
from clinic_desk.ui.booking.words import one_line, time_text, type_text
from clinic_desk.ui.series.plan_sheet import PlanSheet
from clinic_desk.ui.series.rule_fields import RuleFields
from clinic_desk.ui.series.words import when_words
from clinic_desk.ui.tasks import Tasks

translate = QCoreApplication.translate


class RepeatDialog(PlanSheet):
    """Books a series of what stands in the booking form, or of an appointment, `first`, that stands already."""

    def __init__(
        self,
        database: Database,
        tasks: Tasks,
        clinic: Clinic,
        parent: QWidget,
        *,
        template: Book,
        patient: Patient,
        clock: Callable[[], datetime],
        first: Entry | None = None,
    ) -> None:
        zone = clinic.site(template.site_id).zone
        self._template = template
        self._patient = patient
        self._first = first
        self.rule_fields = RuleFields(to_wall(template.starts_at, zone).date())
        self._series: tuple[Recurrence, Series] | None = None
        super().__init__(database, tasks, clinic, zone, parent, clock=clock, changing=False)
        self.setObjectName("repeat_dialog")
        self._sent: BookSeries | None = None
        self._name()
        self.lay_out(self.rule_fields)
        self.rule_fields.changed.connect(self.look)
        self.look()

    def _name(self) -> None:
        template, clinic = self._template, self.clinic
        title = translate("series", "Repeat this appointment")
        wall = to_wall(template.starts_at, self.zone)
        self.title.setText(title)
        self.story.setText(
            " · ".join(
                (
                    one_line(self._patient.display_name),
                    type_text(clinic.type(template.type_id), template.length_minutes),
                    one_line(clinic.practitioner(template.practitioner_id).name),
                    time_text(wall) if self._first is None else self._first_text(),
                )
            )
        )
        self.setAccessibleName(title)
        self.setAccessibleDescription(self.story.text())
        reachable = bool(address_of(self._patient))
        self.tell.setChecked(reachable and template.tell_patient)
        self.tell.setEnabled(reachable)
        told = translate("series", "&Tell the patient: one confirmation that names the dates; a reminder before each")
        why_not = translate("series", "Tell the patient: {why}").format(why=why_not_text(self._patient))
        self.tell.setText(told if reachable else why_not.replace("&", "&&"))

    def _first_text(self) -> str:
        when = when_words(self._template.starts_at, self.zone)
        return translate("series", "first date, booked already: {when}").format(when=when)

    def first_focus(self) -> QWidget | None:
        return self.rule_fields.interval

    def fields_widget(self) -> QWidget:
        return self.rule_fields

    def planned(self) -> Sequence[PlannedDate] | None:
        rule = self.rule_fields.rule()
        if rule is None:
            return None
        try:
            dates = planned_dates(rule, self._template, self.zone)
        except InvalidInput as error:
            self.rule_fields.refuse(error)
            return None
        wall = to_wall(self._template.starts_at, self.zone)
        self._series = rule, series_of(rule, wall.date(), wall.hour * 60 + wall.minute, self.zone)
        if self._first is None:
            return dates
        others = [one for one in dates if one.day != wall.date()]
        return others or None

    def submit(self) -> None:
        """Take what was typed for the last day first: it may come to other dates."""
        self.rule_fields.take_text()
        super().submit()

    def work(self) -> Callable[[], object] | None:
        books = [SeriesDate(one.day, step) for one, step in self.plan.steps() if isinstance(step, Book)]
        if not books or self._series is None:
            return None
        joining = None if self._first is None else (self._first.id, self._first.appointment.version)
        command = BookSeries(self._series[1], told_once(books, tell=self.tell.isChecked()), joining)
        sent = self._sent
        if sent is not None and replace(sent, operation_id=command.operation_id) == command:
            command = sent  # the same once more: under the same ids
        self._sent = command
        database = self._database

        def carry_out() -> object:
            from clinic_desk.services import series

            return series.book(database, command)

        return carry_out

    def refused(self, error: SeriesRefused) -> None:
        """The appointment that is repeated was changed meanwhile: the next Enter repeats it as it is now."""
        first = self._first
        if first is not None and isinstance(error.cause, Conflict) and error.cause.now.id == first.id:
            self._first = error.cause.now

    def idle_text(self) -> str:
        if self._first is None:
            return ""
        return translate("series", "There is no date beside the one that stands already.")

    def send_text(self, number: int) -> str:
        if number == 0:
            return translate("series", "Book ⏎")
        if number == 1:
            return translate("series", "Book one date ⏎")
        return translate("series", "Book {n} dates ⏎").format(n=number)

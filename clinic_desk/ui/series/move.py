"""Moving dates of a series: one new time or doctor for this, this and following, or all, each date looked at first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QGridLayout, QWidget

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Update
from clinic_desk.domain.records import Channel, Clinic, Entry
from clinic_desk.domain.recurrence import parse_rule
from clinic_desk.domain.refusals import Conflict
from clinic_desk.domain.series import ChangeSeries, PlannedDate, SeriesRefused, SeriesView, Shift, shifted
from clinic_desk.domain.wall import to_wall
from clinic_desk.errors import InvalidInput
from clinic_desk.notifications.planning import address_of
from clinic_desk.ui.booking.fields import ChoiceBox, Remark, field_label
from clinic_desk.ui.booking.tell_line import why_not_text
from clinic_desk.ui.booking.when_line import WhenLine
from clinic_desk.ui.booking.when_text import When
from clinic_desk.ui.booking.words import one_line
from clinic_desk.ui.calendar.places import MoveWish
from clinic_desk.ui.series.plan_sheet import PlanSheet
from clinic_desk.ui.series.scope import ScopeBox
from clinic_desk.ui.series.words import rule_sentence, when_words
from clinic_desk.ui.tasks import Tasks

translate = QCoreApplication.translate


class MoveSeriesDialog(PlanSheet):
    """The new time is typed for the date that was chosen; the others go along by as many days, to the same time."""

    def __init__(
        self,
        database: Database,
        tasks: Tasks,
        clinic: Clinic,
        parent: QWidget,
        *,
        view: SeriesView,
        chosen: Entry,
        clock: Callable[[], datetime],
    ) -> None:
        row = chosen.appointment
        self.scope = ScopeBox(view, chosen, clock)
        self.when = WhenLine()
        self.practitioner = ChoiceBox("series_with")
        self.when_remark = Remark(self.when)
        self._fields = QWidget()
        self._sent: ChangeSeries | None = None
        super().__init__(database, tasks, clinic, row.zone, parent, clock=clock, changing=True)
        self.setObjectName("move_series_dialog")
        self.when.today = to_wall(clock(), row.zone).date()
        minutes = int(row.length.total_seconds()) // 60
        self._was = When(row.wall_start.date(), row.wall_start.hour * 60 + row.wall_start.minute, minutes)
        self.when.show_when(self._was)
        self._fill_people()
        self._lay_out_fields()
        self._name()
        self.lay_out(self._fields)
        self.scope.currentIndexChanged.connect(lambda _index: self.look())
        self.practitioner.currentIndexChanged.connect(lambda _index: self.look())
        self.when.changed.connect(lambda _when: self._when_changed())
        self.when.misunderstood.connect(self._misunderstood)
        self.look()

    def propose(self, wish: MoveWish) -> None:
        """Fill in where the chosen date was put on the calendar; the others are to go along."""
        row = self.scope.chosen.appointment
        wall = to_wall(wish.starts_at, row.zone)
        self.when.show_when(When(wall.date(), wall.hour * 60 + wall.minute, wish.length_minutes))
        self.practitioner.choose(None if wish.practitioner_id == row.practitioner_id else wish.practitioner_id)
        self.look()

    def _fill_people(self) -> None:
        row = self.scope.chosen.appointment
        kind = self.clinic.type(row.type_id)
        people = [one for one in self.clinic.practitioners if one.active and one.id in kind.practitioner_ids]
        keep = translate("series", "as now: {name}").format(
            name=one_line(self.clinic.practitioner(row.practitioner_id).name)
        )
        others = [(one_line(one.name), one.id) for one in people if one.id != row.practitioner_id]
        self.practitioner.fill([(keep, None), *others], None)

    def _lay_out_fields(self) -> None:
        grid = QGridLayout(self._fields)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        rows = (
            (translate("series", "Move"), self.scope),
            (translate("series", "This date to"), self.when),
            (translate("series", "With"), self.practitioner),
        )
        for number, (text, field) in enumerate(rows):
            grid.addWidget(field_label(text, field), number, 0)
            grid.addWidget(field, number, 1)
        grid.addWidget(self.when_remark, 3, 1)
        grid.setColumnStretch(1, 1)

    def _name(self) -> None:
        patient = self.scope.chosen.patient
        title = translate("series", "Move dates of a series")
        self.title.setText(title)
        self.story.setText(series_story(self.scope.series, self.scope.chosen))
        self.setAccessibleName(title)
        self.setAccessibleDescription(self.story.text())
        reachable = bool(address_of(patient))
        self.tell.setChecked(reachable)
        self.tell.setEnabled(reachable)
        by = translate("series", "e-mail") if patient.channel is Channel.EMAIL else translate("series", "SMS")
        told = translate("series", "&Tell the patient by {channel}: one message that names the dates").format(
            channel=by
        )
        why_not = translate("series", "Tell the patient: {why}").format(why=why_not_text(patient)).replace("&", "&&")
        self.tell.setText(told if reachable else why_not)

    def first_focus(self) -> QWidget | None:
        return self.when

    def fields_widget(self) -> QWidget:
        return self._fields

    def idle_text(self) -> str:
        return translate("series", "Say where this date is to go, or with whom; the others go along with it.")

    # --- what is to be moved ---

    def _when_changed(self) -> None:
        self.when_remark.say("")
        self.look()

    def _misunderstood(self) -> None:
        self.when_remark.say(translate("series", "Type a time, for example 10:30, fri 9 or +1d."))

    def _shift(self) -> Shift:
        now = self.when.when or self._was
        return Shift(
            days=(now.day - self._was.day).days,
            minute=None if now.minute == self._was.minute else now.minute,
            practitioner_id=self.practitioner.value,
            length_minutes=None if now.length == self._was.length else now.length,
        )

    def planned(self) -> Sequence[PlannedDate] | None:
        shift = self._shift()
        entries = self.scope.entries
        if not shift or not entries:
            return None
        try:
            return shifted(entries, shift)
        except InvalidInput:
            self._misunderstood()
            return None

    def refused(self, error: SeriesRefused) -> None:
        if isinstance(error.cause, Conflict):
            self.scope.take(error.cause.now)

    def submit(self) -> None:
        """Understand what was typed first: it may be another time."""
        if self.when.isModified() and not self.when.take_text():
            self.when.setFocus()
            return
        super().submit()

    def work(self) -> Callable[[], object] | None:
        steps = [step for _, step in self.plan.steps() if isinstance(step, Update)]
        if not steps:
            return None
        tell = self.tell.isChecked()
        steps = [replace(step, tell_patient=tell and index == 0) for index, step in enumerate(steps)]
        command = ChangeSeries(tuple(steps))
        if self._sent is not None and _same(self._sent, command):
            command = self._sent  # the same once more: under the same id
        self._sent = command
        database = self._database

        def carry_out() -> object:
            from clinic_desk.services import series

            return series.change(database, command)

        return carry_out

    def send_text(self, number: int) -> str:
        if number == 0:
            return translate("series", "Move ⏎")
        if number == 1:
            return translate("series", "Move one date ⏎")
        return translate("series", "Move {n} dates ⏎").format(n=number)


def _same(one: ChangeSeries, other: ChangeSeries) -> bool:
    """Whether two commands ask for the same; the steps' own operation ids are not used."""
    if len(one.steps) != len(other.steps):
        return False
    return all(
        replace(left, operation_id=right.operation_id) == right
        for left, right in zip(one.steps, other.steps, strict=True)
    )


def series_story(view: SeriesView, chosen: Entry) -> str:
    """Return whose series it is, its rule, and which of its dates was chosen."""
    row = chosen.appointment
    try:
        rule = rule_sentence(parse_rule(view.series.rule))
    except InvalidInput:
        rule = view.series.rule
    this = translate("series", "chosen: {when}").format(when=when_words(row.starts_at, row.zone))
    return " · ".join((one_line(chosen.patient.display_name), rule, this))

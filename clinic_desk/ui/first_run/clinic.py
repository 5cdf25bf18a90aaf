"""The least a new clinic needs, on one page: its name and clock, a doctor with her hours, a kind of visit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import QCoreApplication, Qt, QTimeZone, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from clinic_desk.domain.limits import LONGEST_MINUTES, SHORTEST_MINUTES
from clinic_desk.domain.setup import BeginClinic, SaveAppointmentType, SavePractitioner, SaveSite
from clinic_desk.domain.wall import zone_names
from clinic_desk.errors import ClinicDeskError, InvalidInput
from clinic_desk.ui.booking.fields import NumberBox, Remark, TickBox, field_label
from clinic_desk.ui.first_run.card import Card
from clinic_desk.ui.first_run.words import field_text
from clinic_desk.ui.messages.settings.rows import line
from clinic_desk.ui.setup.areas.sites import typed_zone
from clinic_desk.ui.setup.days import typed_windows, windows_text
from clinic_desk.ui.setup.inputs import known_text_input
from clinic_desk.ui.setup.week.week_input import weekday_name

translate = QCoreApplication.translate
_WORKING_DAYS: Final = range(1, 6)
_USUAL: Final = ((8 * 60, 12 * 60), (13 * 60, 17 * 60))
_USUAL_MINUTES: Final = 15


class ClinicPage(Card):
    """`wanted`: the BeginClinic that was typed. `back`: she would rather enter all of it in the set-up area."""

    wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "first_clinic",
            translate("first_run", "Your clinic"),
            translate("first_run", "The least with which a first appointment can be booked. All of it can be changed."),
            translate("first_run", "Open the calendar ⏎"),
            parent,
        )
        self.site = line("first_site", 100)
        self.zone = known_text_input(zone_names, "Europe/Berlin")("first_zone")
        self.doctor = line("first_doctor", 100)
        self.hours = line("first_hours", 120)
        self.days = [TickBox() for _ in range(7)]
        self.kind = line("first_kind", 100)
        self.minutes = NumberBox("first_minutes", SHORTEST_MINUTES, LONGEST_MINUTES, translate("setup", " min"))
        self.go_back.setText(translate("first_run", "Set everything up by &hand instead"))
        self.go_back.setAccessibleName(self.go_back.text().replace("&", ""))
        self.remarks = self._lay_out_fields()
        self._fill()
        self.go.connect(self.submit)

    def _lay_out_fields(self) -> Mapping[str, Remark]:
        site = self._pair(
            (translate("first_run", "Name of the clinic, or of this &site"), self.site, 3),
            (translate("first_run", "Time &zone"), self.zone.field, 2),
        )
        doctor = self.add(translate("first_run", "First &doctor, or whoever has appointments"), self.doctor)
        week = self._week()
        kind = self._pair(
            (translate("first_run", "Most frequent &kind of visit"), self.kind, 3),
            (translate("first_run", "It &takes"), self.minutes, 2),
        )
        return {
            "site.name": site[0],
            "site.zone": site[1],
            "practitioner.name": doctor,
            "week.windows": week,
            "kind.name": kind[0],
            "kind.length_minutes": kind[1],
        }

    def _pair(self, *fields: tuple[str, QWidget, int]) -> list[Remark]:
        """Two fields beside each other; what is wrong stands below both."""
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        for at, (text, field, share) in enumerate(fields):
            label = field_label(text, field)
            label.setWordWrap(True)
            grid.addWidget(label, 0, at, Qt.AlignmentFlag.AlignBottom)
            grid.addWidget(field, 1, at)
            grid.setColumnStretch(at, share)
        self.column.addLayout(grid)
        return [self.add_remark(field) for _text, field, _share in fields]

    def _week(self) -> Remark:
        label = field_label(translate("first_run", "&Works on these days"), self.days[0])
        self.column.addWidget(label)
        row = QHBoxLayout()
        row.setSpacing(10)
        for number, box in enumerate(self.days, start=1):
            box.setObjectName(f"first_day_{number}")
            box.setText(weekday_name(number, short=True))
            box.setAccessibleName(weekday_name(number))
            row.addWidget(box)
        row.addStretch(1)
        self.column.addLayout(row)
        self.column.addSpacing(4)
        return self.add(
            translate("first_run", "At these ti&mes"),
            self.hours,
            below=translate("first_run", "Lunch is the gap between two times. Single days can differ; set that later."),
        )

    def _fill(self) -> None:
        zone = bytes(QTimeZone.systemTimeZoneId().data()).decode()
        self.zone.show(zone if zone in zone_names() else "")
        for number, box in enumerate(self.days, start=1):
            box.setChecked(number in _WORKING_DAYS)
        self.hours.setText(windows_text(_USUAL))
        self.kind.setText(translate("first_run", "Consultation"))
        self.minutes.setValue(_USUAL_MINUTES)
        self.minutes.setSingleStep(5)

    # --- what is typed ---

    def take_keyboard(self) -> None:
        """The first field has the keyboard."""
        self.site.setFocus(Qt.FocusReason.OtherFocusReason)

    def submit(self) -> None:
        """Tell what was typed, if it will do."""
        if self.is_busy:
            return
        self.say("")
        for remark in self.remarks.values():
            remark.say("")
        try:
            command = self.command()
        except InvalidInput as problem:
            self.answer(problem)
            return
        self.show_busy(on=True, step=translate("setup", "Saving…"))
        self.end.hide()  # one change: there is nothing to stop between
        self.wanted.emit(command)

    def command(self) -> BeginClinic:
        """Return what was typed. Raises InvalidInput, its field as `services.setup.beginning` names it."""
        for name, field in (("site", self.site), ("practitioner", self.doctor), ("kind", self.kind)):
            if not field.text().strip():
                raise InvalidInput(field=f"{name}.name", expected="a name")
        try:
            zone = typed_zone(self.zone.read())
        except InvalidInput as problem:
            raise InvalidInput(f"site.{problem.field}", problem.expected) from None
        windows = typed_windows("week.windows", self.hours.text())
        days = [number for number, box in enumerate(self.days, start=1) if box.isChecked()]
        if not windows or not days:
            raise InvalidInput(field="week.windows", expected="a day and times", example="8-12, 13-17")
        doctor = SavePractitioner(self.doctor.text())
        kind = SaveAppointmentType(self.kind.text(), self.minutes.value(), practitioner_ids=frozenset({doctor.id}))
        week = tuple((day, start, end) for day in days for start, end in windows)
        return BeginClinic(SaveSite(self.site.text(), zone), doctor, week, kind)

    def answer(self, error: ClinicDeskError) -> None:
        """It was not saved: say why, where it belongs."""
        self.show_busy(on=False)
        if isinstance(error, InvalidInput) and error.field in self.remarks:
            plain = InvalidInput(error.field.partition(".")[2], error.expected, error.example)
            self.remarks[error.field].say(field_text(plain))
            self._field(error.field).setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.refuse(error)
            self.act.setFocus(Qt.FocusReason.OtherFocusReason)

    def _field(self, name: str) -> QWidget:
        return {
            "site.name": self.site,
            "site.zone": self.zone.field,
            "practitioner.name": self.doctor,
            "week.windows": self.hours,
            "kind.name": self.kind,
        }.get(name, self.minutes)

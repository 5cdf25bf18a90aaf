"""The fields of a wish: what stands in them, and what was typed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from PySide6.QtCore import QCoreApplication, QLocale, Qt
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import Clinic, Entry, Patient
from clinic_desk.domain.waiting import Priority, Wish
from clinic_desk.domain.wall import to_wall
from clinic_desk.errors import InvalidInput
from clinic_desk.ui.booking.fields import ChoiceBox, TickBox, field_label, plain_label
from clinic_desk.ui.booking.patient_line import PatientLine
from clinic_desk.ui.booking.words import day_text, one_line, time_text, type_text
from clinic_desk.ui.setup.days import typed_day, typed_windows, windows_text, written_day
from clinic_desk.ui.waiting.words import priority_text

translate = QCoreApplication.translate
_DOCTORS_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a new wish begins with; `entry`: the appointment that could be moved forward."""

    patient: Patient | None = None
    entry: Entry | None = None
    type_id: UUID | None = None
    practitioner_id: UUID | None = None


def new_wish(begin: Beginning, clinic: Clinic) -> Wish:
    """Return a wish that nothing was said about yet; the patient is put in when it is known."""
    kinds = [kind for kind in clinic.types if kind.active and kind.practitioner_ids]
    row = begin.entry.appointment if begin.entry is not None else None
    type_id = row.type_id if row is not None else begin.type_id
    wanted = row.practitioner_id if row is not None else begin.practitioner_id
    kind = next((kind for kind in kinds if kind.id == type_id), kinds[0] if kinds else None)
    return Wish(
        id=new_id(),
        patient_id=UUID(int=0),
        type_id=UUID(int=0) if kind is None else kind.id,
        practitioner_ids=frozenset(one.id for one in clinic.practitioners if one.id == wanted),
        appointment_id=None if row is None else row.id,
    )


class WishFields(QWidget):
    """All of a wish but the ids. `today`: the day that dates are typed from."""

    def __init__(self, patient: PatientLine, clinic: Clinic, today: date) -> None:
        super().__init__()
        self._clinic, self._today = clinic, today
        self._entry: Entry | None = None
        self._wish = new_wish(Beginning(), clinic)
        self.patient = patient
        self.forward = TickBox()
        self.forward.setObjectName("wish_forward")
        self.type = ChoiceBox("wish_type")
        self.doctors = QListWidget()
        self.site = ChoiceBox("wish_site")
        self.weekdays = [_weekday(number) for number in range(1, 8)]
        self.times = _line("wish_times", translate("waiting", "any time; or 8-10, 16-18"))
        self.until = _line("wish_until", translate("waiting", "no end; or a date, such as 24.12."))
        self.priority = ChoiceBox("wish_priority")
        self.note = _line("wish_note", "")
        self._lay_out()
        self.type.activated.connect(lambda _index: self._fill_doctors(self._chosen_doctors()))

    def _lay_out(self) -> None:
        self.doctors.setObjectName("wish_doctors")
        days = QWidget()
        row = QHBoxLayout(days)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for each in self.weekdays:
            row.addWidget(each, 1)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        self._site_label = field_label(translate("waiting", "Site"), self.site)
        with_label = field_label(translate("waiting", "With"), self.doctors)
        rows: tuple[tuple[QWidget | None, QWidget], ...] = (
            (field_label(translate("waiting", "Patient"), self.patient), self.patient),
            (None, self.forward),
            (field_label(translate("waiting", "Visit"), self.type), self.type),
            (with_label, self.doctors),
            (self._site_label, self.site),
            (plain_label(translate("waiting", "Weekdays"), "muted"), days),
            (field_label(translate("waiting", "Times of day"), self.times), self.times),
            (field_label(translate("waiting", "Until"), self.until), self.until),
            (field_label(translate("waiting", "Priority"), self.priority), self.priority),
            (field_label(translate("waiting", "Note"), self.note), self.note),
        )
        for at, (label, part) in enumerate(rows):
            if label is not None:
                top = Qt.AlignmentFlag.AlignTop if label is with_label else Qt.AlignmentFlag(0)
                grid.addWidget(label, at, 0, top)
            grid.addWidget(part, at, 1)

    # --- what stands in it ---

    def show_wish(self, wish: Wish, patient: Patient | None, entry: Entry | None = None) -> None:
        """Show a wish; `entry`: what the patient has and may want moved forward."""
        self._wish, self._entry = wish, entry
        self.patient.show_patient(patient)
        kinds = [
            kind for kind in self._clinic.types if kind.practitioner_ids and (kind.active or kind.id == wish.type_id)
        ]
        self.type.fill(((type_text(kind), kind.id) for kind in kinds), wish.type_id)
        self._fill_doctors(wish.practitioner_ids)
        sites = [(one_line(site.name), site.id) for site in self._clinic.sites if site.active]
        self.site.fill([(translate("waiting", "any site"), None), *sites], wish.site_id)
        for part in (self.site, self._site_label):
            part.setVisible(len(sites) > 1)
        for number, each in enumerate(self.weekdays, start=1):
            each.setChecked(number in wish.weekdays)
        self.times.setText(windows_text(wish.times))
        self.until.setText(written_day(wish.until, self._today))
        self.priority.fill(((priority_text(one), one) for one in reversed(Priority)), wish.priority)
        self.note.setText(wish.note)
        self._show_forward(wish)

    def _show_forward(self, wish: Wish) -> None:
        """Offer to move forward what she has; of a wish that is changed that is not asked again."""
        entry = self._entry
        self.forward.setVisible(entry is not None)
        if entry is None:
            return
        row = entry.appointment
        wall = to_wall(row.starts_at, row.zone)
        told = translate("waiting", "&Move the appointment on {day}, {time} forward").format(
            day=day_text(wall.date(), self._today), time=time_text(wall)
        )
        self.forward.setText(told)
        self.forward.setChecked(wish.appointment_id is not None)

    def _fill_doctors(self, chosen: frozenset[UUID]) -> None:
        kind = next((kind for kind in self._clinic.types if kind.id == self.type.value), None)
        self.doctors.clear()
        for one in self._clinic.practitioners:
            if kind is None or not one.active or one.id not in kind.practitioner_ids:
                continue
            item = QListWidgetItem(one_line(one.name))
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked if one.id in chosen else Qt.CheckState.Unchecked)
            item.setData(Qt.ItemDataRole.UserRole, one.id)
            self.doctors.addItem(item)
        self.doctors.setCurrentRow(0)
        rows = max(1, min(self.doctors.count(), _DOCTORS_SHOWN))
        self.doctors.setFixedHeight(rows * max(20, self.doctors.sizeHintForRow(0)) + 2 * self.doctors.frameWidth() + 4)

    def _chosen_doctors(self) -> frozenset[UUID]:
        items = (self.doctors.item(row) for row in range(self.doctors.count()))
        checked = (item for item in items if item.checkState() == Qt.CheckState.Checked)
        return frozenset(item.data(Qt.ItemDataRole.UserRole) for item in checked)

    def typed(self) -> Wish:
        """Return the wish as it was typed; InvalidInput names what is missing or cannot be used."""
        if self.patient.patient is None:
            raise InvalidInput(field="patient", expected="a patient")
        if self.type.value is None:
            raise InvalidInput(field="type", expected="a visit")
        entry, moved = self._entry, self._wish.appointment_id
        if entry is not None:
            moves = self.forward.isChecked() and entry.patient.id == self.patient.patient.id
            moved = entry.id if moves else None
        return replace(
            self._wish,
            patient_id=self.patient.patient.id,
            type_id=self.type.value,
            practitioner_ids=self._chosen_doctors(),
            site_id=self.site.value,
            weekdays=frozenset(number for number, each in enumerate(self.weekdays, start=1) if each.isChecked()),
            times=typed_windows("times", self.times.text()),
            until=self._typed_until(),
            priority=self.priority.value,
            note=self.note.text().strip(),
            appointment_id=moved,
        )

    def _typed_until(self) -> date | None:
        text = self.until.text().strip()
        day = typed_day("until", text, self._today) if text else None
        if day is not None and day < self._today:
            raise InvalidInput(field="until", expected="a day to come")
        return day


def _line(name: str, hint: str) -> QLineEdit:
    made = QLineEdit()
    made.setObjectName(name)
    made.setPlaceholderText(hint)
    made.setMaxLength(1_000)
    return made


def _weekday(number: int) -> QToolButton:
    locale = QLocale()
    made = QToolButton()
    made.setCheckable(True)
    made.setText(locale.dayName(number, QLocale.FormatType.ShortFormat))
    made.setObjectName(f"wish_weekday_{number}")
    made.setProperty("kind", "choice")
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    made.setAccessibleName(locale.dayName(number, QLocale.FormatType.LongFormat))
    made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    made.setStyleSheet("padding: 4px 0;")
    return made

"""The card of the chosen appointment: who, when, with whom, its messages, who changed it last, and what can be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from clinic_desk.database.engine import Database
from clinic_desk.domain.records import AppointmentStatus, Clinic, Entry
from clinic_desk.domain.wall import to_wall
from clinic_desk.ui.booking.fields import button, let_wrap, plain_label, restyle, set_button_text
from clinic_desk.ui.booking.message_text import latest_messages, message_row
from clinic_desk.ui.booking.words import (
    birth_text,
    born_text,
    breakable,
    day_span_text,
    gender_sign,
    moment_text,
    one_line,
    short_person,
    time_text,
)
from clinic_desk.ui.tasks import Tasks
from clinic_desk.ui.theme import bold, scaled, theme_of

if TYPE_CHECKING:
    from clinic_desk.services.messages import MessageLine

translate = QCoreApplication.translate
_S = AppointmentStatus
NEXT_STATUS = {
    _S.BOOKED: _S.ARRIVED,
    _S.ARRIVED: _S.CHECKED_IN,
    _S.CHECKED_IN: _S.FULFILLED,
    _S.NOSHOW: _S.ARRIVED,
}
"""What the first button makes of each status; those not named have none."""


@dataclass(frozen=True, slots=True)
class _Details:
    """What takes a look into the database or a library."""

    messages: tuple[MessageLine, ...]
    phone: str
    series: str = ""


class AppointmentPanel(QWidget):
    """Shows one Entry, or that none is chosen. What was read for another one is never shown."""

    status_requested = Signal(object, object)
    """Entry, AppointmentStatus: arrived, in room, done."""
    move_requested = Signal(object)
    cancel_requested = Signal(object)
    reinstate_requested = Signal(object)
    open_requested = Signal(object)
    record_requested = Signal(object)
    """The patient's page is wanted."""

    def __init__(self, database: Database, tasks: Tasks, clinic: Clinic, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("appointment_panel")
        self.clinic = clinic
        self.entry: Entry | None = None
        self.keys: Mapping[str, str] = {}
        """What to press for an action (by its name), as the user set it; told on its button."""
        self._database = database
        self._tasks = tasks
        self._details: tuple[UUID, _Details] | None = None
        self.card = QFrame()
        self.card.setProperty("role", "card")
        self.empty = plain_label(
            translate("panel", "No appointment is chosen.\nClick one, or go to it with the arrow keys."),
            "muted",
            wrap=True,
        )
        self.name_label = plain_label("", wrap=True)
        self.name_label.setObjectName("panel_name")
        self.name_label.setFont(bold(scaled(self.name_label.font(), 1.25)))
        self.born = plain_label("", "muted", wrap=True)
        self.badge = plain_label("", "badge")
        self.rows = DetailRows()
        self.last_change = plain_label("", "muted", wrap=True)
        self.last_change.setFont(scaled(self.last_change.font(), 0.88))
        self.first = button("", "panel_status", self._first_pressed, "primary")
        self.first.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # clicked away, it would hand the keyboard to what is next
        self.move_button = button(translate("panel", "Move"), "panel_move", lambda: self._ask(self.move_requested))
        self.cancel_button = button(
            translate("panel", "Cancel…"), "panel_cancel", lambda: self._ask(self.cancel_requested)
        )
        self.record_button = button("", "panel_patient", lambda: self._ask(self.record_requested), "link")
        self._lay_out()
        self.show_entry(None)

    def _lay_out(self) -> None:
        title = plain_label(translate("panel", "APPOINTMENT"), "section")
        buttons = QGridLayout()  # in two lines: the panel is narrow, so that the calendar's columns need not be
        buttons.setSpacing(6)
        for each, place in ((self.first, (0, 0, 1, 2)), (self.move_button, (1, 0)), (self.cancel_button, (1, 1))):
            each.setSizePolicy(QSizePolicy.Policy.MinimumExpanding, QSizePolicy.Policy.Fixed)
            buttons.addWidget(each, *place)
        inner = QVBoxLayout(self.card)
        inner.setContentsMargins(12, 10, 12, 12)
        inner.setSpacing(4)
        badge = QHBoxLayout()
        badge.addWidget(self.badge)
        badge.addStretch(1)
        badge.addWidget(self.record_button)
        inner.addWidget(self.name_label)
        inner.addWidget(self.born)
        inner.addLayout(badge)
        inner.addWidget(self.rows)
        inner.addSpacing(4)
        inner.addLayout(buttons)
        inner.addWidget(self.last_change)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(title)
        column.addWidget(self.card)
        column.addWidget(self.empty)
        column.addStretch(1)

    def add_below_buttons(self, part: QWidget) -> None:
        """Put on the card what else can be done."""
        inner = self.card.layout()
        if isinstance(inner, QVBoxLayout):
            inner.insertWidget(inner.indexOf(self.last_change), part)

    # --- showing ---

    def set_clinic(self, clinic: Clinic) -> None:
        """Take over a changed set-up of the clinic."""
        self.clinic = clinic
        self.show_entry(self.entry)

    def set_writing(self, *, on: bool) -> None:
        """Offer what changes the appointment only while that can be done."""
        for each in (self.first, self.move_button, self.cancel_button):
            each.setEnabled(on)

    def show_entry(self, entry: Entry | None) -> None:
        """Show an appointment, or (None) that none is chosen. Call again with each newer version of it."""
        self.entry = entry
        self.card.setVisible(entry is not None)
        self.empty.setVisible(entry is None)
        if entry is None:
            return
        self._show(entry)
        from clinic_desk.services import messages
        from clinic_desk.ui.booking.patient_line import phone_text

        database = self._database

        def work() -> _Details:
            series = _series_text(database, entry)
            return _Details(messages.messages_of(database, entry.id), phone_text(entry.patient.phone), series)

        # What cannot be read now is left out: the banner tells of the lost connection, the next look asks again.
        self._tasks.query(self, work, lambda details: self._learned(entry, details), lambda error: None, key="details")

    @property
    def has_details(self) -> bool:
        """Whether the shown appointment's messages were read."""
        return self.entry is not None and self._details is not None and self._details[0] == self.entry.id

    def _learned(self, entry: Entry, details: _Details) -> None:
        self._details = (entry.id, details)
        if self.entry is not None and self.entry.id == entry.id:
            self._show(self.entry)

    def _show(self, entry: Entry) -> None:
        row, patient = entry.appointment, entry.patient
        today = to_wall(datetime.now(UTC), row.zone).date()
        self.name_label.setText(breakable(one_line(patient.display_name)))
        born = translate("panel", "born {birth}").format(birth=birth_text(patient.birth_date, today))
        if patient.birth_date is None:
            born = born_text(patient, today)
        self.born.setText(" · ".join(part for part in (born, gender_sign(patient.gender)) if part))
        self.badge.setText(_short(one_line(self.clinic.type(row.type_id).name), 40))
        self.rows.show_rows(self._rows(entry))
        self._name_buttons(row.status)
        self.last_change.setText(self._last_change_text(entry))

    def _rows(self, entry: Entry) -> list[tuple[str, str, str]]:
        """Return (name, value, role) of every line there is something to say in."""
        from clinic_desk.ui.booking.cancel import reason_text
        from clinic_desk.ui.booking.merge_text import status_text

        row = entry.appointment
        details = self._details[1] if self._details and self._details[0] == entry.id else None
        when = day_span_text(to_wall(row.starts_at, row.zone), to_wall(row.ends_at, row.zone))
        status = status_text(row.status)
        since = {_S.ARRIVED: entry.arrived_at, _S.CHECKED_IN: entry.in_room_at, _S.FULFILLED: entry.finished_at}.get(
            row.status
        )
        if since is not None:
            status = translate("panel", "{status} since {time}").format(
                status=status, time=time_text(to_wall(since, row.zone))
            )
        if row.squeezed_in:
            status = translate("panel", "{status} · squeezed in").format(status=status)
        rows = [
            (translate("panel", "When"), when, ""),
            (translate("panel", "With"), one_line(self.clinic.practitioner(row.practitioner_id).name), ""),
            (translate("panel", "Where"), self._where(entry), ""),
            (translate("panel", "Device"), self._device(entry), ""),
            (translate("panel", "Status"), status, "" if row.status.occupies_time else "danger"),
        ]
        if row.cancellation_reason is not None:
            rows.append((translate("panel", "Reason"), reason_text(row.cancellation_reason), ""))
        if row.series_id is not None:
            rows.append((translate("panel", "Series"), details.series if details else "", ""))
        rows.append((translate("panel", "Phone"), details.phone if details else entry.patient.phone, ""))
        rows += [message_row(line, row.zone) for line in latest_messages(details.messages)] if details else []
        rows.append((translate("panel", "Note"), breakable(_short(one_line(row.note), 160)), ""))
        return [line for line in rows if line[1]]

    def _where(self, entry: Entry) -> str:
        row = entry.appointment
        site = one_line(self.clinic.site(row.site_id).name) if len(self.clinic.sites) > 1 else ""
        room_id = row.present_room_id or row.room_id
        room = one_line(self.clinic.room(room_id).name) if room_id else ""
        return ", ".join(part for part in (room, site) if part)

    def _device(self, entry: Entry) -> str:
        device_id = entry.appointment.device_id
        return one_line(self.clinic.room(device_id).name) if device_id else ""

    def _last_change_text(self, entry: Entry) -> str:
        version = translate("panel", "version {version}").format(version=entry.appointment.version)
        if entry.changed is None:
            return version
        parts = (
            one_line(entry.changed.desk),
            short_person(one_line(entry.changed.person)),
            moment_text(to_wall(entry.changed.at, entry.appointment.zone)),
            version,
        )
        change = " · ".join(part for part in parts if part)
        return translate("panel", "Last change: {change}").format(change=change)

    # --- doing ---

    def _name_buttons(self, status: AppointmentStatus) -> None:
        texts = {
            _S.BOOKED: (translate("panel", "Arrived"), "arrived"),
            _S.NOSHOW: (translate("panel", "Arrived"), "arrived"),
            _S.ARRIVED: (translate("panel", "In room"), "in_room"),
            _S.CHECKED_IN: (translate("panel", "Done"), "done"),
            _S.CANCELLED: (translate("panel", "Reinstate"), "reinstate"),
        }
        text, action = texts.get(status, ("", ""))
        page = translate("panel", "Patient…"), self.keys.get("patient", "")
        set_button_text(self.record_button, "  ".join(part for part in page if part))
        set_button_text(self.first, "  ".join(part for part in (text, self.keys.get(action, "")) if part))
        self.first.setVisible(status in texts)
        self.move_button.setVisible(status.occupies_time)
        self.cancel_button.setVisible(status in (_S.BOOKED, _S.ARRIVED, _S.CHECKED_IN))
        restyle(self.first, "kind", "primary" if status is not _S.CANCELLED else "")

    def _first_pressed(self) -> None:
        if self.entry is None:
            return
        status = self.entry.appointment.status
        if status is AppointmentStatus.CANCELLED:
            self.reinstate_requested.emit(self.entry)
        elif status in NEXT_STATUS:
            self.status_requested.emit(self.entry, NEXT_STATUS[status])

    def _ask(self, wish: object) -> None:
        if self.entry is not None:
            wish.emit(self.entry)  # type: ignore[attr-defined]


class DetailRows(QWidget):
    """Names at the left, values at the right, a thin line between; values wrap and are plain text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 4, 0, 4)
        self._column.setSpacing(0)
        self._labels: list[tuple[QLabel, QLabel]] = []

    def show_rows(self, rows: list[tuple[str, str, str]]) -> None:
        """Show (name, value, role) rows; labels are kept and filled anew."""
        while len(self._labels) < len(rows):
            self._add_row()
        for index, (name, value) in enumerate(self._labels):
            shown = index < len(rows)
            name.parentWidget().setVisible(shown)  # type: ignore[union-attr]
            if shown:
                name.setText(rows[index][0])
                value.setText(rows[index][1])
                value.setAccessibleName(f"{rows[index][0]}: {rows[index][1]}")
                restyle(value, "role", rows[index][2])

    def _add_row(self) -> None:
        line = _Line(self, ruled=bool(self._labels))
        name, value = plain_label("", "muted"), plain_label("", wrap=True)
        value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        value.setFont(bold(value.font()))
        let_wrap(value)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 5, 0, 5)
        row.setSpacing(10)
        row.addWidget(name, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(value, 1)
        self._column.addWidget(line)
        self._labels.append((name, value))

    def texts(self) -> list[tuple[str, str]]:
        """Return what is shown, for a test."""
        return [(name.text(), value.text()) for name, value in self._labels if value.isVisibleTo(self)]


class _Line(QWidget):
    """A row with a thin line above it."""

    def __init__(self, parent: QWidget, *, ruled: bool) -> None:
        super().__init__(parent)
        self._ruled = ruled

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._ruled:
            painter = QPainter(self)
            painter.setPen(theme_of(self.palette()).line_weak)
            painter.drawLine(0, 0, self.width(), 0)
            painter.end()


def _series_text(database: Database, entry: Entry) -> str:
    """Read which date of its series an appointment is: `3 of 10, every week`; empty for one by itself."""
    if entry.appointment.series_id is None:
        return ""
    from clinic_desk.domain.refusals import NotFound
    from clinic_desk.services import series
    from clinic_desk.ui.series.words import place_in_series

    try:
        return place_in_series(series.series_of(database, entry.id), entry.id)
    except NotFound:  # taken out of it by another desk just now
        return ""


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"

"""The Next free panel: for a visit and a doctor, the first opening on each of the next ten days that have one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtCore import QCoreApplication, QLocale, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from clinic_desk.database.engine import Database
from clinic_desk.domain.records import Clinic
from clinic_desk.domain.wall import day_bounds, to_wall
from clinic_desk.errors import ClinicDeskError, Unavailable
from clinic_desk.ui.booking.fields import ChoiceBox, field_label, plain_label
from clinic_desk.ui.booking.words import day_text, one_line, time_text, type_text
from clinic_desk.ui.tasks import Tasks

if TYPE_CHECKING:
    from clinic_desk.services import slots

translate = QCoreApplication.translate
DAYS = 10
REFRESH_MS = 400
FIRST_MS = 300
"""So long the calendar has the computer to itself when the panel is shown with it."""
RETRY_MS = 3_000
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class NextFreePanel(QWidget):
    """Searches by itself when something is chosen, and when told that bookings changed (`refresh`)."""

    chosen = Signal(object, object)
    """FreeSlot, type id (UUID): to be booked."""

    def __init__(
        self,
        database: Database,
        tasks: Tasks,
        clinic: Clinic,
        parent: QWidget | None = None,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        super().__init__(parent)
        self.setObjectName("next_free_panel")
        self.clinic = clinic
        self._database = database
        self._tasks = tasks
        self._clock = clock
        self._found: tuple[slots.FreeSlot, ...] = ()
        self._stale = True
        self.practitioner = ChoiceBox("next_free_with")
        self.type = ChoiceBox("next_free_type")
        self.site = ChoiceBox("next_free_site")
        """Shown in a clinic of several sites only."""
        self._site_label = field_label(translate("next_free", "Site"), self.site)
        self.start = ChoiceBox("next_free_from")
        self.part = ChoiceBox("next_free_part")
        self.weekdays = [_weekday_button(number) for number in range(1, 8)]
        self.list = QListWidget()
        self.told = plain_label("", "muted", wrap=True)
        self._soon = QTimer(self, singleShot=True, interval=REFRESH_MS)
        self._soon.timeout.connect(self.search)
        self._build()
        self.set_clinic(clinic)

    def _build(self) -> None:
        self.list.setObjectName("next_free_list")
        self.list.setAccessibleName(translate("next_free", "First free time of each day"))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setMinimumHeight(80)
        self.start.fill(_starts(), 0)
        self.part.fill(_parts(), "any")
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(5)
        grid.setColumnStretch(1, 1)
        rows = (
            (field_label(translate("next_free", "With"), self.practitioner), self.practitioner),
            (field_label(translate("next_free", "Visit"), self.type), self.type),
            (self._site_label, self.site),
            (field_label(translate("next_free", "From"), self.start), self.start),
            (field_label(translate("next_free", "Time"), self.part), self.part),
        )
        self.type.activated.connect(lambda _index: self._fill_people())
        self.site.activated.connect(lambda _index: self._fill_people())
        for row, (label, box) in enumerate(rows):
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            box.setMinimumContentsLength(4)
            grid.addWidget(label, row, 0)
            grid.addWidget(box, row, 1)
            box.activated.connect(lambda _index: self.search())
        days = QHBoxLayout()
        days.setSpacing(2)
        for each in self.weekdays:
            days.addWidget(each, 1)
            each.toggled.connect(lambda _on: self.search())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(plain_label(translate("next_free", "Next free").upper(), "section"))
        column.addLayout(grid)
        column.addLayout(days)
        column.addWidget(self.told)
        column.addWidget(self.list, 1)
        self.list.itemActivated.connect(self._activated)

    # --- from outside ---

    def set_clinic(self, clinic: Clinic) -> None:
        """Take over a changed set-up; what is chosen stays if it is still there."""
        self.clinic = clinic
        kinds = [kind for kind in clinic.types if kind.active and kind.practitioner_ids]
        kept = self.type.value if self.type.value in {kind.id for kind in kinds} else None
        self.type.fill(((type_text(kind), kind.id) for kind in kinds), kept or (kinds[0].id if kinds else None))
        self._fill_sites()
        self._fill_people()
        self.refresh()

    def refresh(self) -> None:
        """Bookings changed: search again soon, if anybody can see it, else when it is shown."""
        self._stale = True
        if self.isVisible():
            self._soon.start()

    def search(self) -> None:
        """Search now."""
        type_id = self.type.value
        if type_id is None:
            self._tell(translate("next_free", "There is no visit that can be booked."))
            return
        from clinic_desk.services import slots

        self._stale = False
        database, clinic = self._database, self.clinic
        query = self._query(type_id)
        self._tasks.query(
            self,
            lambda: slots.next_free(database, query, clinic),
            self._show,
            self._failed,
            key="next free",
        )

    def _query(self, type_id: UUID) -> slots.SlotQuery:
        from clinic_desk.services.slots import SlotQuery

        chosen = frozenset(number for number, each in enumerate(self.weekdays, start=1) if each.isChecked())
        return SlotQuery(
            type_id=type_id,
            practitioner_ids=None if self.practitioner.value is None else frozenset({self.practitioner.value}),
            site_id=self.site.value,
            from_at=self._from_at(),
            days=DAYS,
            part_of_day=self.part.value,
            weekdays=chosen if chosen and len(chosen) < 7 else None,
            length_minutes=None,
        )

    def _from_at(self) -> datetime:
        now = self._clock()
        days = self.start.value or 0
        if not days or not self.clinic.sites:
            return now
        zone = self.clinic.site(self.site.value or self.clinic.sites[0].id).zone
        return day_bounds(to_wall(now, zone).date() + timedelta(days=days), zone)[0]

    def _fill_sites(self) -> None:
        sites = [(one_line(site.name), site.id) for site in self.clinic.sites if site.active]
        several = len(sites) > 1
        kept = self.site.value if several and self.site.value in {key for _, key in sites} else None
        self.site.fill([(translate("next_free", "Any site"), None), *(sites if several else [])], kept)
        self.site.setVisible(several)
        self._site_label.setVisible(several)

    def _fill_people(self) -> None:
        kind = next((kind for kind in self.clinic.types if kind.id == self.type.value), None)
        site_id = self.site.value
        there = {row.practitioner_id for row in self.clinic.working_hours if row.site_id == site_id}
        people = [
            (one_line(one.name), one.id)
            for one in self.clinic.practitioners
            if kind is not None
            and one.active
            and one.id in kind.practitioner_ids
            and (site_id is None or one.id in there)
        ]
        kept = self.practitioner.value if self.practitioner.value in {key for _, key in people} else None
        self.practitioner.fill([(translate("next_free", "Any who does it"), None), *people], kept)

    # --- what was found ---

    def _show(self, found: tuple[slots.FreeSlot, ...]) -> None:
        kept = self.list.currentRow()
        self._found = found
        self.list.clear()
        for slot in found:
            item = QListWidgetItem(self._text(slot))
            name = one_line(self.clinic.practitioner(slot.practitioner_id).name)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{one_line(item.text())}, {name}")
            self.list.addItem(item)
        if found:
            self.list.setCurrentRow(max(0, min(kept, len(found) - 1)))
            self._tell("")
        else:
            self._tell(translate("next_free", "Nothing is free then. Choose other days, another time or doctor."))

    def _text(self, slot: slots.FreeSlot) -> str:
        wall = to_wall(slot.starts_at, self.clinic.site(slot.site_id).zone)
        name = one_line(self.clinic.practitioner(slot.practitioner_id).name)
        when, who = f"{day_text(wall.date())} · {time_text(wall)}", name.rpartition(" ")[2]
        if self.site.isHidden() or self.site.value is not None:
            return f"{when}   {who}"
        # Two sites can be in two zones: whose clock a time is on must be seen, and needs a line of its own.
        return f"{when}\n{who} · {one_line(self.clinic.site(slot.site_id).name)}"

    def _failed(self, error: ClinicDeskError) -> None:
        self._stale = True
        if isinstance(error, Unavailable):
            self._tell(translate("next_free", "The database cannot be reached just now; it is tried again."))
            self._soon.start(RETRY_MS)
        else:
            self._tell(translate("next_free", "The search did not work. Choose something else."))

    def _tell(self, text: str) -> None:
        self.told.setText(text)
        self.told.setVisible(bool(text))
        self.list.setEnabled(not text or bool(self._found))

    def _activated(self, item: QListWidgetItem) -> None:
        self._choose(self.list.row(item))

    def _choose(self, row: int) -> None:
        if 0 <= row < len(self._found):
            self.chosen.emit(self._found[row], self.type.value)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _ENTER and not event.isAutoRepeat() and not self.list.hasFocus():
            self._choose(max(0, self.list.currentRow()))
            event.accept()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: object) -> None:
        if self._stale:
            self._soon.start(FIRST_MS)


def _weekday_button(number: int) -> QToolButton:
    locale = QLocale()
    made = QToolButton()
    made.setCheckable(True)
    made.setText(locale.dayName(number, QLocale.FormatType.ShortFormat)[:2])
    made.setObjectName(f"next_free_weekday_{number}")
    made.setProperty("kind", "choice")
    name = locale.dayName(number, QLocale.FormatType.LongFormat)
    made.setAccessibleName(name)
    made.setToolTip(translate("next_free", "Only on {day} and the other chosen days").format(day=name))
    made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    made.setStyleSheet("padding: 4px 0;")
    return made


def _starts() -> tuple[tuple[str, int], ...]:
    return (
        (translate("next_free", "now"), 0),
        (translate("next_free", "tomorrow"), 1),
        (translate("next_free", "in a week"), 7),
        (translate("next_free", "in two weeks"), 14),
        (translate("next_free", "in four weeks"), 28),
        (translate("next_free", "in three months"), 91),
    )


def _parts() -> tuple[tuple[str, str], ...]:
    return (
        (translate("next_free", "any time"), "any"),
        (translate("next_free", "in the morning"), "morning"),
        (translate("next_free", "in the afternoon"), "afternoon"),
    )

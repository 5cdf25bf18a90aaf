"""Offers a year's public holidays of a site as closures; nothing is closed that isn't ticked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from PySide6.QtCore import QCoreApplication, QLocale, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.public_holidays import PublicHoliday, public_holidays
from clinic_desk.domain.records import Closure, Site
from clinic_desk.services.setup_overview import Setup
from clinic_desk.ui.booking.fields import ChoiceBox, TickBox, button, field_label, let_wrap, plain_label
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.booking.words import day_text, one_line
from clinic_desk.ui.setup.holiday_words import country_text, subdivision_text

translate = QCoreApplication.translate
_LIST_HEIGHT = 330


def offered_holidays(site: Site, year: int, today: date, language: str) -> tuple[PublicHoliday, ...]:
    """Return the holidays of a site's country and region in a year, from today on."""
    return tuple(each for each in public_holidays(site.country, site.subdivision, year, language) if each.day >= today)


def is_closed(site: Site, day: date, closures: Iterable[Closure]) -> bool:
    """Whether a site is closed on a day already."""
    return any(row.site_id == site.id and row.first_day <= day <= row.last_day for row in closures)


class HolidaySheet(Sheet):
    """Site and year, and below the days to tick. Esc closes nothing."""

    chosen = Signal(object)
    """The closures to add, as a tuple of `Closure` of version 0."""

    def __init__(self, parent: QWidget, setup: Setup) -> None:
        super().__init__(parent, width=560)
        self.setObjectName("holiday_sheet")
        self._setup = setup
        self._sites = [site for site in setup.clinic.sites if site.active and site.country]
        self._found: tuple[PublicHoliday, ...] = ()
        self.boxes: list[TickBox] = []
        self.site = ChoiceBox("holiday_site")
        self.year = ChoiceBox("holiday_year")
        self.told = plain_label("", "muted")
        self.days = QWidget()
        self.close_on = button(translate("setup", "Close on these days"), "holiday_close", self._close_on, "primary")
        self.back = button(translate("setup", "Back"), "holiday_back", self.reject)
        self._lay_out()
        self.site.fill([(one_line(site.name), site.id) for site in self._sites], self._first_site())
        year = setup.today.year
        self.year.fill([(str(each), each) for each in (year, year + 1, year + 2)], year)
        self.site.currentIndexChanged.connect(self._show_days)
        self.year.currentIndexChanged.connect(self._show_days)
        self._show_days()

    def _first_site(self) -> object:
        return self._sites[0].id if self._sites else None

    def _lay_out(self) -> None:
        title = translate("setup", "Public holidays")
        self.setAccessibleName(title)
        let_wrap(self.told)
        line = QHBoxLayout()
        line.addWidget(field_label(translate("setup", "Site"), self.site))
        line.addWidget(self.site, 1)
        line.addWidget(field_label(translate("setup", "Year"), self.year))
        line.addWidget(self.year)
        self._list = QVBoxLayout(self.days)
        self._list.setContentsMargins(2, 2, 8, 2)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFixedHeight(_LIST_HEIGHT)
        self.area.setWidget(self.days)
        self.area.viewport().setAutoFillBackground(False)
        self.days.setAutoFillBackground(False)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.back)
        buttons.addWidget(self.close_on)
        self.body.addWidget(plain_label(title, "title"))
        self.body.addLayout(line)
        self.body.addWidget(self.told)
        self.body.addWidget(self.area)
        self.body.addLayout(buttons)

    def _show_days(self, *_: object) -> None:
        """Offer the days of the chosen site and year; those on which it is closed already are ticked for good."""
        for box in self.boxes:
            self._list.removeWidget(box)
            box.hide()
            box.deleteLater()
        self.boxes = []
        site = next((each for each in self._sites if each.id == self.site.value), None)
        today, language = self._setup.today, QLocale().name().partition("_")[0]
        self._found = () if site is None else offered_holidays(site, self.year.value, today, language)
        for each in self._found:
            assert site is not None
            self._add(each, closed=is_closed(site, each.day, self._setup.clinic.closures))
        self._keep_order()
        self._tell(site)
        self._renew()

    def _add(self, holiday: PublicHoliday, *, closed: bool) -> None:
        text = f"{day_text(holiday.day)} · {one_line(holiday.name)}"
        if closed:
            text = translate("setup", "{day} (closed already)").format(day=text)
        box = TickBox(self.days)
        box.setObjectName(f"holiday_{holiday.day.isoformat()}")
        box.setText(text.replace("&", "&&"))
        box.setAccessibleName(text)
        box.setChecked(True)
        box.setEnabled(not closed)
        box.toggled.connect(self._renew)
        self.boxes.append(box)
        self._list.addWidget(box)
        box.show()

    def _keep_order(self) -> None:
        before: QWidget = self.year
        for box in (*self.boxes, self.back, self.close_on):
            QWidget.setTabOrder(before, box)
            before = box

    def _tell(self, site: Site | None) -> None:
        if site is None:
            self.told.setText(
                translate("setup", "No site says whose holidays it keeps. Choose its country under Sites.")
            )
            return
        names = [country_text(site.country)]
        if site.subdivision:
            names.append(subdivision_text(site.country, site.subdivision))
        text = translate("setup", "Public holidays of {country}. Take the tick from days on which the site is open.")
        if not self._found:
            text = translate("setup", "No public holiday of {country} is known in what is left of this year.")
        self.told.setText(text.format(country=", ".join(names)))

    def _wanted(self) -> list[PublicHoliday]:
        pairs = zip(self._found, self.boxes, strict=True)
        return [each for each, box in pairs if box.isChecked() and box.isEnabled()]

    def _renew(self, *_: object) -> None:
        self.close_on.setEnabled(bool(self._wanted()))

    def first_focus(self) -> QWidget | None:
        return self.site if len(self._sites) > 1 else self.year

    def _close_on(self) -> None:
        site_id = self.site.value
        closures = tuple(
            Closure(new_id(), site_id, each.day, each.day, each.name, version=0) for each in self._wanted()
        )
        self.done(self.DialogCode.Accepted)
        self.chosen.emit(closures)

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802
        """Tab scrolls to where it leads."""
        moved = super().focusNextPrevChild(forward)
        focused = QApplication.focusWidget()
        if focused is not None and self.area.isAncestorOf(focused):
            self.area.ensureWidgetVisible(focused)
        return moved

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button that has the keyboard, elsewhere the one that closes on these days."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            focused = self.focusWidget()
            (focused if isinstance(focused, QPushButton) else self.close_on).click()
            event.accept()
            return
        super().keyPressEvent(event)

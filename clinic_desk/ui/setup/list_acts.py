"""What is done to a list at once, after a question, and not with Save: a record removed, public holidays added."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtWidgets import QWidget

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.people import Person, ResetPassword
from clinic_desk.domain.records import Closure
from clinic_desk.domain.setup import SaveClosures
from clinic_desk.services.people import reset_password
from clinic_desk.services.setup.absences import save_closures
from clinic_desk.ui.booking.ask import AskSheet
from clinic_desk.ui.booking.words import one_line
from clinic_desk.ui.setup.areas.closures import CLOSURES
from clinic_desk.ui.setup.areas.people import PEOPLE
from clinic_desk.ui.setup.areas.reminders import REMINDERS
from clinic_desk.ui.setup.holiday_sheet import HolidaySheet
from clinic_desk.ui.setup.section import ListSection, line_text
from clinic_desk.ui.setup.words import saved_text

if TYPE_CHECKING:
    from clinic_desk.ui.setup.opener import ClinicSetup

translate = QCoreApplication.translate


class ListActs(QObject):
    """Asks, and hands what is to be done to the set-up that it belongs to."""

    def __init__(self, opener: ClinicSetup, window: QWidget) -> None:
        super().__init__(opener)
        self._opener = opener
        self._window = window

    def ask_removal(self, section: ListSection, record: Any) -> None:
        """Remove a record if that is meant."""
        if self._opener.is_busy:
            return
        name = line_text(section.area.line(record, self._opener.setup))
        sheet = AskSheet(
            translate("setup", "Remove this?"),
            translate("setup", "{name}: it is removed at every desk.").format(name=name),
            translate("setup", "Remove ⏎"),
            self._window,
        )
        sheet.answered.connect(partial(self._remove, section, record))
        sheet.open()

    def _remove(self, section: ListSection, record: Any, yes: bool) -> None:
        removing = section.area.removing
        if yes and removing is not None and not self._opener.is_busy:
            section.take_back()
            operation_id = new_id()
            did = (operation_id, section.area.name, getattr(record, "name", ""), True)
            self._opener.do_at_once(removing(record, operation_id), translate("setup", "✓ Removed."), did)

    def do_extra(self, area: str) -> None:
        """Do what an area offers beside its records: public holidays to close on, all settings of messages, a code."""
        if self._opener.is_busy:
            return
        if area == PEOPLE and self._opener.page is not None:
            self._ask_reset(self._opener.page.current.record)
        if area == REMINDERS and self._opener.open_messages is not None:
            self._opener.open_messages()
        elif area == CLOSURES:
            sheet = HolidaySheet(self._window, self._opener.setup)
            sheet.chosen.connect(self._close_on)
            sheet.open()

    def _ask_reset(self, person: Person | None) -> None:
        """Put a one-time code in the place of somebody's password if that is meant."""
        if person is None or person.version == 0:
            return
        sheet = AskSheet(
            translate("people", "Reset the password of {name}?").format(name=one_line(person.display_name)),
            translate(
                "people", "Her password ends now, and what she has open. You get a code for her to choose another."
            ),
            translate("people", "Reset ⏎"),
            self._window,
        )
        sheet.answered.connect(partial(self._reset, person))
        sheet.open()

    def _reset(self, person: Person, yes: bool) -> None:
        if yes and not self._opener.is_busy:
            command = ResetPassword(person.login)
            told = translate("people", "✓ The password of {name} is reset.").format(name=one_line(person.display_name))
            self._opener.do_at_once(lambda db: reset_password(db, command), told)

    def _close_on(self, closures: tuple[Closure, ...]) -> None:
        command, page = SaveClosures(closures), self._opener.page
        if self._opener.look_at_closures is None or page is None:
            self.close_on(command)
            return
        page.set_busy(busy=True)
        page.say(translate("setup", "Looking who is booked then…"), "muted")
        self._opener.look_at_closures(command)

    def close_on(self, command: SaveClosures) -> None:
        """Save public holidays without a question."""
        did = (command.operation_id, CLOSURES, "", False)
        self._opener.do_at_once(lambda db: save_closures(db, command), saved_text(), did)

"""When messages go: the waiting moment, the quiet hours, how long they are kept, and the reminders' rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic_desk.domain.messaging import Messaging
from clinic_desk.errors import InvalidInput
from clinic_desk.ui.booking.fields import NumberBox, TickBox, let_wrap, plain_label
from clinic_desk.ui.booking.words import minute_text
from clinic_desk.ui.messages.settings.rows import FieldRows, choice, show_value
from clinic_desk.ui.messages.settings.rule_rows import RuleRows
from clinic_desk.ui.messages.settings.words import field_names, wait_text

translate = QCoreApplication.translate
_WAITS: Final = (0, 10, 20, 30, 60, 120, 300, 600, 900)
_HALF_HOURS: Final = tuple(range(0, 1441, 30))


class WhenSection(QWidget):
    """The settings of time, and below them the rules."""

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = Messaging()
        self.rows = FieldRows()
        self.quiet = TickBox()
        self.quiet.setObjectName("is_quiet")
        self.quiet.setText(translate("settings", "No reminders in the quiet hours"))
        self.rules = RuleRows()
        self._make_rows()
        self._lay_out()
        self.rows.edited.connect(self._edited)
        self.rules.edited.connect(self.edited)

    def _make_rows(self) -> None:
        rows, names = self.rows, field_names()
        rows.add(
            "wait_s",
            names["wait_s"],
            choice("wait_s", ()),
            translate("settings", "Until then undo, or another change, takes a message back unseen."),
        )
        rows.add("is_quiet", translate("settings", "Quiet hours"), self.quiet)
        rows.add("quiet_from_minute", names["quiet_from_minute"], choice("quiet_from_minute", ()))
        rows.add(
            "quiet_until_minute",
            names["quiet_until_minute"],
            choice("quiet_until_minute", ()),
            translate("settings", "By the clock of the site. What was just booked or changed is told at once."),
        )
        rows.add(
            "offer_minutes",
            names["offer_minutes"],
            NumberBox("offer_minutes", 5, 1440, translate("settings", " minutes")),
            translate("settings", "For a patient who waits and is offered a free time; then the next one is asked."),
        )
        days = translate("settings", " days")
        rows.add("retention_days", names["retention_days"], NumberBox("retention_days", 1, 3650, days))

    def _lay_out(self) -> None:
        about = plain_label(
            translate("settings", "Rules for one kind of visit take the place of those for any visit."), "muted"
        )
        let_wrap(about)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 12, 0)
        column.setSpacing(8)
        column.addWidget(self.rows)
        column.addSpacing(8)
        column.addWidget(plain_label(translate("settings", "Reminders"), "section"))
        column.addWidget(about)
        column.addWidget(self.rules)
        column.addStretch(1)

    # --- showing and reading ---

    def show_settings(self, settings: Messaging) -> None:
        """Fill the fields; a value that is none of those offered is offered too."""
        self._settings = settings
        self._fill("wait_s", _WAITS, settings.wait_s)
        quiet = settings.quiet_from_minute != settings.quiet_until_minute
        start, end = (settings.quiet_from_minute, settings.quiet_until_minute) if quiet else (1200, 540)
        self._fill("quiet_from_minute", _HALF_HOURS, start)
        self._fill("quiet_until_minute", _HALF_HOURS, end)
        show_value(self.quiet, quiet)
        show_value(self.rows.fields["offer_minutes"], settings.offer_minutes)
        show_value(self.rows.fields["retention_days"], settings.retention_days)
        self._show_rows()

    def _fill(self, name: str, offered: Iterable[int], value: int) -> None:
        words = wait_text if name == "wait_s" else minute_text
        box = self.rows.fields[name]
        box.fill(((words(each), each) for each in sorted({*offered, value})), value)  # type: ignore[union-attr]

    def settings_over(self, settings: Messaging) -> Messaging:
        """Return settings with this section's fields as they stand."""
        values = self.rows.values()
        start, end = values["quiet_from_minute"], values["quiet_until_minute"]
        if not values["is_quiet"]:
            was_never = self._settings.quiet_from_minute == self._settings.quiet_until_minute
            start = end = self._settings.quiet_from_minute if was_never else 0
        return replace(
            settings,
            wait_s=values["wait_s"],
            quiet_from_minute=start,
            quiet_until_minute=end,
            retention_days=values["retention_days"],
            offer_minutes=values["offer_minutes"],
        )

    def set_writable(self, *, writable: bool) -> None:
        """Let everything be written, or only read."""
        self.rows.set_writable(writable=writable)
        self.rules.set_writable(writable=writable)

    def tell(self, problem: InvalidInput) -> bool:
        """Say what is wrong at its field; False if it is none of this section's."""
        return self.rows.tell(problem)

    def _edited(self, _name: str) -> None:
        self._show_rows()
        self.edited.emit()

    def _show_rows(self) -> None:
        quiet = ("quiet_from_minute", "quiet_until_minute") if self.quiet.isChecked() else ()
        self.rows.show_only(("wait_s", "is_quiet", *quiet, "offer_minutes", "retention_days"))

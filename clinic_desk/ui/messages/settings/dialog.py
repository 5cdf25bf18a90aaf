"""The settings of messages over the window: a page for each channel, for when, and for the texts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication, QWidget

from clinic_desk.domain.messaging import MessageText, Messaging, ReminderRule
from clinic_desk.domain.records import Channel, Clinic
from clinic_desk.errors import InvalidInput
from clinic_desk.notifications.credentials import Credentials
from clinic_desk.notifications.templates import TextKey
from clinic_desk.services.messaging import MessagingSetup, checked_rule, checked_settings, checked_text
from clinic_desk.ui.messages.settings.channel_section import ChannelSection
from clinic_desk.ui.messages.settings.clinic_key import ClinicKeySection, KeyActs
from clinic_desk.ui.messages.settings.draft import Draft
from clinic_desk.ui.messages.settings.secret_box import laid_over
from clinic_desk.ui.messages.settings.texts_section import TextsSection
from clinic_desk.ui.messages.settings.when_section import WhenSection
from clinic_desk.ui.messages.settings.words import invalid_text
from clinic_desk.ui.pages_sheet import PagesSheet, scroll_to, scrolled

translate = QCoreApplication.translate
_SIZE = (1120, 690)
_LIST_WIDTH = 132


class SettingsDialog(PagesSheet):
    """Shows a draft and reads it; saves nothing itself. `may_write`: a manager; others only look."""

    def __init__(
        self,
        parent: QWidget,
        clinic: Clinic,
        folder: Callable[[], Path | None],
        known_for: Callable[[Messaging], Credentials],
        key: KeyActs,
        *,
        may_write: bool,
    ) -> None:
        super().__init__(parent, "settings", translate("settings", "Settings of messages"), _SIZE, may_write=may_write)
        self.setObjectName("message_settings_dialog")
        self._clinic = clinic
        self.draft: Draft | None = None
        self.email = ChannelSection(Channel.EMAIL, folder, known_for)
        self.sms = ChannelSection(Channel.SMS, folder, known_for)
        self.when = WhenSection()
        self.texts = TextsSection(folder, self._typed, known_for)
        self.key = ClinicKeySection(key)
        self._of_settings: tuple[ChannelSection | WhenSection, ...] = (self.email, self.sms, self.when)
        self._add_pages()
        self._wire()
        self._set_writable()
        self.say(translate("settings", "Reading the settings…"), "muted")

    def _add_pages(self) -> None:
        self.areas.setFixedWidth(_LIST_WIDTH)
        for name, section in (
            (translate("settings", "E-mail"), self.email),
            (translate("settings", "SMS"), self.sms),
            (translate("settings", "When"), self.when),
            (translate("settings", "Texts"), self.texts),
            (translate("settings", "Clinic key"), self.key),
        ):
            section.setAccessibleName(name)
            self.add_page(name, partial(scrolled, section))
        for row in range(self.areas.count()):
            self.page(row)  # what is typed in one shows in the others
        self.areas.setCurrentRow(0)

    def _wire(self) -> None:
        for section in self._of_settings:
            section.edited.connect(self._edited)
        self.texts.edited.connect(self.show_state)
        for channel in (self.email, self.sms):
            channel.secret.changed.connect(self.show_state)

    def _set_writable(self) -> None:
        for section in (self.email, self.sms, self.when, self.texts):
            section.set_writable(writable=self._may_write)

    # --- showing ---

    def show_draft(self, draft: Draft, setup: MessagingSetup) -> None:
        """Show what is wanted, in every section."""
        self.draft = draft
        self.pages.setEnabled(True)
        for section in self._of_settings:
            section.show_settings(draft.settings)
        self.email.show_state(setup.channels[Channel.EMAIL])
        self.sms.show_state(setup.channels[Channel.SMS])
        self.when.rules.show_rules(draft.rules.values(), self._clinic)
        self.texts.show_draft(draft, setup)
        self._set_writable()
        self.show_state()

    def show_known(self, known: Credentials) -> None:
        """Say where passwords come from on this PC."""
        self.email.show_known(known)
        self.sms.show_known(known)

    @property
    def is_changed(self) -> bool:
        """Whether something is not saved, or a typed password not kept."""
        return (self.draft is not None and self.draft.is_changed) or self.is_secret_typed

    @property
    def is_secret_typed(self) -> bool:
        """Whether a password was typed that is not kept."""
        return self.email.secret.is_typed or self.sms.secret.is_typed

    def _typed(self) -> Credentials:
        return laid_over(self.sms.secret.typed(), self.email.secret.typed())

    def _edited(self) -> None:
        """Take over what stands in the fields."""
        if self.draft is None:
            return
        settings = self.draft.settings
        for section in self._of_settings:
            settings = section.settings_over(settings)
        self.draft.settings = settings
        self.draft.rules = self.when.rules.rules()
        self.show_state()

    def show_state(self) -> None:
        super().show_state()
        changed = self.is_changed
        self.save.setEnabled(changed and not self._busy)
        not_saved = translate("settings", "Not saved yet.")
        if changed and not self._busy:
            self.say(not_saved, "warning")
        elif self.told.text() == not_saved:
            self.say("", "muted")

    # --- checking ---

    def find_fault(self) -> bool:
        """Say what cannot be saved at its field, in its section; False if there is nothing."""
        assert self.draft is not None
        for step in self.draft.steps():
            if step.mine is None:
                continue
            try:
                if isinstance(step.mine, ReminderRule):
                    checked_rule(step.mine)
                elif isinstance(step.mine, MessageText):
                    checked_text(step.mine)
                else:
                    checked_settings(step.mine)
            except InvalidInput as problem:
                self.tell(step.mine, problem)
                return True
        return False

    def tell(self, record: object, problem: InvalidInput) -> None:
        """Say what is wrong with a record at its field, which gets the keyboard."""
        self.say(translate("settings", "Not saved: {why}").format(why=invalid_text(problem)))
        if isinstance(record, ReminderRule):
            self.areas.setCurrentRow(2)
            self.when.rules.tell(record.id, problem)
        elif isinstance(record, MessageText):
            self.areas.setCurrentRow(3)
            self.texts.tell(TextKey(record.kind, record.channel, record.language), problem)
        else:
            for row, section in enumerate(self._of_settings):
                if problem.field in section.rows.fields:
                    self.areas.setCurrentRow(row)
                    section.tell(problem)
        scroll_to(QApplication.focusWidget())

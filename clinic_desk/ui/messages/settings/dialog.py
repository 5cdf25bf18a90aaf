"""The settings over the window: sections at the left, one of them beside, and below what is saved and what is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QListWidget,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QWidget,
)

from clinic_desk.domain.messaging import MessageText, ReminderRule
from clinic_desk.domain.records import Channel, Clinic
from clinic_desk.errors import InvalidInput
from clinic_desk.notifications.credentials import Credentials
from clinic_desk.notifications.templates import TextKey
from clinic_desk.services.messaging import MessagingSetup, checked_rule, checked_settings, checked_text
from clinic_desk.ui.booking.card import SHADOW
from clinic_desk.ui.booking.fields import button, let_wrap, plain_label, restyle
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.messages.settings.channel_section import ChannelSection
from clinic_desk.ui.messages.settings.draft import Draft
from clinic_desk.ui.messages.settings.rows import list_item, show_focus
from clinic_desk.ui.messages.settings.secret_box import laid_over
from clinic_desk.ui.messages.settings.texts_section import TextsSection
from clinic_desk.ui.messages.settings.when_section import WhenSection
from clinic_desk.ui.messages.settings.words import invalid_text

translate = QCoreApplication.translate
_SIZE = (1120, 690)


class SettingsDialog(Sheet):
    """Shows a draft and reads it; saves nothing itself. `may_write`: a manager; others only look."""

    save_wanted = Signal()
    leave_wanted = Signal()

    def __init__(self, parent: QWidget, clinic: Clinic, folder: Callable[[], Path | None], *, may_write: bool) -> None:
        super().__init__(parent, width=_SIZE[0])
        self.setObjectName("message_settings_dialog")
        self.setAccessibleName(translate("settings", "Settings of messages"))
        self._clinic = clinic
        self._may_write = may_write
        self._busy = False
        self.draft: Draft | None = None
        self.email = ChannelSection(Channel.EMAIL, folder)
        self.sms = ChannelSection(Channel.SMS, folder)
        self.when = WhenSection()
        self.texts = TextsSection(folder, self._typed)
        self._of_settings: tuple[ChannelSection | WhenSection, ...] = (self.email, self.sms, self.when)
        self.sections = QListWidget()
        self.pages = QStackedWidget()
        self.told = plain_label("", "muted")
        self.told.setObjectName("settings_told")
        let_wrap(self.told)
        self.close_button = button(translate("settings", "&Close"), "settings_close", self.leave_wanted.emit)
        self.save = button(translate("settings", "&Save"), "settings_save", self.save_wanted.emit, "primary")
        self._lay_out()
        self._wire()
        self.pages.setEnabled(False)
        self._set_writable()
        self.say(translate("settings", "Reading the settings…"), "muted")

    def _lay_out(self) -> None:
        self.sections.setObjectName("settings_sections")
        self.sections.setAccessibleName(translate("settings", "Sections"))
        self.sections.setFixedWidth(132)
        show_focus(self.sections)
        for name, section in (
            (translate("settings", "E-mail"), self.email),
            (translate("settings", "SMS"), self.sms),
            (translate("settings", "When"), self.when),
            (translate("settings", "Texts"), self.texts),
        ):
            self.sections.addItem(list_item(name))
            section.setAccessibleName(name)
            self.pages.addWidget(_scrolled(section))
        self.sections.setCurrentRow(0)
        middle = QHBoxLayout()
        middle.setSpacing(18)
        middle.addWidget(self.sections)
        middle.addWidget(self.pages, 1)
        below = QHBoxLayout()
        below.setSpacing(8)
        below.addWidget(self.told, 1)
        below.addWidget(self.close_button)
        below.addWidget(self.save)
        self.who = plain_label(
            translate("settings", "You can look at everything here. Only a practice manager can change it."), "warning"
        )
        self.who.setObjectName("settings_who")
        self.who.setProperty("boxed", "true")
        self.body.addWidget(plain_label(translate("settings", "Settings of messages"), "title"))
        self.body.addWidget(self.who)
        self.body.addLayout(middle, 1)
        self.body.addLayout(below)

    def _wire(self) -> None:
        self.sections.currentRowChanged.connect(self.pages.setCurrentIndex)
        for section in self._of_settings:
            section.edited.connect(self._edited)
        self.texts.edited.connect(self._show_state)
        for channel in (self.email, self.sms):
            channel.secret.changed.connect(self._show_state)
        for row in range(self.sections.count()):
            keys = QShortcut(QKeySequence(f"Alt+{row + 1}"), self)
            keys.activated.connect(lambda row=row: self._turn_to(row))
            self.sections.item(row).setToolTip(keys.key().toString(QKeySequence.SequenceFormat.NativeText))

    def _turn_to(self, row: int) -> None:
        self.sections.setCurrentRow(row)
        self.sections.setFocus()

    def _set_writable(self) -> None:
        self.who.setVisible(not self._may_write)
        self.save.setVisible(self._may_write)
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
        self._show_state()

    def show_known(self, known: Credentials) -> None:
        """Say where passwords come from on this PC."""
        self.email.show_known(known)
        self.sms.show_known(known)

    def say(self, text: str, role: str = "danger") -> None:
        """Say what became of saving."""
        self.told.setText(text)
        restyle(self.told, "role", role)

    def set_busy(self, *, busy: bool) -> None:
        """Keep everything as it is while it is saved."""
        self._busy = busy
        if busy and any(self.pages.isAncestorOf(each) for each in (QApplication.focusWidget(),) if each is not None):
            self.sections.setFocus()
        self.pages.setEnabled(not busy)
        self._show_state()

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
        self._show_state()

    def _show_state(self) -> None:
        changed = self.is_changed
        self.save.setEnabled(changed and not self._busy)
        self.close_button.setEnabled(not self._busy)
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
            self.sections.setCurrentRow(2)
            self.when.rules.tell(record.id, problem)
        elif isinstance(record, MessageText):
            self.sections.setCurrentRow(3)
            self.texts.tell(TextKey(record.kind, record.channel, record.language), problem)
        else:
            for row, section in enumerate(self._of_settings):
                if problem.field in section.rows.fields:
                    self.sections.setCurrentRow(row)
                    section.tell(problem)
        self._scroll_to(QApplication.focusWidget())

    # --- the sheet ---

    def first_focus(self) -> QWidget | None:
        return self.sections

    def reject(self) -> None:
        """Esc leaves, after a question if something is not saved."""
        if not self._busy:
            self.leave_wanted.emit()

    def arrange(self) -> None:
        """Take a fixed size, or what room there is: nothing jumps when another section is shown."""
        room = self.rect().adjusted(SHADOW, SHADOW, -SHADOW, -SHADOW)
        width, height = min(_SIZE[0], room.width()), min(_SIZE[1], room.height())
        top = room.top() + (room.height() - height) * 2 // 5
        self.card.setGeometry(QRect(room.center().x() - width // 2, top, width, height))
        self.update()

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802
        """Tab scrolls to where it leads."""
        moved = super().focusNextPrevChild(forward)
        self._scroll_to(QApplication.focusWidget())
        return moved

    def _scroll_to(self, field: QWidget | None) -> None:
        area = self.pages.currentWidget()
        if field is not None and isinstance(area, QScrollArea) and area.isAncestorOf(field):
            area.ensureWidgetVisible(field)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button that has the keyboard, and no other; Ctrl+S saves."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            focused = self.focusWidget()
            if isinstance(focused, QPushButton) and not event.isAutoRepeat():
                focused.click()
            event.accept()
            return
        if event.matches(QKeySequence.StandardKey.Save):
            self.save.click()
            return
        super().keyPressEvent(event)


def _scrolled(section: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(section)
    area.viewport().setAutoFillBackground(False)
    section.setAutoFillBackground(False)
    return area

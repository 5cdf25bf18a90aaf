"""The texts of the messages: which there are, an editor for the clinic's own words, a preview, and a test message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QVBoxLayout, QWidget

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.messaging import ONLY_EMAIL, Kind, Messaging, Outcome
from clinic_desk.domain.records import Channel, Patient
from clinic_desk.errors import InvalidInput
from clinic_desk.notifications import trial
from clinic_desk.notifications.credentials import Credentials
from clinic_desk.notifications.templates import TextKey
from clinic_desk.notifications.texts import LANGUAGES
from clinic_desk.services import patients
from clinic_desk.services.messaging import MessagingSetup, preview_text
from clinic_desk.ui.booking.fields import field_label
from clinic_desk.ui.booking.patient_choices import LANGUAGES as LANGUAGE_NAMES
from clinic_desk.ui.booking.patient_choices import region_of
from clinic_desk.ui.messages.settings.draft import Draft
from clinic_desk.ui.messages.settings.rows import choice, list_item, show_focus
from clinic_desk.ui.messages.settings.secret_box import laid_over
from clinic_desk.ui.messages.settings.text_editor import TextEditor
from clinic_desk.ui.messages.settings.trial_words import sent_text
from clinic_desk.ui.messages.settings.words import kind_title

translate = QCoreApplication.translate
_KEYS = tuple(
    (kind, channel)
    for channel in (Channel.EMAIL, Channel.SMS)
    for kind in Kind
    if channel is Channel.EMAIL or kind not in ONLY_EMAIL
)


class TextsSection(QWidget):
    """Writes what is typed into the draft at once."""

    edited = Signal()

    def __init__(
        self,
        folder: Callable[[], Path | None],
        typed: Callable[[], Credentials],
        known_for: Callable[[Messaging], Credentials],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._known_for = known_for
        self._folder = folder
        self._typed = typed
        self._draft: Draft | None = None
        self._setup: MessagingSetup | None = None
        names = dict(LANGUAGE_NAMES)
        self.language = choice("text_language", ((names[code], code) for code in LANGUAGES))
        self.language.choose("en")
        self.list = QListWidget()
        self.list.setObjectName("text_list")
        self.list.setAccessibleName(translate("settings", "Texts"))
        show_focus(self.list)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.editor = TextEditor(self._send)
        self._lay_out()
        for _key in _KEYS:
            self.list.addItem(list_item())
        self.list.setCurrentRow(0)
        self.list.currentRowChanged.connect(lambda _row: self._show_chosen())
        self.language.currentIndexChanged.connect(lambda _row: self._show_all())
        self.editor.edited.connect(self._edited)
        self.editor.default_wanted.connect(self._use_default)

    def _lay_out(self) -> None:
        label = field_label(translate("settings", "&Language"), self.language)
        left = QVBoxLayout()
        left.setSpacing(4)
        left.addWidget(label)
        left.addWidget(self.language)
        left.addSpacing(6)
        left.addWidget(self.list, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 12, 0)
        row.setSpacing(16)
        self.list.setFixedWidth(196)
        self.language.setFixedWidth(196)
        row.addLayout(left)
        row.addWidget(self.editor, 1)

    # --- showing ---

    @property
    def key(self) -> TextKey:
        """Return which text is in the editor."""
        kind, channel = _KEYS[max(0, self.list.currentRow())]
        return TextKey(kind, channel, self.language.value)

    def show_draft(self, draft: Draft, setup: MessagingSetup) -> None:
        """Show the texts as they are wanted."""
        self._draft, self._setup = draft, setup
        self._show_all()

    def choose(self, key: TextKey) -> None:
        """Put a text into the editor."""
        self.language.choose(key.language)
        self.list.setCurrentRow(next(row for row, each in enumerate(_KEYS) if each == (key.kind, key.channel)))
        self._show_all()

    def set_writable(self, *, writable: bool) -> None:
        """Let the texts be written, or only read."""
        self.editor.set_writable(writable=writable)

    def tell(self, key: TextKey, problem: InvalidInput) -> None:
        """Put a text into the editor and say what is wrong with it."""
        self.choose(key)
        self.editor.tell(problem)

    def _show_all(self) -> None:
        self._name_texts()
        self._show_chosen()

    def _name_texts(self) -> None:
        if self._draft is None:
            return
        for row, (kind, channel) in enumerate(_KEYS):
            key = TextKey(kind, channel, self.language.value)
            by = translate("settings", "e-mail") if channel is Channel.EMAIL else translate("settings", "SMS")
            told = f"{kind_title(kind)} · {by}"
            mark = ""
            if self._draft.is_changed_text(key):
                mark = translate("settings", "not saved")
            elif key in self._draft.texts:
                mark = translate("settings", "own")
            item = self.list.item(row)
            item.setText(f"{told}  ✎" if mark else told)
            item.setToolTip(f"{told}: {mark}" if mark else told)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{told}: {mark}" if mark else told)

    def _show_chosen(self) -> None:
        if self._draft is None:
            return
        self.editor.show_text(self.key, self._draft.text(self.key))
        self._preview()

    def _preview(self) -> None:
        assert self._draft is not None
        assert self._setup is not None
        setup = replace(self._setup, settings=self._draft.settings)
        own = self.key in self._draft.texts
        text = self._draft.text(self.key) if own else None
        self.editor.show_preview(preview_text(setup, self.key, text), is_own=own)

    # --- writing ---

    def _edited(self) -> None:
        assert self._draft is not None
        self._draft.write_text(self.key, self.editor.text())
        self._name_texts()
        self._preview()
        self.edited.emit()

    def _use_default(self) -> None:
        assert self._draft is not None
        self._draft.texts.pop(self.key, None)
        self._show_all()
        self.edited.emit()

    # --- a test message ---

    def _send(self) -> None:
        """Send what the preview shows to an address that was typed."""
        assert self._draft is not None
        assert self._setup is not None
        editor, settings, typed = self.editor, self._draft.settings, self._typed()
        channel, folder, address = self.key.channel, self._folder(), editor.address.text().strip()
        site = self._setup.site
        near, words = site.phone if site is not None else "", editor.words
        if not address:
            editor.ask_address()
            return

        def work() -> Outcome:
            to = _checked(address, channel, near)
            known = laid_over(self._known_for(settings), typed)
            return trial.send_test(settings, known, channel, to, words.subject, words.body, folder=folder)

        editor.test.run(work, partial(sent_text, address=address, folder=folder))


def _checked(address: str, channel: Channel, near: str) -> str:
    """Return an address as providers take it. Raises InvalidInput. Not for the GUI thread."""
    empty = Patient(id=new_id(), family_name="x", given_name="", birth_date=None)
    if channel is Channel.EMAIL:
        return patients.validate_patient(replace(empty, email=address)).email
    return patients.validate_patient(replace(empty, phone=address), region_of(near)).phone

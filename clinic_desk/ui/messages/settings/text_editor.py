"""One text being written: subject and body, what can be put in, how it will read, how long it is, and a test."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from clinic_desk.domain.records import Channel
from clinic_desk.errors import InvalidInput
from clinic_desk.notifications.templates import Preview, TextKey, Words
from clinic_desk.notifications.texts import PLACEHOLDERS, Text
from clinic_desk.ui.booking.fields import Remark, button, field_label, let_wrap, plain_label, restyle
from clinic_desk.ui.booking.words import breakable
from clinic_desk.ui.messages.settings.rows import line
from clinic_desk.ui.messages.settings.text_size import size_words
from clinic_desk.ui.messages.settings.trial_box import TrialBox
from clinic_desk.ui.messages.settings.words import invalid_text, placeholder_text

translate = QCoreApplication.translate


class BodyEdit(QPlainTextEdit):
    """Tab goes on to the next field, as everywhere in a form."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("text_body")
        self.setTabChangesFocus(True)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 110)

    def sizeHint(self) -> QSize:
        return QSize(300, 170)


class TextEditor(QWidget):
    """Shows one text; keeps nothing and saves nothing."""

    edited = Signal()
    default_wanted = Signal()

    def __init__(self, send: Callable[[], object], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = Words("", "", "")
        self._channel = Channel.EMAIL
        self.subject = line("text_subject", 300)
        self.subject_label = field_label(translate("settings", "S&ubject"), self.subject)
        self.subject_remark = Remark(self.subject)
        self.body = BodyEdit()
        self.body_label = field_label(translate("settings", "Te&xt"), self.body)
        self.body_remark = Remark(self.body)
        self.body_remark.setObjectName("text_problem")
        self.placeholders: dict[str, QPushButton] = {}
        self.default = button(translate("settings", "Back to the &default"), "text_default", self.default_wanted.emit)
        self.preview_subject = plain_label("", wrap=True)
        self.preview_subject.setObjectName("preview_subject")
        self.preview = plain_label("", "quote")
        self.preview.setObjectName("text_preview")
        self.preview.setProperty("boxed", "true")
        self.preview.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        let_wrap(self.preview)
        let_wrap(self.preview_subject)
        self.size_told = plain_label("", "muted")
        self.size_told.setObjectName("text_size")
        let_wrap(self.size_told)
        self.address = line("test_address", 254)
        self.address_label = field_label("", self.address)
        self.test = TrialBox(translate("settings", "Send me a &test"), "send_test", send)
        self._lay_out()
        self.subject.textChanged.connect(lambda _text: self._changed(self.subject_remark))
        self.body.textChanged.connect(lambda: self._changed(self.body_remark))
        self.address.returnPressed.connect(self.test.try_it.click)

    # --- building ---

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(4)
        for part in (self.subject_label, self.subject, self.subject_remark, self.body_label):
            left.addWidget(part)
        left.addWidget(self.body, 1)
        for part in (self.body_remark, self.size_told):
            left.addWidget(part)
        left.addSpacing(4)
        left.addWidget(plain_label(translate("settings", "Put in what differs from visit to visit"), "section"))
        left.addLayout(self._placeholder_rows())
        left.addSpacing(4)
        left.addWidget(self.default, 0, Qt.AlignmentFlag.AlignLeft)
        right = QVBoxLayout()
        right.setSpacing(4)
        right.addWidget(plain_label(translate("settings", "As a patient reads it"), "section"))
        right.addWidget(self.preview_subject)
        right.addWidget(self.preview)
        right.addStretch(1)
        right.addWidget(self.address_label)
        right.addWidget(self.address)
        right.addWidget(self.test)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addLayout(left, 11)
        row.addLayout(right, 10)

    def _placeholder_rows(self) -> QVBoxLayout:
        rows = QVBoxLayout()
        rows.setSpacing(0)
        for number, name in enumerate(PLACEHOLDERS, start=1):
            told = placeholder_text(name)
            put = button(f"${name}", f"put_{name}", partial(self._put, name), "link")
            put.setAccessibleName(translate("settings", "Put in ${name}: {what}").format(name=name, what=told))
            put.setToolTip(translate("settings", "Put it in where the cursor is (Ctrl+{number})").format(number=number))
            put.setFixedWidth(72)
            self.placeholders[name] = put
            row = QHBoxLayout()
            row.setSpacing(8)
            what = plain_label(told, "muted")
            row.addWidget(put)
            row.addWidget(what, 1)
            row.addWidget(plain_label(translate("settings", "Ctrl+{number}").format(number=number), "key"))
            rows.addLayout(row)
        return rows

    # --- showing ---

    def show_text(self, key: TextKey, text: Text) -> None:
        """Show a text to be written; nobody is told of a change."""
        is_mail = key.channel is Channel.EMAIL
        for part in (self.subject_label, self.subject, self.preview_subject):
            part.setVisible(is_mail)
        if key.channel is not self._channel:
            self.address.clear()
            self.test.clear()
        self._channel = key.channel
        told = (
            translate("settings", "E-mail &address for a test")
            if is_mail
            else translate("settings", "Mobile number for a &test")
        )
        self.address_label.setText(told)
        self.address.setAccessibleName(told.replace("&", ""))
        for field in (self.subject, self.body):
            field.blockSignals(True)
        self.subject.setText(text.subject)
        if self.body.toPlainText() != text.body:
            self.body.setPlainText(text.body)
        for field in (self.subject, self.body):
            field.blockSignals(False)
        self.subject_remark.say("")
        self.body_remark.say("")

    def text(self) -> Text:
        """Return what stands in the editor."""
        subject = self.subject.text() if self._channel is Channel.EMAIL else ""
        return Text(subject, self.body.toPlainText())

    def show_preview(self, preview: Preview, *, is_own: bool) -> None:
        """Show how it reads for a visit in a week, and how long it is."""
        self.words = preview.words
        self.preview_subject.setText(breakable(preview.words.subject, 40))
        self.preview.setText(breakable(preview.words.body, 40))
        if preview.segments is None:
            self.size_told.setText("")
        else:
            text, role = size_words(preview.segments)
            self.size_told.setText(text)
            restyle(self.size_told, "role", role)
        self.size_told.setVisible(preview.segments is not None)
        self.default.setEnabled(is_own and not self.body.isReadOnly())

    def set_writable(self, *, writable: bool) -> None:
        """Let it be written, or only read."""
        self.subject.setReadOnly(not writable)
        self.body.setReadOnly(not writable)
        self.address.setEnabled(writable)
        self.test.setEnabled(writable)
        self.default.setVisible(writable)
        for put in self.placeholders.values():
            put.setEnabled(writable)

    def tell(self, problem: InvalidInput) -> None:
        """Say what is wrong at its field, and give it the keyboard."""
        is_subject = problem.field == "subject"
        (self.subject_remark if is_subject else self.body_remark).say(invalid_text(problem))
        (self.subject if is_subject else self.body).setFocus()

    def ask_address(self) -> None:
        """There is no address yet to send the test to."""
        told = (
            translate("settings", "Type your own e-mail address first.")
            if self._channel is Channel.EMAIL
            else translate("settings", "Type your own mobile number first.")
        )
        self.test.say(told, "warning")
        self.address.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl and a figure puts in the placeholder of that number."""
        number = event.key() - Qt.Key.Key_1.value
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and 0 <= number < len(self.placeholders):
            list(self.placeholders.values())[number].click()
            return
        super().keyPressEvent(event)

    def _changed(self, remark: Remark) -> None:
        remark.say("")
        self.edited.emit()

    def _put(self, name: str) -> None:
        """Put a placeholder in where the cursor was."""
        if self.body.isReadOnly():
            return
        if self.subject.hasFocus():
            self.subject.insert(f"${name}")
            return
        self.body.insertPlainText(f"${name}")
        self.body.setFocus()

"""How one channel's messages go: off, through a provider, or to a folder; its password, and a test of it all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from clinic_desk.domain.messaging import ChannelState, Messaging, Outcome
from clinic_desk.domain.records import Channel
from clinic_desk.errors import InvalidInput
from clinic_desk.notifications import credentials, trial
from clinic_desk.notifications.credentials import Credentials
from clinic_desk.services.messaging import checked_settings
from clinic_desk.ui.booking.fields import NumberBox, button, let_wrap, plain_label, restyle
from clinic_desk.ui.messages.reasons import reason_text
from clinic_desk.ui.messages.settings.rows import FieldRows, choice, line
from clinic_desk.ui.messages.settings.secret_box import SecretBox, laid_over, mail_ways, twilio_ways
from clinic_desk.ui.messages.settings.trial_box import TrialBox
from clinic_desk.ui.messages.settings.trial_words import checked_text
from clinic_desk.ui.messages.settings.words import choices, field_names, invalid_text

translate = QCoreApplication.translate
_SMTP = ("smtp_host", "smtp_security", "smtp_port", "smtp_user")
_SENDER = ("from_address", "from_name", "reply_to")
_TWILIO = ("twilio_account_sid", "twilio_number", "twilio_service_sid", "twilio_base_url")


def mail_rows(secret: QWidget) -> FieldRows:
    """Return the fields of e-mail, the password's where one looks for it."""
    rows, names = FieldRows(), field_names()
    rows.add("email_by", names["email_by"], choice("email_by", choices("email_by")))
    rows.add("smtp_host", names["smtp_host"], line("smtp_host", 250, "smtp.example.org"))
    rows.add("smtp_security", names["smtp_security"], choice("smtp_security", choices("smtp_security")))
    rows.add("smtp_port", names["smtp_port"], NumberBox("smtp_port", 1, 65_535))
    rows.add(
        "smtp_user",
        names["smtp_user"],
        line("smtp_user"),
        translate("settings", "Empty: the sending address is the user name."),
    )
    rows.put(secret)
    rows.add("from_address", names["from_address"], line("from_address", 250, "clinic@example.org"))
    rows.add("from_name", names["from_name"], line("from_name"))
    rows.add(
        "reply_to",
        names["reply_to"],
        line("reply_to", 250),
        translate("settings", "Empty: to the sending address."),
    )
    suffix = translate("settings", " a minute")
    rows.add("email_per_minute", names["email_per_minute"], NumberBox("email_per_minute", 1, 60_000, suffix))
    return rows


def sms_rows(secret: QWidget) -> FieldRows:
    """Return the fields of SMS, the password's where one looks for it."""
    rows, names = FieldRows(), field_names()
    rows.add("sms_by", names["sms_by"], choice("sms_by", choices("sms_by")))
    rows.add("twilio_account_sid", names["twilio_account_sid"], line("twilio_account_sid", 250, "AC…"))
    rows.put(secret)
    rows.add("twilio_number", names["twilio_number"], line("twilio_number", 250, "+49…"))
    rows.add(
        "twilio_service_sid",
        names["twilio_service_sid"],
        line("twilio_service_sid", 250, "MG…"),
        translate("settings", "Instead of a number, or with it. Patients can answer to a number only."),
    )
    rows.add(
        "twilio_base_url",
        names["twilio_base_url"],
        line("twilio_base_url", 250, "https://api.twilio.com"),
        translate(
            "settings",
            "Empty: Twilio itself. The account's credentials are sent there: https only, http only to this computer.",
        ),
    )
    suffix = translate("settings", " a minute")
    rows.add("sms_per_minute", names["sms_per_minute"], NumberBox("sms_per_minute", 1, 60_000, suffix))
    return rows


class ChannelSection(QWidget):
    """Of e-mail or of SMS."""

    edited = Signal()
    resume_requested = Signal(object)
    """The Channel that shall try again."""

    def __init__(
        self,
        channel: Channel,
        folder: Callable[[], Path | None],
        known_for: Callable[[Messaging], Credentials] = credentials.load,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.channel = channel
        self._known_for = known_for
        self._folder = folder
        self._settings = Messaging()
        is_mail = channel is Channel.EMAIL
        self.secret = SecretBox(mail_ways() if is_mail else twilio_ways())
        self.rows = mail_rows(self.secret) if is_mail else sms_rows(self.secret)
        self.test = TrialBox(translate("settings", "&Test connection"), f"test_{channel.value}", self._try)
        self.state = plain_label("", "danger")
        self.state.setObjectName(f"{channel.value}_state")
        let_wrap(self.state)
        self.resume = button(
            translate("settings", "Let it try again"),
            f"resume_{channel.value}",
            lambda: self.resume_requested.emit(channel),
        )
        self._where = plain_label("", "muted")
        let_wrap(self._where)
        self._stands = ChannelState(channel)
        self._writable = True
        self._lay_out()
        self.rows.edited.connect(self._edited)
        self.secret.changed.connect(self.test.clear)

    def _lay_out(self) -> None:
        state = QHBoxLayout()
        state.addWidget(self.state, 1)
        state.addWidget(self.resume)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 12, 0)
        column.setSpacing(8)
        column.addLayout(state)
        column.addWidget(self.rows)
        column.addWidget(self._where)
        column.addSpacing(4)
        column.addWidget(self.test)
        column.addStretch(1)

    # --- showing and reading ---

    def show_settings(self, settings: Messaging) -> None:
        """Fill the fields."""
        self._settings = settings
        self.rows.show_values(settings)
        self._show_rows()

    def settings_over(self, settings: Messaging) -> Messaging:
        """Return settings with this section's fields as they stand."""
        return replace(settings, **self.rows.values())

    def show_known(self, known: Credentials) -> None:
        """Say where the password in force comes from."""
        self.secret.show_known(known)

    def show_state(self, state: ChannelState) -> None:
        """Say that the channel stands still, and why."""
        self._stands = state
        if state.state == "working":
            self.state.setText("")
        else:
            why = reason_text(state.code, state.reason)
            pattern = (
                translate("settings", "It is stopped: {why}. New settings start it again.")
                if state.state == "stopped"
                else translate("settings", "It pauses: {why}. It is tried again by itself.")
            )
            self.state.setText(pattern.format(why=why or translate("settings", "reason not known")))
        restyle(self.state, "role", "danger" if state.state == "stopped" else "warning")
        self.state.setVisible(state.state != "working")
        self.resume.setVisible(state.state != "working" and self._writable)

    def set_writable(self, *, writable: bool) -> None:
        """Let everything be written, or only read; the connection can be tested by anybody."""
        self._writable = writable
        self.rows.set_writable(writable=writable)
        self.secret.set_writable(writable=writable)
        self.show_state(self._stands)

    def tell(self, problem: InvalidInput) -> bool:
        """Say what is wrong at its field, and give it the keyboard; False if it is none of this section's."""
        return self.rows.tell(problem)

    def _edited(self, _name: str) -> None:
        self.test.clear()
        self._show_rows()
        self.edited.emit()

    def _show_rows(self) -> None:
        values = self.rows.values()
        by = values["email_by" if self.channel is Channel.EMAIL else "sms_by"]
        if self.channel is Channel.EMAIL:
            shown = {"smtp": (*_SMTP, *_SENDER, "email_per_minute"), "folder": (*_SENDER, "email_per_minute")}
            self.rows.show_only(("email_by", *shown.get(by, ())))
        else:
            shown = {"twilio": (*_TWILIO, "sms_per_minute"), "folder": ("sms_per_minute",)}
            self.rows.show_only(("sms_by", *shown.get(by, ())))
        with_secret = by == "twilio" or (by == "smtp" and values["smtp_security"] != "none")
        self.secret.setVisible(with_secret)
        self._where.setText(_where_text() if with_secret else self._folder_text() if by == "folder" else "")
        self._where.setVisible(bool(self._where.text()))
        self.test.setVisible(by != "off")

    def _folder_text(self) -> str:
        told = translate("settings", "They are written to {folder} on the PC that would send them. Nobody is told.")
        return told.format(folder=self._folder() or "…")

    # --- trying ---

    def _try(self) -> None:
        settings = self.settings_over(self._settings)
        try:
            settings = checked_settings(settings)
        except InvalidInput as problem:
            self.test.clear()
            if not self.tell(problem):
                self.test.say(invalid_text(problem))
            return
        channel, typed, folder = self.channel, self.secret.typed(), self._folder()

        def work() -> Outcome:
            known = laid_over(self._known_for(settings), typed)
            return trial.check_channel(settings, known, channel, folder=folder)

        self.test.run(work, lambda outcome: checked_text(outcome, settings, channel, folder))


def _where_text() -> str:
    return translate(
        "settings",
        "Kept for the whole clinic it is encrypted in the database, and every PC that sends and has the clinic key can"
        " use it; else it is in this PC's keyring only. Never in a file.",
    )

"""The password of a channel: typed here, kept for the clinic or on this PC only; says where the one in force is."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from clinic_desk.errors import ClinicDeskError
from clinic_desk.notifications import credentials
from clinic_desk.notifications.credentials import Credentials, KeyringTrouble
from clinic_desk.ui.booking.fields import Remark, button, let_wrap, plain_label, restyle
from clinic_desk.ui.messages.settings.errands import Errand
from clinic_desk.ui.messages.settings.rows import FieldRows, choice, line
from clinic_desk.ui.messages.settings.trial_words import keyring_text, source_text

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class Way:
    """One way to sign in: what it is called, and (name in the keyring, label, variable) of what it takes."""

    title: str
    parts: tuple[tuple[str, str, str], ...]


def mail_ways() -> tuple[Way, ...]:
    """Return the one way to sign in to a mail server."""
    return (Way("", (("email_password", translate("settings", "Password"), "EMAIL_PASSWORD"),)),)


def twilio_ways() -> tuple[Way, ...]:
    """Return the ways to sign in to Twilio."""
    token = ("twilio_auth_token", translate("settings", "Auth token"), "TWILIO_AUTH_TOKEN")
    key = ("twilio_api_key", translate("settings", "API key (SK…)"), "TWILIO_API_KEY")
    secret = ("twilio_api_secret", translate("settings", "Its secret"), "TWILIO_API_SECRET")
    return (
        Way(translate("settings", "with the auth token"), (token,)),
        Way(translate("settings", "with an API key"), (key, secret)),
    )


def laid_over(known: Credentials, typed: Credentials) -> Credentials:
    """Return credentials with what was typed in the place of what is known: for a trial before it is kept."""
    if typed.email_password:
        known = replace(known, email_password=typed.email_password)
    if typed.twilio_auth_token:
        known = replace(known, twilio_auth_token=typed.twilio_auth_token, twilio_api_key=typed.twilio_api_key)
    return known


@dataclass(frozen=True, slots=True)
class Sharing:
    """How secrets are kept for the whole clinic: `keep` works off the GUI thread and returns a key that it made."""

    keep: Callable[[Mapping[str, str]], str]
    said: Callable[[ClinicDeskError], str]


class SecretBox(QWidget):
    """Nothing typed here is in the draft or in a log, and nothing of it in clear in the database."""

    changed = Signal()
    """Something was typed."""
    stored = Signal()
    """The keyring holds something else now."""
    key_made = Signal(str)
    """The clinic key, made with the first secret that is kept for the clinic."""
    refused = Signal()
    """The keyring did not take it; what was typed is still there."""

    def __init__(self, ways: Sequence[Way], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ways = tuple(ways)
        self._known = Credentials()
        self._errand = Errand(self)
        self._writable = True
        self._sharing: Sharing | None = None
        self.rows = FieldRows()
        self.lines: dict[str, QLineEdit] = {}
        if len(self._ways) > 1:
            titles = ((way.title, number) for number, way in enumerate(self._ways))
            self.way = choice("sign_in_way", titles)
            self.rows.add("way", translate("settings", "Sign in"), self.way)
            self.way.setCurrentIndex(0)
        for name, label, _variable in (part for way in self._ways for part in way.parts):
            typed = line(name, 500)
            typed.setEchoMode(QLineEdit.EchoMode.Password)
            self.lines[name] = typed
            self.rows.add(name, label, typed)
        self.source = plain_label("", "muted")
        self.source.setObjectName(f"{self._ways[0].parts[0][0]}_source")
        let_wrap(self.source)
        self.problem = Remark()
        self.share = button(translate("settings", "Keep for the whole clinic"), "share_secret", self.share_typed)
        self.move_here = button(
            translate("settings", "Keep it for the whole clinic instead"), "move_secret", self.share_kept, "link"
        )
        self.keep = button(translate("settings", "Keep in this PC's keyring"), "keep_secret", self.keep_typed)
        self.drop = button(translate("settings", "Forget it"), "forget_secret", self.forget, "link")
        self._lay_out()
        self.rows.edited.connect(self._edited)
        self._show()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setContentsMargins(162, 0, 0, 0)
        buttons.addWidget(self.share)
        buttons.addWidget(self.keep)
        buttons.addWidget(self.move_here)
        buttons.addWidget(self.drop)
        buttons.addStretch(1)
        told = QVBoxLayout()
        told.setContentsMargins(162, 0, 0, 0)
        told.addWidget(self.source)
        told.addWidget(self.problem)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.rows)
        column.addLayout(buttons)
        column.addLayout(told)

    @property
    def _chosen(self) -> Way:
        return self._ways[self.way.value or 0] if len(self._ways) > 1 else self._ways[0]

    @property
    def is_typed(self) -> bool:
        """Whether something was typed that is not kept."""
        return any(typed.text() for typed in self.lines.values())

    def show_known(self, known: Credentials) -> None:
        """Say where the password in force comes from."""
        self._known = known
        if len(self._ways) > 1 and known.twilio_api_key and not self.is_typed:
            self.way.choose(1)
        self._show()

    def typed(self) -> Credentials:
        """Return what was typed and is not kept, nothing else; empty unless it is whole."""
        typed = {name: self.lines[name].text().strip() for name, *_ in self._chosen.parts}
        if not all(typed.values()):
            return Credentials()
        return Credentials(
            email_password=typed.get("email_password", ""),
            twilio_api_key=typed.get("twilio_api_key", ""),
            twilio_auth_token=typed.get("twilio_api_secret", "") or typed.get("twilio_auth_token", ""),
        )

    def set_writable(self, *, writable: bool) -> None:
        """Let it be written, or only show where the password comes from."""
        self._writable = writable
        self._show()

    def offer_sharing(self, sharing: Sharing) -> None:
        """Secrets can be kept for the whole clinic too, which is what saving does then."""
        self._sharing = sharing
        self._show()

    def _in_force(self) -> tuple[str, str]:
        """Return (source, name of the variable) of what would be used."""
        if len(self._ways) == 1:
            name, _label, variable = self._ways[0].parts[0]
        else:
            name, _label, variable = self._ways[1 if self._known.twilio_api_key else 0].parts[0]
        return self._known.source(name), variable

    def _show(self) -> None:
        names = {name for name, *_ in self._chosen.parts}
        self.rows.show_only({"way", *names})
        source, variable = self._in_force()
        text, role = source_text(source, variable)
        trouble = self._known.trouble_code if not source else ""
        if trouble:
            text += " " + keyring_text(trouble).format(name=" / ".join(part[2] for part in self._chosen.parts))
        self.source.setText(text)
        restyle(self.source, "role", role)
        usable = self._writable and source != "environment"
        self.rows.set_writable(writable=usable and not self._errand.is_busy)
        whole = usable and not self._errand.is_busy and all(self.lines[name].text() for name in names)
        shares = self._writable and self._sharing is not None
        for each in (self.keep, self.share):
            each.setEnabled(whole)
        self.keep.setVisible(self._writable)
        self.share.setVisible(shares)
        self.move_here.setVisible(usable and shares and source == "keyring")
        self.drop.setVisible(usable and (source == "keyring" or (shares and source == "database")))
        for each in (self.drop, self.move_here):
            each.setEnabled(not self._errand.is_busy)

    def _edited(self, _name: str) -> None:
        self.problem.say("")
        self._show()
        self.changed.emit()

    # --- for the whole clinic ---

    def save_typed(self) -> None:
        """Keep what was typed where it belongs: for the clinic, or where that cannot be on this PC."""
        (self.keep_typed if self._sharing is None else self.share_typed)()

    def share_typed(self) -> None:
        """Keep what was typed for the whole clinic, and nothing of it on this PC."""
        chosen = {name for name, *_ in self._chosen.parts}
        if all(self.lines[name].text() for name in chosen):
            typed = {name: self.lines[name].text().strip() if name in chosen else "" for name in self.lines}
            self._share(lambda: typed)

    def share_kept(self) -> None:
        """Keep for the whole clinic what this PC's keyring holds."""
        names = tuple(self.lines)
        self._share(lambda: dict.fromkeys(names, "") | credentials.kept_here(names))

    def _share(self, secrets: Callable[[], Mapping[str, str]]) -> None:
        sharing = self._sharing
        if sharing is None:
            return

        def work() -> str:
            wanted = secrets()
            made = sharing.keep(wanted)
            with contextlib.suppress(KeyringTrouble):  # it is not in force any more
                for name in wanted:
                    credentials.store(name, "")
            return made

        if self._errand.run(work, self._shared, self._refused):
            self._show()

    def _shared(self, made: str) -> None:
        self._stored()
        if made:
            self.key_made.emit(made)

    # --- the keyring ---

    def keep_typed(self) -> None:
        """Keep what was typed; the other way's secrets are forgotten, so that this one is in force."""
        chosen = {name for name, *_ in self._chosen.parts}
        if not all(self.lines[name].text() for name in chosen):
            return
        self._store({name: self.lines[name].text().strip() if name in chosen else "" for name in self.lines})

    def forget(self) -> None:
        """Forget what is in force: the clinic's, or what this PC's keyring holds."""
        if self._in_force()[0] == "database":
            self._share(lambda: dict.fromkeys(self.lines, ""))
        else:
            self._store(dict.fromkeys(self.lines, ""))

    def _store(self, secrets: dict[str, str]) -> None:
        def work() -> None:
            for name in sorted(secrets, key=lambda name: bool(secrets[name])):
                credentials.store(name, secrets[name])

        if self._errand.run(work, lambda _: self._stored(), self._refused):
            self._show()

    def _stored(self) -> None:
        for typed in self.lines.values():
            typed.clear()
        self._show()
        self.stored.emit()

    def _refused(self, error: ClinicDeskError) -> None:
        self._show()
        if isinstance(error, KeyringTrouble) or self._sharing is None:
            code = error.code if isinstance(error, KeyringTrouble) else ""
            self.problem.say(keyring_text(code).format(name=" / ".join(part[2] for part in self._chosen.parts)))
        else:
            self.problem.say(self._sharing.said(error))
        self.refused.emit()

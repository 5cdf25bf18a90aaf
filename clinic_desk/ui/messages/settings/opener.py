"""Opens the settings, reads what they show, and saves what was changed, one record after the other."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject

from clinic_desk.database.engine import Database
from clinic_desk.domain.messaging import ChannelState, Messaging
from clinic_desk.domain.records import Channel
from clinic_desk.domain.refusals import MessagingConflict
from clinic_desk.errors import ClinicDeskError, InvalidInput, OutcomeUnknown
from clinic_desk.notifications import credentials
from clinic_desk.services import messaging
from clinic_desk.services.messaging import MessagingSetup
from clinic_desk.ui.booking.submission import Submission
from clinic_desk.ui.compare import CompareSheet
from clinic_desk.ui.leaving import Leaving
from clinic_desk.ui.messages.settings.clinic_key import ClinicKeySheet
from clinic_desk.ui.messages.settings.compare import differences
from clinic_desk.ui.messages.settings.dialog import SettingsDialog
from clinic_desk.ui.messages.settings.draft import Draft, Record, Step
from clinic_desk.ui.messages.settings.errands import Errand
from clinic_desk.ui.messages.settings.sharing import clinic_secrets
from clinic_desk.ui.messages.settings.words import record_title
from clinic_desk.ui.sentences import sentence

if TYPE_CHECKING:
    from clinic_desk.ui.workspace import Workspace

translate = QCoreApplication.translate


def write(db: Database, command: object) -> Record | ChannelState | None:
    """Carry out one command; None for what was removed. On the command lane."""
    match command:
        case messaging.SaveMessaging():
            return messaging.save_messaging(db, command)
        case messaging.SaveRule():
            return messaging.save_rule(db, command)
        case messaging.DeleteRule():
            messaging.delete_rule(db, command)
        case messaging.SaveText():
            return messaging.save_text(db, command)
        case messaging.UseDefaultText():
            messaging.use_default_text(db, command)
        case messaging.ResumeChannel():
            return messaging.resume_channel(db, command)
    return None


class MessageSettings(QObject):
    """Of one window: at most one dialog is open."""

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        desk = self._desk = workspace.desk
        self._window = workspace.window
        self._folder = workspace.opening.messages_to
        self._may_write = workspace.opening.person.group == "manager"
        self._secrets = clinic_secrets(workspace)
        self._setup: MessagingSetup | None = None
        self._step: Step | None = None
        self.leaving = Leaving(workspace.window, self._is_unsaved, self)
        self.leaving.save_wanted.connect(self.save)
        self.leaving.left.connect(self._close)
        self._errand = Errand(self)
        self.dialog: SettingsDialog | None = None
        self._submission = Submission(desk.tasks, self)
        self._submission.done.connect(self._written)
        self._submission.failed.connect(self._refused)
        self._submission.finding_out.connect(lambda: self._tell(OutcomeUnknown()))

    def open(self) -> None:
        """Show the settings over the window, and read them."""
        if self.dialog is not None:
            return
        clinic = self._desk.store.clinic
        secrets = self._secrets
        self.dialog = SettingsDialog(
            self._window,
            clinic,
            lambda: self._folder,
            secrets.known_for,
            secrets.key_acts(),
            may_write=self._may_write,
        )
        self.dialog.key.key_made.connect(self._show_key)
        self.dialog.save_wanted.connect(self.save)
        self.dialog.leave_wanted.connect(self.leave)
        for section in (self.dialog.email, self.dialog.sms):
            section.resume_requested.connect(self._resume)
            section.secret.stored.connect(self._stored)
            section.secret.refused.connect(self.leaving.stay)
            section.secret.key_made.connect(self._show_key)
            if self._may_write:
                section.secret.offer_sharing(secrets.sharing())
        self.leaving.begin()
        self.dialog.open()
        database = self._desk.database
        self._desk.tasks.query(self, lambda: messaging.load_messaging(database), self._show, self._tell, key="setup")
        self._ask_known()
        self.dialog.key.look()

    def _show(self, setup: MessagingSetup) -> None:
        if self.dialog is not None:
            self._setup = setup
            self.dialog.say("", "muted")
            self.dialog.show_draft(Draft(setup), setup)

    def _ask_known(self) -> None:
        """Find out where this PC has its passwords; a keyring may take long, and nobody waits for it."""
        every = replace(Messaging(), email_by="smtp", smtp_security="tls", sms_by="twilio")

        def show(known: credentials.Credentials) -> None:
            if self.dialog is not None:
                self.dialog.show_known(known)

        self._errand.run(lambda: self._secrets.known(every), show, lambda _error: None)

    def _show_key(self, text: str) -> None:
        """Show a key that was made just now: it is not shown again."""
        ClinicKeySheet(self._window, text).open()

    # --- saving ---

    def save(self) -> None:
        """Check everything, then write what was changed; what cannot stay so is told at its field."""
        if self.dialog is None or self.dialog.draft is None or self._submission.is_busy:
            return
        if self.dialog.find_fault():
            self.leaving.stay()
            return
        for section in (self.dialog.email, self.dialog.sms):
            section.secret.save_typed()
        self._write_next()

    def _write_next(self) -> None:
        assert self.dialog is not None
        assert self.dialog.draft is not None
        steps = self.dialog.draft.steps()
        if not steps:
            self._saved()
            return
        self._step = steps[0]
        command, database = self._step.command(), self._desk.database
        self.dialog.set_busy(busy=True)
        self.dialog.say(translate("settings", "Saving…"), "muted")
        self._submission.send(lambda: write(database, command))

    def _written(self, result: object) -> None:
        dialog, step = self.dialog, self._step
        if isinstance(result, ChannelState):
            self._resumed(result)
            return
        if dialog is None or dialog.draft is None or step is None:
            return
        self._step = None
        if step.mine is None or result is None:
            dialog.draft.forget(step)
        else:
            dialog.draft.take(Step(result, result))  # type: ignore[arg-type]
        self._write_next()

    def _saved(self) -> None:
        assert self.dialog is not None
        self._show_again()
        if self.dialog.is_changed:  # a password is on its way to the keyring, or was not taken there
            return
        if self.leaving.is_wanted:
            self._close()
        else:
            self.dialog.say(translate("settings", "✓ Saved, and in force at every desk."), "ok")

    def _stored(self) -> None:
        """A password is kept, or forgotten."""
        self._ask_known()
        if self.dialog is not None:
            self.dialog.key.look()
        if self.dialog is None or self._submission.is_busy:
            return
        if self.leaving.is_wanted and not self.dialog.is_changed:
            self._close()
        elif not self.dialog.is_changed:
            self.dialog.say(translate("settings", "✓ The passwords are up to date."), "ok")

    def _show_again(self) -> None:
        """Show the draft as it now stands: what was saved may read a little otherwise (blanks are cut off)."""
        assert self.dialog is not None
        assert self.dialog.draft is not None
        assert self._setup is not None
        self.dialog.set_busy(busy=False)
        self.dialog.show_draft(self.dialog.draft, self._setup)

    def _refused(self, error: ClinicDeskError) -> None:
        dialog, step = self.dialog, self._step
        self._step = None
        if dialog is None:
            return
        dialog.set_busy(busy=False)
        if step is None:
            self._tell(error)
        elif isinstance(error, MessagingConflict):
            self._compare(step, error.now)
        elif isinstance(error, InvalidInput):
            self.leaving.stay()
            dialog.tell(step.about, error)
        else:
            self.leaving.stay()
            self._tell(error)

    def _compare(self, step: Step, now: Record | None) -> None:
        assert self.dialog is not None
        if step.mine is None and now is None:  # both removed it
            self._decided(step, now, frozenset())
            return
        self.dialog.say(translate("settings", "Another desk saved something first."), "warning")
        sheet = CompareSheet(
            self._window,
            record_title(step.about),
            differences(step, now, self._desk.store.clinic),
            translate("settings", "Back to the settings"),
            is_gone=now is None,
        )
        sheet.decided.connect(partial(self._decided, step, now))
        sheet.rejected.connect(self.leaving.stay)
        sheet.open()

    def _decided(self, step: Step, now: Record | None, kept: frozenset[str]) -> None:
        if self.dialog is None or self.dialog.draft is None:
            return
        draft, over = self.dialog.draft, step.over(now, kept)
        draft.forget(step)
        if over.base is not None or over.mine is not None:
            draft.take(over)
        self._show_again()
        self._write_next()

    def _tell(self, error: ClinicDeskError) -> None:
        if self.dialog is None:
            return
        if isinstance(error, OutcomeUnknown):
            self.dialog.say(translate("settings", "It is being found out whether this was saved…"), "warning")
        else:
            self.dialog.say(sentence(error, self._desk.store.clinic, "UTC"))

    # --- a channel that stands still ---

    def _resume(self, channel: Channel) -> None:
        command, database = messaging.ResumeChannel(channel), self._desk.database
        self._submission.send(lambda: write(database, command))

    def _resumed(self, state: ChannelState) -> None:
        if self.dialog is None or self._setup is None:
            return
        self._setup = replace(self._setup, channels={**self._setup.channels, state.channel: state})
        (self.dialog.email if state.channel is Channel.EMAIL else self.dialog.sms).show_state(state)

    # --- leaving ---

    def leave(self) -> None:
        """Close the settings; asks first if something is not saved."""
        if self.dialog is not None and not self._submission.is_busy:
            self.leaving.ask()

    def _is_unsaved(self) -> bool:
        return self.dialog is not None and self._may_write and self.dialog.is_changed

    def _close(self) -> None:
        dialog, self.dialog, self._setup = self.dialog, None, None
        if dialog is not None:
            dialog.done(dialog.DialogCode.Accepted)
            self.leaving.end()

"""What the settings of messages can do with the clinic's passwords in the database, at this desk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from clinic_desk.errors import ClinicDeskError
from clinic_desk.notifications import credentials, shared_secrets
from clinic_desk.notifications.credentials import Credentials, KeyringTrouble
from clinic_desk.notifications.shared_secrets import KeyNeeded, Sealed
from clinic_desk.services import provider_secrets
from clinic_desk.services.provider_secrets import KeepSecrets
from clinic_desk.ui.messages.settings.clinic_key import KeyActs
from clinic_desk.ui.messages.settings.secret_box import Sharing
from clinic_desk.ui.messages.settings.trial_words import keyring_text
from clinic_desk.ui.sentences import sentence

if TYPE_CHECKING:
    from clinic_desk.database.engine import Database
    from clinic_desk.domain.messaging import Messaging
    from clinic_desk.ui.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ClinicSecrets:
    """Everything but `key_acts` and `sharing` is called off the GUI thread. `read_sealed`: None, or as who sends."""

    database: Database
    read_sealed: Callable[[], Sealed] | None
    said: Callable[[ClinicDeskError], str]
    may_write: bool

    def known_for(self, settings: Messaging) -> Credentials:
        """Return what this PC would sign in with."""
        return credentials.load(settings, shared=self._readable)

    def known(self, settings: Messaging) -> Credentials:
        """Return the same, where each comes from said also for a PC that does not send and can read nothing."""
        known = self.known_for(settings)
        try:
            kept = {secret.name for secret in provider_secrets.kept_secrets(self.database)}
        except ClinicDeskError:  # a login that may not even know
            return known
        sources = dict(known.sources)
        sources |= {name: "database" for name in kept if sources.get(name) != "environment"}
        return replace(known, sources=tuple(sorted(sources.items())))

    def key_acts(self) -> KeyActs:
        """Return what the page of the clinic key can do."""
        change = self._change if self.may_write and self.read_sealed is not None else None
        return KeyActs(
            partial(provider_secrets.key_state, self.database),
            partial(provider_secrets.take_key, self.database),
            change,
            self.said,
        )

    def sharing(self) -> Sharing:
        """Return how passwords are kept for the clinic."""
        return Sharing(
            lambda secrets: provider_secrets.keep_secrets(self.database, KeepSecrets(secrets)),
            self.said,
        )

    def _change(self) -> str:
        assert self.read_sealed is not None
        return provider_secrets.change_key(self.database, self.read_sealed())

    def _readable(self) -> tuple[dict[str, str], str]:
        try:
            return shared_secrets.readable(self.read_sealed()) if self.read_sealed is not None else ({}, "")
        except ClinicDeskError:  # the database says no, or is away: the keyring may know
            return {}, ""


def clinic_secrets(workspace: Workspace) -> ClinicSecrets:
    """Return it for the desk of a workspace."""
    opening = workspace.opening

    def said(error: ClinicDeskError) -> str:
        if isinstance(error, KeyNeeded | KeyringTrouble):
            return keyring_text(error.code).format(name=shared_secrets.VARIABLE)
        return sentence(error, workspace.desk.store.clinic, "UTC")

    return ClinicSecrets(workspace.desk.database, opening.read_sealed, said, opening.person.group == "manager")

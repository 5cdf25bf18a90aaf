"""What this PC may sign in to providers with: the environment first, then what the clinic keeps for all PCs in the
database (`shared_secrets`), then the keyring of the operating system.

Never a file of ours, never the database in clear, never a plain-text keyring. Asking a keyring can hang for good when
it is locked, so it is asked on a thread of its own, with a time limit. Waits: not on the GUI thread.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final, Literal, TypeVar
from urllib.parse import quote, urlsplit, urlunsplit

from clinic_desk.errors import Unavailable
from clinic_desk.settings import PROGRAM, load_settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keyring.backend import KeyringBackend
    from pydantic import SecretStr

    from clinic_desk.domain.messaging import Messaging

T = TypeVar("T")
Source = Literal["environment", "database", "keyring", "settings", ""]

LOAD_S: Final = 5.0
STORE_S: Final = 30.0
"""Storing may make the system ask the user for the keyring's own password."""

_VARIABLES: Final = {
    "twilio_account_sid": "TWILIO_ACCOUNT_SID",
    "twilio_auth_token": "TWILIO_AUTH_TOKEN",
    "twilio_api_key": "TWILIO_API_KEY",
    "twilio_api_secret": "TWILIO_API_SECRET",
    "twilio_number": "TWILIO_PHONE_NUMBER",
    "email_address": "EMAIL_ADDRESS",
    "email_password": "EMAIL_PASSWORD",
}
_FOR_EMAIL: Final = ("email_password",)
_FOR_SMS: Final = ("twilio_api_key", "twilio_api_secret", "twilio_auth_token")
_OF_A_LOGIN: Final = ("worker_database_url", "worker_database_password")
_OF_THE_CLINIC: Final = ("clinic_key", "clinic_key_next", "backup_passphrase", "backup_database_url")
STORABLE: Final = frozenset({*_FOR_EMAIL, *_FOR_SMS, *_OF_A_LOGIN, *_OF_THE_CLINIC, "worker_database_password_next"})
_NONE: Final = "keyring-none"
_UNSAFE: Final = "keyring-unsafe"
_LOCKED: Final = "keyring-locked"
_SLOW: Final = "keyring-slow"
_FAILED: Final = "keyring-failed"
KEY_MISSING: Final = "clinic-key-missing"
KEY_WRONG: Final = "clinic-key-wrong"
TROUBLES: Final = {
    _NONE: "This PC has no keyring for passwords; set them in the environment instead.",
    _UNSAFE: "The keyring of this PC keeps passwords in plain text and is not used.",
    _LOCKED: "The keyring of this PC is locked; unlock it and try again.",
    _SLOW: "The keyring of this PC does not answer; unlock it and try again.",
    _FAILED: "The keyring of this PC cannot be used.",
    KEY_MISSING: "This PC does not have the clinic key, which the clinic's passwords are encrypted with.",
    KEY_WRONG: "The clinic key of this PC is not the one that the clinic's passwords are encrypted with.",
}


class KeyringTrouble(Unavailable):
    """The system's keyring cannot be used now; `code`: keyring-none, -unsafe, -locked, -slow or -failed."""

    def __init__(self, code: str) -> None:
        super().__init__(TROUBLES[code])
        self.code = code


@dataclass(frozen=True, slots=True)
class Credentials:
    """What was found; empty means: nowhere. Secrets and the number are not in its repr.

    With `twilio_api_key` the token is that key's secret. `trouble`: why the keyring could not be asked, or what the
    clinic keeps not be read, as a sentence.
    """

    twilio_account_sid: str = ""
    twilio_auth_token: str = field(default="", repr=False)
    twilio_api_key: str = ""
    twilio_number: str = field(default="", repr=False)
    email_address: str = field(default="", repr=False)
    email_password: str = field(default="", repr=False)
    sources: tuple[tuple[str, Source], ...] = ()
    trouble: str = ""
    trouble_code: str = ""

    def source(self, name: str) -> Source:
        """Return where a value came from; empty if it is not known at all."""
        return dict(self.sources).get(name, "")


Shared = Callable[[], tuple[Mapping[str, str], str]]
"""Brings what the clinic keeps for all PCs, by name, and why it cannot be read, as a code of TROUBLES."""


def load(settings: Messaging, *, patience_s: float = LOAD_S, shared: Shared | None = None) -> Credentials:
    """Return the credentials for what the settings use. The keyring is asked only for what the others lack.

    `shared` is asked before it, for what the environment lacks.
    """
    found: dict[str, str] = {name: value for name in _VARIABLES if (value := from_environment(name))}
    sources: dict[str, Source] = dict.fromkeys(found, "environment")
    wanted = [name for name in _wanted(settings) if name not in found]
    if "twilio_auth_token" in found:
        wanted = [name for name in wanted if not name.startswith("twilio_api")]
    of_clinic, code = shared() if shared is not None and wanted else ({}, "")
    in_force = {name: value for name, value in of_clinic.items() if name in wanted}
    found |= in_force
    sources |= dict.fromkeys(in_force, "database")
    if any(name in in_force for name in _FOR_SMS):  # the clinic's way to sign in; another one is not mixed in
        wanted = [name for name in wanted if name not in _FOR_SMS]
    wanted = [name for name in wanted if name not in in_force]
    try:
        stored = _ask(lambda: _read(wanted), patience_s) if wanted else {}
    except KeyringTrouble as trouble:
        stored, code = {}, code or trouble.code
    found |= stored
    sources |= dict.fromkeys(stored, "keyring")
    for name, value in (
        ("twilio_account_sid", settings.twilio_account_sid),
        ("twilio_number", settings.twilio_number),
        ("email_address", settings.from_address),
    ):
        if value and name not in found:
            sources[name] = "settings"
    return _record(found, sources, code)


def from_environment(name: str) -> str:
    """Return a value from the environment: the variable with CLINIC_DESK_ before its name wins."""
    variable = _VARIABLES[name]
    return os.environ.get(f"CLINIC_DESK_{variable}") or os.environ.get(variable) or ""


def kept_here(names: Iterable[str], *, patience_s: float = LOAD_S) -> dict[str, str]:
    """Return what this PC's keyring holds of these. Raises KeyringTrouble."""
    return _ask(lambda: _read(names), patience_s)


def tell_changed() -> None:
    """Tell whoever listens that other credentials may be in force now."""
    for listener in _listeners:
        listener()


def store(name: str, secret: str, *, patience_s: float = STORE_S) -> None:
    """Keep a secret in the keyring (empty: forget it). Raises KeyringTrouble; ValueError for a name not STORABLE."""
    if name not in STORABLE:
        message = f"not a credential that is kept: {name}"
        raise ValueError(message)
    _ask(lambda: _write(name, secret), patience_s)
    tell_changed()


def when_stored(listener: Callable[[], None]) -> Callable[[], None]:
    """Have `listener` called after this program stored or forgot a secret, on the thread that did; return its end."""
    _listeners.append(listener)
    return partial(_listeners.remove, listener)


def worker_login(setting: SecretStr | None, *, patience_s: float = LOAD_S) -> SecretStr | None:
    """Return where the queue's worker signs in: the setting, with its password from the keyring if it has none.

    Without the setting: the address in the keyring; None if there is none, or no keyring can be asked. Raises
    InvalidInput for an address in the keyring that cannot be used.
    """
    if setting is not None and urlsplit(setting.get_secret_value()).password is not None:
        return setting
    name = "worker_database_url" if setting is None else "worker_database_password"
    try:
        kept = _ask(lambda: _read([name]), patience_s).get(name, "")
    except KeyringTrouble:
        return setting
    if not kept:
        return setting
    address = kept if setting is None else _with_password(setting.get_secret_value(), kept)
    return load_settings(worker_database_url=address).worker_database_url  # made safe as any other address is


def _with_password(address: str, password: str) -> str:
    parts = urlsplit(address)
    user, at, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}{at}{host}")) if at else address


def _wanted(settings: Messaging) -> list[str]:
    names = [*_FOR_EMAIL] if settings.email_by == "smtp" and settings.smtp_security != "none" else []
    return [*names, *_FOR_SMS] if settings.sms_by == "twilio" else names


def _record(found: dict[str, str], sources: dict[str, Source], code: str) -> Credentials:
    token = found.get("twilio_auth_token", "")
    key, secret = found.get("twilio_api_key", ""), found.get("twilio_api_secret", "")
    with_key = bool(key and secret) and (not token or sources["twilio_api_key"] == "environment")
    return Credentials(
        twilio_account_sid=found.get("twilio_account_sid", ""),
        twilio_auth_token=secret if with_key else token,
        twilio_api_key=key if with_key else "",
        twilio_number=found.get("twilio_number", ""),
        email_address=found.get("email_address", ""),
        email_password=found.get("email_password", ""),
        sources=tuple(sorted(sources.items())),
        trouble=TROUBLES.get(code, ""),
        trouble_code=code,
    )


# --- the keyring, on its own thread -----------------------------------------------------------------------------------

_listeners: list[Callable[[], None]] = []
_asking = threading.Lock()
"""Held while the keyring is asked: one that hangs is not asked again and again."""


def _ask(question: Callable[[], T], patience_s: float) -> T:
    """Return what the question brings. Raises KeyringTrouble."""
    if not _asking.acquire(timeout=patience_s):
        raise KeyringTrouble(_SLOW)
    answers: queue.SimpleQueue[tuple[T | None, Exception | None]] = queue.SimpleQueue()

    def work() -> None:
        try:
            answers.put((question(), None))
        except Exception as error:  # backends raise what their libraries raise
            answers.put((None, error))
        finally:
            _asking.release()

    threading.Thread(target=work, name="keyring", daemon=True).start()
    try:
        answer, error = answers.get(timeout=patience_s)
    except queue.Empty:
        raise KeyringTrouble(_SLOW) from None
    if error is not None:
        raise error if isinstance(error, KeyringTrouble) else KeyringTrouble(_code_of(error))
    return answer  # type: ignore[return-value]  # there is one where there is no error


def _read(names: Iterable[str]) -> dict[str, str]:
    backend = _backend()
    return {name: secret for name in names if (secret := backend.get_password(PROGRAM, name))}


def _write(name: str, secret: str) -> None:
    from keyring.errors import PasswordDeleteError

    backend = _backend()
    if secret:
        backend.set_password(PROGRAM, name, secret)
        return
    try:
        backend.delete_password(PROGRAM, name)
    except PasswordDeleteError:
        return  # there was none


def _backend() -> KeyringBackend:
    """Return the system's keyring; one that writes plain text is refused."""
    import keyring

    backend = keyring.get_keyring()
    parts = [backend, *getattr(backend, "backends", ())]
    if any("plaintext" in type(part).__name__.casefold() for part in parts):
        raise KeyringTrouble(_UNSAFE)
    if type(backend).__module__ in {"keyring.backends.fail", "keyring.backends.null"}:
        raise KeyringTrouble(_NONE)
    return backend


def _code_of(error: Exception) -> str:
    from keyring.errors import KeyringLocked, NoKeyringError

    if isinstance(error, NoKeyringError):
        return _NONE
    return _LOCKED if isinstance(error, KeyringLocked) else _FAILED

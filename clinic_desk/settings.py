"""What this installation of the program is set to, validated once, and which desk this running program is.

Values come from arguments, the environment (`CLINIC_DESK_*`), a `.env` file, and for the database the file that set-up
wrote (`connection_file`), in this order. Secrets are never shown.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import platformdirs
from filelock import FileLock, Timeout
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from uuid_utils.compat import uuid7

from clinic_desk import connection_file
from clinic_desk.database_address import Unusable, check_authority, secured, weakness
from clinic_desk.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

PROGRAM: Final = "clinic-desk"
_DESKS_PER_USER: Final = 64


class Settings(BaseSettings):
    """The validated settings of one installation. `database_url` None means: the embedded server."""

    model_config = SettingsConfigDict(
        env_prefix="CLINIC_DESK_",
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    database_ca_file: Path | None = None
    """The certificate of the authority that signed the database server's; `sslrootcert` in an address wins."""
    database_url: SecretStr | None = None
    data: Path = Field(default_factory=lambda: platformdirs.user_data_path(PROGRAM, appauthor=False))
    config: Path = Field(default_factory=lambda: platformdirs.user_config_path(PROGRAM, appauthor=False))
    desk_id: UUID | None = None
    desk_name: str | None = Field(default=None, min_length=1, max_length=40)
    phone_region: str = Field(default="DE", pattern=r"^[A-Z]{2}$")
    language: str = Field(default="", pattern=r"^([a-z]{2}([_-][A-Za-z]{2,4})?)?$")
    lock_after_min: int = Field(default=0, ge=0, le=240)
    """After how many minutes without a key or the mouse this PC locks, sooner than the clinic has it; 0: as that."""
    message_wait_s: int | None = Field(default=None, ge=0, le=900)
    worker_database_url: SecretStr | None = None
    """Where this program works the message queue: the same database as a login of the group clinic_worker."""
    backup_database_url: SecretStr | None = None
    """Where this program reads the whole of a shared database for backups: as a login that may (pg_read_all_data)."""
    message_folder: Path | None = None
    """Where messages "to a folder" go; default: `messages` in `data`."""
    shared_folder: Path | None = None
    """Where the clinic's own server lies that this PC shares, to be started again if it is down."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read what set-up wrote last: whatever else is said of the database wins."""
        given = init_settings()
        return init_settings, env_settings, dotenv_settings, _SetUp(settings_cls, is_wanted="data" not in given)

    @property
    def messages_to(self) -> Path:
        """The folder for messages "to a folder"."""
        return self.message_folder or self.data / "messages"

    @property
    def weak_connection(self) -> str:
        """What is weaker on the way to the database than it should be, allowed by an administrator; empty: nothing."""
        addresses = (self.database_url, self.worker_database_url)
        return next((weak for each in addresses if each and (weak := weakness(each.get_secret_value()))), "")

    @field_validator("database_ca_file")
    @classmethod
    def _a_certificate(cls, value: Path | None) -> Path | None:
        if value is not None:
            check_authority(value)
        return value

    @field_validator("database_url", "worker_database_url", "backup_database_url")
    @classmethod
    def _an_address_that_can_be_used(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        authority = info.data.get("database_ca_file")
        return None if value is None else SecretStr(secured(value.get_secret_value(), authority))


class _SetUp(PydanticBaseSettingsSource):
    """The database that set-up wrote down, all of it or, where another one is named, nothing of it."""

    def __init__(self, settings_cls: type[BaseSettings], *, is_wanted: bool) -> None:
        super().__init__(settings_cls)
        self._is_wanted = is_wanted  # who names a folder means the embedded database in it

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Not asked: `__call__` answers for all fields at once."""
        raise NotImplementedError

    def __call__(self) -> dict[str, Any]:
        """Return what the file says."""
        said = self.current_state
        if not self._is_wanted or "database_url" in said:
            return {}
        folder = said.get("config") or platformdirs.user_config_path(PROGRAM, appauthor=False)
        return dict(connection_file.read(Path(folder)))


EXPECTED: Final = {
    "database_ca_file": "a file with a certificate in PEM",
    "database_url": "postgresql://user:password@host:5432/database; over a network with sslmode=verify-full",
    "data": "a folder",
    "config": "a folder",
    "desk_id": "a UUID",
    "desk_name": "1 to 40 characters",
    "phone_region": "two capital letters of a country, such as DE",
    "language": "a language code such as de, or de_AT",
    "lock_after_min": "whole minutes from 0 (as the clinic has it) to 240",
    "message_wait_s": "whole seconds from 0 to 900",
    "worker_database_url": "postgresql://worker:password@host:5432/database; over a network with sslmode=verify-full",
    "backup_database_url": "postgresql://reader:password@host:5432/database; over a network with sslmode=verify-full",
    "message_folder": "a folder",
    "shared_folder": "a folder",
}


def load_settings(**given: Any) -> Settings:
    """Read the settings; what is given here wins. Raises InvalidInput that names the first unusable one."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except UnicodeDecodeError:
        raise InvalidInput(field=".env", expected="a text file in UTF-8") from None
    except connection_file.Damaged as error:
        expected = f"the file {error} as set-up wrote it; run set-up again"
        raise InvalidInput(field=connection_file.NAME, expected=expected) from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = str((first["loc"] or ("settings",))[0])
        cause = first.get("ctx", {}).get("error")
        said = cause.expected if isinstance(cause, Unusable) else ""
        raise InvalidInput(field=name, expected=said or EXPECTED.get(name, "a valid value")) from None


@dataclass(slots=True)
class ClaimedDesk:
    """The desk this program is, until `release` or the end of the process (a crash frees it too)."""

    id: UUID
    name: str
    _lock: FileLock | None = None

    def release(self) -> None:
        """Let another program of this user be this desk."""
        if self._lock is not None:
            self._lock.release()


def claim_desk(settings: Settings) -> ClaimedDesk:
    """Claim the first desk of this user that no running program is: a second program on one PC becomes "Desk 2".

    Ids last: they are kept in 0600 files in the user's configuration folder. Raises OSError if that cannot be written.
    """
    if settings.desk_id is not None:
        return ClaimedDesk(settings.desk_id, settings.desk_name or "Desk 1")
    folder = settings.config / "desks"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for number, lock in _free_places(folder):
        stored = _stored(folder / f"desk-{number}.json")
        desk_id = stored.get("id") or str(uuid7())
        name = settings.desk_name or stored.get("name") or f"Desk {number}"
        if {"id": desk_id, "name": name} != stored:
            _store(folder / f"desk-{number}.json", {"id": desk_id, "name": name})
        return ClaimedDesk(UUID(desk_id), name, lock)
    raise InvalidInput(field="desk", expected=f"at most {_DESKS_PER_USER} programs of one user at a time")


def first_desk(config: Path, name: str) -> UUID:
    """Return the id of the first desk of this user, which is called `name` from its next start on; "" leaves its name.

    Raises OSError.
    """
    file = config / "desks" / "desk-1.json"
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    stored = _stored(file)
    wanted = {"id": stored.get("id") or str(uuid7()), "name": name or stored.get("name") or "Desk 1"}
    if wanted != stored:
        _store(file, wanted)
    return UUID(wanted["id"])


def _free_places(folder: Path) -> Iterator[tuple[int, FileLock]]:
    for number in range(1, _DESKS_PER_USER + 1):
        lock = FileLock(folder / f"desk-{number}.lock", mode=0o600, thread_local=False)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            continue
        yield number, lock


def _stored(path: Path) -> dict[str, str]:
    """What a desk file says; nothing if it is absent or damaged (the desk then gets a new id)."""
    try:
        content = json.loads(path.read_text("utf-8"))
        return {"id": str(UUID(str(content["id"]))), "name": str(content["name"])[:40]}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def _store(path: Path, content: dict[str, str]) -> None:
    """Write by way of a second file, so that a crash leaves the old one or the new one."""
    draft = path.with_suffix(".new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content, file)
    draft.replace(path)

"""The clinic's own server on an installed PostgreSQL, once for all tests here; a keyring in memory for each "PC"."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import keyring
import keyring.backend
import pytest

from clinic_desk.database.embedded.cluster import choose_port
from clinic_desk.sharing import cluster, finding
from clinic_desk.sharing.plans import FoundServer, Manager, Share, SharePlan

_IN_MEMORY: Final = "/dev/shm"
MANAGER: Final = Manager("julia", "sieben rote Vögel", "Julia Brandt")


class Keyring(keyring.backend.KeyringBackend):
    """One user's keyring on one PC, in memory."""

    priority = 1

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[f"{service}/{username}"] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop(f"{service}/{username}", None) is None:
            raise keyring.errors.PasswordDeleteError


@pytest.fixture(scope="session")
def installed() -> FoundServer:
    """A PostgreSQL with TLS that is installed here; skips where there is none."""
    found = finding.find_servers()
    if not found or found[0].trouble is not None:
        pytest.skip("no PostgreSQL with TLS is installed")
    return found[0]


@pytest.fixture
def here() -> Iterator[Path]:
    """A folder that the account which runs PostgreSQL can enter."""
    folder = Path(tempfile.mkdtemp(prefix="cd-share-", dir=_IN_MEMORY if os.access(_IN_MEMORY, os.W_OK) else None))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def share(installed: FoundServer) -> Iterator[Share]:
    """A clinic that is shared from this PC, at a port of its own."""
    folder = Path(tempfile.mkdtemp(prefix="cd-share-", dir=_IN_MEMORY if os.access(_IN_MEMORY, os.W_OK) else None))
    folder.chmod(0o755)
    plan = SharePlan(
        installed,
        folder / "shared",
        MANAGER,
        addresses=("127.0.0.1",),
        listen=("127.0.0.1",),
        port=choose_port(0),
        as_service=False,
    )
    try:
        yield cluster.make_share(plan)
    finally:
        cluster.stop(folder / "shared")
        shutil.rmtree(folder)


@pytest.fixture
def pc(monkeypatch: pytest.MonkeyPatch) -> Keyring:
    """This PC's keyring."""
    made = Keyring()
    monkeypatch.setattr(keyring, "get_keyring", lambda: made)
    return made

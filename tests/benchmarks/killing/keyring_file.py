"""A keyring of one PC in a file, for `tests.benchmarks.killed`: written whole or not at all, as a system's is."""

from __future__ import annotations

import json
import os
from pathlib import Path

import keyring.backend
import keyring.errors


class Keyring(keyring.backend.KeyringBackend):
    """Chosen by PYTHON_KEYRING_BACKEND; its file is named by KILLED_KEYRING."""

    priority = 1

    def _kept(self) -> dict[str, str]:
        file = Path(os.environ["KILLED_KEYRING"])
        found: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
        return found

    def _keep(self, kept: dict[str, str]) -> None:
        file = Path(os.environ["KILLED_KEYRING"])
        draft = file.with_suffix(".draft")
        draft.write_text(json.dumps(kept))
        draft.replace(file)

    def get_password(self, service: str, username: str) -> str | None:
        return self._kept().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._keep(self._kept() | {f"{service}/{username}": password})

    def delete_password(self, service: str, username: str) -> None:
        kept = self._kept()
        if kept.pop(f"{service}/{username}", None) is None:
            raise keyring.errors.PasswordDeleteError
        self._keep(kept)

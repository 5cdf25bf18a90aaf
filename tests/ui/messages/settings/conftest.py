"""The settings in the whole program, signed in as a manager or as reception, and a keyring that forgets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import keyring
import keyring.backend
import keyring.errors
import pytest
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import URL

from clinic_desk.desk.program import DeskProgram
from clinic_desk.notifications import credentials
from clinic_desk.ui.booking.fields import ChoiceBox, NumberBox
from clinic_desk.ui.messages.settings.dialog import SettingsDialog
from clinic_desk.ui.messages.settings.errands import Errand
from clinic_desk.ui.messages.settings.opener import MessageSettings
from clinic_desk.ui.messages.settings.rows import FieldRows
from tests.ui.shell.conftest import OpenProgram, open_program, programs

__all__ = ["open_program", "programs"]


class MemoryKeyring(keyring.backend.KeyringBackend):
    """A keyring that forgets at the end of the test; `error` is raised instead of an answer."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[str, str] = {}
        self.error: Exception | None = None

    def get_password(self, service: str, username: str) -> str | None:
        if self.error is not None:
            raise self.error
        return self.kept.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.error is not None:
            raise self.error
        self.kept[username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop(username, None) is None:
            raise keyring.errors.PasswordDeleteError


def line_of(rows: FieldRows, name: str) -> QLineEdit:
    """A line to type in."""
    field = rows.fields[name]
    assert isinstance(field, QLineEdit)
    return field


def number_of(rows: FieldRows, name: str) -> NumberBox:
    """A number."""
    field = rows.fields[name]
    assert isinstance(field, NumberBox)
    return field


def box_of(rows: FieldRows, name: str) -> ChoiceBox:
    """A box to choose from."""
    field = rows.fields[name]
    assert isinstance(field, ChoiceBox)
    return field


def _is_over(errand: Errand) -> bool:
    return not errand.is_busy


@pytest.fixture(autouse=True)
def ring(monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryKeyring]:
    """The PC's keyring; nothing is in the environment."""
    for name in credentials._VARIABLES.values():
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"CLINIC_DESK_{name}", raising=False)
    before = keyring.get_keyring()
    made = MemoryKeyring()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


@pytest.fixture
def manager(open_program: OpenProgram, url_as: Callable[..., URL]) -> DeskProgram:
    """A desk of a practice manager, with the calendar on screen."""
    return open_program(url=url_as("clinic_manager"))


@pytest.fixture
def reception(open_program: OpenProgram) -> DeskProgram:
    """A desk of the reception."""
    return open_program()


@pytest.fixture
def open_settings(qtbot: QtBot) -> Iterator[Callable[[DeskProgram], SettingsDialog]]:
    """Open a desk's settings and wait until they are read."""
    opened: list[MessageSettings] = []

    def open_it(program: DeskProgram) -> SettingsDialog:
        assert program.workspace is not None
        assert program.workspace.messages is not None
        program.window.activateWindow()
        program.window.actions_by_name["message_settings"].trigger()
        settings = program.workspace.messages.settings
        assert settings is not None
        assert settings.dialog is not None
        opened.append(settings)
        dialog = settings.dialog
        qtbot.waitUntil(lambda: dialog.draft is not None)
        qtbot.waitUntil(lambda: not settings._errand.is_busy)
        return dialog

    yield open_it
    for settings in opened:
        assert isinstance(settings._window, QWidget)
        errand = settings._errand
        qtbot.waitUntil(partial(_is_over, errand), timeout=10_000)
        settings._close()

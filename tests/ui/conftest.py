"""What all tests of the user interface have in common."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from typing import Final

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

PATIENCE_MS: Final = 20_000
"""So long a condition is waited for: only a failure reaches it, however busy the machine is."""


class PatientBot(QtBot):
    """Qt's events for a test; its waits end with their condition."""

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = PATIENCE_MS) -> None:  # noqa: N802
        """Wait until the condition holds."""
        super().waitUntil(callback, timeout=timeout)


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    """As pytest-qt's own, with more patience."""
    assert qapp is not None
    return PatientBot(request)


@pytest.fixture(autouse=True)
def _collected_on_the_gui_thread() -> Iterator[None]:
    """As in the program (ui/garbage.py): on a lane's or an errand's thread the collector could destroy widgets."""
    gc.disable()
    if not gc.get_freeze_count():
        gc.freeze()  # looking through all that is imported after each test would take a quarter of the run
    yield
    gc.collect()
    gc.enable()

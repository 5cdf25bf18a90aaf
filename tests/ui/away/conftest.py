"""Doctor away in the whole program, signed in as a manager or as reception."""

from __future__ import annotations

from tests.ui.setup.conftest import manager, open_setup, other, reception, stored
from tests.ui.shell.conftest import open_program, programs

__all__ = ["manager", "open_program", "open_setup", "other", "programs", "reception", "stored"]

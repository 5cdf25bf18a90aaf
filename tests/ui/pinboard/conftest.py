"""The pinboard in the whole program, signed in as reception."""

from __future__ import annotations

from tests.ui.setup.conftest import reception
from tests.ui.shell.conftest import open_program, programs

__all__ = ["open_program", "programs", "reception"]

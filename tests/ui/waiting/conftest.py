"""The waiting list in the whole program, at a desk of the reception."""

from __future__ import annotations

from tests.ui.setup.conftest import reception
from tests.ui.shell.conftest import open_program, programs

__all__ = ["open_program", "programs", "reception"]

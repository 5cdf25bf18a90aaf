"""Programs at their first start."""

from __future__ import annotations

from tests.ui.shell.conftest import open_program, programs

__all__ = ["open_program", "programs"]

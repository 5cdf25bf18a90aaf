"""Whole desks, for what they do outside their window."""

from tests.ui.shell.conftest import OpenProgram, open_program, programs

__all__ = ["OpenProgram", "open_program", "programs"]

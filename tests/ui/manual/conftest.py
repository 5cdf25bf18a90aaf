"""Whole desks, with their manual."""

from tests.ui.shell.conftest import OpenProgram, open_program, programs

__all__ = ["OpenProgram", "open_program", "programs"]

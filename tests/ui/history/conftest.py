"""The history in whole programs too."""

from tests.ui.shell.conftest import open_program, programs

__all__ = ["open_program", "programs"]

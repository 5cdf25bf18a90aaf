"""Ways of looking at the day, in whole programs."""

from tests.ui.shell.conftest import open_program, programs

__all__ = ["open_program", "programs"]

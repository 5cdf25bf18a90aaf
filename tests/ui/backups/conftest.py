"""Backups in whole programs."""

from tests.backups.conftest import folder, made, manager, server, source, worker
from tests.ui.shell.conftest import open_program, programs

__all__ = ["folder", "made", "manager", "open_program", "programs", "server", "source", "worker"]

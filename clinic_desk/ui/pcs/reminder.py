"""Reminds a manager, at each start, that the clinic's server on this PC does not start with it yet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from clinic_desk.ui.lanes import Priority

if TYPE_CHECKING:
    from clinic_desk.sharing.plans import Service
    from clinic_desk.ui.workspace import Workspace

translate = QCoreApplication.translate


def remind_of_server(space: Workspace) -> None:
    """Look once, in the background."""
    settings = space.opening.settings
    folder = None if settings is None else settings.shared_folder
    if folder is None or space.opening.person.group != "manager":
        return

    def show(service: Service) -> None:
        if not service.is_installed and service.kind != "none":
            space.window.toasts.show_text(reminder_text())

    space.desk.tasks.query(space, lambda: _service(folder), show, lambda _error: None, priority=Priority.IDLE)


def reminder_text() -> str:
    """Return what is missing, and where the command for it is."""
    return translate(
        "pcs",
        "The clinic's server does not start with this PC yet. What to do once is told under ☰, The clinic, PCs of the "
        "clinic…",
    )


def _service(folder: Path) -> Service:
    from clinic_desk.sharing import cluster

    return cluster.share_of(folder).service

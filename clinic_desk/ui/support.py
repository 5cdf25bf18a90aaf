"""Opens the support bundle's sheet and has the file made, off the GUI thread."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from clinic_desk.services import support_bundle
from clinic_desk.ui.shell.support import SupportSheet

if TYPE_CHECKING:
    from clinic_desk.ui.workspace import Workspace


def open_support(workspace: Workspace) -> None:
    """Ask where the file goes; it is made when that is answered."""
    sheet = SupportSheet(workspace.window, support_bundle.default_name(datetime.now(UTC)))
    database, settings = workspace.desk.database, workspace.opening.settings

    def make(path: Path) -> None:
        def work() -> Path:
            support_bundle.write_bundle(path, settings, lambda: support_bundle.health_of(database))
            return path

        workspace.desk.tasks.query(sheet, work, sheet.is_made, sheet.is_not_made)

    sheet.wanted.connect(make)
    sheet.open()

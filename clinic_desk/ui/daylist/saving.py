"""Saves the list of the day as it stands to a CSV file, off the GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.ids import new_id
from clinic_desk.errors import ClinicDeskError
from clinic_desk.services.exporting.lists import Listing, save_list
from clinic_desk.ui.exchange.job import Job
from clinic_desk.ui.sentences import sentence

if TYPE_CHECKING:
    from clinic_desk.ui.workspace import Workspace

translate = QCoreApplication.translate


def save(space: Workspace, listing: Listing, path: Path, delimiter: str = ",") -> None:
    """Save the rows, over a file that is there; a note tells what came of it."""
    job, database, operation_id = Job(space), space.desk.database, new_id()

    def work(_tell: Callable[[object], None], _stop: Callable[[], bool]) -> int:
        return save_list(database, listing, path, operation_id, delimiter=delimiter, overwrite=True)

    def done(count: int) -> None:
        told = translate("daylist", "✓ {count} rows saved as {name}").format(count=count, name=path.name)
        space.window.toasts.show_text(told)
        job.deleteLater()

    def failed(error: ClinicDeskError) -> None:
        space.own.tell_trouble(sentence(error, space.store.clinic, "UTC"))
        job.deleteLater()

    job.run(work, done, failed)

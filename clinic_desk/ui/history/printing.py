"""Shows the changes that are listed as pages; what Qt needs for a printer is loaded only then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from clinic_desk.domain.history_chain import Anchor
from clinic_desk.domain.history_list import Change
from clinic_desk.errors import ClinicDeskError
from clinic_desk.services.history_list import last_seal

if TYPE_CHECKING:
    from clinic_desk.ui.history.sheet import HistorySheet
    from clinic_desk.ui.workspace import Workspace


def print_changes(
    space: Workspace, sheet: HistorySheet, listed: Sequence[Change], missed: Callable[[ClinicDeskError], None]
) -> None:
    """Read the last seal there is, then show the pages, from where they are printed."""
    database = space.desk.database

    def show(seal: Anchor | None) -> None:
        from clinic_desk.ui.history.paper import history_document
        from clinic_desk.ui.paper.desk import paper_of
        from clinic_desk.ui.paper.painter import paper_of_locale

        clinic, made = space.store.clinic, (space.store.freshness.now(), database.desk.name)
        if clinic.sites:
            title, narrowed = sheet.accessibleName(), sheet.narrowed
            document = history_document(listed, clinic, title, narrowed, made=made, seal=seal)
            paper_of(space).preview(document, paper_of_locale())

    space.desk.tasks.query(sheet, lambda: last_seal(database), show, missed, key="history seal")

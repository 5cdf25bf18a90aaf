"""The way into import and export from a desk's menu; their parts are made when somebody asks for them first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic_desk.domain.rights import Right
from clinic_desk.ui.exchange.opener import Exchange

if TYPE_CHECKING:
    from clinic_desk.ui.workspace import Workspace


def exchange_of(space: Workspace) -> Exchange:
    """Return the import and export of a desk's window."""
    made = space.findChild(Exchange)
    if not isinstance(made, Exchange):
        made = Exchange(space.window, space.desk.database, parent=space)
        space.closing.connect(made.close)
    made.may_import = space.store.clinic.manager
    made.may_export = Right.EXPORT in space.store.clinic.rights
    return made

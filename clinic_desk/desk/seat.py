"""One person's window at a desk, and what is in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clinic_desk.domain.rights import Right
    from clinic_desk.opening.opened import Opened
    from clinic_desk.services.desks import SignedIn
    from clinic_desk.ui.door.locker import Locker
    from clinic_desk.ui.door.place import KeptPlace
    from clinic_desk.ui.main_window import MainWindow
    from clinic_desk.ui.workspace import Workspace


@dataclass(eq=False, slots=True)
class Seat:
    """One person's window, what is in it, and where it is put away while somebody else is at the desk."""

    opened: Opened
    window: MainWindow
    workspace: Workspace
    locker: Locker | None = None

    @property
    def person(self) -> SignedIn:
        """Who it is."""
        return self.opened.person

    @property
    def is_unsaved(self) -> bool:
        """Whether something is open in it that closing the program would lose."""
        return self.window.may_leave is not None or self.workspace.booking.is_open

    def rest(self) -> None:
        """Let go of its connections, unless she is back already. On the query lane."""
        if self.workspace.is_asleep:
            self.opened.database.rest()


def rights_of(person: SignedIn) -> tuple[str, frozenset[Right]]:
    """Return what a window was made with: it is another one when this is not the same any more."""
    return person.group, person.rights


Make = Callable[["Opened", "KeptPlace"], Seat]
"""Makes a window for another person, which begins to read what it is to show, and is not on screen."""

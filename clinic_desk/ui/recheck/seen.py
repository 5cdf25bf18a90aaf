"""The ways into the check of appointments to come; its parts are made when somebody asks for them first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QTimer

if TYPE_CHECKING:
    from clinic_desk.domain.records import Clinic
    from clinic_desk.ui.workspace import Workspace

LOOK_AFTER_MS: Final = 10_000
"""So long after the start it is asked whether the zone rules are new: nobody waits for the answer."""
_SAYS_WHAT_FITS: Final = frozenset(
    {"sites", "practitioners", "rooms", "types", "hours", "overrides", "absences", "closures", "blocks", "at once"}
)
"""The areas of the set-up by which an appointment fits or not."""


def open_recheck(space: Workspace) -> None:
    """Show which appointments to come no longer fit."""
    from clinic_desk.ui.recheck.desk import recheck_of

    recheck_of(space).open()


def look_after_setup(space: Workspace, saved: set[str]) -> None:
    """The set-up was closed, with something saved in these areas: offer the list if something no longer fits."""
    if not saved & _SAYS_WHAT_FITS:
        return
    saved.clear()
    from clinic_desk.ui.recheck.desk import recheck_of

    recheck_of(space).look_after_setup()


def look_soon(space: Workspace) -> None:
    """Some time after the start, look if the zone rules are others than at this desk's last look."""
    QTimer.singleShot(LOOK_AFTER_MS, space, lambda: look_if_rules_are_new(space))


def look_if_rules_are_new(space: Workspace) -> None:
    """Look quietly if the zone rules are others than when this desk found all appointments to come as agreed."""
    rules = rules_of(space.store.clinic)
    if rules == space.window.preferences.zone_rules_seen():
        return
    from clinic_desk.ui.recheck.desk import recheck_of

    recheck_of(space).look_by_rules(rules)


def rules_of(clinic: Clinic) -> str:
    """Return which zone rules this desk goes by, and in which clinic: what it has looked at is remembered by it."""
    from clinic_desk.domain.wall import tzdata_version

    return f"{tzdata_version()} {clinic.sites[0].id if clinic.sites else '-'}"

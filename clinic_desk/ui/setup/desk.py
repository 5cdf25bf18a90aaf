"""The way into the set-up from a desk's menu. An empty clinic, which has no calendar yet, opens it by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.undoing import Deed
from clinic_desk.ui.recheck.seen import look_after_setup
from clinic_desk.ui.setup.drafts import Step
from clinic_desk.ui.setup.opener import ClinicSetup
from clinic_desk.ui.setup.words import saved_text
from clinic_desk.ui.store import CLINIC_TABLES, DAY_TABLES

if TYPE_CHECKING:
    from uuid import UUID

    from clinic_desk.domain.setup import SaveClosures
    from clinic_desk.ui.setup.saving import Saving
    from clinic_desk.ui.workspace import Workspace

_COMMANDS: Final = {
    ("absences", False): "SaveTimeOff",
    ("absences", True): "Remove time_off",
    ("closures", False): "SaveClosure",
    ("closures", True): "Remove closure",
    ("blocks", False): "SaveBlock",
    ("blocks", True): "Remove block",
}
"""Which saves and removals can be taken back, by area and whether the record was removed."""
_SHOWN: Final = CLINIC_TABLES | DAY_TABLES | {"desk", "reminder_rule"}


def open_setup(space: Workspace) -> None:
    """Open the set-up over a desk's window; one is made for it the first time."""
    made = space.findChild(ClinicSetup)
    if not isinstance(made, ClinicSetup):
        made = _made(space)
    made.open()


def _made(space: Workspace) -> ClinicSetup:
    desk, is_manager = space.desk, space.opening.person.group == "manager"
    made = ClinicSetup(space.window, desk.database, desk.tasks, may_write=is_manager, parent=space)
    space.store.tables_changed.connect(lambda tables: made.renew() if tables & _SHOWN else None)
    made.saving.before_absence = lambda step: _look_first(space, made.saving, step)
    made.look_at_closures = lambda command: _look_at_holidays(space, made, command)
    made.open_messages = lambda: _open_messages(space, made)
    saved: set[str] = set()
    made.stored.connect(saved.update)
    made.closed.connect(lambda: look_after_setup(space, saved))
    _follow_undo(space, made)
    return made


def _follow_undo(space: Workspace, made: ClinicSetup) -> None:
    """What keeps time from being booked is taken back where it was entered, and by Ctrl+Z on the calendar."""
    own = space.own

    def did(operation_id: UUID, area: str, name: str, removed: bool) -> None:
        command = _COMMANDS.get((area, removed))
        if command is not None:
            own.stack.did(Deed(operation_id, number=0, command=command, names=(name,)))

    def offer() -> None:
        last = own.stack.last()
        if made.page is not None:
            made.page.undo.setVisible(last is not None and last.command in _COMMANDS.values())

    def say(text: str, role: str) -> None:
        if made.page is not None:
            made.page.say(text, role)

    made.did.connect(did)
    made.undo_wanted.connect(own.undo_last)
    own.stack.changed.connect(offer)
    own.taking_back.told.connect(say)


def _open_messages(space: Workspace, made: ClinicSetup) -> None:
    """The settings of messages lie over the set-up, whose keys are off until they are closed."""
    space.messages.open_settings()
    settings, page = space.messages.settings, made.page
    if settings is not None and settings.dialog is not None and page is not None:
        page.setEnabled(False)
        settings.dialog.finished.connect(lambda: page.setEnabled(True))


def _look_first(space: Workspace, saving: Saving, step: Step) -> None:
    """Whoever is booked in time off or a closure is seen before it is saved."""
    from clinic_desk.ui.away.desk import Answers, away_of

    command = step.area.absence
    assert command is not None
    answers = Answers(
        lambda: saving.write(step),
        lambda: saving.written(step),
        lambda error: saving.refused(step, error),
        saving.not_now,
    )
    away_of(space).before_saving(command(step.mine, new_id()), answers)


def _look_at_holidays(space: Workspace, made: ClinicSetup, command: SaveClosures) -> None:
    """Whoever is booked on public holidays is seen before they are saved, all of them in one list."""
    from clinic_desk.ui.away.desk import Answers, away_of

    answers = Answers(
        lambda: made.acts.close_on(command),
        lambda: made.done_at_once(saved_text()),
        made.failed_at_once,
        lambda: _not_added(made),
    )
    made.saving.begin()
    away_of(space).before_saving(command, answers)


def _not_added(made: ClinicSetup) -> None:
    made.free("")
    if made.page is not None:
        made.page.say(QCoreApplication.translate("setup", "No public holiday was added."), "warning")

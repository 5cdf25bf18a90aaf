"""Opens Doctor away from the menu and where an absence is saved in the set-up, and shows what it did and undid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from clinic_desk.domain.away import CarriedOut, Saving
from clinic_desk.domain.records import Entry
from clinic_desk.domain.undoing import Deed
from clinic_desk.domain.wall import local_day
from clinic_desk.errors import ClinicDeskError
from clinic_desk.services.setup_overview import load_setup
from clinic_desk.ui.away.question import AwayQuestion
from clinic_desk.ui.away.sheet import AwaySheet
from clinic_desk.ui.away.words import done_words, zone_of

if TYPE_CHECKING:
    from clinic_desk.services.away import Looked
    from clinic_desk.ui.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Answers:
    """What the set-up does next with an absence that it is about to save.

    `plainly`: nobody is booked then, it is saved as ever. `written`: it is saved, with whom it hits. `refused`: it
    could not be. `stay`: it is not to be saved now.
    """

    plainly: Callable[[], None]
    written: Callable[[], None]
    refused: Callable[[ClinicDeskError], None]
    stay: Callable[[], None]


class AwayDesk(QObject):
    """One per window."""

    def __init__(self, space: Workspace) -> None:
        super().__init__(space)
        self._space = space
        self._desk, self._own = space.desk, space.own

    # --- from the menu ---

    def open(self) -> None:
        """Ask who is away, then show whom it hits."""
        question = AwayQuestion(self._space.window)
        database = self._desk.database
        question.asked.connect(lambda save: self._look(save, partial(self._show_asked, question, save), question.say))
        question.finished.connect(lambda _result: self._space.commands.back_to_calendar())
        question.open()
        self._desk.tasks.query(
            question, lambda: load_setup(database), question.show_setup, question.say, key="away-setup"
        )

    def _show_asked(self, question: AwayQuestion, save: Saving, looked: Looked) -> None:
        question.set_busy(busy=False)
        sheet = self._sheet(save, looked)
        sheet.committed.connect(lambda done, before: self._committed(save, done, before))
        sheet.committed.connect(lambda _done, _before: question.done(question.DialogCode.Accepted))
        sheet.refused.connect(question.say)
        sheet.open()

    # --- from the set-up ---

    def before_saving(self, save: Saving, answers: Answers) -> None:
        """Look whom an absence hits that is about to be saved."""

        def found(looked: Looked) -> None:
            if not looked.proposals:
                answers.plainly()
                return
            sheet = self._sheet(save, replace(looked, covered=False))
            sheet.committed.connect(lambda done, before: self._committed(save, done, before))
            sheet.committed.connect(lambda _done, _before: answers.written())
            sheet.refused.connect(answers.refused)
            sheet.given_up.connect(answers.stay)
            sheet.open()

        self._look(save, found, answers.refused)

    # --- both ---

    def _look(self, save: Saving, found: Callable[[Looked], None], failed: Callable[[ClinicDeskError], None]) -> None:
        database = self._desk.database

        def work() -> Looked:
            from clinic_desk.services import away

            return away.look(database, save)

        self._desk.tasks.query(self, work, found, failed, key="away")

    def _sheet(self, save: Saving, looked: Looked) -> AwaySheet:
        desk, space = self._desk, self._space
        return AwaySheet(
            desk.database,
            desk.tasks,
            space.window,
            looked,
            save,
            today=local_day(desk.store.freshness.now(), zone_of(save, looked.clinic)),
            tell=space.window.preferences.tell_moves() != "never",
            may_save=space.opening.person.group == "manager",
        )

    def _committed(self, save: Saving, done: CarriedOut, before: tuple[Entry, ...]) -> None:
        self._apply(done.entries)
        text = done_words(save, self._desk.store.clinic, done.entries)
        deed = _deed(done, before)
        if deed is None:
            self._own.tell(text)
        else:
            self._own.committed_together(text, deed)

    def _apply(self, entries: tuple[Entry, ...]) -> None:
        for entry in entries:
            self._desk.store.apply_entry(entry)


def _deed(done: CarriedOut, before: tuple[Entry, ...]) -> Deed | None:
    """Return what was done, known by what it made of one row; None if it wrote none."""
    if done.entries:
        after = done.entries[0]
        was = next((entry for entry in before if entry.id == after.id), None)
        return Deed((after.id, after.appointment.version), was, after, len(done.entries))
    return Deed((done.absences[0].id, done.absences[0].version), number=0) if done.absences else None


def away_of(space: Workspace) -> AwayDesk:
    """Return what opens Doctor away over a desk's window, made when it is wanted first."""
    made = space.findChild(AwayDesk)
    return made if isinstance(made, AwayDesk) else AwayDesk(space)

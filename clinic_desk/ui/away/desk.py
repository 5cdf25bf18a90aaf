"""Opens Doctor away from the menu and where an absence is saved in the set-up, and shows what it did and undid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from clinic_desk.domain.away import AwayRefused, CarriedOut, Saving, Single, TakeBack
from clinic_desk.domain.commands import Update
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import Closure, Entry
from clinic_desk.domain.setup import Remove
from clinic_desk.domain.undoing import undoing
from clinic_desk.domain.wall import local_day
from clinic_desk.errors import ClinicDeskError, Refused
from clinic_desk.services.setup_overview import load_setup
from clinic_desk.ui.away.question import AwayQuestion
from clinic_desk.ui.away.sheet import AwaySheet
from clinic_desk.ui.away.words import done_words, zone_of
from clinic_desk.ui.booking.submission import Submission
from clinic_desk.ui.booking.words import one_line
from clinic_desk.ui.undo import DoneTogether

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
        sheet.committed.connect(lambda done, before: self._committed(save, None, done, before))
        sheet.committed.connect(lambda _done, _before: question.done(question.DialogCode.Accepted))
        sheet.refused.connect(question.say)
        sheet.open()

    # --- from the set-up ---

    def before_saving(self, save: Saving, former: Single | None, answers: Answers) -> None:
        """Look whom an absence hits that is about to be saved; `former`: as it was saved before, if it was."""

        def found(looked: Looked) -> None:
            if not looked.proposals:
                answers.plainly()
                return
            sheet = self._sheet(save, replace(looked, covered=False))
            sheet.committed.connect(lambda done, before: self._committed(save, former, done, before))
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

    def _committed(self, save: Saving, former: Single | None, done: CarriedOut, before: tuple[Entry, ...]) -> None:
        self._apply(done.entries)
        text = done_words(save, self._desk.store.clinic, done.entries)
        command = back_of(done, before, former)
        if command.steps or command.back:
            self._offer_undo(text, command, done.entries)
        else:
            self._own.tell(text)

    def _offer_undo(self, text: str, command: TakeBack, entries: tuple[Entry, ...]) -> None:
        versions = {step.appointment_id: step.version for step in command.steps}

        def take_back() -> None:
            steps = tuple(replace(step, version=versions[step.appointment_id]) for step in command.steps)
            anew = replace(command, steps=steps, operation_id=new_id())
            self._take_back(anew, partial(self._taken_back, text), partial(self._stays, entries, done))

        done = DoneTogether(take_back, versions=versions)
        self._own.committed_together(text, done)

    def _take_back(
        self,
        command: TakeBack,
        done: Callable[[tuple[Entry, ...]], None],
        failed: Callable[[ClinicDeskError], None],
    ) -> None:
        database = self._desk.database

        def work() -> object:
            from clinic_desk.services import away

            return away.take_back(database, command)

        submission = Submission(self._desk.tasks, self)
        submission.done.connect(done)
        submission.failed.connect(failed)
        submission.done.connect(submission.deleteLater)
        submission.failed.connect(submission.deleteLater)
        submission.send(work)

    def _taken_back(self, text: str, entries: tuple[Entry, ...]) -> None:
        self._apply(entries)
        self._own.tell(self.tr("Undone: {what}").format(what=text))

    def _stays(self, entries: tuple[Entry, ...], done: DoneTogether, error: ClinicDeskError) -> None:
        """Say why it could not be taken back; what was no refusal may be tried once more."""
        from clinic_desk.ui.sentences import sentence

        clinic = self._desk.store.clinic
        zone = clinic.sites[0].zone if clinic.sites else "UTC"
        if isinstance(error, AwayRefused) and error.troubles:
            first = error.troubles[0]
            names = {entry.id: one_line(entry.patient.display_name) for entry in entries}
            why = sentence(first.cause, clinic, zone)
            told = self.tr("Nothing was taken back. {name}: {why}")
            self._own.tell_trouble(told.format(name=names[first.appointment_id], why=why))
            return
        self._own.tell_trouble(sentence(error, clinic, zone))
        if not isinstance(error, Refused):
            self._own.stack.restore(done)

    def _apply(self, entries: tuple[Entry, ...]) -> None:
        for entry in entries:
            self._desk.store.apply_entry(entry)
            self._own.stack.moved_on(entry)


def back_of(done: CarriedOut, before: tuple[Entry, ...], former: Single | None) -> TakeBack:
    """Return the command that takes it all back: new absences away again, an old one as it was before."""
    was = {entry.id: entry.appointment for entry in before}
    steps = [undoing(was[entry.id], entry.appointment, entry.appointment.version) for entry in done.entries]
    back = tuple(
        Remove(row.id, row.version) if former is None else replace(former, version=row.version) for row in done.absences
    )
    table = "closure" if any(isinstance(row, Closure) for row in done.absences) else "time_off"
    return TakeBack(tuple(step for step in steps if isinstance(step, Update)), back, table)


def away_of(space: Workspace) -> AwayDesk:
    """Return what opens Doctor away over a desk's window, made when it is wanted first."""
    made = space.findChild(AwayDesk)
    return made if isinstance(made, AwayDesk) else AwayDesk(space)

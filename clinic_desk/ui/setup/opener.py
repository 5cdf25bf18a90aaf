"""Opens the set-up, reads what it shows, and saves what was changed, one record after the other."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtWidgets import QWidget

from clinic_desk.database.engine import Database
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.refusals import NotFound
from clinic_desk.domain.setup import SetupConflict, StillUsed
from clinic_desk.errors import ClinicDeskError, InvalidInput, OutcomeUnknown
from clinic_desk.services.setup_overview import Setup, is_bookable, load_setup
from clinic_desk.ui.booking.submission import Submission
from clinic_desk.ui.compare import CompareSheet
from clinic_desk.ui.messages.settings.leaving import LeavingSheet
from clinic_desk.ui.sentences import sentence
from clinic_desk.ui.setup.area import Work
from clinic_desk.ui.setup.areas.all import all_areas
from clinic_desk.ui.setup.compare import differences, merged
from clinic_desk.ui.setup.drafts import Step
from clinic_desk.ui.setup.list_acts import ListActs
from clinic_desk.ui.setup.page import SetupPage
from clinic_desk.ui.setup.section import line_text
from clinic_desk.ui.setup.words import saved_text, used_text
from clinic_desk.ui.tasks import Tasks

translate = QCoreApplication.translate


class ClinicSetup(QObject):
    """Of one window: at most one page is open. Needs no calendar, so that an empty clinic can be set up."""

    closed = Signal()
    completed = Signal()
    """Closed, and there is something that can be booked."""

    def __init__(
        self, window: QWidget, database: Database, tasks: Tasks, *, may_write: bool, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._database = database
        self._tasks = tasks
        self._may_write = may_write
        self._setup: Setup | None = None
        self._leaves = False
        self._sequels: list[Callable[[], None]] = []
        self._then: tuple[Callable[[], None], Callable[[ClinicDeskError], None]] = (_nothing, _nothing_failed)
        self.page: SetupPage | None = None
        self.before_absence: Callable[[Step], None] | None = None
        """What looks whom time off or a closure hits before it is saved; it answers by one of the methods below."""
        self._acts = ListActs(self, window)
        self._submission = Submission(tasks, self)
        self._submission.done.connect(lambda _result: self._then[0]())
        self._submission.failed.connect(self._failed)
        self._submission.finding_out.connect(lambda: self._tell(OutcomeUnknown()))

    def open(self) -> None:
        """Show the set-up over the window, and read it."""
        if self.page is not None:
            return
        self.page = SetupPage(self._window, all_areas(), may_write=self._may_write)
        self.page.save_wanted.connect(self.save)
        self.page.leave_wanted.connect(self.leave)
        for section in self.page.sections:
            section.removal_wanted.connect(partial(self._acts.ask_removal, section))
            section.extra_wanted.connect(self._acts.offer_holidays)
        self.page.open()
        self._read()

    def renew(self) -> None:
        """Another desk changed something: what is shown is read anew, what is typed stays."""
        if self.page is not None and self._setup is not None and not self._submission.is_busy:
            self._read()

    @property
    def is_busy(self) -> bool:
        """Whether something is being saved, or nothing is read yet."""
        return self._setup is None or self._submission.is_busy

    @property
    def setup(self) -> Setup:
        """All as it was read last; only while a page is open that is not busy."""
        assert self._setup is not None
        return self._setup

    def do_at_once(self, work: Work, told: str) -> None:
        """Carry out something that is not saved with the rest, and say so; a refusal is told over what then stands."""

        def done() -> None:
            self._read(lambda: self._free(told))

        def failed(error: ClinicDeskError) -> None:
            self._read(lambda: self._free("", error))

        self._send(work, done, failed)

    def _free(self, told: str, error: ClinicDeskError | None = None) -> None:
        assert self.page is not None
        self.page.set_busy(busy=False)
        if error is None:
            self.page.say(told, "ok")
        else:
            self._tell(error)

    def _read(self, then: Callable[[], None] | None = None) -> None:
        """Read everything and show it, then go on. A newer reading takes the place of one under way, and its sequel."""
        if then is not None:
            self._sequels.append(then)
        database = self._database
        self._tasks.query(self, lambda: load_setup(database), self._show, self._not_read, key="setup")

    def _show(self, setup: Setup) -> None:
        sequels, self._sequels = self._sequels, []
        if self.page is None:
            return
        if self._setup is None:
            self.page.say("", "muted")
        self._setup = setup
        self.page.show_setup(setup)
        for then in sequels:
            then()

    def _not_read(self, error: ClinicDeskError) -> None:
        self._sequels = []
        if self.page is not None:
            self.page.set_busy(busy=False)
            self._tell(error)

    def _send(self, work: Work, done: Callable[[], None], failed: Callable[[ClinicDeskError], None]) -> None:
        assert self.page is not None
        database = self._database
        self._then = (done, failed)
        self.page.set_busy(busy=True)
        self.page.say(translate("setup", "Saving…"), "muted")
        self._submission.send(lambda: work(database))

    def _failed(self, error: ClinicDeskError) -> None:
        self._then[1](error)

    # --- saving ---

    def save(self) -> None:
        """Check everything, then write what was changed; what cannot stay so is told at its field."""
        if self.page is None or self._setup is None or self._submission.is_busy:
            return
        if self.page.find_fault():
            self._leaves = False
            return
        self._write_next()

    def _write_next(self) -> None:
        assert self.page is not None
        steps = self.page.steps()
        if not steps:
            self._read(self._saved)
            return
        step = steps[0]
        if self.before_absence is None or step.area.absence is None:
            self.write(step)
            return
        self.page.set_busy(busy=True)
        self.before_absence(step)

    def write(self, step: Step) -> None:
        """Write one record."""
        work = step.area.saving(step.base, step.mine, new_id())
        self._send(work, partial(self.written, step), partial(self.refused, step))

    def written(self, step: Step) -> None:
        """A record stands; go on with the next one."""
        if self.page is not None:
            self.page.section(step.area).saved(step)
            self._write_next()

    def _saved(self) -> None:
        self._free(saved_text())
        if self._leaves:
            self._close()

    def refused(self, step: Step, error: ClinicDeskError) -> None:
        """A record could not be written: say why, or compare it with what stands."""
        if self.page is None:
            return
        if isinstance(error, SetupConflict | NotFound):
            self._read(partial(self._compare, step))
            return
        self._leaves = False
        self.page.set_busy(busy=False)
        if isinstance(error, InvalidInput):
            self.page.tell(step, error)
        else:
            self._tell(error)

    def _compare(self, step: Step) -> None:
        assert self.page is not None
        assert self._setup is not None
        self.page.set_busy(busy=False)
        now = step.area.now(step.mine, self._setup)
        self.page.say(translate("setup", "Another desk saved something first."), "warning")
        sheet = CompareSheet(
            self._window,
            line_text(step.area.line(step.mine, self._setup)),
            differences(step, now, self._setup),
            translate("setup", "Back to the set-up"),
            is_gone=now is None,
        )
        sheet.decided.connect(partial(self._decided, step, now))
        sheet.rejected.connect(self._stay)
        sheet.open()

    def _decided(self, step: Step, now: Any, kept: frozenset[str]) -> None:
        if self.page is None or self._setup is None:
            return
        drafts, record = self.page.section(step.area).drafts, merged(step, now, kept)
        drafts.forget(step.area.key(step.mine))
        if record is not None:
            drafts.put(record if now is None else now, record, self._setup, is_new=now is None)
        self.page.show_setup(self._setup)
        self.save()

    def _stay(self) -> None:
        self._leaves = False

    def not_now(self) -> None:
        """What was to be saved is not saved yet, and is kept."""
        self._leaves = False
        if self.page is not None:
            self.page.set_busy(busy=False)
            self.page.say(translate("setup", "Not saved yet."), "warning")

    def _tell(self, error: ClinicDeskError) -> None:
        if self.page is None:
            return
        if isinstance(error, OutcomeUnknown):
            self.page.say(translate("setup", "It is being found out whether this was saved…"), "warning")
        elif isinstance(error, StillUsed):
            self.page.say(used_text(error))
        elif isinstance(error, SetupConflict | NotFound):
            self.page.say(translate("setup", "Another desk changed it first. Look at it, then decide."), "warning")
        elif self._setup is not None:
            self.page.say(sentence(error, self._setup.clinic, self._setup.zone))
        else:
            self.page.say(translate("setup", "The set-up could not be read. Close it and try again."))

    # --- leaving ---

    def leave(self) -> None:
        """Close the set-up; asks first if something is not saved."""
        if self.page is None or self._submission.is_busy:
            return
        if not (self._may_write and self.page.is_changed):
            self._close()
            return
        sheet = LeavingSheet(self._window)
        sheet.answered.connect(self._answered)
        sheet.open()

    def _answered(self, save: bool) -> None:
        if save:
            self._leaves = True
            self.save()
        else:
            self._close()

    def _close(self) -> None:
        page, self.page = self.page, None
        setup, self._setup, self._leaves, self._sequels = self._setup, None, False, []
        if page is not None:
            page.done(page.DialogCode.Accepted)
        self.closed.emit()
        if setup is not None and is_bookable(setup.clinic):
            self.completed.emit()


def _nothing() -> None:
    """Nobody waits."""


def _nothing_failed(_error: ClinicDeskError) -> None:
    """Nobody waits."""

"""Opens the set-up, reads what it shows, sends what is to be done, and closes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from PySide6.QtCore import QCoreApplication, QObject, Signal

from clinic_desk.database.engine import Database
from clinic_desk.domain.people import OneTimeCode
from clinic_desk.domain.public_holidays import known_countries
from clinic_desk.domain.refusals import MessagingConflict, NotFound
from clinic_desk.domain.setup import SaveClosures, SetupConflict, StillUsed
from clinic_desk.errors import ClinicDeskError, OutcomeUnknown
from clinic_desk.services.setup_overview import Setup, is_bookable, load_setup
from clinic_desk.ui.booking.submission import Submission
from clinic_desk.ui.leaving import Leaving
from clinic_desk.ui.main_window import MainWindow
from clinic_desk.ui.sentences import sentence
from clinic_desk.ui.setup.area import Area, Work
from clinic_desk.ui.setup.areas.all import all_areas
from clinic_desk.ui.setup.areas.reminders import REMINDERS
from clinic_desk.ui.setup.code_sheet import CodeSheet
from clinic_desk.ui.setup.list_acts import ListActs
from clinic_desk.ui.setup.page import SetupPage
from clinic_desk.ui.setup.saving import Saving
from clinic_desk.ui.setup.words import used_text
from clinic_desk.ui.tasks import Tasks

translate = QCoreApplication.translate


class ClinicSetup(QObject):
    """Of one window: at most one page is open. Needs no calendar, so that an empty clinic can be set up."""

    closed = Signal()
    completed = Signal()
    """Closed, and there is something that can be booked."""
    stored = Signal(object)
    """Something is saved: the names of the areas it is in (or "at once"), as a frozenset."""
    did = Signal(object, str, str, bool)
    """An operation (UUID) stands: of which area, of what name, and whether the record was removed by it."""
    undo_wanted = Signal()

    def __init__(
        self, window: MainWindow, database: Database, tasks: Tasks, *, may_write: bool, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.window = window
        self._database = database
        self._tasks = tasks
        self._may_write = may_write
        self._setup: Setup | None = None
        self._sequels: list[Callable[[], None]] = []
        self._then: tuple[Callable[[], None], Callable[[ClinicDeskError], None]] = (_nothing, _nothing_failed)
        self.page: SetupPage | None = None
        self.open_messages: Callable[[], None] | None = None
        """Opens the settings of messages; None in an empty clinic, which has no desk for them yet."""
        self.look_at_closures: Callable[[SaveClosures], None] | None = None
        """Looks whom closures that are added all at once would hit, and saves them; None: nobody can be booked yet."""
        self.saving = Saving(self)
        self.acts = ListActs(self, window)
        self.leaving = Leaving(window, self._is_unsaved, self)
        self.leaving.save_wanted.connect(self.saving.save)
        self.leaving.left.connect(self._close)
        self._submission = Submission(tasks, self)
        self._submission.done.connect(self._done)
        self._submission.failed.connect(self._failed)
        self._submission.finding_out.connect(lambda: self.tell(OutcomeUnknown()))

    def open(self) -> None:
        """Show the set-up over the window, and read it."""
        if self.page is not None:
            return
        areas = all_areas() if self.open_messages is not None else [_without_messages(area) for area in all_areas()]
        self.page = SetupPage(self.window, areas, may_write=self._may_write)
        self.page.save_wanted.connect(self.saving.save)
        self.page.leave_wanted.connect(self.leave)
        self.page.removal_wanted.connect(self.acts.ask_removal)
        self.page.extra_wanted.connect(self.acts.do_extra)
        self.page.undo_wanted.connect(self.undo_wanted)
        self.leaving.begin()
        self.page.open()
        self.read()

    @property
    def is_busy(self) -> bool:
        """Whether something is being saved, or nothing is read yet."""
        return self._setup is None or self._submission.is_busy

    @property
    def setup(self) -> Setup:
        """All as it was read last; only while a page is open that is not busy."""
        assert self._setup is not None
        return self._setup

    # --- reading ---

    def renew(self) -> None:
        """Another desk changed something: what is shown is read anew, what is typed stays."""
        if self.page is not None and not self.is_busy:
            self.read()

    def read(self, then: Callable[[], None] | None = None) -> None:
        """Read everything and show it, then go on. A newer reading takes the place of one under way, and its sequel."""
        if then is not None:
            self._sequels.append(then)
        database = self._database
        self._tasks.query(self, lambda: _all_of(database), self._show, self._not_read, key="setup")

    def _show(self, setup: Setup) -> None:
        sequels, self._sequels = self._sequels, []
        if self.page is None:
            return
        if self._setup is None:
            self.page.say("", "muted")
        self._setup = setup
        self.saving.is_stale = False
        self.page.show_setup(setup)
        for then in sequels:
            then()

    def _not_read(self, error: ClinicDeskError) -> None:
        sequels, self._sequels = self._sequels, []
        if self.page is None or (self._setup is not None and not sequels):
            return  # nobody waits for what another desk changed: what was said last still holds
        self.page.set_busy(busy=False)
        if sequels:
            self.saving.not_shown(error)
        else:
            self.tell(error)

    # --- doing ---

    def send(self, work: Work, done: Callable[[], None], failed: Callable[[ClinicDeskError], None]) -> None:
        """Carry something out on the command lane, then go on with `done` or `failed`."""
        assert self.page is not None
        database = self._database
        self._then = (done, failed)
        self.page.set_busy(busy=True)
        self.page.say(translate("setup", "Saving…"), "muted")
        self._submission.send(lambda: work(database))

    def do_at_once(self, work: Work, told: str, did: tuple[UUID, str, str, bool] | None = None) -> None:
        """Carry out something that is not saved with the rest, and say so; a refusal is told over what then stands.

        `did`: what is told of it by the signal of this name, if it can be taken back.
        """

        def done() -> None:
            if did is not None:
                self.did.emit(*did)
            self.done_at_once(told)

        self.saving.begin()
        self.send(work, done, self.failed_at_once)

    def done_at_once(self, told: str) -> None:
        """Say that something stands that was not saved with the rest."""
        self.saving.note("at once")
        self.read(lambda: self.free(told))

    def failed_at_once(self, error: ClinicDeskError) -> None:
        """Say why it does not, over what stands."""
        self.read(lambda: self.free("", error))

    def _done(self, result: object) -> None:
        if isinstance(result, OneTimeCode):
            CodeSheet(self.window, result, self.setup.zone).open()
        self._then[0]()

    def _failed(self, error: ClinicDeskError) -> None:
        self._then[1](error)

    def free(self, told: str, error: ClinicDeskError | None = None) -> None:
        """Let people go on, and say what became of it."""
        assert self.page is not None
        self.page.set_busy(busy=False)
        if error is None:
            self.page.say(told, "ok")
        else:
            self.tell(error)

    def tell(self, error: ClinicDeskError) -> None:
        """Say what is wrong."""
        if self.page is None:
            return
        if isinstance(error, OutcomeUnknown):
            self.page.say(translate("setup", "It is being found out whether this was saved…"), "warning")
        elif isinstance(error, StillUsed):
            self.page.say(used_text(error))
        elif isinstance(error, SetupConflict | MessagingConflict | NotFound):
            self.page.say(translate("setup", "Another desk changed it first. Look at it, then decide."), "warning")
        elif self._setup is not None:
            self.page.say(sentence(error, self._setup.clinic, self._setup.zone))
        else:
            self.page.say(translate("setup", "The set-up could not be read. Close it and try again."))

    # --- leaving ---

    def leave(self) -> None:
        """Close the set-up; asks first if something is not saved."""
        if self.page is not None and not self._submission.is_busy:
            self.leaving.ask()

    def _is_unsaved(self) -> bool:
        return self.page is not None and self._may_write and self.page.is_changed

    def _close(self) -> None:
        page, self.page = self.page, None
        setup, self._setup, self._sequels = self._setup, None, []
        if page is None:
            return
        page.done(page.DialogCode.Accepted)
        self.leaving.end()
        self.closed.emit()
        if setup is not None and is_bookable(setup.clinic):
            self.completed.emit()


def _all_of(database: Database) -> Setup:
    """On the query lane: read everything. What knows the public holidays is large, and is imported there too."""
    setup = load_setup(database)
    known_countries()
    return setup


def _without_messages(area: Area) -> Area:
    return replace(area, extra_text="") if area.name == REMINDERS else area


def _nothing() -> None:
    """Nobody waits."""


def _nothing_failed(_error: ClinicDeskError) -> None:
    """Nobody waits."""

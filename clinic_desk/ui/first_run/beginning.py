"""A clinic in which nothing can be booked yet, and its manager: the short page, or the whole set-up area."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QKeySequence

from clinic_desk.services.setup.beginning import begin_clinic
from clinic_desk.ui.booking.submission import Submission
from clinic_desk.ui.first_run.clinic import ClinicPage
from clinic_desk.ui.main_window import MainWindow

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.records import Clinic
    from clinic_desk.domain.setup import BeginClinic
    from clinic_desk.ui.tasks import Tasks

_NEXT_SHOWN_MS: Final = 60_000


class BeginningClinic(QObject):
    """Until `completed` or `closed`. The window can be closed before: the clinic is as empty then as it was."""

    completed = Signal()
    """Something can be booked now."""
    closed = Signal()
    """The set-up area was closed; `completed` follows if something can be booked."""

    def __init__(
        self, window: MainWindow, database: Database, clinic: Clinic, tasks: Tasks, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._database = database
        self._tasks = tasks
        self._is_begun = bool(clinic.sites or clinic.practitioners or clinic.types)
        self._has_more_to_set = False
        self.page: ClinicPage | None = None
        self._submission = Submission(tasks, self)
        self._submission.done.connect(lambda _clinic: self._is_saved())

    def open(self) -> None:
        """Show the short page; in a clinic that somebody began to set up, the area in which she goes on."""
        if self._is_begun:
            self._open_area()
            return
        page = self.page = ClinicPage()
        page.wanted.connect(self._send)
        page.back.connect(self._skip)
        self._submission.failed.connect(page.answer)
        self._submission.finding_out.connect(
            lambda: page.show_step(self.tr("It is being found out whether this was saved…"))
        )
        self._window.cover.show_page(page)
        page.take_keyboard()

    def say_what_is_next(self) -> None:
        """The calendar is there: say once where everything else is set, if it came by the short page."""
        if not self._has_more_to_set:
            return
        self._has_more_to_set = False
        note = self._window.toasts.show_text(
            self.tr(
                "Click a free time to book, or press {key}. More doctors, rooms, people and reminders are under "
                "“{act}”. Then have the clinic backed up every night: “{backups}”."
            ).format(key=self._key_of("new"), act=self._name_of("setup"), backups=self._name_of("backups")),
            action=self._act.text(),
            act=self._act.trigger,
        )
        self._window.toasts.keep(note, _NEXT_SHOWN_MS)

    def _name_of(self, name: str) -> str:
        return self._window.actions_by_name[name].text().replace("&", "").removesuffix("…")

    def _key_of(self, name: str) -> str:
        return self._window.actions_by_name[name].shortcut().toString(QKeySequence.SequenceFormat.NativeText)

    @property
    def _act(self) -> QAction:
        return self._window.actions_by_name["setup"]

    def _send(self, command: BeginClinic) -> None:
        self._submission.send(partial(begin_clinic, self._database, command))

    def _is_saved(self) -> None:
        self._leave_page()
        self._has_more_to_set = True
        self.completed.emit()

    def _leave_page(self) -> None:
        self.page = None
        self._window.cover.drop_page()

    def _skip(self) -> None:
        cover = self._window.cover
        text, button = cover.text.text(), cover.button.text()  # what is offered when the area is closed
        self._leave_page()
        cover.offer(text, button)
        self._open_area()

    def _open_area(self) -> None:
        from clinic_desk.ui.setup.opener import ClinicSetup

        setup = ClinicSetup(self._window, self._database, self._tasks, may_write=True, parent=self)
        setup.closed.connect(self.closed)
        setup.completed.connect(self.completed)
        setup.closed.connect(setup.deleteLater)
        setup.open()

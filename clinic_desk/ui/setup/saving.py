"""Saves what was typed in the set-up, one record after the other; asks where another desk was first."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QObject

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.people import PersonChanged
from clinic_desk.domain.refusals import MessagingConflict, NotFound
from clinic_desk.domain.setup import SetupConflict
from clinic_desk.errors import ClinicDeskError, InvalidInput
from clinic_desk.ui.compare import CompareSheet
from clinic_desk.ui.setup.compare import differences, merged
from clinic_desk.ui.setup.drafts import Step
from clinic_desk.ui.setup.section import line_text
from clinic_desk.ui.setup.words import partly_saved_text, saved_text

if TYPE_CHECKING:
    from clinic_desk.ui.setup.opener import ClinicSetup

translate = QCoreApplication.translate


class Saving(QObject):
    """Of the set-up that it belongs to. What is written is drawn as such at once, and read anew at the end."""

    def __init__(self, opener: ClinicSetup) -> None:
        super().__init__(opener)
        self._opener = opener
        self._written: set[str] = set()
        """What was saved since it began: the names of areas."""
        self.is_stale = False
        """Something was saved that was not read since: its new version is not known."""
        self.before_absence: Callable[[Step], None] | None = None
        """What looks whom time off or a closure hits before it is saved; it answers by one of the methods below."""

    def begin(self) -> None:
        """Nothing of what comes now is saved yet."""
        self._written.clear()

    def note(self, written: str) -> None:
        """Something is saved."""
        self._written.add(written)
        self.is_stale = True
        self._opener.stored.emit(frozenset({written}))

    def save(self) -> None:
        """Check everything, then write what was changed; what cannot stay so is told at its field."""
        page = self._opener.page
        if page is None or self._opener.is_busy:
            return
        if page.find_fault():
            self._opener.leaving.stay()
            return
        self.begin()
        if self.is_stale:
            page.set_busy(busy=True)
            self._opener.read(self._write_next)
        else:
            self._write_next()

    def _write_next(self) -> None:
        page = self._opener.page
        assert page is not None
        steps = page.drafts.steps(self._opener.setup)
        if not steps:
            self._opener.read(self._saved)
            return
        step = steps[0]
        if self.before_absence is None or step.area.absence is None:
            self.write(step)
            return
        page.set_busy(busy=True)
        page.say(translate("setup", "Looking who is booked then…"), "muted")
        self.before_absence(step)

    def write(self, step: Step) -> None:
        """Write one record."""
        operation_id = new_id()
        work = step.area.saving(step.base, step.mine, operation_id)

        def done() -> None:
            self._opener.did.emit(operation_id, step.area.name, getattr(step.mine, "name", ""), False)
            self.written(step)

        self._opener.send(work, done, partial(self.refused, step))

    def written(self, step: Step) -> None:
        """A record stands; go on with the next one."""
        page = self._opener.page
        if page is not None:
            self.note(step.area.name)
            page.section(step.area).saved(step)
            self._write_next()

    def _saved(self) -> None:
        self._opener.free(saved_text())
        if self._opener.leaving.is_wanted:
            self._opener.leaving.left.emit()

    def not_shown(self, error: ClinicDeskError) -> None:
        """What was saved, or stands at another desk, could not be read: all that is written is safe."""
        self._opener.leaving.stay()
        page = self._opener.page
        if page is not None and self._written and not page.is_changed:
            page.say(translate("setup", "✓ Saved. What is shown here could not be read anew."), "warning")
        else:
            self._tell(error)

    def refused(self, step: Step, error: ClinicDeskError) -> None:
        """A record could not be written: say why, or compare it with what stands."""
        page = self._opener.page
        if page is None:
            return
        if isinstance(error, SetupConflict | MessagingConflict | PersonChanged | NotFound):
            self._opener.read(partial(self._compare, step))
            return
        self._opener.leaving.stay()
        page.set_busy(busy=False)
        if isinstance(error, InvalidInput):
            page.tell(step, error)
        else:
            self._tell(error)

    def not_now(self) -> None:
        """What was to be saved is not saved yet, and is kept."""
        self._opener.leaving.stay()
        page = self._opener.page
        if page is not None:
            page.set_busy(busy=False)
            page.say(translate("setup", "Not saved yet."), "warning")

    def _tell(self, error: ClinicDeskError) -> None:
        page = self._opener.page
        if page is not None and self._written:
            page.say(partly_saved_text(error, self._opener.setup))
        else:
            self._opener.tell(error)

    # --- another desk ---

    def _compare(self, step: Step) -> None:
        opener, page = self._opener, self._opener.page
        assert page is not None
        page.set_busy(busy=False)
        now = step.area.now(step.mine, opener.setup)
        page.say(translate("setup", "Another desk saved something first."), "warning")
        sheet = CompareSheet(
            opener.window,
            line_text(step.area.line(step.mine, opener.setup)),
            differences(step, now, opener.setup),
            translate("setup", "Back to the set-up"),
            is_gone=now is None,
        )
        sheet.decided.connect(partial(self._decided, step, now))
        sheet.rejected.connect(opener.leaving.stay)
        sheet.open()

    def _decided(self, step: Step, now: Any, kept: frozenset[str]) -> None:
        page = self._opener.page
        if page is None:
            return
        drafts, record = page.drafts.of(step.area), merged(step, now, kept)
        drafts.forget(step.area.key(step.mine))
        if record is not None:
            drafts.put(record if now is None else now, record, self._opener.setup, is_new=now is None)
        page.show_setup(self._opener.setup)
        self.save()

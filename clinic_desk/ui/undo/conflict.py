"""What another desk changed since it was done here: the conflict dialog before it is taken back, or the question of the
rest when it was many at once."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtWidgets import QWidget

from clinic_desk.domain.merge import FIELDS, take, value_of
from clinic_desk.domain.records import Appointment, AppointmentStatus, Entry
from clinic_desk.domain.refusals import Conflict, SlotTaken
from clinic_desk.domain.undoing import Deed, Hindrance, NotTakenBack
from clinic_desk.errors import ClinicDeskError
from clinic_desk.ui.booking.ask import AskSheet
from clinic_desk.ui.booking.changed_first import ChangedFirstDialog
from clinic_desk.ui.booking.merge_text import Side
from clinic_desk.ui.booking.words import one_line
from clinic_desk.ui.connected import Connected
from clinic_desk.ui.own_changes import OwnChanges
from clinic_desk.ui.sentences import sentence

translate = QCoreApplication.translate
_MOST_NAMED = 4


class UndoConflict(QObject):
    """One dialog: what this desk left, that taken back, and what stands; what is decided is written over that."""

    def __init__(self, desk: Connected, own: OwnChanges, window: QWidget, deed: Deed, *, again: bool) -> None:
        super().__init__(window)
        self._desk, self._own, self._deed, self._again = desk, own, deed, again
        self._dialog = ChangedFirstDialog(window, desk.store.clinic)
        self._left: Entry | None = None
        self._now: Entry | None = None
        self._wanted: Appointment | None = None
        self._dialog.decided.connect(self._send)
        self._dialog.book_again.connect(self._put_back)
        self._dialog.left_as_is.connect(self._leave)
        self._dialog.finished.connect(lambda _result: self.deleteLater())
        own.stack.changed.connect(self._close_if_done)

    def show(self, left: Entry, wanted: Appointment, now: Entry) -> None:
        """Compare the three."""
        self._left, self._now, self._wanted = left, now, wanted
        here = Side(left.appointment, left.patient)
        self._dialog.show_conflict(here, Side(wanted, left.patient), now, self._desk.store.freshness.now())
        if not self._dialog.isVisible():
            self._dialog.open()

    def _send(self, decided: Appointment) -> None:
        self._own.taking_back.take_back_instead(self._deed, decided, self._failed, again=self._again)

    def _put_back(self) -> None:
        """It was ended at the other desk: it is put back with all that taking the change back wrote."""
        now, wanted = self._now, self._wanted
        if now is None or wanted is None:
            return
        row = now.appointment
        for name in FIELDS:
            if name != "status" and value_of(wanted, name) != value_of(row, name):
                row = take(row, wanted, name)
        status = wanted.status if wanted.status.occupies_time else AppointmentStatus.BOOKED
        row = replace(row, status=status, cancellation_reason=None)
        self._own.taking_back.take_back_instead(
            self._deed, row, lambda error: self._own.say(error, now), again=self._again
        )

    def _failed(self, error: ClinicDeskError) -> None:
        cause = error.hindrances[0].cause if isinstance(error, NotTakenBack) else error
        left, wanted = self._left, self._wanted
        if left is None or wanted is None:
            return
        if isinstance(cause, Conflict):
            self._desk.store.apply_entry(cause.now)
            self.show(left, wanted, cause.now)
        elif isinstance(cause, SlotTaken) and isinstance(error, NotTakenBack):
            self._dialog.done(ChangedFirstDialog.DialogCode.Accepted)
            self._own.taking_back.ask_about(self._deed, error.hindrances[0], again=self._again)
        else:
            self._dialog.tell(sentence(cause, self._desk.store.clinic, left.appointment.zone))

    def _leave(self) -> None:
        self._own.stack.drop(self._deed.mark)
        self._own.tell(translate("Undo", "Left as it is now."))

    def _close_if_done(self) -> None:
        if self._dialog.isVisible() and self._deed.mark not in self._own.stack:
            self._dialog.done(ChangedFirstDialog.DialogCode.Accepted)


def show_conflict(
    desk: Connected, own: OwnChanges, window: QWidget, crossed: tuple[Deed, Hindrance], *, again: bool
) -> None:
    """Show what stands beside what would be; of what is gone at both desks there is nothing to decide."""
    deed, hindrance = crossed
    cause = hindrance.cause
    if not isinstance(cause, Conflict):
        return
    ended = not cause.now.appointment.status.occupies_time
    if ended and not hindrance.wanted.status.occupies_time:
        own.stack.drop(deed.mark)
        who = one_line(cause.changed.desk) if cause.changed else "?"
        own.tell(translate("Undo", "It was ended at {desk} since, and stays as it is.").format(desk=who))
        return
    UndoConflict(desk, own, window, deed, again=again).show(hindrance.left, hindrance.wanted, cause.now)


def ask_for_the_rest(
    desk: Connected, own: OwnChanges, window: QWidget, hindered: tuple[Deed, NotTakenBack], *, again: bool
) -> None:
    """Say which of many stand in the way, and ask whether the others are to be taken back without them."""
    deed, error = hindered
    clinic = desk.store.clinic
    lines = [
        "• "
        + translate("Undo", "{name}: {why}").format(
            name=one_line(one.left.patient.display_name),
            why=sentence(one.cause, clinic, one.left.appointment.zone),
        )
        for one in error.hindrances[:_MOST_NAMED]
    ]
    more = len(error.hindrances) - _MOST_NAMED
    if more > 0:
        lines.append(translate("Undo", "and {n} more").format(n=more))
    rest = error.number - len(error.hindrances)
    told = translate("Undo", "Nothing was changed yet. In the way:") + "\n" + "\n".join(lines)
    if not rest:
        own.tell_trouble(told)
        return
    yes = translate("Undo", "Do the other {n} ⏎") if again else translate("Undo", "Take back the other {n} ⏎")
    sheet = AskSheet(
        translate("Undo", "{n} of {number} cannot be taken back").format(n=error.number - rest, number=error.number),
        told,
        yes.format(n=rest),
        window,
    )
    leaving = frozenset(one.left.id for one in error.hindrances)
    sheet.answered.connect(lambda yes: own.taking_back.take_back(deed, again=again, leaving=leaving) if yes else None)
    sheet.open()

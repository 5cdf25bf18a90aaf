"""Cancelling dates of a series: this one, this and following, or all still to come, all for one reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from clinic_desk.database.engine import Database
from clinic_desk.domain.records import CancellationReason, Channel, Clinic, Entry
from clinic_desk.domain.refusals import Conflict
from clinic_desk.domain.series import ChangeSeries, SeriesRefused, SeriesView, cancelling
from clinic_desk.errors import ClinicDeskError, OutcomeUnknown
from clinic_desk.notifications.planning import address_of
from clinic_desk.ui.booking.cancel import REASONS, reason_text
from clinic_desk.ui.booking.fields import (
    ChoiceBox,
    Remark,
    TickBox,
    button,
    field_label,
    let_wrap,
    plain_label,
    set_button_text,
)
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.booking.submission import Submission
from clinic_desk.ui.booking.tell_line import why_not_text
from clinic_desk.ui.booking.words import one_line
from clinic_desk.ui.sentences import sentence
from clinic_desk.ui.series.move import series_story
from clinic_desk.ui.series.scope import ScopeBox
from clinic_desk.ui.series.words import refusal_words, when_words
from clinic_desk.ui.tasks import Tasks

translate = QCoreApplication.translate
_NAMED = 8
"""So many dates are named before they are only counted."""


class CancelSeriesDialog(Sheet):
    """Says which dates go before they go."""

    committed = Signal(object)
    """The entries (tuple of Entry) as the database holds them now."""

    def __init__(
        self,
        database: Database,
        tasks: Tasks,
        clinic: Clinic,
        parent: QWidget,
        *,
        view: SeriesView,
        chosen: Entry,
        clock: Callable[[], datetime],
    ) -> None:
        super().__init__(parent, width=620)
        self.setObjectName("cancel_series_dialog")
        self.clinic = clinic
        self._database = database
        self._sent: tuple[tuple[object, ...], ChangeSeries] | None = None
        self.scope = ScopeBox(view, chosen, clock)
        self.reason = ChoiceBox("series_reason")
        self.reason.fill([(reason_text(one), one) for _, one in REASONS], CancellationReason.PATIENT)
        self.dates = plain_label("")
        let_wrap(self.dates)
        self.tell = TickBox()
        self.tell.setObjectName("series_tell")
        self.problem = Remark()
        self.problem.setProperty("boxed", "true")
        self.keep_button = button(translate("series", "&Keep them"), "series_keep", self.reject)
        self.end_button = button("", "series_end", self.submit, "primary")
        self._submission = Submission(tasks, self)
        self._lay_out()
        self._connect()
        self._show()

    def _lay_out(self) -> None:
        chosen = self.scope.chosen
        title = translate("series", "Cancel dates of a series?")
        story = plain_label(series_story(self.scope.series, chosen), "muted", wrap=True)
        self.setAccessibleName(title)
        self.setAccessibleDescription(story.text())
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        for number, (text, field) in enumerate(
            ((translate("series", "Cancel"), self.scope), (translate("series", "Because"), self.reason))
        ):
            grid.addWidget(field_label(text, field), number, 0)
            grid.addWidget(field, number, 1)
        grid.setColumnStretch(1, 1)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.keep_button)
        buttons.addWidget(self.end_button)
        reachable = bool(address_of(chosen.patient))
        by = translate("series", "e-mail") if chosen.patient.channel is Channel.EMAIL else translate("series", "SMS")
        told = translate("series", "&Tell the patient by {channel}: one message that names the dates").format(
            channel=by
        )
        why_not = translate("series", "Tell the patient: {why}").format(why=why_not_text(chosen.patient))
        self.tell.setText(told if reachable else why_not.replace("&", "&&"))
        self.tell.setChecked(reachable)
        self.tell.setEnabled(reachable)
        self.body.addWidget(plain_label(title, "title", wrap=True))
        self.body.addWidget(story)
        self.body.addLayout(grid)
        for part in (self.dates, self.tell, self.problem):
            self.body.addWidget(part)
        self.body.addLayout(buttons)
        self.end_button.setDefault(True)

    def _connect(self) -> None:
        self.scope.currentIndexChanged.connect(lambda _index: self._show())
        self.reason.currentIndexChanged.connect(lambda _index: self._reason_changed())
        self._submission.done.connect(self._done)
        self._submission.failed.connect(self._failed)
        self._submission.finding_out.connect(lambda: self._say(OutcomeUnknown()))
        self._submission.busy_changed.connect(lambda _busy: self._show())

    def first_focus(self) -> QWidget | None:
        return self.scope

    def _reason_changed(self) -> None:
        if self.reason.value is CancellationReason.PATIENT_DECEASED:
            self.tell.setChecked(False)

    def _show(self) -> None:
        entries, busy = self.scope.entries, self._submission.is_busy
        named = [when_words(one.appointment.starts_at, one.appointment.zone) for one in entries[:_NAMED]]
        if len(entries) > _NAMED:
            named.append(translate("series", "and {n} more").format(n=len(entries) - _NAMED))
        self.dates.setText(" · ".join(named))
        if busy:
            text = translate("series", "Saving…")
        elif len(entries) == 1:
            text = translate("series", "Cancel one date ⏎")
        else:
            text = translate("series", "Cancel {n} dates ⏎").format(n=len(entries))
        set_button_text(self.end_button, text)
        self.end_button.setEnabled(bool(entries) and not busy)
        for part in (self.keep_button, self.scope, self.reason):
            part.setEnabled(not busy)

    # --- sending ---

    def submit(self) -> None:
        """Cancel them, once however often it is asked for; the same choice keeps its ids."""
        entries, tell = self.scope.entries, self.tell.isChecked()
        if not entries or self._submission.is_busy:
            return
        asked = (*((one.id, one.appointment.version) for one in entries), self.reason.value, tell)
        if self._sent is None or self._sent[0] != asked:
            self._sent = asked, cancelling(entries, self.reason.value, tell=tell)
        database, command = self._database, self._sent[1]

        def work() -> object:
            from clinic_desk.services import series

            return series.change(database, command)

        self.problem.say("")
        self._submission.send(work)

    def _done(self, entries: tuple[Entry, ...]) -> None:
        self.done(self.DialogCode.Accepted)
        self.committed.emit(entries)

    def _failed(self, error: ClinicDeskError) -> None:
        if not isinstance(error, SeriesRefused):
            self._say(error)
            return
        zone = self.scope.chosen.appointment.zone
        if isinstance(error.cause, Conflict):
            now = error.cause.now
            self.scope.take(now)
            desk = one_line(now.changed.desk) if now.changed else translate("series", "another desk")
            told = translate(
                "series", "{when} was changed at {desk} just now. Nothing was done; this is how it stands."
            )
            self.problem.say(told.format(when=when_words(now.appointment.starts_at, zone), desk=desk), "warning")
        else:
            self.problem.say(refusal_words(error.day, error.cause, self.clinic, zone))
        self._show()
        self.arrange()

    def _say(self, error: ClinicDeskError) -> None:
        self.problem.say(sentence(error, self.clinic, self.scope.chosen.appointment.zone))
        self._show()
        self.arrange()

    def reject(self) -> None:
        """Keep them; not while it is not known what became of it."""
        if not self._submission.is_busy:
            super().reject()

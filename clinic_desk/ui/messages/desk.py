"""The messages of one window: opens and closes the page, keeps it fresh, and does what is asked for there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtCore import QObject, QTimer, Signal

from clinic_desk.domain.message_list import Candidate, Counts, Filter, MessageRow, ReplyRow
from clinic_desk.domain.wall import to_wall
from clinic_desk.services.messages import MessageCounts
from clinic_desk.ui.freshness import Connection
from clinic_desk.ui.messages.acting import MessageActing
from clinic_desk.ui.messages.acts import MESSAGE_ACTS
from clinic_desk.ui.messages.beside import MessagesBeside
from clinic_desk.ui.messages.page import MessagesPage
from clinic_desk.ui.messages.patient_messages import PatientMessages
from clinic_desk.ui.messages.place import MessagesPlace
from clinic_desk.ui.messages.reader import MessageReader
from clinic_desk.ui.messages.waiting_note import WaitingNotes
from clinic_desk.ui.messages.words import channel_text

if TYPE_CHECKING:
    from clinic_desk.ui.messages.settings.opener import MessageSettings
    from clinic_desk.ui.workspace import Workspace

_SECOND_MS = 1_000


class MessageDesk(QObject):
    """Made when the calendar is on screen, or when it is wanted before."""

    settings_requested = Signal()
    """Somebody wants to change the providers, texts or rules."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._space = workspace
        window = workspace.window
        self._window = window
        self._status_bar = window.status_bar
        self.page = MessagesPage(workspace.store.freshness.now)
        self.of_patient = PatientMessages(workspace.desk)
        self.page.add_beside(self.of_patient)
        self.beside = MessagesBeside(workspace, self)
        self.beside.all_requested.connect(self._open_of_patient)
        self.place = MessagesPlace(window, self.page, workspace.navigator, self)
        self.reader = MessageReader(workspace.desk, self)
        self.acting = MessageActing(workspace.desk, window.toasts, window, self)
        self.notes = WaitingNotes(workspace.desk, window.toasts, self)
        self.settings: MessageSettings | None = None
        self._second = QTimer(self, interval=_SECOND_MS)
        self._second.timeout.connect(self.page.tell_time)
        self._wire_window()
        self._wire_page()

    def _wire_window(self) -> None:
        window = self._window
        self.settings_requested.connect(self.open_settings)
        self._space.pulse.counts_read.connect(self._show_counts)
        self._space.store.connection_changed.connect(lambda _: self._renew_writing())
        self._space.store.tables_changed.connect(self._heard)
        self._space.booking.closed.connect(self._form_closed)
        self.page.addActions([window.actions_by_name[name] for name in ("new", "today")])

    def _wire_page(self) -> None:
        page, reader = self.page, self.reader
        page.left.connect(self.place.close)
        page.filters.changed.connect(self._ask)
        page.more_requested.connect(reader.ask_more)
        page.channels.settings_requested.connect(self.settings_requested)
        page.reply_card.owner_chosen.connect(self._assign)
        page.messages.opened.connect(self._show_on_calendar)
        page.messages.chosen_changed.connect(self._show_patient)
        self.of_patient.all_requested.connect(self._search_patient)
        for name in MESSAGE_ACTS:
            page.acts[name].triggered.connect(partial(self._act, name))
        page.acts["yes"].triggered.connect(lambda _checked: self._on_reply(self.acting.take_as_yes))
        page.acts["filed"].triggered.connect(lambda _checked: self._on_reply(self.acting.file))
        reader.listing_read.connect(page.show_listing)
        reader.replies_read.connect(page.show_replies)
        self.acting.changed.connect(self._changed)
        self.acting.filed.connect(self._read_anew)
        self.place.opened.connect(self._opened)
        self.place.closed.connect(self._closed)

    # --- opening ---

    def open_settings(self) -> None:
        """Open the settings; their parts are made when somebody asks for them first."""
        from clinic_desk.ui.messages.settings.opener import MessageSettings

        if self.settings is None:
            self.settings = MessageSettings(self._space, self)
        self.settings.open()

    def toggle(self) -> None:
        """Open the page, or go back to the calendar."""
        if self.place.is_open:
            self.place.close()
        else:
            self.open()

    def open(self, chosen: str = "") -> None:
        """Open the page, with a filter (a Filter's value or REPLIES), or as it was."""
        if chosen:
            self.page.filters.search.clear()
            self.page.filters.choose(chosen)
        self.place.open()
        self.page.take_keyboard()

    def _opened(self) -> None:
        self._renew_writing()
        self._second.start()
        self._ask()
        self.reader.switch(on=True)

    def _closed(self) -> None:
        self._second.stop()
        self.reader.switch(on=False)

    def _form_closed(self) -> None:
        if self.place.is_open:
            self.page.take_keyboard()

    def _ask(self) -> None:
        page = self.page
        page.show_kind()
        chosen = Filter.ALL if page.shows_replies else Filter(page.filters.chosen)
        self.reader.ask(chosen, page.filters.search.text().strip(), wants_replies=page.shows_replies)

    def _heard(self, tables: frozenset[str]) -> None:
        """A reply came, or a channel stopped: the counts tell of it at once."""
        if tables & {"inbound_message", "message_channel"}:
            self._space.pulse.ask()

    # --- showing ---

    def set_sending(self, text: str, *, trouble: bool) -> None:
        """Say in the status bar and on the page who sends, or that nobody does."""
        self._status_bar.set_sending(text, trouble=trouble)
        self.page.channels.set_sending(text, trouble=trouble)

    def _show_counts(self, counts: MessageCounts) -> None:
        beside = self._space.sides.counts
        beside.show_counts(counts.due_today, counts.sent_today, counts.need_attention)
        beside.show_replies(counts.replies)
        stopped, unsent = map(channel_text, counts.stopped), map(channel_text, counts.unsent)
        self._status_bar.set_messages(
            counts.due_today, counts.need_attention, counts.replies, stopped=tuple(stopped), unsent=tuple(unsent)
        )
        self.page.filters.show_counts(
            Counts(counts.need_attention, counts.due_today, counts.sent_today, counts.replies)
        )

    def _show_patient(self, row: MessageRow | None) -> None:
        if self.place.is_open and not self.page.shows_replies:
            self.of_patient.show_patient(None if row is None else row.patient_id)
            self.of_patient.renew_soon()

    def _search_patient(self, _patient_id: UUID) -> None:
        row = self.page.card.row
        if row is not None:
            self.page.filters.choose(Filter.ALL)
            self.page.filters.search.setText(row.patient_name)

    def _open_of_patient(self, name: str) -> None:
        self.open(Filter.ALL)
        self.page.filters.search.setText(name)

    def _renew_writing(self) -> None:
        live = self._space.store.freshness.connection is Connection.LIVE
        self.page.set_writing(live and self._space.may_write)

    # --- doing ---

    def _act(self, name: str, _checked: bool = False) -> None:
        if not self.page.guard.is_ready:
            return  # meant for the message that was there before
        row = self.page.card.row
        if name == "show":
            self._show_on_calendar(self.page.reply_card.row if self.page.shows_replies else row)
        elif row is not None:
            self.acting.act(name, row)

    def _on_reply(self, act: Callable[[ReplyRow], None]) -> None:
        row = self.page.reply_card.row
        if row is not None and self.page.guard.is_ready:
            act(row)

    def _assign(self, candidate: Candidate) -> None:
        row = self.page.reply_card.row
        if row is not None:
            self.acting.assign(row, candidate)

    def _changed(self, row: MessageRow) -> None:
        self.page.messages.rows.replace_record(row)
        self._read_anew()

    def _read_anew(self) -> None:
        self.reader.read()
        self._space.pulse.ask()

    def _show_on_calendar(self, row: MessageRow | ReplyRow | None) -> None:
        """Go to the appointment that a message, or a reply, is about."""
        about = (row.owner or next(iter(row.candidates), None)) if isinstance(row, ReplyRow) else row
        if about is None or about.appointment_id is None or about.starts_at is None:
            return
        wall = to_wall(about.starts_at, about.zone)
        self.place.close()
        minute = wall.hour * 60 + wall.minute
        self._space.navigator.go_to(wall.date(), minute=minute, select=about.appointment_id)

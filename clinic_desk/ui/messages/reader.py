"""Reads what the page shows: when it is opened, with another filter, and soon after anybody changed anything."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from clinic_desk.domain.message_list import Filter, Listing, MessageQuery
from clinic_desk.errors import ClinicDeskError
from clinic_desk.services import messages, replies
from clinic_desk.ui.connected import Connected
from clinic_desk.ui.freshness import Connection
from clinic_desk.ui.lanes import Priority

_SOON_MS: Final = 250
_AGAIN_MS: Final = 3_000
_EVERY_MS: Final = 15_000
_TABLES: Final = frozenset(
    {"notification", "inbound_message", "message_channel", "messaging", "appointment", "patient", "contact_note"}
)
MORE: Final = 4
"""So many times as much is asked for when more is wanted."""


class MessageReader(QObject):
    """Silent while `is_on` is False. What comes while an answer is awaited is asked for once, behind it."""

    listing_read = Signal(object)
    """Listing."""
    replies_read = Signal(object)
    """Tuple of ReplyRow."""
    failed = Signal(object)
    """A ClinicDeskError; it is tried again."""

    def __init__(self, desk: Connected, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._database = desk.database
        self._tasks = desk.tasks
        self._store = desk.store
        self.query = MessageQuery()
        self.wants_replies = False
        self.is_on = False
        self._soon = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._soon.timeout.connect(self.read)
        self._again = QTimer(self, singleShot=True, interval=_AGAIN_MS)
        self._again.timeout.connect(self.read)
        self._every = QTimer(self, interval=_EVERY_MS)
        self._every.timeout.connect(self.read)
        desk.store.tables_changed.connect(self._changed)
        desk.store.connection_changed.connect(lambda _: self.read())

    def switch(self, *, on: bool) -> None:
        """Begin to read, or stop."""
        self.is_on = on
        if on:
            self._every.start()
            self.read()
        else:
            for timer in (self._soon, self._again, self._every):
                timer.stop()

    def ask(self, chosen: Filter, search: str, *, wants_replies: bool) -> None:
        """Read another filter or search, from its beginning."""
        self.query = MessageQuery(chosen, search)
        self.wants_replies = wants_replies
        self.read()

    def ask_more(self) -> None:
        """Read more of the same."""
        self.query = replace(self.query, limit=self.query.limit * MORE, days=self.query.days * MORE)
        self.read()

    def read(self) -> None:
        """Read now, unless nobody looks or the connection is gone."""
        if not self.is_on or self._store.freshness.connection is Connection.LOST:
            return
        database, query = self._database, self.query
        self._soon.stop()
        self._tasks.query(
            self,
            lambda: messages.list_messages(database, query),
            self._done,
            self._not_done,
            key="messages",
            priority=Priority.URGENT,
        )
        if self.wants_replies:
            self._tasks.query(
                self,
                lambda: replies.open_replies(database),
                self.replies_read.emit,
                self._not_done,
                key="replies",
                priority=Priority.URGENT,
            )

    def _changed(self, tables: frozenset[str]) -> None:
        # Not started anew while it runs: changes that come one after the other must not put it off for ever.
        if self.is_on and tables & _TABLES and not self._soon.isActive():
            self._soon.start()

    def _done(self, listing: Listing) -> None:
        if listing.query == self.query:
            self._store.freshness.set_clock(listing.read_at)
            self.listing_read.emit(listing)

    def _not_done(self, error: ClinicDeskError) -> None:
        if self.is_on:
            self._again.start()
        self.failed.emit(error)

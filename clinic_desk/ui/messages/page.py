"""The page that takes the calendar's place: filters, how the channels stand, the list, one message at the right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QPalette, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from clinic_desk.domain.message_list import Listing, MessageRow, ReplyRow
from clinic_desk.ui.booking.fields import button, plain_label
from clinic_desk.ui.booking.guard import Guard
from clinic_desk.ui.messages.acts import Acts
from clinic_desk.ui.messages.channel_line import ChannelStateLine
from clinic_desk.ui.messages.columns import WHY_COLUMN, message_columns, reply_columns
from clinic_desk.ui.messages.empty import empty_text
from clinic_desk.ui.messages.filters import REPLIES, FilterBar
from clinic_desk.ui.messages.list_view import MessageList
from clinic_desk.ui.messages.message_card import MessageCard
from clinic_desk.ui.messages.reply_card import ReplyCard
from clinic_desk.ui.messages.rows import RowsModel
from clinic_desk.ui.messages.words import seconds_left
from clinic_desk.ui.shell.sidebar import SidePanel

translate = QCoreApplication.translate
_CARD_WIDTH = 320


class MessagesPage(QWidget):
    """Shows what it is given; `acts` are the commands on what is chosen."""

    left = Signal()
    """Esc: back to the calendar."""
    more_requested = Signal()

    def __init__(self, clock: Callable[[], datetime], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("messages_page")
        self.setAccessibleName(translate("messages", "Messages"))
        self.setAutoFillBackground(True)
        self.may_write = True
        self.guard = Guard(self)
        self._clock = clock
        self.acts = Acts(self)
        self.addActions([self.acts[name] for name in ("by_other", "retry", "send_now", "cancel", "call", "allow")])
        self.addActions([self.acts[name] for name in ("show", "yes")])
        self.filters = FilterBar()
        self.channels = ChannelStateLine()
        name = translate("messages", "Messages")
        self.messages = MessageList(RowsModel(message_columns(), clock, self), "message_list", name)
        self.replies = MessageList(
            RowsModel(reply_columns(), clock, self), "reply_list", translate("messages", "Replies of patients")
        )
        self._read: set[MessageList] = set()
        """What was read at least once: before that nobody knows that there is nothing."""
        self.empty = plain_label("", "muted", wrap=True)
        self.empty.setObjectName("messages_empty")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.more = button(translate("messages", "Show more"), "messages_more", self.more_requested.emit, "link")
        self.card = MessageCard(self.acts, clock)
        self.reply_card = ReplyCard(self.acts, clock)
        self._lists = QStackedWidget()
        self._sides: list[SidePanel] = []
        self._lay_out()
        self._wire()
        self.show_kind()

    def _lay_out(self) -> None:
        for each in (self.messages, self.replies, self.empty):
            self._lists.addWidget(each)
        for card, told in (
            (self.card, translate("messages", "The chosen message")),
            (self.reply_card, translate("messages", "The chosen reply")),
        ):
            side = SidePanel(f"{card.objectName()}_side", told, _CARD_WIDTH)
            side.add(card)
            self._sides.append(side)
        column = QVBoxLayout()
        column.setContentsMargins(16, 12, 12, 8)
        column.setSpacing(8)
        column.addWidget(self.filters)
        column.addWidget(self.channels)
        column.addWidget(self._lists, 1)
        column.addWidget(self.more, 0, Qt.AlignmentFlag.AlignHCenter)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(column, 1)
        row.addWidget(_rule())
        for side in self._sides:
            row.addWidget(side)
        self.more.hide()

    def _wire(self) -> None:
        self.messages.chosen_changed.connect(self._show_message)
        self.replies.chosen_changed.connect(self._show_reply)
        for each in (self.messages, self.replies):
            each.left.connect(self.left)
        self.filters.left.connect(lambda: self.list.setFocus(Qt.FocusReason.OtherFocusReason))
        find = QShortcut(QKeySequence.StandardKey.Find, self)
        find.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        find.activated.connect(self._find)

    def add_beside(self, part: QWidget) -> None:
        """Put something below the chosen message."""
        self._sides[0].add(part)

    @property
    def shows_replies(self) -> bool:
        """Whether replies are listed, not messages."""
        return self.filters.chosen == REPLIES

    @property
    def list(self) -> MessageList:
        """The list that is shown."""
        return self.replies if self.shows_replies else self.messages

    # --- showing ---

    def show_kind(self) -> None:
        """Show messages or replies, as the filter says. The key D is Done of either."""
        replies = self.shows_replies
        for name, wanted in (("filed", replies), ("done", not replies)):
            if wanted:
                self.addAction(self.acts[name])
            else:
                self.removeAction(self.acts[name])
        for side, wanted in zip(self._sides, (not replies, replies), strict=True):
            side.setVisible(wanted)
        self._show_list()
        if replies:
            self._show_reply(self.replies.chosen)
        else:
            self._show_message(self.messages.chosen)

    def show_listing(self, listing: Listing) -> None:
        """List messages; the counts and the channels are those of the same moment."""
        self.filters.show_counts(listing.counts)
        self.channels.show_listing(listing)
        self._list_anew(self.messages, listing.rows)
        self.more.setVisible(listing.has_more and not self.shows_replies and bool(listing.rows))
        self._show_list()

    def show_replies(self, rows: tuple[ReplyRow, ...]) -> None:
        """List replies."""
        self._list_anew(self.replies, rows)
        self._show_list()

    def _list_anew(self, table: MessageList, rows: Sequence[MessageRow | ReplyRow]) -> None:
        """List rows. If another one is chosen because the one that was is gone, keys wait until it can be seen."""
        before = table.chosen
        self._read.add(table)
        table.show_records(rows)
        if before is not None and (table.chosen is None or table.chosen.id != before.id):
            self.guard.begin()

    def set_writing(self, may_write: bool) -> None:
        """Say whether anything can be done now."""
        if may_write != self.may_write:
            self.may_write = may_write
            self._show_message(self.messages.chosen)
            if self.shows_replies:
                self._show_reply(self.replies.chosen)

    def tell_time(self) -> None:
        """A second has passed: what leaves soon is counted down."""
        now = self._clock()
        self.messages.rows.retell(WHY_COLUMN, lambda row: seconds_left(row, now) is not None)
        self.card.tell_state()

    def _show_list(self) -> None:
        if self.list.rows.records:
            self._lists.setCurrentWidget(self.list)
            if self.hasFocus():
                self.list.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        had_focus = self.list.hasFocus()
        told = empty_text(self.filters.chosen, self.filters.search.text().strip())
        self.empty.setText(told if self.list in self._read else translate("messages", "Reading…"))
        self._lists.setCurrentWidget(self.empty)
        if had_focus:
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_message(self, row: MessageRow | None) -> None:
        if not self.shows_replies:
            self.card.show_row(row, may_write=self.may_write)

    def _show_reply(self, row: ReplyRow | None) -> None:
        if self.shows_replies:
            self.reply_card.show_row(row, may_write=self.may_write)

    # --- keyboard ---

    def take_keyboard(self) -> None:
        """Give the keyboard to the list, or to the page while there is nothing in it."""
        target: QWidget = self.list if self.list.rows.records else self
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    def _find(self) -> None:
        self.filters.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filters.search.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif self.shows_replies and event.text().isdigit():
            self.reply_card.choose(int(event.text()))
        else:
            super().keyPressEvent(event)


def _rule() -> QWidget:
    rule = QWidget()
    rule.setFixedWidth(1)
    rule.setBackgroundRole(QPalette.ColorRole.Mid)
    rule.setAutoFillBackground(True)
    return rule

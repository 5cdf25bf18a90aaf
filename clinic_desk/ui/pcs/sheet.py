"""The window of the clinic's PCs: the list, what a manager does with one, open invitations, and this PC's own part."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from PySide6.QtCore import QCoreApplication, Signal, SignalInstance
from PySide6.QtWidgets import QHBoxLayout, QWidget

from clinic_desk.domain.pcs import ClinicPc, OpenInvitation, PcsNow
from clinic_desk.sharing.this_pc import ThisPc
from clinic_desk.ui.booking.fields import TickBox, button, let_wrap, plain_label, restyle
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.booking.words import one_line
from clinic_desk.ui.messages.list_view import MessageList
from clinic_desk.ui.messages.rows import Column, RowsModel
from clinic_desk.ui.pcs import words
from clinic_desk.ui.pcs.server_line import ServerLine

translate = QCoreApplication.translate
_WIDTH = 940
_MOST_ROWS = 5
_MOST_INVITATIONS = 2


class PcsSheet(Sheet):
    """Shows and asks; does nothing itself."""

    invite_wanted = Signal(bool)
    """Whether the PC that joins is to send."""
    dismiss_wanted = Signal(object)
    """A ClinicPc that is gone."""
    no_sending_wanted = Signal(object)
    """A ClinicPc that is to leave sending to others."""
    withdraw_wanted = Signal(object)
    """An OpenInvitation."""
    send_here_wanted = Signal()
    look_wanted = Signal()
    """Look again how this PC stands."""

    def __init__(self, parent: QWidget, clock: Callable[[], datetime], zone: str) -> None:
        super().__init__(parent, width=_WIDTH)
        self.setObjectName("pcs_sheet")
        self.title = translate("pcs", "PCs of the clinic")
        self.setAccessibleName(self.title)
        self._zone = zone
        self._is_first = True
        self._make_parts()
        self.list = self._list("pcs_list", translate("pcs", "PCs that joined"), self._columns(), clock)
        self.invited = self._list(
            "pcs_invited", translate("pcs", "Open invitations"), self._invitation_columns(), clock
        )
        self.invited_title = plain_label(translate("pcs", "Open invitations"), "muted")
        self._make_buttons()
        self._lay_out()
        self.list.chosen_changed.connect(lambda _: self._show_buttons())
        self.invited.chosen_changed.connect(lambda _: self._show_buttons())
        self._show_lists()

    def _make_parts(self) -> None:
        self.state = plain_label(translate("pcs", "Looking…"), "muted")
        self.state.setObjectName("pcs_state")
        self.this_pc = plain_label("", "muted")
        self.this_pc.setObjectName("pcs_this")
        self.empty = plain_label(
            translate(
                "pcs",
                "No other PC has joined yet. Have one join: this PC shows a pairing text, and on the other one Clinic "
                "Desk asks for it at its first start.",
            ),
            "muted",
        )
        self.empty.setObjectName("pcs_empty")
        self.told = plain_label("", "muted")
        self.told.setObjectName("pcs_told")
        for label in (self.state, self.this_pc, self.empty, self.told):
            let_wrap(label)
        self.server = ServerLine(self)
        self.server.look_wanted.connect(self.look_wanted)
        self.sends = TickBox()
        self.sends.setObjectName("pcs_sends")
        self.sends.setText(translate("pcs", "The next PC also &sends messages"))
        self.sends.setToolTip(
            translate("pcs", "Two or three PCs that send are enough: when one is off, the others go on.")
        )

    def _make_buttons(self) -> None:
        self.send_here = button(translate("pcs", "Send from t&his PC"), "pcs_send_here", self.send_here_wanted.emit)
        self.invite = button(
            translate("pcs", "Have another PC &join…"),
            "pcs_invite",
            lambda: self.invite_wanted.emit(self.sends.isChecked()),
            "primary",
        )
        self.dismiss = button(translate("pcs", "&Dismiss…"), "pcs_dismiss", partial(self._of_pc, self.dismiss_wanted))
        self.no_sending = button(
            translate("pcs", "Send &no more from there…"),
            "pcs_no_sending",
            partial(self._of_pc, self.no_sending_wanted),
        )
        self.withdraw = button(translate("pcs", "&Withdraw"), "pcs_withdraw", self._withdraw)
        self.close_button = button(translate("pcs", "&Close"), "pcs_close", self.reject)

    def _list(
        self, name: str, accessible: str, columns: tuple[Column, ...], clock: Callable[[], datetime]
    ) -> MessageList:
        made = MessageList(RowsModel(columns, clock, self), name, accessible)
        made.left.connect(self.reject)
        return made

    def _columns(self) -> tuple[Column, ...]:
        zone = self._zone
        return (
            Column(translate("pcs", "PC"), lambda pc, _now: one_line(pc.name), 18, is_bold=True),
            Column(translate("pcs", "Joined"), lambda pc, now: words.joined_text(pc, zone, now), 26),
            Column(translate("pcs", "Last seen"), lambda pc, now: words.seen_text(pc, zone, now), 14),
            Column(
                translate("pcs", "Sends messages"),
                lambda pc, now: words.sends_text(pc, zone, now),
                0,
                lambda pc: "" if not pc.sends else "ok" if pc.channels else "warning",
            ),
        )

    def _invitation_columns(self) -> tuple[Column, ...]:
        def sends(invitation: OpenInvitation, _now: datetime) -> str:
            return translate("pcs", "will send messages") if invitation.sends else translate("pcs", "will not send")

        return (
            Column(translate("pcs", "Good for"), words.left_text, 14, is_bold=True),
            Column(translate("pcs", "Made by"), lambda each, _now: words.inviter_text(each.invited_by), 26),
            Column(translate("pcs", "The PC"), sends, 0),
        )

    def _lay_out(self) -> None:
        here, of_pc, of_invitation, below = QHBoxLayout(), QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        here.addWidget(self.this_pc, 1)
        here.addWidget(self.send_here)
        of_pc.addWidget(self.dismiss)
        of_pc.addWidget(self.no_sending)
        of_pc.addStretch(1)
        of_invitation.addWidget(self.invited_title, 1)
        of_invitation.addWidget(self.withdraw)
        below.addWidget(self.sends)
        below.addStretch(1)
        below.addWidget(self.close_button)
        below.addWidget(self.invite)
        self.body.addWidget(plain_label(self.title, "title"))
        self.body.addWidget(self.state)
        self.body.addLayout(here)
        self.body.addWidget(self.server)
        for part in (self.empty, self.list):
            self.body.addWidget(part)
        self.body.addLayout(of_pc)
        self.body.addLayout(of_invitation)
        self.body.addWidget(self.invited)
        self.body.addWidget(self.told)
        self.body.addLayout(below)

    # --- what is shown ---

    def show_now(self, now: PcsNow) -> None:
        """Show how it stands; what is chosen stays chosen."""
        text, role = words.sending_text(now, self._zone)
        self.state.setText(text)
        restyle(self.state, "role", role)
        self.list.show_records(now.pcs)
        self.invited.show_records(now.invitations)
        if self._is_first:
            self._is_first = False
            self.sends.setChecked(now.wants_senders)
        self._show_lists()

    def show_this_pc(self, this: ThisPc) -> None:
        """Show whether this PC sends, and whether its server starts with it."""
        text, role = words.this_pc_text(this)
        self.this_pc.setText(text)
        restyle(self.this_pc, "role", role)
        self.send_here.setVisible(this.may_send)
        self.server.show_service(this.service)
        self.arrange()

    def say(self, text: str, role: str = "muted") -> None:
        """Say what became of it."""
        self.told.setText(text)
        self.told.setVisible(bool(text))
        restyle(self.told, "role", role)

    def _show_lists(self) -> None:
        pcs, invitations = len(self.list.rows.records), len(self.invited.rows.records)
        self.empty.setVisible(not pcs and not self._is_first)
        for view, count, most in ((self.list, pcs, _MOST_ROWS), (self.invited, invitations, _MOST_INVITATIONS)):
            view.setVisible(bool(count))
            view.setFixedHeight(view.verticalHeader().defaultSectionSize() * min(count, most) + 32)
        self.invited_title.setVisible(bool(invitations))
        self.told.setVisible(bool(self.told.text()))
        self._show_buttons()
        self.arrange()

    def _show_buttons(self) -> None:
        pc, invitation = self.list.chosen, self.invited.chosen
        self.dismiss.setVisible(pc is not None)
        self.no_sending.setVisible(pc is not None)
        self.no_sending.setEnabled(isinstance(pc, ClinicPc) and pc.sends)
        self.withdraw.setVisible(invitation is not None)

    # --- what is asked for ---

    def _of_pc(self, wanted: SignalInstance) -> None:
        if self.list.chosen is not None:
            wanted.emit(self.list.chosen)

    def _withdraw(self) -> None:
        if self.invited.chosen is not None:
            self.withdraw_wanted.emit(self.invited.chosen)

    def first_focus(self) -> QWidget | None:
        return self.invite

    def main_act(self) -> Callable[[], object]:
        return self.invite.click

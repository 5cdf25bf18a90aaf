"""The line that says how e-mail and SMS stand, when it is quiet, and who sends; what is stopped says what to change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from clinic_desk.domain.message_list import ChannelLine, Listing
from clinic_desk.domain.pcs import working
from clinic_desk.ui.booking.fields import button, let_wrap, plain_label, restyle
from clinic_desk.ui.booking.words import minute_text, one_line
from clinic_desk.ui.messages.reasons import reason_text
from clinic_desk.ui.messages.words import channel_text, when_text
from clinic_desk.ui.shell.heading import Heading
from clinic_desk.ui.tool_tips import plain_tip

translate = QCoreApplication.translate


def channel_look(line: ChannelLine, zone: str, now: datetime) -> tuple[str, str]:
    """Return (text, role) of a channel: `● SMS working · 1/s`."""
    name = channel_text(line.state.channel)
    if line.by == "off":
        return translate("messages", "○ {channel} is off").format(channel=name), "muted"
    if line.state.state == "stopped":
        return translate("messages", "■ {channel} stopped").format(channel=name), "danger"
    if line.state.state == "pausing":
        at = when_text(line.state.resume_at, zone, now) if line.state.resume_at else ""
        return translate("messages", "◔ {channel} pauses until {at}").format(channel=name, at=at), "warning"
    if line.by == "folder":
        return translate("messages", "▣ {channel} to a folder: reaches nobody").format(channel=name), "warning"
    told = translate("messages", "● {channel} working").format(channel=name)
    return f"{told} · {rate_text(line.per_minute)}" if line.state.channel == "sms" else told, "ok"


def rate_text(per_minute: int) -> str:
    """Return `1/s` or `30/min`."""
    if per_minute % 60 == 0:
        return translate("messages", "{count}/s").format(count=per_minute // 60)
    return translate("messages", "{count}/min").format(count=per_minute)


def trouble_text(lines: Sequence[ChannelLine], due: int) -> str:
    """Return what is wrong with the channels and what to do; empty if nothing is."""
    told = []
    for line in lines:
        if line.by != "off" and line.state.state != "working":
            why = reason_text(line.state.code, line.state.reason) or one_line(line.state.reason)
            name = channel_text(line.state.channel)
            pattern = (
                translate("messages", "{channel} is stopped: {why}. New settings start it again.")
                if line.state.state == "stopped"
                else translate("messages", "{channel} pauses: {why}. It is tried again by itself.")
            )
            told.append(pattern.format(channel=name, why=why or translate("messages", "reason not known")))
    if told and due == 1:
        told.append(translate("messages", "1 message waits; it is not lost."))
    elif told and due:
        told.append(translate("messages", "{count} messages wait; none is lost.").format(count=due))
    return " ".join(told)


def unsent_text(listing: Listing) -> str:
    """Return that messages are late and no PC sends them, who did last, and what to do; empty if that is not so."""
    told = []
    for channel, count in listing.unsent:
        last = next((sender for sender in listing.senders if channel in sender.channels), None)
        pattern = (
            translate("messages", "No PC sends {channel} now: {late}; none is lost.")
            if last is None
            else translate(
                "messages",
                "No PC sends {channel} now: {late}; none is lost. {name} did last, {when}: start Clinic Desk there.",
            )
        )
        late = translate("messages", "{count} messages are late")
        if count == 1:
            late = translate("messages", "1 message is late")
        when = "" if last is None else when_text(last.seen_at, listing.zone, listing.read_at)
        name = "" if last is None else one_line(last.name)
        late = late.format(count=count)
        told.append(pattern.format(channel=channel_text(channel), late=late, name=name, when=when))
    if told:
        told.append(translate("messages", "A manager sees which PCs send: ☰, The clinic, PCs of the clinic…"))
    return " ".join(told)


def senders_text(listing: Listing) -> tuple[str, str]:
    """Return (how many PCs send now, when each was seen at it last: a line each)."""
    now = listing.read_at
    count = len(working(listing.senders, now))
    lines = [
        translate("messages", "{name}: sends now").format(name=one_line(sender.name))
        if sender.is_working(now)
        else translate("messages", "{name}: seen {when}").format(
            name=one_line(sender.name), when=when_text(sender.seen_at, listing.zone, now)
        )
        for sender in listing.senders
    ]
    if count == 1:
        return translate("messages", "1 PC sends"), "\n".join(lines)
    return translate("messages", "{count} PCs send").format(count=count), "\n".join(lines)


def _giving_way() -> Heading:
    """Return a line that gives way in a narrow window to how the channels stand."""
    line = Heading()
    line.setTextFormat(Qt.TextFormat.PlainText)
    restyle(line, "role", "muted")
    return line


class ChannelStateLine(QWidget):
    """One part per channel, the quiet hours, who sends, and the way to the settings."""

    settings_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.channels: dict[str, QLabel] = {}
        self._row = QHBoxLayout()
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(14)
        for name in ("email", "sms"):
            label = plain_label()
            label.setObjectName(f"channel_{name}")
            self.channels[name] = label
            self._row.addWidget(label)
        self.quiet = plain_label("", "muted")
        self.sending, self.senders = _giving_way(), _giving_way()
        self.quiet.setObjectName("quiet_hours")
        self.sending.setObjectName("who_sends")
        self.senders.setObjectName("senders")
        self.settings = button(
            translate("messages", "Settings…"), "message_settings", self.settings_requested.emit, "link"
        )
        self._row.addWidget(self.quiet)
        self._row.addWidget(self.sending)
        self._row.addWidget(self.senders)
        self._row.addStretch(1)
        self._row.addWidget(self.settings)
        self.trouble = plain_label("", "danger")
        self.trouble.setObjectName("channel_trouble")
        self.trouble.setProperty("boxed", "true")
        let_wrap(self.trouble)
        self.trouble.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(self._row)
        column.addWidget(self.trouble)

    def show_listing(self, listing: Listing) -> None:
        """Say how the channels stand."""
        for line in listing.channels:
            label = self.channels.get(line.state.channel)
            if label is not None:
                text, role = channel_look(line, listing.zone, listing.read_at)
                label.setText(text)
                restyle(label, "role", role)
        quiet = "" if listing.quiet is None else "–".join(minute_text(minute) for minute in listing.quiet)
        self.quiet.setText(translate("messages", "quiet hours {span}").format(span=quiet) if quiet else "")
        count, each = senders_text(listing)
        self.senders.setText(count)
        self.senders.setToolTip(plain_tip(each))
        self.senders.setAccessibleDescription(each)
        restyle(self.senders, "role", "danger" if listing.unsent else "muted")
        told = trouble_text(listing.channels, listing.counts.due), unsent_text(listing)
        trouble = " ".join(filter(None, told))
        self.trouble.setText(trouble)
        self.trouble.setVisible(bool(trouble))

    def set_sending(self, text: str, *, trouble: bool) -> None:
        """Say which desk sends, or that none does."""
        self.sending.setText(text)
        restyle(self.sending, "role", "danger" if trouble else "muted")

"""What the window of the clinic's PCs says."""

from __future__ import annotations

from datetime import datetime, timedelta

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.pcs import ClinicPc, OpenInvitation, PcsNow, working
from clinic_desk.sharing.plans import Service
from clinic_desk.sharing.this_pc import ThisPc
from clinic_desk.ui.booking.words import length_text, one_line
from clinic_desk.ui.messages.words import when_text

translate = QCoreApplication.translate
_NOW = timedelta(seconds=30)


def sending_text(now: PcsNow, zone: str) -> tuple[str, str]:
    """Return (who sends messages now, or that nobody does and since when; its role)."""
    names = [one_line(sender.name) for sender in working(now.senders, now.read_at)]
    if len(names) == 1:
        return translate("pcs", "● Messages are sent by 1 PC now: {name}.").format(name=names[0]), "ok"
    if names:
        told = translate("pcs", "● Messages are sent by {count} PCs now: {names}.")
        return told.format(count=len(names), names=", ".join(names)), "ok"
    text = translate("pcs", "■ No PC sends messages now. They wait, and none is lost.")
    if now.senders:
        last = now.senders[0]
        when = when_text(last.seen_at, zone, now.read_at)
        seen = translate("pcs", "{name} was seen sending last: {when}. Start Clinic Desk there.")
        return f"{text} {seen.format(name=one_line(last.name), when=when)}", "danger"
    advice = translate("pcs", "Have this PC send, or one more PC join that does, and set up messages.")
    return f"{text} {advice}", "danger"


def this_pc_text(this: ThisPc) -> tuple[str, str]:
    """Return (whether this PC sends, and what it lacks; its role)."""
    known = {
        "keyring-none": translate(
            "pcs",
            "This PC does not send: it has no keyring to keep passwords in, such as GNOME Keyring or KWallet. Install "
            "one, or have another PC send.",
        ),
        "keyring-unsafe": translate(
            "pcs", "This PC does not send: its keyring keeps passwords in plain text. Have another PC send."
        ),
        "clinic-key-missing": translate(
            "pcs",
            "This PC may send, and lacks the clinic key: enter it in the settings of messages, under Clinic key.",
        ),
    }
    locked = translate("pcs", "This PC's keyring is locked, or does not answer. Unlock it, and open this window again.")
    if this.trouble:
        return known.get(this.trouble, locked), "warning"
    if this.sends:
        return translate("pcs", "✓ This PC sends messages whenever Clinic Desk is on."), "ok"
    return translate("pcs", "This PC leaves sending to others."), "muted"


def service_text(service: Service) -> tuple[str, str]:
    """Return (whether the clinic's server starts with this PC, and what makes it; its role)."""
    if service.is_installed:
        return translate("pcs", "✓ The clinic's server starts with this PC."), "ok"
    if service.kind == "none":
        return translate(
            "pcs",
            "The clinic's server does not start with this PC: this system has nothing that starts it. Clinic Desk "
            "starts it; without Clinic Desk this command does:",
        ), "warning"
    if service.kind == "windows":
        return translate(
            "pcs",
            "The clinic's server does not start with this PC yet: until Clinic Desk is started here, no other PC can "
            "work. Run this once in a command window as administrator:",
        ), "warning"
    return translate(
        "pcs",
        "The clinic's server does not start with this PC yet: until Clinic Desk is started here, no other PC can work. "
        "An administrator runs this once in a terminal:",
    ), "warning"


def inviter_text(name: str) -> str:
    """Return who made an invitation: a manager, or the PC that shares the clinic for whoever sits there."""
    return translate("pcs", "the PC that shares") if name == "clinic_owner" else one_line(name)


def joined_text(pc: ClinicPc, zone: str, now: datetime) -> str:
    """Return when and by whom it was let in."""
    when = "–" if pc.joined_at is None else when_text(pc.joined_at, zone, now)
    if pc.invited_by in {"", "clinic_owner"}:
        return when
    by = one_line(pc.invited_by)
    return translate("pcs", "{when}, by {name}").format(when=when, name=by)


def seen_text(pc: ClinicPc, zone: str, now: datetime) -> str:
    """Return when it was on last."""
    if pc.seen_at is None:
        return translate("pcs", "not yet")
    return translate("pcs", "now") if now - pc.seen_at < _NOW else when_text(pc.seen_at, zone, now)


def sends_text(pc: ClinicPc, zone: str, now: datetime) -> str:
    """Return whether it sends, and when it was seen at it."""
    if not pc.sends:
        return translate("pcs", "no")
    if pc.sending_at is None:
        return translate("pcs", "▲ yes, not seen yet")
    when = when_text(pc.sending_at, zone, now)
    if not pc.channels:
        return translate("pcs", "▲ can send nothing: {when}").format(when=when)
    return translate("pcs", "● yes, {when}").format(when=when)


def left_text(invitation: OpenInvitation, now: datetime) -> str:
    """Return how long it is good for."""
    minutes = max(1, int((invitation.until_at - now).total_seconds() // 60))
    return length_text(minutes)


def dismiss_text(pc: ClinicPc) -> str:
    """Return what dismissing it does."""
    people = translate(
        "pcs",
        "It is one of the clinic's PCs no more. People sign in with names and passwords of their own: if the PC was "
        "stolen, or somebody is not to come in any more, change or disable those under People and rights.",
    )
    if not pc.sends:
        return people
    ends = translate("pcs", "What it sends messages with ends at once, also in the middle of its work.")
    return f"{ends} {people}"


def keyless_text(trouble: str) -> str:
    """Return why the PC that joins is not handed the clinic key, and what to do."""
    why = {
        "clinic-key-missing": translate("pcs", "this PC does not have it"),
        "clinic-key-wrong": translate("pcs", "this PC has another one"),
        "keyring-none": translate("pcs", "this PC has no keyring"),
    }.get(trouble, translate("pcs", "this PC's keyring cannot be used now"))
    told = translate(
        "pcs",
        "The clinic key is not handed over: {why}. Have the text made at a PC that sends, or enter the key there by "
        "hand, in the settings of messages.",
    )
    return told.format(why=why)

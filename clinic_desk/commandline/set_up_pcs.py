"""`clinic-desk set-up pair` and `pcs`: one more PC is invited; those that joined are listed and dismissed."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, Final

from clinic_desk.commandline.appointments import Answer
from clinic_desk.commandline.usage import Usage

if TYPE_CHECKING:
    from datetime import datetime

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.pcs import ClinicPc, PcsNow
    from clinic_desk.sharing.plans import Pairing, Share

YES_NO: Final = ("yes", "no")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what both acts take."""
    parser.add_argument(
        "--sends",
        choices=YES_NO,
        help="with pair and share: the next PC also sends messages, and is handed the clinic key; default: yes, until "
        "three PCs do",
    )
    parser.add_argument("--dismiss", metavar="PC", help="with pcs: the one that is gone, by its id, login or name")
    parser.add_argument("--send-no-more", metavar="PC", help="with pcs: the one that leaves sending to others")
    parser.add_argument("--withdraw", metavar="LOGIN", help="with pcs: an open invitation that nobody is to use")


def check(arguments: argparse.Namespace) -> None:
    """Raises Usage for a file that says neither yes nor no."""
    if arguments.sends is not None and arguments.sends not in YES_NO:
        raise Usage(field="sends", expected="yes or no")


def invited(share: Share, arguments: argparse.Namespace) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Invite one more PC; return the document and the lines that say how it joins."""
    from clinic_desk.notifications.credentials import TROUBLES
    from clinic_desk.sharing.inviting import invite
    from clinic_desk.sharing.pairing import pairing_text
    from clinic_desk.sharing.plans import INVITED_FOR_HOURS

    sends = None if arguments.sends is None else arguments.sends == "yes"
    pairing = invite(share, arguments.hours or INVITED_FOR_HOURS, sends=sends)
    assert pairing.valid_until is not None
    text = pairing_text(pairing)
    document: dict[str, Any] = {
        "addresses": list(share.addresses),
        "port": share.port,
        "fingerprint": share.fingerprint.hex(),
        "certificate_until": share.certificate_until.isoformat(),
        "pairing": text,
        "pairing_until": pairing.valid_until.isoformat(),
        "sends": pairing.sends,
        "key_trouble": pairing.key_trouble,
    }
    until = f"{pairing.valid_until:%Y-%m-%d %H:%M %Z}"
    lines = [f"one more PC joins with this pairing text, once, until {until}:", text, _sending(pairing)]
    if pairing.key_trouble:
        lines.append(f"the clinic key is not handed over: {TROUBLES[pairing.key_trouble]}")
    return document, tuple(lines)


def _sending(pairing: Pairing) -> str:
    return "it also sends messages" if pairing.sends else "it leaves sending messages to other PCs"


def pcs(database: Database, arguments: argparse.Namespace) -> Answer:
    """Do what was asked for, and list what there is. Raises Usage for a PC that is not known, and as services.pcs."""
    from clinic_desk.services import pcs as service

    now = service.pcs_now(database)
    left = 0
    if arguments.dismiss:
        left = service.dismiss(database, _found(now, arguments.dismiss, "dismiss").id)
    if arguments.send_no_more:
        left += service.stop_sending(database, _found(now, arguments.send_no_more, "send-no-more").id)
    if arguments.withdraw:
        service.withdraw(database, arguments.withdraw)
    return _listed(service.pcs_now(database), left)


def _found(now: PcsNow, wanted: str, field: str) -> ClinicPc:
    found = [pc for pc in now.pcs if wanted in {str(pc.id), pc.login, pc.name}]
    if len(found) != 1:
        raise Usage(field=field, expected="the id, the login or the name of one of the PCs that pcs lists")
    return found[0]


def _listed(now: PcsNow, left: int) -> Answer:
    from clinic_desk.domain.pcs import working

    document = {
        "pcs": [
            {
                "id": str(pc.id),
                "name": pc.name,
                "login": pc.login,
                "sends": pc.sends,
                "joined_at": _iso(pc.joined_at),
                "invited_by": pc.invited_by,
                "seen_at": _iso(pc.seen_at),
                "sending_at": _iso(pc.sending_at),
            }
            for pc in now.pcs
        ],
        "invitations": [
            {"login": each.id, "invited_by": each.invited_by, "until": _iso(each.until_at), "sends": each.sends}
            for each in now.invitations
        ],
        "sending_now": [sender.name for sender in working(now.senders, now.read_at)],
        "sessions_left": left,
    }
    lines = [
        f"{pc.id}  {pc.name}  {'sends' if pc.sends else 'does not send'}  seen {_shown(pc.seen_at)}" for pc in now.pcs
    ]
    lines += [f"{each.id}  invited until {_shown(each.until_at)}" for each in now.invitations]
    sending = ", ".join(document["sending_now"]) or "nobody"  # type: ignore[arg-type]
    lines.append(f"sending now: {sending}")
    if left:
        lines.append(f"{left} connections could not be ended; they end with the program there")
    return Answer(document, tuple(lines if now.pcs or now.invitations else ["none", lines[-1]]))


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _shown(at: datetime | None) -> str:
    return "never" if at is None else f"{at:%Y-%m-%d %H:%M %Z}"

"""Counts what arrived at the servers against what the queue says: what must hold whatever happened on the way."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from tests.live.queue_clinic import QueueClinic, steps
from tests.support.mail_server import MailServer
from tests.support.queue_log import FINAL, explained_by_its_log
from tests.support.twilio_server import TwilioServer

_TELLS_OF_IT: Final = frozenset({"confirmation", "reminder", "rescheduled"})
_STEP: Final = timedelta(seconds=61)
"""The two clocks of a moment are not read at once: between them the database's may be put forward."""


@dataclass(frozen=True)
class Arrived:
    """What the servers have: e-mails by the id of their row, SMS by sid."""

    mails: dict[str, list[bytes]]
    sms: dict[str, Any]

    @classmethod
    def at(cls, mail: MailServer, twilio: TwilioServer) -> Arrived:
        """What is there now."""
        mails: dict[str, list[bytes]] = defaultdict(list)
        for each in mail.received:
            mails[str(each.mail["Message-ID"]).strip("<>").partition("@")[0]].append(each.content)
        return cls(dict(mails), {each.sid: each for each in twilio.received})


def figures(rows: list[dict[str, Any]], arrived: Arrived) -> str:
    """What there is, in a few lines."""
    states = Counter(f"{row['channel']} {row['status']} {row['error_code']}".strip() for row in rows)
    copies = sum(len(each) - 1 for each in arrived.mails.values())
    tries = Counter(row["attempts"] for row in rows)
    lines = [f"{number:6} {state}" for state, number in sorted(states.items())]
    arrivals = f"e-mails: {len(arrived.mails)} and {copies} copies; SMS: {len(arrived.sms)}"
    return "\n".join([f"rows: {len(rows)}", *lines, arrivals, f"attempts: {dict(sorted(tries.items()))}"])


def wrong(clinic: QueueClinic, rows: list[dict[str, Any]], arrived: Arrived) -> list[str]:
    """Whatever is not as it must be."""
    found = _lost(rows, arrived) + _twice(rows, arrived)
    for row in rows:
        found += _not_explained(row) + _too_late(clinic, row)
    return found


def _lost(rows: list[dict[str, Any]], arrived: Arrived) -> list[str]:
    found = []
    for row in rows:
        key = str(row["id"])
        is_denied = row["status"] == "expired" or (row["status"], row["error_code"]) == ("failed", "gave-up")
        if is_denied and key in arrived.mails:
            found.append(f"{key}: an e-mail that is there is said to be {row['status']}")
        if row["status"] not in {"sent", "delivered"}:
            continue
        if row["channel"] == "email" and key not in arrived.mails:
            found.append(f"{key}: an e-mail that was sent is not there")
        if row["channel"] == "sms":
            there = arrived.sms.get(row["provider_id"])
            if there is None or (there.to, there.body) != (row["recipient"], row["body"]):
                found.append(f"{key}: an SMS that was sent is not there, or another one is")
    sent = {str(row["id"]) for row in rows}
    return found + [f"{key}: an e-mail that is of no row" for key in arrived.mails if key not in sent]


def _twice(rows: list[dict[str, Any]], arrived: Arrived) -> list[str]:
    found = [f"{key}: copies that differ" for key, copies in arrived.mails.items() if len(set(copies)) != 1]
    wanted = Counter((row["body"], row["recipient"]) for row in rows if row["channel"] == "sms" and row["recipient"])
    there = Counter((each.body, each.to) for each in arrived.sms.values())
    found += [f"an SMS came {number} times: {key}" for key, number in there.items() if number > wanted[key]]
    adopted = Counter(row["provider_id"] for row in rows if row["channel"] == "sms" and row["provider_id"])
    return found + [f"{sid} stands for {number} rows" for sid, number in adopted.items() if number > 1]


def _not_explained(row: dict[str, Any]) -> list[str]:
    if row["status"] not in FINAL | {"unknown"}:
        return []  # a reminder that is still to come
    try:
        explained_by_its_log(row)
    except AssertionError as error:
        return [f"{row['id']}: its log does not explain it: {error}"]
    if row["status"] not in {"sent", "delivered"} and not (row["error_code"] and row["last_error"]):
        return [f"{row['id']} is {row['status']} and nothing says why: {row['log']}"]
    return []


def _too_late(clinic: QueueClinic, row: dict[str, Any]) -> list[str]:
    began = steps(row, "sending")
    found = []
    committed = clinic.told_no_more.get(row["appointment_id"])
    is_of_before = row["kind"] in _TELLS_OF_IT and row["appointment_version"] == 1
    if committed is not None and is_of_before and any(each.timestamp() > committed for each in began):
        found.append(f"{row['id']}: a {row['kind']} was begun after its appointment was cancelled or moved")
    if row["sending_started_at"] is not None and row["sending_started_at"] >= row["not_after"]:
        found.append(f"{row['id']}: begun after its end")
    if any(clinic.shown(each) > row["not_after"] + _STEP for each in began):
        found.append(f"{row['id']}: once begun after its end")
    return found

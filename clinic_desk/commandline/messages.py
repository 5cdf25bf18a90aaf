"""The commands about messages: what is in the queue, what is to become of one, and an appointment's confirmation."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from clinic_desk.commandline.appointments import Answer, Work
from clinic_desk.commandline.documents import plain
from clinic_desk.commandline.usage import Usage
from clinic_desk.domain.message_list import Confirm, Filter, MessageQuery, MessageRow, OnMessage
from clinic_desk.domain.records import Channel
from clinic_desk.domain.wall import to_wall
from clinic_desk.services import message_actions, messages

if TYPE_CHECKING:
    import argparse

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.message_list import Listing


def queue(work: Work, arguments: argparse.Namespace) -> Answer:
    """List messages, count them, or do something with one."""
    if arguments.action in _ACTIONS:
        if arguments.message is None:
            raise Usage(field="message", expected=f"the id of the message to {arguments.action} (see queue list)")
        act = OnMessage(arguments.message, operation_id=work.operation_id)
        row = _ACTIONS[arguments.action](work.database, act, arguments)
        return Answer(_document(row), (_line(row),))
    if arguments.message is not None:
        raise Usage(field="message", expected=f"no id after {arguments.action}")
    query = MessageQuery(Filter(arguments.filter), arguments.search, arguments.limit, arguments.days)
    listing = messages.list_messages(work.database, query)
    head = _head(listing)
    if arguments.action == "counts":
        return Answer(head, tuple(f"{name.replace('_', ' ')}: {value}" for name, value in _flat(head)))
    rows = [_document(row) for row in listing.rows]
    document = head | {"messages": rows, "has_more": listing.has_more}
    more = ("… and more: raise --limit",) if len(rows) >= arguments.limit else ()
    return Answer(document, (*map(_line, listing.rows), *more) or ("no messages",))


def confirm(work: Work, arguments: argparse.Namespace) -> Answer:
    """Send, or send again, the confirmation of an appointment."""
    command = Confirm(arguments.appointment, operation_id=work.operation_id)
    row = message_actions.confirm(work.database, command)
    return Answer(_document(row), (_line(row),))


def _send_now(database: Database, act: OnMessage, arguments: argparse.Namespace) -> MessageRow:
    return message_actions.send_now(database, act, even_if_quiet=arguments.even_if_quiet)


_ACTIONS: Final[dict[str, Callable[[Database, OnMessage, Any], MessageRow]]] = {
    "retry": lambda database, act, _: message_actions.retry(database, act),
    "cancel": lambda database, act, _: message_actions.cancel(database, act),
    "send-now": _send_now,
    "by-email": lambda database, act, _: message_actions.send_by(database, act, Channel.EMAIL),
    "by-sms": lambda database, act, _: message_actions.send_by(database, act, Channel.SMS),
    "done": lambda database, act, _: message_actions.deal_with(database, act),
}


def _head(listing: Listing) -> dict[str, Any]:
    channels = [
        {
            "channel": line.state.channel.value,
            "by": line.by,
            "state": line.state.state,
            "code": line.state.code,
            "reason": line.state.reason,
            "per_minute": line.per_minute,
        }
        for line in listing.channels
    ]
    return {"counts": plain(listing.counts), "channels": channels, "read_at": plain(listing.read_at)}


def _flat(head: dict[str, Any]) -> list[tuple[str, Any]]:
    channels = [
        (line["channel"], " ".join(filter(None, (line["by"], line["state"], line["code"], line["reason"]))))
        for line in head["channels"]
    ]
    return [*head["counts"].items(), *channels]


def _document(row: MessageRow) -> dict[str, Any]:
    document: dict[str, Any] = plain(row)
    return document | {"needs_attention": row.needs_attention}


def _line(row: MessageRow) -> str:
    due = to_wall(row.sent_at or row.due_at, row.zone)
    about = f" for {to_wall(row.starts_at, row.zone):%Y-%m-%d %H:%M}" if row.starts_at else ""
    why = f"  {' '.join(filter(None, (row.code, row.error)))}" if row.code or row.error else ""
    return (
        f"{row.id}  {due:%Y-%m-%d %H:%M}  {row.status.value:9}  {row.channel.value:5}  {row.kind.value}{about}  "
        f"{row.patient_name}  {row.shown_address}{why}"
    )

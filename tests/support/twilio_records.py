"""What the server of twilio_server.py keeps and is told: an account, its messages, and faults to come."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

ACCOUNT: Final = "AC" + "0a" * 16
TOKEN: Final = "not-a-secret-token"
NUMBER: Final = "+15005550006"
SERVICE: Final = "MG" + "0b" * 16

Method = Literal["POST", "GET", "DELETE"]


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to a request instead of the usual.

    `status` with `code`: Twilio's refusal as JSON (`html`: a gateway's page). `hang`: no answer. `cut`: the connection
    is reset. `taken`: the message is accepted before that happens (the answer is lost). `location`: a redirect.
    """

    status: int = 0
    code: int = 0
    retry_after: str = ""
    html: bool = False
    hang: bool = False
    cut: bool = False
    taken: bool = False
    delay_s: float = 0.0
    location: str = ""
    garbage: bool = False


def refusal(code: int, status: int = 400) -> Fault:
    """Twilio's answer to a request it does not accept."""
    return Fault(status=status, code=code)


@dataclass(slots=True)
class Message:
    """One message as the account's list has it. `fate`: the statuses and the error code it goes through when asked."""

    sid: str
    to: str
    from_: str
    body: str
    direction: str
    status: str
    created: datetime
    sent: datetime | None = None
    error_code: int | None = None
    fate: deque[tuple[str, int | None]] = field(default_factory=deque)
    validity_period: int | None = None
    service: str | None = None

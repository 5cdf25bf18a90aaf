"""What the log of a message may show: the steps that are allowed, and the states in which it ends."""

from itertools import pairwise
from typing import Any, Final

FINAL: Final = frozenset({"sent", "delivered", "failed", "expired", "cancelled"})
FOLLOWS: Final = {
    "pending": {"leased", "cancelled", "expired", "pending", "failed", "unknown"},
    "leased": {"leased", "sending", "pending", "cancelled", "expired", "failed", "unknown"},
    "sending": {"sent", "pending", "unknown", "failed"},
    "unknown": {"sent", "pending", "expired", "failed", "unknown"},
    "sent": {"delivered", "failed"},
    "delivered": set[str](),
    "failed": set[str](),
    "expired": set[str](),
    "cancelled": set[str](),
}
"""The steps that a message's log may show."""


def explained_by_its_log(row: dict[str, Any]) -> None:
    """Assert that a row is as its log tells, and that it came there in allowed steps."""
    log = row["log"]
    states = [step["s"] for step in log]
    assert (states[-1], log[-1]["n"]) == (row["status"], row["attempts"]), row
    for one, next_ in pairwise(states):
        assert next_ in FOLLOWS[one], states
        assert next_ != "unknown" or one in {"sending", "unknown"} or row["channel"] == "email", states
    if row["channel"] == "email" and "unknown" in states:  # a server may have taken it: nobody can say that it did not
        assert row["status"] != "expired", row
        assert row["status"] == "unknown" or row["error_code"] != "gave-up", row
    if row["status"] in {"leased", "sending"}:
        assert row["lease_owner"], row
        assert row["lease_until"], row
    elif row["status"] != "cancelled":
        assert row["lease_until"] is None, row

"""Whole desks for the tests of messages, and what a worker makes of a message."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from tests.ui.shell.conftest import open_program, programs

__all__ = ["open_program", "programs"]

Becomes = Callable[..., None]


@pytest.fixture
def becomes(owner_engine: Engine) -> Becomes:
    """Let a message come to a state, with other columns, and tell the desks, as a worker does."""

    def become(message_id: UUID, status: str, **others: Any) -> None:
        given = {"status": status, **others}
        if status in {"leased", "sending"}:
            given |= {"lease_owner": "Desk 2", "lease_until": "2040-01-01"}
        if status in {"sent", "delivered"}:
            given |= {"sent_at": datetime.now(UTC)}
        names = ", ".join(f"{name} = %s" for name in given)
        with owner_engine.begin() as connection:
            connection.exec_driver_sql(f"UPDATE notification SET {names} WHERE id = %s", (*given.values(), message_id))
            connection.exec_driver_sql(
                "SELECT announce_messages(ARRAY(SELECT appointment_id FROM notification WHERE id = %s))", (message_id,)
            )

    return become

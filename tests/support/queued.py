"""What tests of messages ask of the queue's rows, and do to them."""

from typing import Any

from sqlalchemy import Engine


def queue(engine: Engine, columns: str = "kind, status", where: str = "true") -> list[Any]:
    """The queue in the order it was written."""
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            f"SELECT {columns} FROM notification WHERE {where} ORDER BY created_at, kind, id"
        )
        return [tuple(row) for row in rows]


def pending(engine: Engine) -> set[str]:
    return {row[0] for row in queue(engine, where="status = 'pending'")}


def leaves(engine: Engine, kind: str) -> None:
    """What the worker does: the message goes out."""
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE notification SET status = 'sent', sent_at = now() WHERE kind = %s AND status = 'pending'", (kind,)
        )


def run(engine: Engine, statement: str, *values: Any) -> None:
    """As the owner."""
    with engine.begin() as connection:
        connection.exec_driver_sql(statement, values)

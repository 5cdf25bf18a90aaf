"""A million finished messages must not make the panel slow: no list and no count may read the whole table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from clinic_desk.database.queries import messages as queries
from clinic_desk.domain.message_list import Filter
from tests.support.small_clinic import SmallClinic

FINISHED = 40_000
NOW = datetime.now(UTC)
VALUES = {
    "since": NOW - timedelta(days=14),
    "starts_at": NOW - timedelta(hours=12),
    "ends_at": NOW + timedelta(hours=12),
    "limit": 200,
}


@pytest.fixture
def old_clinic(clinic: SmallClinic, owner_engine: Engine) -> SmallClinic:
    """A clinic whose queue has worked for two years."""
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL clinic_desk.quiet = 'on'")
        connection.exec_driver_sql(
            "INSERT INTO notification (id, patient_id, kind, channel, dedupe_key, status, due_at, created_at, sent_at)"
            " SELECT gen_random_uuid(), %(patient)s, 'reminder', 'sms', n::text,"
            "  CASE WHEN n %% 20 = 0 THEN 'cancelled' WHEN n %% 2 = 0 THEN 'sent' ELSE 'delivered' END,"
            "  now() - n * interval '30 minutes', now() - n * interval '30 minutes',"
            "  CASE WHEN n %% 20 = 0 THEN NULL ELSE now() - n * interval '30 minutes' END"
            " FROM generate_series(1, %(count)s) AS n",
            {"patient": clinic.patients[0], "count": FINISHED},
        )
    with owner_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE notification")
    return clinic


def _rows_read(plan: dict[str, Any]) -> float:
    """The most rows any node of a plan read of the queue, those it threw away included."""
    own = 0.0
    if plan.get("Relation Name") == "notification":
        own = (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]
    return max([own, *(_rows_read(child) for child in plan.get("Plans", []))])


def _explained(engine: Engine, statement: str, values: dict[str, Any]) -> dict[str, Any]:
    with engine.connect() as connection:
        (plan,) = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", values).scalar_one()
        found: dict[str, Any] = plan["Plan"]
        return found


@pytest.mark.parametrize("chosen", list(Filter))
def test_no_list_reads_more_than_it_shows(old_clinic: SmallClinic, owner_engine: Engine, chosen: Filter) -> None:
    plan = _explained(owner_engine, queries.list_statement(chosen, searching=False), VALUES)
    assert _rows_read(plan) <= 2_500


def test_the_counts_read_only_what_they_count(old_clinic: SmallClinic, owner_engine: Engine) -> None:
    plan = _explained(owner_engine, queries._COUNTS, VALUES)
    assert _rows_read(plan) <= 100

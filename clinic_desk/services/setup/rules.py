"""Saves the booking rules: the step of the offered starts, notice, horizon, and what a reception may overrule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic_desk.database.queries import setup as queries
from clinic_desk.domain.commands import OVERRULABLE
from clinic_desk.domain.setup import SetupConflict
from clinic_desk.errors import InvalidInput
from clinic_desk.services.setup import checks
from clinic_desk.services.setup.types import LONGEST_HORIZON, LONGEST_NOTICE

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.records import BookingRules
    from clinic_desk.domain.setup import SaveBookingRules


def save_rules(db: Database, command: SaveBookingRules) -> BookingRules:
    """Write the booking rules and return them as they now stand.

    Raises InvalidInput, SetupConflict, NotAllowed, DatabaseDown, Busy, OutcomeUnknown.
    """
    rules = command.rules
    if not rules.overrulable <= OVERRULABLE:
        raise InvalidInput(field="overrulable", expected="rules that can be overruled")
    values = {
        "step_minutes": checks.number("step_minutes", rules.step_minutes, 1, 240, "1 minute to 4 hours"),
        "notice_minutes": checks.number(
            "notice_minutes", rules.notice_minutes, 0, LONGEST_NOTICE, "0 minutes to a year"
        ),
        "horizon_days": checks.number("horizon_days", rules.horizon_days, 1, LONGEST_HORIZON, "1 day to 10 years"),
        "overrulable": sorted(str(rule) for rule in rules.overrulable),
    }
    seen = max(rules.version, 1)  # the row is always there: it is never added

    def work(connection: Connection) -> BookingRules:
        if not queries.write_row(connection, "booking_rules", queries.RULES_ID, seen, values):
            changed = queries.last_change(connection, "booking_rules", queries.RULES_ID)
            raise SetupConflict(queries.read_rules(connection), changed)
        return queries.read_rules(connection)

    return db.changing(command.operation_id, "SaveBookingRules", work, queries.read_rules)

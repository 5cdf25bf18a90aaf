"""What the checks since schema 0003 refuse, each by its name; `test_constraints` tries them with its own."""

from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

from tests.support.small_clinic import SMALL_CLINIC, SmallClinic

BOOKING_RULES_ID: Final = UUID("00000000-0000-7000-8000-000000000002")

CHECKED: Final[list[tuple[str, str, dict[str, Any]]]] = [
    ("site_country", "site", {"country": "Germany"}),
    ("site_country", "site", {"country": "de"}),
    ("site_subdivision", "site", {"subdivision": "BE"}),
    ("room_kind", "room", {"kind": "garden"}),
    ("room_capacity", "room", {"capacity": 0}),
    ("appointment_type_notice", "appointment_type", {"notice_minutes": -1}),
    ("appointment_type_horizon", "appointment_type", {"horizon_days": 0}),
    ("appointment_type_room_type_id_fkey", "appointment_type_room", {"type_id": UUID(int=1)}),
    ("appointment_type_room_room_id_fkey", "appointment_type_room", {"room_id": UUID(int=1)}),
    ("working_hours_every_weeks", "working_hours", {"every_weeks": 0}),
    ("working_hours_every_weeks", "working_hours", {"every_weeks": 9}),
    ("date_override_both_or_neither", "date_override", {"end_minute": None}),
    ("date_override_both_or_neither", "date_override", {"start_minute": None}),
    ("date_override_minutes", "date_override", {"start_minute": -1}),
    ("date_override_minutes", "date_override", {"start_minute": 1020}),
    ("date_override_minutes", "date_override", {"end_minute": 1441}),
    ("date_override_practitioner_id_fkey", "date_override", {"practitioner_id": UUID(int=1)}),
    ("date_override_site_id_fkey", "date_override", {"site_id": UUID(int=1)}),
    ("block_type_block_id_fkey", "block_type", {"block_id": UUID(int=1)}),
    ("booking_rules_only_one", "booking_rules", {"id": UUID(int=1)}),
    ("booking_rules_step", "booking_rules", {"step_minutes": 0}),
    ("booking_rules_notice", "booking_rules", {"notice_minutes": -1}),
    ("booking_rules_horizon", "booking_rules", {"horizon_days": 0}),
    ("booking_rules_overrulable", "booking_rules", {"overrulable": [None]}),
    ("series_rule", "series", {"rule": ""}),
    ("series_wall_minute", "series", {"wall_minute": 1440}),
    ("series_wall_minute", "series", {"wall_minute": -1}),
    ("series_zone", "series", {"zone": "Berlin"}),
    ("appointment_series_day", "appointment", {"series_id": UUID(int=1)}),
    ("appointment_series_id_fkey", "appointment", {"series_id": UUID(int=1), "series_day": date(2031, 3, 3)}),
    ("appointment_device_fkey", "appointment", {"device_id": UUID(int=1)}),
    ("appointment_type_waiting_limit", "appointment_type", {"waiting_limit_minutes": -1}),
    ("appointment_type_waiting_limit", "appointment_type", {"waiting_limit_minutes": 481}),
    ("appointment_present_room", "appointment", {"present_room_id": SMALL_CLINIC.room_1}),
    ("wish_weekdays", "wish", {"weekdays": [0]}),
    ("wish_times", "wish", {"times": [480]}),
    ("wish_times", "wish", {"times": [480, 1441]}),
    ("wish_priority", "wish", {"priority": "stat"}),
    ("wish_closed", "wish", {"closed": "gone"}),
    ("wish_booked", "wish", {"closed": "booked"}),
    ("wish_moved", "wish", {"moved_from": datetime(2031, 3, 3, 8, tzinfo=UTC)}),
    ("operation_detail", "operation", {"detail": "[1]"}),
    ("staff_group_name", "staff", {"group_name": "surgeon"}),
    ("staff_right_name", "staff_right", {"name": "everything"}),
    ("staff_right_login_fkey", "staff_right", {"login": "nobody"}),
    ("provider_secret_name", "provider_secret", {"name": "database_password"}),
    ("provider_secret_key_id", "provider_secret", {"key_id": "key"}),
    ("provider_secret_text_ciphertext", "provider_secret_text", {"ciphertext": "in clear!"}),
    ("provider_secret_text_id_fkey", "provider_secret_text", {"id": UUID(int=1)}),
    ("wish_patient_id_fkey", "wish", {"patient_id": UUID(int=1)}),
    ("two_people_order", "two_people", {"one_id": UUID(int=(1 << 128) - 1)}),
    ("messaging_offer_minutes", "messaging", {"offer_minutes": 4}),
    ("messaging_offer_minutes", "messaging", {"offer_minutes": 1441}),
    ("offer_round_answer_minutes", "offer_round", {"answer_minutes": 4}),
    ("offer_round_state", "offer_round", {"state": "paused"}),
    ("offer_round_end_after_start", "offer_round", {"ends_at": datetime(2031, 3, 3, 8, tzinfo=UTC)}),
    ("offer_state", "offer", {"state": "maybe"}),
    ("offer_channel", "offer", {"channel": "none"}),
    ("offer_end_after_start", "offer", {"ends_at": datetime(2031, 3, 3, 8, tzinfo=UTC)}),
    ("offer_asked", "offer", {"state": "asked"}),
    ("offer_taken", "offer", {"state": "taken"}),
]


def good_rows(clinic: SmallClinic) -> dict[str, dict[str, Any]]:
    """A row of each new table that is accepted."""
    day = date(2031, 3, 3)
    return {
        "operation": {"command": "ExportPatients"},
        "appointment_type_room": {"type_id": clinic.procedure, "room_id": clinic.room_1},
        "date_override": {
            "practitioner_id": clinic.weber,
            "site_id": clinic.berlin,
            "day": day,
            "start_minute": 0,
            "end_minute": 1020,
        },
        "block_type": {"block_id": UUID(int=51), "type_id": clinic.checkup},
        "booking_rules": {"id": BOOKING_RULES_ID, "step_minutes": 240, "overrulable": ["blocked"]},
        "staff_right": {"login": "test_reception", "name": "merge", "granted": False},
        "provider_secret": {"name": "email_password", "key_id": "0" * 16},
        "provider_secret_text": {"id": UUID(int=52), "ciphertext": "A" * 40},
        "wish": {"patient_id": clinic.patients[0], "type_id": clinic.checkup},
        "two_people": {"one_id": clinic.patients[0], "other_id": clinic.patients[1]},
        "offer_round": {
            "practitioner_id": clinic.weber,
            "site_id": clinic.berlin,
            "starts_at": datetime(2031, 3, 3, 8, tzinfo=UTC),
            "ends_at": datetime(2031, 3, 3, 9, tzinfo=UTC),
            "answer_minutes": 20,
        },
        "offer": {
            "round_id": UUID(int=54),
            "wish_id": UUID(int=53),
            "patient_id": clinic.patients[0],
            "position": 1,
            "starts_at": datetime(2031, 3, 3, 8, tzinfo=UTC),
            "ends_at": datetime(2031, 3, 3, 9, tzinfo=UTC),
        },
        "series": {"rule": "FREQ=DAILY", "starts_on": day, "wall_minute": 0, "zone": "Europe/Berlin"},
    }

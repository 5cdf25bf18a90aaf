"""The commands about appointments on a real database: what they do, their documents, and what they refuse."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text

from clinic_desk.commandline.output import shown
from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Update
from clinic_desk.domain.ids import new_id
from clinic_desk.services import booking
from tests.commandline.conftest import Command, Ended
from tests.support.small_clinic import SMALL_CLINIC, SmallClinic

Run = Callable[..., Ended]
Booked = Callable[..., dict[str, Any]]
MONDAY = SMALL_CLINIC.monday
ANNA, JONAS, SIOBHAN = SMALL_CLINIC.patients[:3]


def booking_of(patient: object, start: str, practitioner: str = "Weber", visit: str = "Checkup") -> list[object]:
    return ["book", "--patient", patient, "--practitioner", practitioner, "--type", visit, "--start", start]


# --- what they do -----------------------------------------------------------------------------------------------------


def test_a_booking_is_made_and_told_whole(run: Run, clinic: SmallClinic) -> None:
    ended = run(*booking_of("o'neill", f"{MONDAY}T09:15"), "--note", "brings her papers")
    assert ended.code == 0
    assert ended.err == ""
    document = ended.document
    assert set(document) == {"done", "repeated", "operation_id", "appointment"}
    assert (document["done"], document["repeated"]) == ("booked", False)
    appointment = document["appointment"]
    changed = appointment.pop("changed")
    assert changed["person"] == "test_reception person"
    assert changed["desk"].startswith("command line")
    assert appointment == {
        "id": document["operation_id"],
        "version": 1,
        "status": "booked",
        "patient": {"id": str(SIOBHAN), "name": "Siobhán O'Neill", "birth_date": "1990-01-01"},
        "practitioner": {"id": str(clinic.weber), "name": "Dr. Weber"},
        "type": {"id": str(clinic.checkup), "name": "Checkup"},
        "site": {"id": str(clinic.berlin), "name": "Mitte"},
        "room": None,
        "device": None,
        "starts_at": "2031-03-03T08:15:00+00:00",
        "ends_at": "2031-03-03T08:30:00+00:00",
        "wall_start": "2031-03-03T09:15",
        "zone": "Europe/Berlin",
        "length_minutes": 15,
        "note": "brings her papers",
        "answer": "needs-action",
        "squeezed_in": False,
        "overruled": [],
        "cancellation_reason": None,
        "message_state": "pending",
    }


def test_what_was_booked_is_shown_with_its_messages_and_history_and_listed(run: Run, booked: Booked) -> None:
    made = booked("09:00")
    run("update", made["id"], "--note", "changed")
    shown_ = run("show", made["id"]).document
    assert shown_["version"] == 2
    assert {"confirmation"} <= {message["kind"] for message in shown_["messages"]}
    assert [(line["command"], line["version"]) for line in shown_["history"]] == [("Book", 1), ("Update", 2)]
    assert shown_["history"][1]["fields"]["note"] == ["", "changed"]
    listed = run("list", "--day", MONDAY).document
    assert (listed["first_day"], listed["last_day"]) == (str(MONDAY), str(MONDAY))
    assert [row["id"] for row in listed["appointments"]] == [made["id"]]
    assert listed["appointments"][0].keys() == made.keys()


def test_a_list_goes_by_local_days_practitioner_and_status(run: Run, booked: Booked) -> None:
    first = booked("09:00")
    gone = booked("10:00", JONAS)
    assert run("cancel", gone["id"], "--reason", "pat").code == 0
    evening = run(*booking_of(SIOBHAN, f"{MONDAY}T22:30", "Diaz"), "--overrule", "outside-hours").document[
        "appointment"
    ]
    assert evening["starts_at"] == "2031-03-04T03:30:00+00:00"  # Tuesday in UTC and in Berlin, Monday in New York

    def ids(*options: object) -> list[str]:
        return [row["id"] for row in run("list", "--day", MONDAY, *options).document["appointments"]]

    assert ids() == [first["id"], gone["id"], evening["id"]]
    assert ids("--status", "booked") == [first["id"], evening["id"]]
    assert ids("--practitioner", "weber", "--status", "cancelled") == [gone["id"]]
    assert ids("--days", "3", "--practitioner", "Diaz") == [evening["id"]]
    assert run("list", "--day", "2031-03-04").document["appointments"] == []


def test_a_move_keeps_what_was_not_said(run: Run, booked: Booked) -> None:
    made = booked("09:00", ANNA, "--note", "kept", "--length", "25")
    moved = run("move", made["id"], "--start", f"{MONDAY}T11:00").document
    assert moved["done"] == "moved"
    now = moved["appointment"]
    assert (now["wall_start"], now["note"], now["length_minutes"]) == (f"{MONDAY}T11:00", "kept", 25)
    assert now["practitioner"] == made["practitioner"]
    other = run("move", made["id"], "--practitioner", "Okafor").document["appointment"]
    assert (other["wall_start"], other["practitioner"]["name"]) == (f"{MONDAY}T11:00", "Dr. Okafor")


def test_a_move_to_a_doctor_elsewhere_goes_to_that_site_at_its_wall_time(run: Run, booked: Booked) -> None:
    made = booked("09:00")
    now = run("move", made["id"], "--practitioner", "Diaz", "--start", f"{MONDAY}T09:00").document["appointment"]
    assert (now["site"]["name"], now["zone"]) == ("Harlem", "America/New_York")
    assert now["starts_at"] == "2031-03-03T14:00:00+00:00"


def test_details_and_status_are_updated(run: Run, booked: Booked) -> None:
    made = booked("09:00")
    changed = run("update", made["id"], "--type", "Procedure", "--length", "45", "--room", "room 2", "--patient", JONAS)
    assert changed.code == 0
    now = changed.document["appointment"]
    assert (now["type"]["name"], now["length_minutes"], now["room"]["name"]) == ("Procedure", 45, "Room 2")
    assert now["patient"]["id"] == str(JONAS)
    arrived = run("update", made["id"], "--status", "arrived").document
    assert (arrived["done"], arrived["appointment"]["status"]) == ("arrived", "arrived")


def test_a_cancelled_appointment_keeps_its_fhir_reason_and_frees_its_time(run: Run, booked: Booked) -> None:
    made = booked("09:00")
    cancelled = run("cancel", made["id"], "--reason", "pat-fb").document["appointment"]
    assert (cancelled["status"], cancelled["cancellation_reason"]) == ("cancelled", "pat-fb")
    assert booked("09:00", JONAS)["wall_start"] == f"{MONDAY}T09:00"


def test_an_appointment_entered_in_error_is_gone(run: Run, booked: Booked) -> None:
    made = booked("09:00")
    assert run("update", made["id"], "--status", "entered-in-error").code == 0
    ended = run("show", made["id"])
    assert (ended.code, ended.document) == (
        1,
        {"error": "not-found", "message": "no such appointment", "what": "appointment"},
    )


def test_no_message_leaves_the_patient_untold(run: Run, booked: Booked) -> None:
    made = booked("09:00", ANNA, "--no-message")
    kinds = {message["kind"] for message in run("show", made["id"]).document["messages"]}
    assert "confirmation" not in kinds


# --- free times -------------------------------------------------------------------------------------------------------


def test_free_times_leave_out_what_is_booked_and_can_be_booked(run: Run, booked: Booked, clinic: SmallClinic) -> None:
    booked("08:15")
    ended = run("slots", "--practitioner", "Weber", "--type", "checkup", "--from", MONDAY, "--days", "1")
    document = ended.document
    assert document["type"] == {"id": str(clinic.checkup), "name": "Checkup"}
    assert document["complete"] is True
    walls = [slot["wall_start"] for slot in document["slots"]]
    assert walls[:3] == [f"{MONDAY}T08:00", f"{MONDAY}T08:30", f"{MONDAY}T08:45"]
    assert walls[-1] == f"{MONDAY}T16:45"
    slot = document["slots"][0]
    assert set(slot) == {"practitioner", "site", "room", "device", "starts_at", "ends_at", "wall_start", "zone"}
    taken = run(*booking_of(JONAS, slot["starts_at"], slot["practitioner"]["id"]), "--site", slot["site"]["id"])
    assert taken.document["appointment"]["wall_start"] == slot["wall_start"]


def test_free_times_can_be_asked_narrowly(run: Run) -> None:
    options = ["--type", "Checkup", "--from", f"{MONDAY}T10:20", "--part-of-day", "morning", "--weekdays", "mon,tue"]
    narrow = run("slots", *options, "--site", "Mitte", "--days", "7", "--limit", "3").document
    assert [slot["wall_start"] for slot in narrow["slots"]] == [f"{MONDAY}T10:30", f"{MONDAY}T10:30", f"{MONDAY}T10:45"]
    assert narrow["complete"] is False
    first = run("slots", *options, "--practitioner", "Weber", "--first-of-day", "--days", "2").document["slots"]
    assert [slot["wall_start"] for slot in first] == [f"{MONDAY}T10:30", "2031-03-04T08:00"]


def test_one_start_is_told_whether_it_may_be_booked_and_if_not_why(run: Run, booked: Booked) -> None:
    made = booked("09:00")
    asked = ["slots", "--type", "Checkup", "--practitioner", "Weber", "--start"]

    def told(start: str) -> dict[str, Any]:
        return dict(run(*asked, f"{MONDAY}T{start}").document)

    free = told("10:00")
    assert (free["offered"], free["bookable"], free["violations"], free["not_offered"]) == (True, True, [], [])
    off = told("10:05")
    assert (off["offered"], off["bookable"], off["not_offered"]) == (False, True, ["off-grid"])
    taken = told("09:00")
    assert (taken["offered"], taken["bookable"], taken["overrulable"]) == (False, False, True)
    (broken,) = taken["violations"]
    assert (broken["rule"], broken["by"]) == ("slot-taken", made["id"])
    refused = run("slots", "--type", "Checkup", "--start", f"{MONDAY}T10:00")
    assert (refused.code, refused.document["field"]) == (2, "practitioner")


def test_a_date_is_meant_where_the_doctor_works(run: Run) -> None:
    slots = run("slots", "--practitioner", "Diaz", "--from", MONDAY, "--days", "1").document["slots"]
    assert slots[0]["wall_start"] == f"{MONDAY}T08:00"
    assert slots[0]["starts_at"] == "2031-03-03T13:00:00+00:00"


def test_a_past_start_begins_now(run: Run) -> None:
    asked = run("slots", "--practitioner", "Weber", "--from", "2001-01-01", "--days", "7", "--limit", "1").document
    now = run("slots", "--practitioner", "Weber", "--days", "7", "--limit", "1").document
    assert asked == now
    assert len(now["slots"]) == 1


# --- daylight saving --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("practitioner", "typed", "instant", "wall"),
    [
        ("Weber", "2031-03-30T02:30", "2031-03-30T01:30:00+00:00", "2031-03-30T03:30"),  # the hour that is left out
        ("Weber", "2031-10-26T02:30", "2031-10-26T00:30:00+00:00", "2031-10-26T02:30"),  # the first of the two
        ("Weber", "2031-10-26T02:30+01:00", "2031-10-26T01:30:00+00:00", "2031-10-26T02:30"),  # the second, by offset
        ("Diaz", "2031-03-09T02:30", "2031-03-09T07:30:00+00:00", "2031-03-09T03:30"),
        ("Diaz", "2031-11-02T01:30", "2031-11-02T05:30:00+00:00", "2031-11-02T01:30"),
        ("Diaz", "2031-11-02T06:30Z", "2031-11-02T06:30:00+00:00", "2031-11-02T01:30"),
        ("Weber", "2031-10-27T09:00", "2031-10-27T08:00:00+00:00", "2031-10-27T09:00"),  # the day after: winter time
    ],
)
def test_wall_times_mean_the_sites_clock_on_days_it_is_changed(
    run: Run, practitioner: str, typed: str, instant: str, wall: str
) -> None:
    ended = run(*booking_of(ANNA, typed, practitioner), "--overrule", "outside-hours")
    assert ended.code == 0, ended
    appointment = ended.document["appointment"]
    assert (appointment["starts_at"], appointment["wall_start"]) == (instant, wall)


# --- what is refused --------------------------------------------------------------------------------------------------


def test_a_taken_time_is_refused_with_who_is_there_and_can_be_squeezed_in(run: Run, booked: Booked) -> None:
    made = booked("09:00")
    refused = run(*booking_of(JONAS, f"{MONDAY}T09:05"))
    assert refused.code == 1
    document = refused.document
    assert set(document) == {"error", "message", "room", "device", "taken_by", "overrulable"}
    assert (document["error"], document["taken_by"]["id"], document["overrulable"]) == ("slot-taken", made["id"], True)
    squeezed = run(*booking_of(JONAS, f"{MONDAY}T09:05"), "--overrule", "slot-taken").document["appointment"]
    assert squeezed["squeezed_in"] is True
    assert squeezed["overruled"] == ["slot-taken"]


def test_a_broken_rule_is_named_and_can_be_overruled(run: Run) -> None:
    refused = run(*booking_of(ANNA, f"{MONDAY}T19:00"))
    assert refused.code == 1
    document = refused.document
    assert (document["error"], document["overrulable"]) == ("rule-violation", True)
    assert [row["rule"] for row in document["violations"]] == ["outside-hours"]
    assert set(document["violations"][0]) == {"rule", "name", "starts_at", "ends_at", "by", "about", "overrulable"}
    assert run(*booking_of(ANNA, f"{MONDAY}T19:00"), "--overrule", "slot-taken").code == 1
    done = run(*booking_of(ANNA, f"{MONDAY}T19:00"), "--overrule", "outside-hours,slot-taken")
    assert done.document["appointment"]["overruled"] == ["outside-hours"]


def test_what_no_reception_may_overrule_says_so(run: Run) -> None:
    refused = run(*booking_of(ANNA, "2001-01-08T09:00"))
    assert (refused.code, refused.document["overrulable"]) == (1, False)
    assert "in-the-past" in [row["rule"] for row in refused.document["violations"]]


def test_a_stale_version_is_refused_with_the_present_one(run: Run, booked: Booked, second_database: Database) -> None:
    made = booked("09:00")
    booking.update(second_database, Update(UUID(made["id"]), 1, note="by the other desk"))
    for act in (
        ["move", made["id"], "--start", f"{MONDAY}T11:00"],
        ["update", made["id"], "--note", "mine"],
        ["update", made["id"], "--status", "arrived"],
        ["cancel", made["id"], "--reason", "pat"],
    ):
        refused = run(*act, "--version", "1")
        assert refused.code == 1, act
        document = refused.document
        assert set(document) == {"error", "message", "version", "appointment"}
        assert (document["error"], document["version"]) == ("conflict", 2)
        assert document["appointment"]["note"] == "by the other desk"
        assert document["appointment"]["changed"]["desk"] == "Desk 2"
    assert run("show", made["id"]).document["version"] == 2
    assert run("update", made["id"], "--note", "mine", "--version", "2").document["appointment"]["version"] == 3


def test_a_status_that_cannot_follow_is_refused(run: Run, booked: Booked) -> None:
    made = booked("09:00")
    run("cancel", made["id"], "--reason", "pat")
    refused = run("update", made["id"], "--status", "arrived")
    assert (refused.code, refused.document["error"], refused.document["field"]) == (1, "invalid-input", "status")


@pytest.mark.parametrize("what", ["patient", "practitioner", "type", "site", "room"])
def test_an_id_nobody_has_is_not_found(run: Run, what: str) -> None:
    options = {"patient": ANNA, "practitioner": "Weber", "type": "Checkup", "site": "Mitte", "room": "none"}
    options |= {what: new_id()}
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    refused = run("book", *words, "--start", f"{MONDAY}T09:00")
    assert (refused.code, refused.document["error"], refused.document["what"]) == (1, "not-found", what)


@pytest.mark.parametrize(
    "act", [["show"], ["cancel", "--reason", "pat"], ["update", "--note", "x"], ["move", "--site", "Mitte"]]
)
def test_an_appointment_nobody_made_is_not_found(run: Run, act: list[str]) -> None:
    ended = run(act[0], new_id(), *act[1:])
    assert (ended.code, ended.document["error"]) == (1, "not-found")


def test_a_reader_may_look_but_not_book(
    run: Run, booked: Booked, url_as: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = booked("09:00")
    monkeypatch.setenv("CLINIC_DESK_DATABASE_URL", url_as("clinic_readonly").render_as_string(hide_password=False))
    refused = run(*booking_of(JONAS, f"{MONDAY}T11:00"))
    assert (refused.code, refused.document["error"]) == (1, "not-allowed")
    seen = run("show", made["id"])
    assert (seen.code, seen.document["messages"]) == (0, None)
    assert seen.document["history"][0]["command"] == "Book"
    assert run("list", "--day", MONDAY).code == run("check").code == 0
    free = run("slots", "--practitioner", "Weber", "--type", "checkup", "--from", MONDAY, "--days", "1")
    assert free.code == 0


# --- names ------------------------------------------------------------------------------------------------------------


def test_a_name_that_fits_several_is_refused_with_the_candidates(run: Run, clinic: SmallClinic) -> None:
    refused = run(*booking_of(ANNA, f"{MONDAY}T09:00", "Dr"))
    assert (refused.code, refused.document["field"]) == (2, "practitioner")
    assert {row["id"] for row in refused.document["candidates"]} == {
        str(clinic.weber),
        str(clinic.okafor),
        str(clinic.diaz),
    }
    nobody = run(*booking_of(ANNA, f"{MONDAY}T09:00", "Nightingale"))
    assert (nobody.code, nobody.document["field"]) == (2, "practitioner")
    assert "Dr. Weber" in {row["name"] for row in nobody.document["candidates"]}


def test_the_whole_name_wins_over_a_part_of_another(run: Run, owner_engine: Engine) -> None:
    with owner_engine.begin() as connection:
        connection.execute(text("UPDATE appointment_type SET name = 'Checkup long' WHERE name = 'Procedure'"))
    assert (
        run(*booking_of(ANNA, f"{MONDAY}T09:00", visit="checkup")).document["appointment"]["type"]["name"] == "Checkup"
    )


def test_patient_text_must_find_exactly_one(run: Run) -> None:
    family = run(*booking_of("Meier", f"{MONDAY}T09:00"))
    assert (family.code, family.document["field"]) == (2, "patient")
    assert {row["name"]: row["birth_date"] for row in family.document["candidates"]} == {
        "Anna Meier": "1987-03-14",
        "Jonas Meier": "2015-09-02",
    }
    nobody = run(*booking_of("Zzyzx", f"{MONDAY}T09:00"))
    assert (nobody.code, nobody.document.get("candidates")) == (2, None)
    one = run(*booking_of("meier 14.03.1987", f"{MONDAY}T09:00"))
    assert one.document["appointment"]["patient"]["id"] == str(ANNA)


def test_a_merged_patient_is_refused_with_the_one_to_use(run: Run, owner_engine: Engine) -> None:
    with owner_engine.begin() as connection:
        connection.execute(
            text("UPDATE patient SET merged_into_id = :anna WHERE id = :jonas"), {"anna": ANNA, "jonas": JONAS}
        )
    refused = run(*booking_of(JONAS, f"{MONDAY}T09:00"))
    assert (refused.code, refused.document["error"]) == (1, "patient-conflict")
    assert refused.document["patient"]["id"] == str(ANNA)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (["slots"], "type"),
        (["slots", "--type", "Checkup", "--from", "someday"], "from"),
        (["list", "--day", "someday"], "day"),
        ([*booking_of(ANNA, f"{MONDAY}T09:00"), "--note", "x" * 4001], "note"),
        (["book", *booking_of(ANNA, f"{MONDAY}T09:00")[1:], "--site", "Nowhere"], "site"),
        (["move", new_id()], "start"),
        (["update", new_id()], "update"),
        (["update", new_id(), "--status", "arrived", "--note", "x"], "status"),
        (["update", new_id(), "--status", "cancelled"], "status"),
        (["list", "--practitioner", "\udcff"], "practitioner"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_fits_nothing_in_the_clinic_is_an_error_of_typing(run: Run, arguments: list[object], field: str) -> None:
    ended = run(*arguments)
    assert (ended.code, ended.document["error"], ended.document["field"]) == (2, "invalid-input", field)


def test_an_empty_clinic_is_no_trouble(command: Command, database_url: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLINIC_DESK_DATABASE_URL", database_url.render_as_string(hide_password=False))
    assert command("list", "--json").document["appointments"] == []
    ended = command("slots", "--type", "Checkup", "--json")
    assert (ended.code, ended.document["field"]) == (2, "type")
    assert "none is set up" in ended.document["expected"]


# --- once, however often it is sent -----------------------------------------------------------------------------------


def test_the_same_operation_is_carried_out_once(run: Run, booked: Booked) -> None:
    operation = uuid4()
    act = [*booking_of(ANNA, f"{MONDAY}T09:00"), "--operation-id", operation]
    first, second = run(*act), run(*act)
    assert first.code == second.code == 0
    assert (first.document["repeated"], second.document["repeated"]) == (False, True)
    assert first.document["appointment"] == second.document["appointment"]
    assert first.document["operation_id"] == second.document["operation_id"] == str(operation)
    assert len(run("list", "--day", MONDAY).document["appointments"]) == 1


def test_a_repeat_is_known_whatever_has_happened_since(run: Run, booked: Booked, owner_engine: Engine) -> None:
    made = booked("09:00")
    acts = [
        ["move", made["id"], "--start", f"{MONDAY}T11:00", "--version", "1"],
        ["update", made["id"], "--note", "once"],
        ["update", made["id"], "--status", "noshow"],
        ["update", made["id"], "--status", "entered-in-error"],
    ]
    operations = [uuid4() for _ in acts]
    for act, operation in zip(acts, operations, strict=True):
        assert run(*act, "--operation-id", operation).document["repeated"] is False, act
    for act, operation in zip(acts, operations, strict=True):
        again = run(*act, "--operation-id", operation)
        assert again.code == 0, act
        assert again.document["repeated"] is True
        assert again.document["appointment"]["status"] == "entered-in-error"
    with owner_engine.connect() as connection:
        assert connection.scalar(text("SELECT version FROM appointment")) == 5


def test_a_repeat_finds_its_booking_though_the_patient_text_fits_several_now(run: Run, owner_engine: Engine) -> None:
    act = [*booking_of("nowak", f"{MONDAY}T09:00"), "--operation-id", uuid4()]
    assert run(*act).code == 0
    with owner_engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO patient (id, family_name, given_name, search_key)"
                " VALUES (:id, 'Nowak', 'Ola', 'nowak ola')"
            ),
            {"id": new_id()},
        )
    assert run(*booking_of("nowak", f"{MONDAY}T10:00")).code == 2
    assert run(*act).document["repeated"] is True


def test_an_operation_id_of_something_else_is_refused(run: Run, booked: Booked) -> None:
    made, other = booked("09:00"), booked("10:00", JONAS)
    operation = uuid4()
    assert run("cancel", made["id"], "--reason", "pat", "--operation-id", operation).code == 0
    for act in (
        ["cancel", other["id"], "--reason", "pat"],
        ["update", made["id"], "--note", "x"],
        booking_of(SIOBHAN, f"{MONDAY}T11:00"),
    ):
        refused = run(*act, "--operation-id", operation)
        assert (refused.code, refused.document["field"]) == (2, "operation-id"), act
    assert run("show", other["id"]).document["status"] == "booked"


def test_each_run_is_the_same_desk(run: Run, booked: Booked, owner_engine: Engine) -> None:
    booked("09:00")
    booked("10:00", JONAS)
    with owner_engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM desk WHERE name LIKE 'command line%'")) == 1


# --- for people -------------------------------------------------------------------------------------------------------


def test_people_read_lines(command: Command, run: Run, booked: Booked) -> None:
    made = booked("09:00", SMALL_CLINIC.patients[5], "--note", "two\nlines")
    listed = command("list", "--day", MONDAY)
    assert listed.out == (
        f"{MONDAY} 09:00–09:15  booked     Dr. Weber · Tag <b>Bold</b> · Checkup  [{made['id']} v1]\n"
    )
    seen = command("show", made["id"])
    assert "  note: two\\nlines\n" in seen.out
    assert "  v1 " in seen.out
    assert command("slots", "--practitioner", "Weber", "--from", MONDAY, "--limit", "1").out.startswith(
        f"{MONDAY} 08:00  Dr. Weber · Mitte\nand "
    )
    assert command("cancel", made["id"], "--reason", "pat").out.startswith("cancelled: ")
    assert command("list", "--day", "2031-03-05").out == "no appointments\n"


def test_people_are_told_what_to_do_about_a_refusal(command: Command, run: Run, booked: Booked) -> None:
    made = booked("09:00")
    taken = command(*booking_of(JONAS, f"{MONDAY}T09:00"))
    assert (taken.code, taken.out) == (1, "")
    assert made["id"] in taken.err
    assert "--overrule slot-taken" in taken.err
    assert "--overrule outside-hours" in command(*booking_of(JONAS, f"{MONDAY}T20:00")).err
    run("update", made["id"], "--note", "x")
    stale = command("cancel", made["id"], "--reason", "pat", "--version", "1")
    assert "at version 2 now" in stale.err
    assert "--version 2" in stale.err
    several = command(*booking_of("Meier", f"{MONDAY}T09:00"))
    assert "Jonas Meier  2015-09-02" in several.err


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("Anna\x1b[2J", "Anna\\x1b[2J"),
        ("a\r\nb\x00", "a\\r\\nb\\x00"),
        ("x\u202egnp", "x\\u202egnp"),
        ("\u2028", "\\u2028"),
        ("\ud800", "\\ud800"),
        ("فاطمة 👩‍👩‍👧 山田 <b>", "فاطمة 👩‍👩‍👧 山田 <b>"),
    ],
)
def test_nothing_in_a_name_steers_the_terminal(name: str, seen: str) -> None:
    assert shown(name) == seen

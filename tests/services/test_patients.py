"""Finding, adding and changing patients on real PostgreSQL."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import AddPatient, SetStatus, UpdatePatient
from clinic_desk.domain.folding import matches, query_tokens, search_key
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import AppointmentStatus, Channel, Patient
from clinic_desk.domain.refusals import LikelyDuplicates, NotFound, PatientConflict
from clinic_desk.errors import InvalidInput
from clinic_desk.services.booking import book, set_status
from clinic_desk.services.patients import (
    add_patient,
    get_patient,
    is_doubtful_phone,
    search_patients,
    similar_patients,
    update_patient,
    validate_patient,
)
from tests.support.bookings import at, checkup, count, statements_of
from tests.support.small_clinic import SmallClinic


def patient(**given: Any) -> Patient:
    usual: dict[str, Any] = {"id": new_id(), "family_name": "Novak", "given_name": "Eva", "birth_date": None}
    return Patient(**(usual | given))


def added(database: Database, **given: Any) -> Patient:
    return add_patient(database, AddPatient(patient(**given), even_if_similar=True))


def found(database: Database, text: str) -> list[str]:
    return [match.patient.display_name for match in search_patients(database, text)]


# --- the type-ahead ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("mei", "Anna Meier"),
        ("MEIER AN", "Anna Meier"),
        ("anna mei", "Anna Meier"),
        ("mueller", "Käthe Müller-Lüdenscheidt"),
        ("müller", "Käthe Müller-Lüdenscheidt"),
        ("lüdensch", "Käthe Müller-Lüdenscheidt"),
        ("denscheid", "Käthe Müller-Lüdenscheidt"),  # inside a word
        ("o'neill", "Siobhán O'Neill"),
        ("siobhan", "Siobhán O'Neill"),
        ("neil", "Siobhán O'Neill"),
        ("nowak", "Zofia Nowak"),
        ("garcia marq", "José García Márquez"),
        ("14.3.1987", "Anna Meier"),
        ("1987-03-14", "Anna Meier"),
        ("meier 2015", "Jonas Meier"),
        ("030 12345672", "Siobhán O'Neill"),
        ("+49 30 12345672", "Siobhán O'Neill"),
        ("5672", "Siobhán O'Neill"),
        ("<b>bold", "Tag <b>Bold</b>"),
        ("山田", "太郎 山田"),
    ],
)
def test_any_part_of_name_birth_date_or_phone_finds_the_patient(
    clinic: SmallClinic, database: Database, typed: str, name: str
) -> None:
    assert name in found(database, typed)


@pytest.mark.parametrize("typed", ["", "   ", "%", "_", "\\", "'", "--", "zzzz", "meier zzzz", "%(id)s {0} $1"])
def test_what_matches_nobody_finds_nobody_and_breaks_nothing(
    clinic: SmallClinic, database: Database, typed: str
) -> None:
    assert found(database, typed) == []


def test_wildcards_are_letters_like_any_other(clinic: SmallClinic, database: Database) -> None:
    assert found(database, "m%r") == []
    assert found(database, "m_i") == []


def test_family_names_come_first_then_given_names_then_what_is_inside(database: Database) -> None:
    inside = added(database, family_name="Hermann", given_name="Xaver")
    given = added(database, family_name="Zorn", given_name="Mannfred")
    family = added(database, family_name="Mann", given_name="Thomas")
    order = [match.patient for match in search_patients(database, "mann")]
    assert order == [family, given, inside]


def test_a_family_with_one_phone_is_marked_so(clinic: SmallClinic, database: Database) -> None:
    matches_ = search_patients(database, "meier")
    assert [(match.patient.given_name, match.shares_phone) for match in matches_] == [("Anna", True), ("Jonas", True)]
    assert not search_patients(database, "siobhan")[0].shares_phone
    assert not search_patients(database, "nowak")[0].shares_phone  # having none is not having the same


def test_no_shows_and_the_next_appointment_are_told(clinic: SmallClinic, database: Database) -> None:
    missed = book(database, checkup(clinic))
    set_status(database, SetStatus(missed.id, 1, AppointmentStatus.NOSHOW))
    later = book(database, checkup(clinic, at(clinic.monday + timedelta(days=1), 9)))
    (match, _) = search_patients(database, "meier")
    assert (match.noshow_count, match.next_appointment_at) == (1, later.appointment.starts_at)


def test_at_most_so_many_are_returned_as_were_asked_for(database: Database) -> None:
    for number in range(15):
        added(database, family_name="Klein", given_name=f"Kind{number}")
    assert len(search_patients(database, "kle")) == 12
    assert len(search_patients(database, "kle", limit=3)) == 3


def test_a_keystroke_takes_four_statements_at_most(clinic: SmallClinic, database: Database) -> None:
    for typed in ("m", "mei", "anna mei 1987", "denscheid", "5672"):
        with statements_of(database) as sent:
            search_patients(database, typed)
        assert len(sent) <= 4


def test_a_merged_record_is_not_offered(clinic: SmallClinic, database: Database, owner_engine: Engine) -> None:
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE patient SET merged_into_id = %s WHERE id = %s", (clinic.patients[1], clinic.patients[0])
        )
    assert found(database, "meier") == ["Jonas Meier"]


def test_whoever_the_reference_finds_the_database_finds(clinic: SmallClinic, database: Database) -> None:
    """The pure definition of a match is the measure; the index must not know better."""
    everybody = [get_patient(database, row) for row in clinic.patients]
    words = {word for one in everybody for word in search_key(one).split()}
    for typed in {word[:length] for word in words for length in (1, 2, 3, 5, len(word))}:
        query = query_tokens(typed)
        expected = {other.id for other in everybody if query and matches(search_key(other), query)}
        assert expected <= {match.patient.id for match in search_patients(database, typed)}, typed


def test_the_type_ahead_reads_no_whole_table(clinic: SmallClinic, database: Database, owner_engine: Engine) -> None:
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE patient DISABLE TRIGGER USER")
        connection.exec_driver_sql(
            "INSERT INTO patient (id, family_name, search_key) SELECT gen_random_uuid(), md5(n::text),"
            " md5(n::text) || ' b19' || lpad((n %% 1000000)::text, 6, '0') FROM generate_series(1, 20000) AS n"
        )
        connection.exec_driver_sql("ALTER TABLE patient ENABLE TRIGGER USER")
        connection.exec_driver_sql("ANALYZE patient")
    for typed in ("a1b", "a1b2 b1901", "f0f0f", "9 a"):
        with statements_of(database) as sent:
            search_patients(database, typed)
        assert sent
    with database.reading() as connection:
        for statement, values in (
            ("search_key LIKE 'a1b%%' ORDER BY search_key USING ~<~ LIMIT 12", {}),
            (
                "patient_grams(search_key) @> %(grams)s::text[] AND ' ' || search_key LIKE '%%a1b2%%'",
                {"grams": ["a1b", "1b2"]},
            ),
        ):
            plan = connection.exec_driver_sql(f"EXPLAIN SELECT id FROM patient WHERE {statement}", values).scalars()
            text = "\n".join(plan)
            assert "Seq Scan" not in text, text


# --- adding -----------------------------------------------------------------------------------------------------------


def test_a_new_patient_is_stored_as_validated_and_found_at_once(database: Database) -> None:
    one = added(
        database, family_name="  de la  Cruz ", phone="030 1234567", email=" Eva@Example.ORG ", channel=Channel.SMS
    )
    assert (one.family_name, one.phone, one.email) == ("de la Cruz", "+49301234567", "Eva@example.org")
    assert get_patient(database, one.id) == one
    assert found(database, "cruz") == ["Eva de la Cruz"]


def test_a_likely_double_is_shown_before_it_is_saved(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    before = count(owner_engine, "patient")
    double = patient(family_name="Meyer", given_name="Anna", birth_date=date(1987, 3, 14))
    with pytest.raises(LikelyDuplicates) as refused:
        add_patient(database, AddPatient(double))
    assert [one.id for one in refused.value.patients] == [clinic.patients[0]]
    assert count(owner_engine, "patient") == before
    assert similar_patients(database, double) == refused.value.patients
    add_patient(database, AddPatient(double, even_if_similar=True))
    assert count(owner_engine, "patient") == before + 1


@pytest.mark.parametrize(
    "double",
    [
        {"family_name": "Meier", "given_name": "Anna", "birth_date": date(1987, 3, 14)},
        {"family_name": "Meier", "given_name": "Anna", "birth_date": date(1986, 3, 14)},  # a slip
        {"family_name": "Meier", "given_name": "Anna", "birth_date": None},
        {"family_name": "Anna", "given_name": "Meier", "birth_date": date(1987, 3, 14)},  # exchanged
    ],
)
def test_doubles_are_found_by_name_and_birth_date(
    clinic: SmallClinic, database: Database, double: dict[str, Any]
) -> None:
    assert clinic.patients[0] in {one.id for one in similar_patients(database, patient(**double))}


def test_a_sister_and_a_namesake_are_no_doubles(clinic: SmallClinic, database: Database) -> None:
    assert similar_patients(database, patient(family_name="Meier", given_name="Lena", phone="+493012345671")) == ()
    namesake = patient(family_name="Meier", given_name="Anna", birth_date=date(1950, 10, 1))
    assert similar_patients(database, namesake) == ()


@pytest.mark.parametrize(
    "name",
    [
        "Robert'); DROP TABLE patient;--",
        "<img src='//host/share'>",
        "محمد بن سلمان",
        "👩‍⚕️ Emoji",
        'Say "hi"',
        "x" * 200,
        "%s",
    ],
)
def test_a_name_of_any_characters_is_stored_as_typed_and_found(database: Database, name: str) -> None:
    one = added(database, family_name=name, given_name="")
    assert get_patient(database, one.id).family_name == name
    typed = name[:20]
    if query_tokens(typed):
        assert one.id in {match.patient.id for match in search_patients(database, typed)}


def test_adding_again_under_the_same_operation_adds_once(database: Database, owner_engine: Engine) -> None:
    command = AddPatient(patient())
    assert add_patient(database, command) == add_patient(database, command)
    assert count(owner_engine, "patient") == 1


# --- changing ---------------------------------------------------------------------------------------------------------


def test_a_change_raises_the_version_and_the_type_ahead_follows(clinic: SmallClinic, database: Database) -> None:
    one = get_patient(database, clinic.patients[0])
    changed = update_patient(database, UpdatePatient(replace(one, family_name="Schulze")))
    assert changed == get_patient(database, one.id)
    assert changed.version == 2
    assert found(database, "schulz") == ["Anna Schulze"]
    assert found(database, "meier") == ["Jonas Meier"]


def test_a_change_of_what_another_desk_changed_first_is_a_conflict(
    clinic: SmallClinic, database: Database, second_database: Database
) -> None:
    one = get_patient(database, clinic.patients[0])
    theirs = update_patient(second_database, UpdatePatient(replace(one, note="theirs")))
    with pytest.raises(PatientConflict) as refused:
        update_patient(database, UpdatePatient(replace(one, note="mine")))
    assert refused.value.now == theirs
    assert refused.value.changed is not None
    assert refused.value.changed.desk == "Desk 2"


def test_a_merged_record_is_not_changed_any_more(clinic: SmallClinic, database: Database, owner_engine: Engine) -> None:
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE patient SET merged_into_id = %s WHERE id = %s", (clinic.patients[1], clinic.patients[0])
        )
    one = get_patient(database, clinic.patients[0])
    with pytest.raises(PatientConflict) as refused:
        update_patient(database, UpdatePatient(replace(one, note="mine")))
    assert refused.value.now.merged_into == clinic.patients[1]


def test_who_is_not_there_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound):
        get_patient(database, new_id())
    with pytest.raises(NotFound):
        update_patient(database, UpdatePatient(patient()))


# --- what was typed ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("family_name", {"family_name": " ", "given_name": ""}),
        ("family_name", {"family_name": "x" * 201}),
        ("family_name", {"family_name": "a\0b"}),
        ("given_name", {"given_name": "a\x07b"}),
        ("given_name", {"given_name": "\udc00"}),
        ("birth_date", {"birth_date": date(1849, 12, 31)}),
        ("birth_date", {"birth_date": date(2026, 11, 22)}),
        ("phone", {"phone": "call me"}),
        ("phone", {"phone": "12"}),
        ("phone", {"phone": "112"}),
        ("phone", {"phone": "+49 30"}),
        ("phone", {"phone": "+34 12345"}),
        ("phone", {"phone": "030 1234567 89012345"}),
        ("phone", {"channel": Channel.SMS}),
        ("email", {"email": "nobody"}),
        ("email", {"email": "a@b.org, c@d.org"}),
        ("email", {"email": "a@b.org\nBcc: c@d.org"}),
        ("email", {"channel": Channel.EMAIL}),
        ("language", {"language": "german!"}),
        ("note", {"note": "x" * 4001}),
    ],
)
def test_a_field_that_cannot_be_used_is_named(field: str, given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        validate_patient(patient(**given), today=date(2026, 11, 21))
    assert refused.value.field == field
    assert refused.value.expected


@pytest.mark.parametrize(
    ("typed", "region", "stored"),
    [
        ("030 1234567", "DE", "+49301234567"),
        ("+1 (212) 555-0107", "DE", "+12125550107"),
        ("0049 30 1234567", "DE", "+49301234567"),
        ("(212) 555-0107", "US", "+12125550107"),
        ("", "DE", ""),
    ],
)
def test_a_phone_number_is_stored_as_e164(typed: str, region: str, stored: str) -> None:
    assert validate_patient(patient(phone=typed), region).phone == stored


@pytest.mark.parametrize(
    ("typed", "region", "example"),
    [("12", "DE", "030 123456"), ("5550107", "US", "(201) 555-0123"), ("+34 12345", "DE", "810 12 34 56")],
)
def test_what_is_no_phone_number_is_refused_with_an_example_of_its_country(
    typed: str, region: str, example: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        validate_patient(patient(phone=typed), region)
    assert (refused.value.field, refused.value.example) == ("phone", example)
    assert example in refused.value.expected


@pytest.mark.parametrize(
    ("typed", "is_doubtful"),
    [("030 12", True), ("0170 1", True), ("+44 7700 900123", True), ("030 1234567", False), ("", False)],
)
def test_a_number_that_nobody_is_known_to_have_is_doubtful_and_stored_all_the_same(
    typed: str, is_doubtful: bool
) -> None:
    assert validate_patient(patient(phone=typed)).phone.startswith("+" if typed else "")
    assert is_doubtful_phone(typed) is is_doubtful


def test_an_accent_is_stored_the_one_way_however_it_was_typed() -> None:
    assert validate_patient(patient(given_name="Zoe\u0308")).given_name == "Zoë"

"""Headings, dates, words and cells of files, as programs of several countries write them."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desk.domain.exchange import FIELDS, DateOrder, Kind, guess_columns, key_of, missing_columns
from clinic_desk.domain.exchange_values import (
    CHANNELS,
    GENDERS,
    STATUSES,
    DatesSeen,
    dates_seen,
    plain_cell,
    read_date,
    read_moment,
    safe_cell,
    word,
)
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import AdministrativeGender, AppointmentStatus, Channel

wall = datetime.fromisoformat
DAY, MONTH = DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST


@pytest.mark.parametrize(
    "headings",
    [
        ("Patient No.", "Last Name", "First name", "Date of birth", "Sex", "Phone", "Mobile", "E-Mail", "Notes"),
        ("Patienten-Nr.", "Nachname", "Vorname", "Geb.-Datum", "Geschlecht", "Telefon", "Handy", "E-Mail", "Bemerkung"),
        ("Nº", "Apellidos", "Nombre", "Fecha de nacimiento", "Sexo", "Teléfono", "Móvil", "Correo", "Observaciones"),
        ("N° dossier", "Nom", "Prénom", "Né(e) le", "Sexe", "Téléphone", "Portable", "Courriel", "Remarques"),
        ("PATIENTID", "Name", "VORNAME", "geburtsdatum", "gender", "tel", "cell", "email", "comment"),
    ],
)
def test_the_columns_of_patients_are_told_by_their_headings_in_four_languages(headings: tuple[str, ...]) -> None:
    names = ("id", "family_name", "given_name", "birth_date", "gender", "phone", "mobile", "email", "note")
    assert guess_columns(Kind.PATIENTS, headings) == {name: place for place, name in enumerate(names)}


def test_a_bare_name_is_the_whole_name_when_it_stands_alone() -> None:
    assert guess_columns(Kind.PATIENTS, ("Name", "Birthday")) == {"name": 0, "birth_date": 1}


@pytest.mark.parametrize(
    "headings",
    [
        ("Patient ID", "Doctor", "Type", "Date", "Time", "Duration", "Status"),
        ("Patientennummer", "Behandler", "Terminart", "Datum", "Uhrzeit", "Dauer", "Status"),
        ("ID paciente", "Médico", "Tipo de cita", "Fecha", "Hora", "Duración", "Estado"),
        ("Numéro patient", "Médecin", "Motif", "Date", "Heure", "Durée", "Statut"),
    ],
)
def test_the_columns_of_appointments_are_told_by_their_headings(headings: tuple[str, ...]) -> None:
    names = ("patient_id", "practitioner", "type", "date", "start", "length", "status")
    assert guess_columns(Kind.APPOINTMENTS, headings) == {name: place for place, name in enumerate(names)}


def test_what_no_heading_tells_is_left_to_the_user_and_said_to_be_missing() -> None:
    assert guess_columns(Kind.PATIENTS, ("Spalte 1", "Foo")) == {}
    assert missing_columns(Kind.PATIENTS, {}) == ("family_name",)
    assert missing_columns(Kind.PRACTITIONERS, {}) == ("name",)
    assert missing_columns(Kind.APPOINTMENTS, {}) == ("start", "patient")
    assert missing_columns(Kind.PATIENTS, {"given_name": 0}) == ()


def test_every_heading_of_a_field_finds_it_or_the_field_that_is_nearer() -> None:
    for kind, fields in FIELDS.items():
        for field in fields:
            assert guess_columns(kind, [field.headings[0]]).keys() <= {one.name for one in fields}
            assert guess_columns(kind, [field.headings[0]])


@pytest.mark.parametrize(
    ("texts", "seen"),
    [
        (["24/12/1987", "1/2/1990"], DatesSeen(DAY)),
        (["12/24/1987", "1/2/1990"], DatesSeen(MONTH)),
        (["3/4/1987", "1/2/1990"], DatesSeen(None, is_ambiguous=True)),
        (["24/12/1987", "12/24/1987"], DatesSeen(None, is_ambiguous=True)),  # contradict each other
        (["03.04.1987", "1987-04-03", ""], DatesSeen(None)),  # are certain by themselves
    ],
)
def test_whether_day_or_month_comes_first_is_read_from_all_dates_and_never_guessed(
    texts: list[str], seen: DatesSeen
) -> None:
    assert dates_seen(texts) == seen


@pytest.mark.parametrize(
    ("text", "order", "meant"),
    [
        ("14.3.1987", None, date(1987, 3, 14)),
        ("14. 3. 1987", None, date(1987, 3, 14)),
        ("1987-03-14", None, date(1987, 3, 14)),
        ("1987/3/14", None, date(1987, 3, 14)),
        ("19870314", None, date(1987, 3, 14)),
        ("1987-03-14 00:00:00", None, date(1987, 3, 14)),
        ("14.03.1987 00:00", None, date(1987, 3, 14)),
        ("14/03/1987", DAY, date(1987, 3, 14)),
        ("03/14/1987", MONTH, date(1987, 3, 14)),
        ("29.02.2024", None, date(2024, 2, 29)),
        ("29.02.2023", None, None),
        ("14/03/1987", MONTH, None),
        ("14/03/1987", None, None),
        ("14.3.87", None, None),  # 1887, 1987?
        ("", None, None),
        ("tomorrow", None, None),
    ],
)
def test_a_date_is_read_as_the_clinic_writes_it_or_not_at_all(
    text: str, order: DateOrder | None, meant: date | None
) -> None:
    assert read_date(text, order) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-11-24T10:15", wall("2026-11-24T10:15")),
        ("2026-11-24 10:15:00", wall("2026-11-24T10:15")),
        ("24.11.2026 10:15", wall("2026-11-24T10:15")),
        ("24.11.2026, 10.15", wall("2026-11-24T10:15")),
        ("24/11/2026 2:15 pm", wall("2026-11-24T14:15")),
        ("24.11.2026", None),
        ("24.11.2026 25:00", None),
        ("24.11.2026" + " " * 100_000 + "x", None),
    ],
)
def test_a_date_with_a_time_is_read(text: str, meant: datetime | None) -> None:
    assert read_moment(text, DAY) == meant


@given(st.text(max_size=200))
def test_whatever_stands_in_a_cell_reading_it_as_a_date_ends(text: str) -> None:
    read_date(text, DAY)
    read_moment(text, None)
    dates_seen([text])


@pytest.mark.parametrize(
    ("table", "text", "meant"),
    [
        (GENDERS, "Weiblich", AdministrativeGender.FEMALE),
        (GENDERS, "H", AdministrativeGender.MALE),
        (GENDERS, "féminin", AdministrativeGender.FEMALE),
        (GENDERS, "divers", AdministrativeGender.OTHER),
        (GENDERS, "-", AdministrativeGender.UNKNOWN),
        (GENDERS, "cat", None),
        (CHANNELS, "E-Mail", Channel.EMAIL),
        (STATUSES, "CONFIRMED", AppointmentStatus.BOOKED),
        (STATUSES, "Abgesagt", AppointmentStatus.CANCELLED),
        (STATUSES, "no-show", AppointmentStatus.NOSHOW),
    ],
)
def test_words_are_understood_in_four_languages(table: dict[str, object], text: str, meant: object) -> None:
    assert word(table, text) == meant


@pytest.mark.parametrize("text", ["=1+1", "+49301", "-2", "@SUM(A1)", "\tx", "\r=1", "\n=1", "＝1"])
def test_what_a_spreadsheet_would_take_for_a_formula_is_made_text_and_read_back(text: str) -> None:
    assert safe_cell(text) == f"'{text}"
    assert plain_cell(safe_cell(text)) == text


@given(st.text())
def test_no_cell_begins_a_formula_and_none_is_changed_by_coming_back(text: str) -> None:
    assert safe_cell(text)[:1] not in set("=+-@\t\r\n＝＋－＠") or not text
    if text == text.strip() and text[:1] != "'":
        assert plain_cell(safe_cell(text)) == text


def test_a_key_is_the_same_each_time_and_another_for_another_source_or_kind() -> None:
    one = key_of(Kind.PATIENTS, "old program", "17")
    assert one == key_of(Kind.PATIENTS, "old program", "17")
    others = {key_of(Kind.PATIENTS, "other", "17"), key_of(Kind.APPOINTMENTS, "old program", "17")}
    assert one not in others
    assert len(others) == 2
    own = new_id()
    assert key_of(Kind.PATIENTS, "old program", str(own)) == own

"""The statements on patients: the type-ahead, one record, likely doubles, and the writing of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from clinic_desk.database.queries.entries import PATIENT_COLUMNS, patient_record
from clinic_desk.database.queries.restricted import say_opened
from clinic_desk.domain.folding import Query, search_key
from clinic_desk.domain.records import ChangeNote, Patient, PatientMatch
from clinic_desk.domain.refusals import NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

_CHANGE: Final = (
    "coalesce(s.display_name, p.changed_by), coalesce(d.name, ''), p.changed_at"
    " FROM patient p LEFT JOIN staff s ON s.login = p.changed_by LEFT JOIN desk d ON d.id = p.changed_desk_id"
)
_ONE: Final = f"SELECT {PATIENT_COLUMNS}, {_CHANGE} WHERE p.id = %(id)s::uuid"
_SHORTEST_INSIDE: Final = 3
_FAMILY: Final = f"""
SELECT {PATIENT_COLUMNS} FROM patient p
WHERE p.merged_into_id IS NULL AND p.search_key LIKE %(family)s ORDER BY p.search_key USING ~<~ LIMIT %(limit)s
"""  # noqa: S608  # constants of this module only
_EXTRAS: Final = """
SELECT p.id,
    p.phone <> '' AND EXISTS (SELECT FROM patient o WHERE o.phone = p.phone AND o.phone <> '' AND o.id <> p.id
                              AND o.merged_into_id IS NULL),
    (SELECT count(*) FROM appointment a WHERE a.patient_id = p.id AND a.status = 'noshow' AND NOT p.restricted),
    (SELECT min(a.starts_at) FROM appointment a WHERE a.patient_id = p.id AND a.starts_at > now() AND a.occupies)
FROM patient p WHERE p.id = ANY(%(ids)s::uuid[])
"""
_LIKE_HER: Final = f"""
SELECT {PATIENT_COLUMNS} FROM patient p WHERE p.merged_into_id IS NULL AND p.id <> %(id)s::uuid AND p.id IN (
    (SELECT id FROM patient WHERE birth_date = %(birth_date)s::date LIMIT 300)
    UNION (SELECT id FROM patient WHERE phone = %(phone)s AND phone <> '' LIMIT 50)
    UNION (SELECT id FROM patient WHERE patient_grams(search_key) @> %(name)s::text[]
           AND cardinality(%(name)s::text[]) > 0 LIMIT 300))
"""  # noqa: S608  # constants of this module only
_VALUES: Final = (
    "family_name = %(family_name)s, given_name = %(given_name)s, birth_date = %(birth_date)s, gender = %(gender)s,"
    " phone = %(phone)s, email = %(email)s, channel = %(channel)s, language = %(language)s, note = %(note)s,"
    " search_key = %(search_key)s"
)
_INSERT: Final = """
INSERT INTO patient (id, family_name, given_name, birth_date, gender, phone, email, channel, language, note, search_key)
VALUES (%(id)s::uuid, %(family_name)s, %(given_name)s, %(birth_date)s, %(gender)s, %(phone)s, %(email)s, %(channel)s,
        %(language)s, %(note)s, %(search_key)s)
"""
_UPDATE: Final = f"""
UPDATE patient SET {_VALUES} WHERE id = %(id)s::uuid AND version = %(version)s AND merged_into_id IS NULL
RETURNING version
"""  # noqa: S608  # constants of this module only


def family_names(connection: Connection, beginning: str, limit: int) -> list[Patient]:
    """Return patients whose family name begins so (folded), in its order."""
    values = {"family": _escaped(beginning) + "%", "limit": limit}
    return [patient_record(row) for row in connection.exec_driver_sql(_FAMILY, values)]


def matching(connection: Connection, query: Query, limit: int, *, infix: bool) -> list[Patient]:
    """Return patients who match every group of a query: at the beginnings of words, or with `infix` anywhere in them.

    Words of less than three letters are looked for at beginnings only. The trigram index finds the candidates, LIKE
    decides. Which `limit` of more is not said.
    """
    values: dict[str, Any] = {"limit": limit}
    conditions = [_condition(str(number), group, values, infix=infix) for number, group in enumerate(query)]
    statement = (
        f"SELECT {PATIENT_COLUMNS} FROM patient p"  # noqa: S608  # fixed pieces, all values are bound
        f" WHERE p.merged_into_id IS NULL AND {' AND '.join(conditions)} LIMIT %(limit)s"
    )
    return [patient_record(row) for row in connection.exec_driver_sql(statement, values)]


def _condition(name: str, group: tuple[str, ...], values: dict[str, Any], *, infix: bool) -> str:
    """The condition of one group: the trigrams that all its alternatives have, or else each with its own."""
    grams = [_grams(word, infix=infix) for word in group]
    common = sorted(frozenset.intersection(*grams))
    alternatives = []
    for place, word in enumerate(group):
        inside = infix and len(word) >= _SHORTEST_INSIDE
        values[f"like_{name}_{place}"] = f"%{'' if inside else ' '}{_escaped(word)}%"
        test = f"' ' || p.search_key LIKE %(like_{name}_{place})s"
        if not common:
            values[f"grams_{name}_{place}"] = sorted(grams[place])
            test = f"(patient_grams(p.search_key) @> %(grams_{name}_{place})s::text[] AND {test})"
        alternatives.append(test)
    either = f"({' OR '.join(alternatives)})"
    if not common:
        return either
    values[f"grams_{name}"] = common
    return f"patient_grams(p.search_key) @> %(grams_{name})s::text[] AND {either}"


def word_conditions(query: Query, values: dict[str, Any]) -> str:
    """The plain conditions of a query at the beginnings of words, for patients `p` that are found by something else."""
    groups = []
    for number, group in enumerate(query):
        for place, word in enumerate(group):
            values[f"word_{number}_{place}"] = f"% {_escaped(word)}%"
        tests = [f"' ' || p.search_key LIKE %(word_{number}_{place})s" for place in range(len(group))]
        groups.append(f"({' OR '.join(tests)})")
    return " AND ".join(groups)


def with_extras(connection: Connection, patients: Sequence[Patient]) -> tuple[PatientMatch, ...]:
    """Add to each patient whether the phone is shared, how often she did not come, and when she comes next."""
    rows = connection.exec_driver_sql(_EXTRAS, {"ids": [str(patient.id) for patient in patients]})
    extras = {row[0]: row[1:4] for row in rows}
    return tuple(PatientMatch(patient, *extras[patient.id]) for patient in patients)


def possible_doubles(connection: Connection, patient: Patient) -> list[Patient]:
    """Return the candidates for being the same person: same birth date, same phone, or the same words in the name."""
    words = search_key(Patient(patient.id, patient.family_name, patient.given_name, None)).split()
    name = sorted({gram for word in words for gram in _grams(word, infix=False)})
    values = {"id": str(patient.id), "birth_date": patient.birth_date, "phone": patient.phone, "name": name}
    return [patient_record(row) for row in connection.exec_driver_sql(_LIKE_HER, values)]


def insert_patient(connection: Connection, patient: Patient) -> None:
    """Insert a patient with the key the type-ahead finds her by."""
    connection.exec_driver_sql(_INSERT, _columns(patient))


def update_patient(connection: Connection, patient: Patient) -> int | None:
    """Write a patient over `patient.version`; return the new version, None if that one is gone or merged.

    Of a restricted record only one that was opened is written; the database refuses any other.
    """
    if patient.opened:
        say_opened(connection, patient.id)
    row = connection.exec_driver_sql(_UPDATE, {**_columns(patient), "version": patient.version}).first()
    return None if row is None else int(row[0])


def _columns(patient: Patient) -> dict[str, Any]:
    return {
        "id": str(patient.id),
        "family_name": patient.family_name,
        "given_name": patient.given_name,
        "birth_date": patient.birth_date,
        "gender": patient.gender.value,
        "phone": patient.phone,
        "email": patient.email,
        "channel": patient.channel.value,
        "language": patient.language,
        "note": patient.note,
        "search_key": search_key(patient),
    }


def _grams(word: str, *, infix: bool) -> frozenset[str]:
    """The trigrams that every match has: those of patient_grams() in the schema, two blanks before each word."""
    whole = word if infix and len(word) >= _SHORTEST_INSIDE else f"  {word}"
    return frozenset(whole[start : start + 3] for start in range(len(whole) - 2))


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def patient_with_change(connection: Connection, patient_id: UUID) -> tuple[Patient, ChangeNote] | None:
    """Return a patient and who changed her last; None if there is no such row."""
    row = connection.exec_driver_sql(_ONE, {"id": str(patient_id)}).first()
    return None if row is None else (patient_record(row[:13]), ChangeNote(*row[13:16]))


def merged_target(connection: Connection, patient_id: UUID) -> tuple[Patient, ChangeNote]:
    """Follow merges to the record that counts now; NotFound if the chain leads nowhere."""
    found = patient_with_change(connection, patient_id)
    for _ in range(20):
        if found is None:
            break
        if found[0].merged_into is None:
            return found
        found = patient_with_change(connection, found[0].merged_into)
    raise NotFound(what="patient")

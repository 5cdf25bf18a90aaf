"""The statements of an export: the columns of each kind in the order of its headings, read as one snapshot."""

from __future__ import annotations

from typing import Final

PATIENTS: Final = """
SELECT id::text, family_name, given_name, birth_date, gender, phone, email, channel, language, note
FROM patient WHERE merged_into_id IS NULL ORDER BY family_name, given_name, id
"""
PRACTITIONERS: Final = """
SELECT id::text, name, speciality, colour FROM practitioner WHERE active ORDER BY position, name, id
"""
APPOINTMENTS: Final = """
SELECT a.id::text, a.patient_id::text, concat_ws(' ', nullif(p.given_name, ''), nullif(p.family_name, '')),
       p.birth_date, p.email, d.name, t.name, s.name, coalesce(r.name, ''), coalesce(e.name, ''), a.starts_at,
       a.ends_at, s.zone, a.status, a.note
FROM appointment a JOIN patient p ON p.id = a.patient_id JOIN practitioner d ON d.id = a.practitioner_id
JOIN appointment_type t ON t.id = a.type_id JOIN site s ON s.id = a.site_id LEFT JOIN room r ON r.id = a.room_id
LEFT JOIN room e ON e.id = a.device_id
WHERE a.status <> 'entered-in-error' AND (%(first)s::date IS NULL OR a.wall_start >= %(first)s::date)
    AND (%(last)s::date IS NULL OR a.wall_start < %(last)s::date + 1)
ORDER BY a.starts_at, a.id
"""

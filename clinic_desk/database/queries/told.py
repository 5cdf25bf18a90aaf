"""What the row `n` of a message says of what its recipient may know."""

# ruff: noqa: S608 - the statements are made of constants of this module only

from __future__ import annotations

from typing import Final

MAY_HAVE_GONE: Final = "(n.channel = 'email' AND n.log @> '[{\"s\": \"unknown\"}]')"
"""Whether a server may have taken an e-mail although its answer was lost: nobody can look for it, as for an SMS. Such a
one is never said to have expired, or to have been tried in vain: it stays unknown, for a person to ask the patient."""
_AT: Final = "extract(epoch FROM b.starts_at)::bigint || '@' || b.site_id"
_HERS: Final = """EXISTS (SELECT FROM patient w
                WHERE w.id = n.patient_id AND b.patient_id IN (w.id, coalesce(w.merged_into_id, w.id)))"""
DATES_NOW: Final = f"""
    SELECT array_agg(b.starts_at ORDER BY b.starts_at, b.id) AS starts,
           array_agg(b.id ORDER BY b.starts_at, b.id) AS ids,
           jsonb_object_agg(b.id, {_AT})::text AS dates
    FROM jsonb_object_keys(n.dates) AS k (id) JOIN appointment b ON b.id = k.id::uuid
    WHERE CASE n.kind WHEN 'cancelled' THEN NOT (b.occupies AND {_HERS}) ELSE b.status = 'booked' AND {_HERS} END"""
"""The dates of a series that a message names and may still tell of, where they are now: their starts, their ids, and
`dates` of what says so."""
DATES_HOLD: Final = f"""
    SELECT CASE WHEN bool_and(k.holds) THEN '' WHEN bool_or(k.holds) THEN 'dates-changed' ELSE 'superseded' END AS code
    FROM (SELECT coalesce(CASE n.kind WHEN 'cancelled' THEN NOT (b.occupies AND {_HERS})
                          ELSE b.status = 'booked' AND {_HERS} AND {_AT} = d.told END, false) AS holds
          FROM jsonb_each_text(n.dates) AS d (id, told) LEFT JOIN appointment b ON b.id = d.id::uuid) AS k"""
"""Whether the dates that a message names are as it says (''), some of them ('dates-changed') or none ('superseded')."""
TOLD_OF: Final = f"CASE WHEN n.status IN ('cancelled', 'failed') AND {MAY_HAVE_GONE} THEN 'unknown' ELSE n.status END"
"""The status by which planning sees what a patient was told: what may have gone is followed by its correction."""
OFFERED_AT: Final = """
    SELECT coalesce((SELECT r.site_id FROM offer f JOIN offer_round r ON r.id = f.round_id
                     WHERE f.notification_id = n.id), a.site_id)"""
"""The site of the time that a message offers. A subquery: a join more would be planned for every message."""
LISTED_AT: Final = """
    SELECT b.site_id FROM jsonb_object_keys(n.dates) AS k (id) JOIN appointment b ON b.id = k.id::uuid
    ORDER BY b.starts_at, b.id LIMIT 1"""
"""The site of the first appointment on a patient's own list."""
LIST_GREW: Final = """
    SELECT FROM appointment b WHERE b.patient_id IN (p.id, coalesce(p.merged_into_id, p.id)) AND b.status = 'booked'
        AND b.starts_at > c.now AND NOT n.dates ? b.id::text"""
"""Finds something if more is booked for the patient `p` by now (clock `c`) than her own list names."""
OFFER_OVER: Final = """
    SELECT FROM offer f JOIN offer_round r ON r.id = f.round_id
    WHERE f.notification_id = n.id AND (f.state <> 'asked' OR EXISTS (
        SELECT FROM appointment b WHERE b.practitioner_id = r.practitioner_id AND b.occupies
            AND b.starts_at > f.starts_at - INTERVAL '28 hours' AND b.starts_at < f.ends_at
            AND b.footprint && tstzrange(f.starts_at, f.ends_at)
            AND NOT EXISTS (SELECT FROM wish w WHERE w.id = f.wish_id AND w.appointment_id = b.id)))"""
"""Finds something if what a message offers is not offered any more, or is taken by now."""

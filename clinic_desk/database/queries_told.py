"""What the row `n` of a message says of what its recipient may know."""

from __future__ import annotations

from typing import Final

MAY_HAVE_GONE: Final = "(n.channel = 'email' AND n.log @> '[{\"s\": \"unknown\"}]')"
"""Whether a server may have taken an e-mail although its answer was lost: nobody can look for it, as for an SMS. Such a
one is never said to have expired, or to have been tried in vain: it stays unknown, for a person to ask the patient."""
DATES_NOW: Final = """
    SELECT array_agg(b.starts_at ORDER BY b.starts_at) AS starts,
           jsonb_object_agg(b.id, extract(epoch FROM b.starts_at)::bigint || '@' || b.site_id)::text AS dates
    FROM jsonb_object_keys(n.dates) AS k (id) JOIN appointment b ON b.id = k.id::uuid
    WHERE b.occupies = (n.kind <> 'cancelled')"""
"""The dates of a series that a message names, where they are now: their starts, and `dates` of what says so."""
TOLD_OF: Final = f"CASE WHEN n.status IN ('cancelled', 'failed') AND {MAY_HAVE_GONE} THEN 'unknown' ELSE n.status END"
"""The status by which planning sees what a patient was told: what may have gone is followed by its correction."""

"""How fast figures are read: `python -m tests.benchmarks.figures [--small]`.

1,000,000 appointments of 20 doctors on 1,000 days, each with its first line of history, and 300,000 messages
(`--small`: a twentieth), on a server of the benchmark's own. A month and a year, each alone; and how long the day of a
desk takes meanwhile, at a second connection.
"""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

from clinic_desk.database import setup
from clinic_desk.database.embedded import join
from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.figures import Span, period_of
from clinic_desk.services import calendar
from clinic_desk.services.figures import Wanted, read_figures
from tests.benchmarks import clinic_data as data

APPOINTMENTS = 1_000_000
_STORY = """
SET session_replication_role = replica;
UPDATE appointment SET status = (ARRAY['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled', 'fulfilled', 'fulfilled',
    'noshow', 'cancelled'])[1 + abs(hashtext(id::text)) %% 8];
INSERT INTO history (operation_id, table_name, row_id, action, version, after, at)
    SELECT gen_random_uuid(), 'appointment', id, 'insert', 1, to_jsonb(a),
           starts_at - make_interval(hours => abs(hashtext(id::text)) %% 700) FROM appointment a;
INSERT INTO notification (id, appointment_id, patient_id, kind, channel, dedupe_key, status, due_at)
    SELECT gen_random_uuid(), id, patient_id, 'reminder', 'sms', id::text, 'delivered', starts_at - interval '1 day'
    FROM appointment ORDER BY starts_at DESC LIMIT %(messages)s
"""


def measured(share: int) -> Iterator[dict[str, Any]]:
    """Fill a database and measure."""
    folder = Path(tempfile.mkdtemp(prefix="cdbench-"))
    folder.chmod(0o755)
    try:
        with join(folder / "server") as embedded:
            superuser = embedded.superuser_url()
            login = setup.Login("bench", "not-a-secret", "clinic_manager", "Bench")
            setup.prepare_database(superuser, database="figures", owner_password="not-a-secret", logins=[login])
            url = superuser.set(database="figures")
            data.fill(url, patients=1_000, appointments=APPOINTMENTS // share, for_booking=False)
            connection = data.connect(url)
            with connection.cursor() as cursor:
                cursor.execute(_STORY, {"messages": 300_000 // share})
                cursor.execute("VACUUM ANALYZE")
            connection.close()
            db = Database(url.set(username="bench", password="not-a-secret"), DeskIdentity(UUID(int=1), "Desk 1"))
            yield from (_measure(db, span) for span in (Span.MONTH, Span.YEAR))
            db.dispose()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measure(db: Database, span: Span) -> dict[str, Any]:
    """Read a period twice: once to warm up, then while a desk reads its day again and again."""
    clinic, wanted = calendar.load_clinic(db), Wanted(period_of(span, data.TODAY))
    read_figures(db, wanted)
    days: list[float] = []
    over = threading.Event()
    desk = threading.Thread(target=_look, args=(db, clinic, days, over))
    desk.start()
    moments = [time.perf_counter()]
    found = read_figures(db, wanted, lambda _step: moments.append(time.perf_counter()))
    over.set()
    desk.join()
    return {
        "period": span.value,
        "visits": found.visits.all,
        "ms": round((moments[-1] - moments[0]) * 1000),
        "time, visits, lead, bookings, messages": [round((end - begin) * 1000) for begin, end in pairwise(moments)],
        "a desk's day meanwhile, ms": round(statistics.median(days) * 1000, 1),
    }


def _look(db: Database, clinic: Any, took: list[float], over: threading.Event) -> None:
    while not over.is_set():
        began = time.perf_counter()
        calendar.load_day(db, data.TODAY, clinic)
        took.append(time.perf_counter() - began)
        over.wait(0.02)


def main() -> int:
    """Measure and print."""
    for row in measured(20 if "--small" in sys.argv else 1):
        sys.stdout.write(f"{json.dumps(row)}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())

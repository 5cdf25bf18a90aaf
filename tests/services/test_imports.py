"""What the user interface imports of the services costs no start-up time: the heavy libraries come with their use."""

import subprocess
import sys

CODE = """
import sys
from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.services import booking, calendar, desks, history, holds, messages, patients, slots
from uuid import UUID
database = Database("postgresql://anna@127.0.0.1/clinic", DeskIdentity(UUID(int=1), "Desk 1"))
heavy = {"sqlalchemy", "psycopg2", "alembic", "apscheduler", "twilio", "email_validator", "PySide6"}
sys.exit(", ".join(sorted(heavy & set(sys.modules))) or 0)
"""


def test_importing_the_services_and_naming_a_database_loads_neither_driver_nor_sqlalchemy() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")

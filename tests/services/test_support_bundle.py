"""The support bundle helps whoever looks after the program, and holds no patient, no secret and no staff."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest
from pydantic import SecretStr

from clinic_desk.database.engine import Database
from clinic_desk.errors import DatabaseDown, InvalidInput
from clinic_desk.logs import log_folder
from clinic_desk.services import support_bundle
from clinic_desk.settings import Settings
from tests.support.small_clinic import SmallClinic

ADDRESS = "postgresql://julia:Canary-s3cret@db.example:5432/clinic?sslmode=verify-full&password=Canary-s3cret"
LOGGED = (
    "2026-11-22 10:00:00,123 WARNING clinic_desk.x [MainThread] to anna.canary@example.org at +49 30 5550 1420\n"
    "2026-11-22 10:00:01,000 INFO clinic_desk.x [MainThread] message 0193a1f2-5c1e-7c60-9d2e-3b1f0a7c4e55\n"
    'Canary line without a time: password=Canary-s3cret, user "julia"\n'
)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLINIC_DESK_TWILIO_AUTH_TOKEN", "Canary-t0ken")
    folder = log_folder()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "clinic-desk.log").write_text(LOGGED, "utf-8")
    (folder / "other.txt").write_text("Canary: not ours", "utf-8")
    return Settings(data=Path.home() / "clinic", database_url=SecretStr(ADDRESS), language="de")


def unpacked(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as bundle:
        assert bundle.testzip() is None
        return {name: bundle.read(name).decode() for name in bundle.namelist()}


def test_a_bundle_says_what_is_inside_and_has_it(
    settings: Settings, tmp_path: Path, database: Database, clinic: SmallClinic
) -> None:
    assert clinic.patients
    path = tmp_path / "bundle.zip"
    inside = support_bundle.write_bundle(path, settings, lambda: support_bundle.health_of(database))
    parts = unpacked(path)
    assert set(parts) == set(inside) == {
        *("CONTENTS.txt", "versions.txt", "settings.txt", "health.json", "logs/clinic-desk.log"),
    }  # fmt: skip
    for name in ("versions.txt", "settings.txt", "health.json", "logs/"):
        assert name in parts["CONTENTS.txt"]
    health = json.loads(parts["health.json"])
    assert health["schema_revision"] == health["schema_expected"]
    assert health["queue_waiting"] == 0
    assert "SQLAlchemy" in parts["versions.txt"]
    assert "database: db.example:5432/clinic gssencmode=disable" in parts["settings.txt"]
    assert "language: de" in parts["settings.txt"]
    assert "data: ~" in parts["settings.txt"]
    if os.name != "nt":
        assert path.stat().st_mode & 0o777 == 0o600


def test_no_patient_no_secret_and_no_login_is_inside(settings: Settings, tmp_path: Path, database: Database) -> None:
    path = tmp_path / "bundle.zip"
    support_bundle.write_bundle(path, settings, lambda: support_bundle.health_of(database))
    text = "\n".join(unpacked(path).values())
    for canary in ("s3cret", "t0ken", "anna.canary", "5550", "julia", "not ours", "test_reception", str(Path.home())):
        assert canary not in text, canary
    assert "2026-11-22 10:00:01,000 INFO" in text
    assert "0193a1f2-5c1e-7c60-9d2e-3b1f0a7c4e55" in text, "ids lead whoever may read the database to the record"
    assert "CLINIC_DESK_TWILIO_AUTH_TOKEN" in text, "that it is set may be the point"


def test_a_file_that_is_there_is_not_replaced(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    path.write_text("mine", "utf-8")
    for taken in (path, tmp_path, tmp_path / "absent" / "x.zip", tmp_path / "a\0b"):
        with pytest.raises(InvalidInput) as refused:
            support_bundle.write_bundle(taken, settings, dict)
        assert refused.value.field == "file"
    assert path.read_text("utf-8") == "mine"


def test_without_a_database_the_reason_is_inside(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    down = DatabaseDown('password authentication failed for user "julia"')
    support_bundle.write_bundle(path, settings, lambda: support_bundle.trouble(down))
    assert json.loads(unpacked(path)["health.json"]) == {
        "error": "DatabaseDown",
        "message": 'password authentication failed for user "…"',
    }

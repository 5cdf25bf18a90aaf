"""Every package is pinned with hashes, the pins are what pyproject asks for, and the bill of materials names them."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT: Final = Path(__file__).parent.parent
LOCKS: Final = ("requirements.lock", "requirements-dev.lock", ".ci/audit.lock")


@pytest.fixture(scope="module")
def sbom() -> ModuleType:
    found = importlib.util.spec_from_file_location("sbom", ROOT / ".ci" / "sbom.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def entries(lock: str) -> list[str]:
    """Each entry of a lock on one line."""
    text = (ROOT / lock).read_text("utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_entry_of_a_lock_is_one_version_with_hashes_and_nothing_else(lock: str) -> None:
    found = entries(lock)
    assert len(found) > 20
    for entry in found:
        assert re.match(r"[A-Za-z0-9._-]+==[^\s*]+(\s*;[^\\]*?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*$", entry), entry[
            :80
        ]


def test_the_developers_lock_has_the_same_versions_as_the_programs(sbom: ModuleType) -> None:
    program, developers = (sbom.pins((ROOT / lock).read_text("utf-8")) for lock in LOCKS[:2])
    assert {name: developers[name] for name in program} == program


def test_the_pins_are_what_pyproject_asks_for(sbom: ModuleType) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    for lock, asked in (
        ("requirements.lock", [*project["dependencies"], *extras["test"]]),
        ("requirements-dev.lock", [*project["dependencies"], *extras["test"], *extras["dev"]]),
    ):
        pins = sbom.pins((ROOT / lock).read_text("utf-8"))
        for line in asked:
            wanted = Requirement(line)
            if wanted.name == "clinic-desk":
                continue
            version = pins[sbom._normalized(wanted.name)][0]
            assert wanted.specifier.contains(Version(version)), f"{lock}: {line} is pinned to {version}"


def test_the_bill_of_materials_has_all_that_the_program_needs_and_nothing_of_its_tests(sbom: ModuleType) -> None:
    made: dict[str, Any] = sbom.document()
    names = {each["name"] for each in made["components"]}
    assert {"sqlalchemy", "psycopg2-binary", "cryptography", "cffi", "pyside6-essentials", "shiboken6"} <= names
    assert not {"pytest", "hypothesis", "mypy", "aiosmtpd", "pip", "clinic-desk"} & names
    for each in made["components"]:
        assert each["version"] == metadata.version(each["name"])
        assert each["externalReferences"][0]["hashes"], each["name"]
        assert each["licenses"], each["name"]
    refs = {each["bom-ref"] for each in made["components"]} | {"clinic-desk"}
    assert {each["ref"] for each in made["dependencies"]} == refs
    assert {ref for each in made["dependencies"] for ref in each["dependsOn"]} <= refs
    assert sbom.document() == made, "the same each time"

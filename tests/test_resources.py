"""What is shipped with the program is found wherever the program lies."""

from __future__ import annotations

import pytest

from clinic_desk.resources import resource


@pytest.mark.parametrize("name", ["demo/names.json", "demo/people.json", "demo/clinic.json", "demo"])
def test_a_resource_is_found_by_its_name(name: str) -> None:
    found = resource(name)
    assert found.is_dir() if name == "demo" else found.read_text(encoding="utf-8").startswith("{")


def test_a_missing_resource_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=r"demo/nothing\.json"):
        resource("demo/nothing.json")

"""Zone rules are looked up in one place, so that every desk computes the same whatever its operating system knows."""

import ast
from pathlib import Path

import clinic_desk

PACKAGE = Path(clinic_desk.__file__).parent


def imported(path: Path) -> set[str]:
    """The modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def test_only_the_module_of_wall_times_knows_zones() -> None:
    who = [str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py") if "zoneinfo" in imported(path)]
    assert who == [str(Path("domain", "wall.py"))]

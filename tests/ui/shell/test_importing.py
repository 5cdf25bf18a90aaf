"""Two threads import at once while the program starts: neither may see half a module."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[3] / "clinic_desk"

# As pydantic is made: asking `errors` for an attribute that it has not imports `validators`, which imports `errors`.
LIBRARY = {
    "library/__init__.py": "",
    "library/errors.py": """
class Wrong(Exception):
    pass

def __getattr__(name):
    if name != "__path__":  # which Python itself asks for
        from library.validators import checked
    raise AttributeError(name)
""",
    "library/validators.py": """
from library.errors import Wrong

checked = True
""",
    "slow.py": """
import threading

is_looked_at, go_on = threading.Event(), threading.Event()

def __getattr__(name):
    is_looked_at.set()
    assert go_on.wait(30)
    raise AttributeError(name)
""",
}

TWO_THREADS = """
import sys, threading
sys.path.insert(0, sys.argv[1])
{first}
import importlib
slow = importlib.import_module("slow")

def one():
    import slow
    slow.is_looked_at.set()  # nobody looks into what is imported: there is nothing to wait for

def two():
    assert slow.is_looked_at.wait(30)
    import library.errors
    slow.go_on.set()
    thread.join()
    import library.validators
    print("imported")

thread = threading.Thread(target=one)
thread.start()
two()
"""


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


@pytest.fixture
def library(tmp_path: Path) -> str:
    for name, text in LIBRARY.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return str(tmp_path)


@pytest.mark.parametrize("first", ["import clinic_desk.ui", "import PySide6.QtWidgets, clinic_desk.ui"])
def test_a_library_is_imported_while_another_thread_imports(library: str, first: str) -> None:
    done = run(TWO_THREADS.format(first=first), library)
    assert done.stdout == "imported\n", done.stderr


def test_with_the_import_hook_of_pyside_it_could_not_be_imported(library: str) -> None:
    """Why the hook is taken out; when this fails, PySide has mended it and `clinic_desk.ui` need not any more."""
    done = run(TWO_THREADS.format(first="import PySide6.QtWidgets"), library)
    assert done.stdout == ""
    assert "partially initialized module" in done.stderr


def test_the_program_runs_without_the_hook() -> None:
    code = "import builtins, clinic_desk.desk.run; from PySide6 import QtTest; print(builtins.__import__.__name__)"
    name = run(code).stdout
    assert name
    assert name != "__feature_import__\n"


def imported(path: Path) -> Iterator[str]:
    """What a module of the package imports of the package while it is being imported itself."""

    def walk(body: list[ast.stmt]) -> Iterator[str]:
        for node in body:
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
            elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
                yield from walk(node.orelse)
            elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from walk([each for each in ast.iter_child_nodes(node) if isinstance(each, ast.stmt)])

    return walk(ast.parse(path.read_text(encoding="utf-8")).body)


def module_of(name: str, modules: set[str]) -> str | None:
    """The module in which a dotted name is found."""
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return name or None


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Python lets one of two threads go on with half a module only if each waits for a module of the other."""
    paths = {
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
        for path in PACKAGE.rglob("*.py")
        if "_resources" not in path.parts
    }
    assert len(paths) > 100
    modules = set(paths)
    graph = {name: {module_of(each, modules) for each in imported(path)} - {None, name} for name, path in paths.items()}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))
    assert set(order) == modules

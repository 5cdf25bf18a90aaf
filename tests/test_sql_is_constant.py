"""SQL is written by this program alone: what people type is bound, and names of tables and columns are its own.

Read from the source: a statement is put together of constants, in `database` also of that module's own names of tables
and columns, and never of what a record or a command carries.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).parent.parent / "clinic_desk"
STATEMENT: Final = re.compile(
    r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH|CREATE|ALTER|DROP|GRANT|REVOKE|COMMENT|LISTEN|NOTIFY|TRUNCATE|COPY|DECLARE|FETCH"
    r"|PREPARE|EXECUTE)\s"
)
CONSTANT: Final = re.compile(r"(\w+\.)?_?[A-Z][A-Z0-9_]*|.*\b_?[A-Z][A-Z0-9_]+\b.*")
OWN_NAME: Final = re.compile(r"[a-z_]+|', '\.join\(\w+\)|'[^']*'\.join\(\w+\)|_?[a-z_]+\(.*\)")
BESIDES: Final = {
    "listener.py": {"self._desk_no"},
    "loading.py": {"rows.table", "', '.join(rows.columns.split())"},
    "setup.py": {"login.group"},
    "demo.py": {"name", "_complete()"},
}
"""A number of the database's; the tables of the demo; one of four groups; a name that `new_demo_name` made."""


def statements(tree: ast.AST) -> list[tuple[int, list[str]]]:
    """(line, expressions) of every SQL statement that is put together."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            words = "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
            if STATEMENT.match(words):
                parts = [ast.unparse(part.value) for part in node.values if isinstance(part, ast.FormattedValue)]
                found.append((node.lineno, parts))
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod | ast.Add) and _is_sql(node.left):
            found.append((node.lineno, [ast.unparse(node.right)]))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_sql(node.func.value):
            found.append((node.lineno, [ast.unparse(argument) for argument in (*node.args, *node.keywords)]))
    return found


def _is_sql(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(STATEMENT.match(node.value))


def test_no_statement_is_put_together_of_what_people_typed() -> None:
    wrong, seen = [], 0
    for path in sorted(PACKAGE.rglob("*.py")):
        in_database = PACKAGE / "database" in path.parents
        for line, expressions in statements(ast.parse(path.read_text("utf-8"))):
            seen += 1
            for expression in expressions:
                if CONSTANT.fullmatch(expression) or expression in BESIDES.get(path.name, ()):
                    continue
                if not (in_database and OWN_NAME.fullmatch(expression)):
                    wrong.append(f"{path.relative_to(PACKAGE)}:{line}: {expression}")
    assert seen > 50
    assert wrong == []


def test_a_statement_with_a_field_of_a_command_would_be_found() -> None:
    source = "def f(command):\n    return f\"SELECT 1 FROM patient WHERE name = '{command.name}'\"\n"
    [(line, expressions)] = statements(ast.parse(source))
    assert (line, expressions) == (2, ["command.name"])
    assert not CONSTANT.fullmatch("command.name")
    assert not OWN_NAME.fullmatch("command.name")

"""The sources of the packages: the bundle has what it must, no installer touches data, the workflows pin and parse."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from clinic_desk.tour.self_check import _OF_POSTGRESQL

ROOT: Final = Path(__file__).parents[2]
WINDOWS: Final = ROOT / ".ci" / "packaging" / "windows"
WORKFLOWS: Final = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SCRIPTS: Final = ("run", "audit", "packages", "try-deb", "try-rpm", "try-windows", "windows-installers")


def patterns_of_the_spec() -> dict[str, re.Pattern[str]]:
    """The regular expressions of pyinstaller.spec by name."""
    found = {}
    for node in ast.parse((ROOT / "pyinstaller.spec").read_text("utf-8")).body:
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Call)
            and ast.unparse(node.value.func) == "re.compile"
        ):
            found[ast.unparse(node.targets[0])] = re.compile(ast.literal_eval(node.value.args[0]))
    return found


def test_the_bundle_has_every_program_that_backups_and_the_server_need() -> None:
    server = patterns_of_the_spec()["SERVER"]
    for name in _OF_POSTGRESQL:
        assert server.search(f"/site-packages/pginstall18/bin/{name}")
        assert server.search(f"/site-packages/pginstall/bin/{name}.exe")
    assert not server.search("/site-packages/pginstall18/bin/pgbench")


def test_the_bundle_leaves_out_no_part_of_qt_that_the_program_imports() -> None:
    needless = patterns_of_the_spec()["NEEDLESS_QT"]
    used = {
        part
        for path in (ROOT / "clinic_desk").rglob("*.py")
        for part in re.findall(r"from PySide6\.(Qt\w+) import", path.read_text("utf-8"))
    }
    assert {"QtCore", "QtWidgets", "QtPrintSupport"} <= used
    for part in used:
        assert not needless.search(f"PySide6/{part}.abi3.so"), part
        assert not needless.search(f"PySide6/Qt/lib/lib{part.replace('Qt', 'Qt6')}.so.6"), part
    for language in ("de", "en", "fr", "tr"):
        assert not needless.search(f"PySide6/Qt/translations/qtbase_{language}.qm")


def test_the_windows_installer_deletes_nothing_but_what_it_brought() -> None:
    source = (WINDOWS / "clinic-desk.nsi").read_text("utf-8")
    deletions = re.findall(r"(?m)^\s*(RMDir.*|Delete .*|Rename .*)$", source)
    assert len(deletions) > 10
    for each in deletions:
        assert "$Data" not in each
        assert "$APPDATA" not in each
        if "/r" in each:
            assert re.fullmatch(r'RMDir /r "\$INSTDIR\\_(internal|old|new)"', each), each
    uninstalling = source[source.index('Section "Uninstall"') :]
    assert "$Data" not in re.sub(r'(?m)^.*\$1 == "\$Data\\data".*$', "", uninstalling)


def test_the_windows_installer_opens_the_firewall_only_where_the_database_is_shared() -> None:
    source = (WINDOWS / "clinic-desk.nsi").read_text("utf-8")
    before, _, after = source.partition("firewall add rule")
    assert "firewall add rule" not in after
    assert before[before.rindex("${If}") :].startswith('${If} $Share == "1"')
    assert "remoteip=localsubnet" in after[: after.index("\n")]


def test_the_msi_has_no_component_in_the_data_and_takes_an_older_version_away_first() -> None:
    source = (WINDOWS / "clinic-desk.wxs").read_text("utf-8")
    assert "RemoveF" not in source
    assert source.count("CommonAppDataFolder") == 1, "only as the value of a setting"
    assert "<MajorUpgrade " in source


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_pins_its_actions_by_commit_and_gives_no_secret_to_a_shell(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    used = [line for line in lines if re.match(r"\s*(- )?uses:", line)]
    assert used
    for line in used:
        assert re.search(r"uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line
    for line in lines:
        plain = re.match(r"\s*(?:- )?(?:run|name|if): ([^\"'|>].*)$", line)
        assert plain is None or ": " not in plain[1], f"YAML takes this for a mapping: {line}"
        if "${{ secrets." in line:
            assert re.fullmatch(r" +[A-Z_]+: \$\{\{ secrets\.[A-Z_]+ \}\}", line), line
    assert any(line.startswith("permissions:") for line in lines)


@pytest.mark.skipif(sys.platform == "win32" or shutil.which("bash") is None, reason="files have no right to be run")
def test_every_script_of_ci_can_be_read_by_bash_and_run() -> None:
    paths = [ROOT / ".ci" / name for name in SCRIPTS]
    for path in paths:
        assert path.stat().st_mode & 0o111, path.name
        subprocess.run(["bash", "-n", str(path)], check=True, timeout=30)

"""What the Linux packages say of the program: one version, a menu entry that finds it, a manual page that is whole."""

from __future__ import annotations

import configparser
import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Final
from xml.etree import ElementTree

import pytest

import clinic_desk
from clinic_desk.cli import _is_number, _parser

ROOT: Final = Path(__file__).parents[2]
PACKAGING: Final = ROOT / ".ci" / "packaging"


def loaded(name: str) -> ModuleType:
    found = importlib.util.spec_from_file_location(name, PACKAGING / f"{name}.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def linux() -> ModuleType:
    return loaded("linux")


@pytest.fixture(scope="module")
def manual_page() -> ModuleType:
    return loaded("manual_page")


def test_the_version_stands_in_one_place(linux: ModuleType) -> None:
    assert linux.version() == clinic_desk.__version__
    sources = [ROOT / "pyinstaller.spec", ROOT / "pyproject.toml", *PACKAGING.rglob("*.*")]
    assert len(sources) > 8
    written = re.compile(rf'(?<![\d.]){re.escape(clinic_desk.__version__)}(?=["\'<])')
    read = [each for each in sources if each.is_file() and each.suffix != ".pyc"]
    assert [each.name for each in read if written.search(each.read_text("utf-8"))] == []


def test_the_menu_entry_opens_the_program_and_is_the_windows_own() -> None:
    entry = configparser.ConfigParser(interpolation=None)
    entry.optionxform = str  # type: ignore[assignment, method-assign]
    entry.read(PACKAGING / "linux" / "clinic-desk.desktop", "utf-8")
    main = entry["Desktop Entry"]
    assert (main["Type"], main["Exec"], main["Terminal"]) == ("Application", "clinic-desk", "false")
    assert (ROOT / "resources" / "icons" / f"{main['Icon']}.svg").exists()
    assert set(main["Categories"].strip(";").split(";")) <= {"Office", "Calendar", "MedicalSoftware"}
    for action in main["Actions"].strip(";").split(";"):
        _, *arguments = entry[f"Desktop Action {action}"]["Exec"].split()
        assert _parser().parse_args(arguments).command == "demo"
    # A window is put to its entry by this name; otherwise it has no icon in the panel.
    named = [
        path
        for path in ROOT.glob("clinic_desk/desk/*.py")
        if 'setDesktopFileName("clinic-desk")' in path.read_text("utf-8")
    ]
    assert len(named) == 1


def test_the_appstream_metadata_names_the_entry_and_the_same_identity_as_on_macos() -> None:
    about = ElementTree.parse(PACKAGING / "linux" / "desk.clinic.ClinicDesk.metainfo.xml").getroot()
    assert about.findtext("launchable") == "clinic-desk.desktop"
    assert f'bundle_identifier="{about.findtext("id")}"' in (ROOT / "pyinstaller.spec").read_text("utf-8")
    assert about.findtext("project_license") == "MIT"
    release = about.find("releases/release")
    assert release is not None
    assert release.attrib == {"version": "@VERSION@", "date": "@DATE@"}


def test_the_manual_page_has_every_command_with_every_option(manual_page: ModuleType) -> None:
    parser = _parser()
    page: str = manual_page.page(parser, "1.2.3", "2026-11-22")
    assert page.startswith('.TH CLINIC-DESK 1 "2026-11-22" "Clinic Desk 1.2.3"')
    sections = re.split(r"(?m)^\.S[SH] ", page)
    commands = manual_page.commands(parser)
    assert {"demo", "book", "worker", "init-db", "check"} <= set(commands)
    for name, command in commands.items():
        heading = f"clinic-desk {name}".replace("-", r"\-")
        section = next(each for each in sections if each.startswith(f"{heading}\n"))
        for option in command._option_string_actions:
            assert option.replace("-", r"\-") in section, f"{name} {option}"
    known = ("TH", "SH", "SS", "TP", "B", "br")
    assert all(line[1:].split(" ")[0] in known for line in page.splitlines() if line.startswith("."))
    assert "%(" not in page


def test_a_package_depends_on_what_the_bundle_asks_of_the_system_and_on_nothing_else(linux: ModuleType) -> None:
    assert linux.debian_packages(["libX11.so.6", "libglib-2.0.so.0", "libgthread-2.0.so.0"], (2, 36)) == [
        "libc6 (>= 2.36)",
        "libglib2.0-0",
        "libx11-6",
    ]
    assert linux.rpm_capabilities(["libX11.so.6"], (2, 34)) == ["libc.so.6(GLIBC_2.34)(64bit)", "libX11.so.6()(64bit)"]
    with pytest.raises(ValueError, match=r"libnew\.so\.1"):
        linux.debian_packages(["libnew.so.1"], (2, 36))
    with pytest.raises(ValueError, match="Debian 12"):
        linux.debian_packages([], (2, 38))


def test_a_package_is_files_only_with_the_program_in_the_path_and_nothing_to_write_to(linux: ModuleType) -> None:
    depends = {"deb": ["libc6"], "rpm": ["libc.so.6()(64bit)"]}
    made = linux.package(Path("/bundle"), Path("/made"), depends, "amd64")
    assert "scripts" not in made
    assert made["version"] == clinic_desk.__version__
    places = {each["dst"]: each for each in made["contents"]}
    assert places["/usr/lib/clinic-desk"] == {"src": "/bundle", "dst": "/usr/lib/clinic-desk", "type": "tree"}
    link = places["/usr/bin/clinic-desk"]
    assert (link["type"], link["src"]) == ("symlink", "../lib/clinic-desk/clinic-desk")
    assert {"/usr/share/applications/clinic-desk.desktop", "/usr/share/man/man1/clinic-desk.1.gz"} <= set(places)
    for place, each in places.items():
        assert place.startswith("/usr/"), "no settings and no data are a package's"
        if each.get("type") != "dir" and not each["src"].startswith(("/made", "/bundle", "..")):
            assert Path(each["src"]).is_file()
    assert made["overrides"]["deb"]["depends"] == ["libc6"]


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are scripts of a shell")
def test_the_self_check_tells_which_program_of_postgresql_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clinic_desk.tour import self_check

    for name in self_check._OF_POSTGRESQL:
        stand_in = tmp_path / name
        stand_in.write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 18.1'\n", "utf-8")
        stand_in.chmod(0o755)
    (tmp_path / "pg_restore").write_text("#!/bin/sh\nexit 127\n", "utf-8")  # as the loader ends without a library
    (tmp_path / "pg_dump").unlink()
    monkeypatch.setenv("CLINIC_DESK_POSTGRES_BIN", str(tmp_path))
    assert self_check.broken_programs() == ["pg_dump", "pg_restore"]


def test_the_desktop_hands_telephone_numbers_to_the_program_as_telephone_software_does() -> None:
    entry = configparser.ConfigParser(interpolation=None)
    entry.optionxform = str  # type: ignore[assignment, method-assign]
    entry.read(PACKAGING / "linux" / "clinic-desk-caller.desktop", "utf-8")
    main = entry["Desktop Entry"]
    program, *arguments = main["Exec"].split()
    told = [each.replace("%u", "tel:+49-30-1234567") for each in arguments]
    assert (program, _parser().parse_args(told).find_phone) == ("clinic-desk", "tel:+49-30-1234567")
    assert _is_number(told[-1])
    assert (main["MimeType"], main["NoDisplay"]) == ("x-scheme-handler/tel;", "true"), "no second program in the menu"

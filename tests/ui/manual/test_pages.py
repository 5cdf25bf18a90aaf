"""The manual is true to the program: what its pages link to, show and name is there."""

from __future__ import annotations

import ast
import contextlib
import io
import re
import shlex
from functools import cache
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QMainWindow, QMenu
from pytestqt.qtbot import QtBot

import clinic_desk
from clinic_desk import cli
from clinic_desk.resources import resource
from clinic_desk.ui.actions import BY_NAME, Actions
from clinic_desk.ui.manual.pages import COMMAND, FOLDER, Page, contents, filled, found, names, plain, text_of
from clinic_desk.ui.manual.places import PAGE_OF
from clinic_desk.ui.menus import main_menu
from clinic_desk.ui.preferences import Preferences
from clinic_desk.ui.shell.key_groups import KeyGroup, KeyLine

SOURCES = Path(clinic_desk.__file__).parent
PAGES = sorted(names())
LARGEST_BYTES = 3_000_000


@cache
def words_of_the_program() -> frozenset[str]:
    """Every text in the source of the window, as it is read: without the marks of keys."""
    found_texts = set()
    for path in (SOURCES / "ui").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 200:
                found_texts.add(as_read(node.value))
    return frozenset(found_texts)


def as_read(label: str) -> str:
    return re.sub(r"\s*(⏎|\{count\}|\([A-Z]\)|Ctrl [A-Z])", "", label.replace("&", "")).removesuffix("…").strip()


@cache
def source_text() -> str:
    return "\n".join(path.read_text("utf-8") for path in SOURCES.rglob("*.py"))


def test_every_page_is_in_the_contents_once_and_nothing_else_is() -> None:
    listed = [page.name for part in contents() for page in part.pages]
    assert sorted(listed) == PAGES
    assert all(page.title for part in contents() for page in part.pages)
    assert set(PAGE_OF.values()) <= names()


def test_each_part_with_a_page_is_in_the_program_and_each_sheet_has_one() -> None:
    """F1 goes by the names of parts: a part that was renamed would open the first page."""
    named = set(re.findall(r"""(?:setObjectName|__init__|NewClinicPage)\(\s*"([a-z_]+)\"""", source_text()))
    assert set(PAGE_OF) <= named, set(PAGE_OF) - named
    sheets = {name for name in named if name.endswith(("_sheet", "_dialog"))}
    assert sheets <= set(PAGE_OF), sheets - set(PAGE_OF)


@pytest.mark.parametrize("name", [*PAGES, "contents"])
def test_every_link_and_picture_is_there(name: str) -> None:
    for link in re.findall(r"\]\(([^)]+)\)", text_of(name)):
        if not link.startswith("https://"):
            assert resource(f"{FOLDER}/{link}").is_file(), link


@pytest.mark.parametrize("name", PAGES)
def test_every_command_key_and_label_it_names_is_in_the_program(name: str) -> None:
    text = text_of(name)
    for _, command in COMMAND.findall(text):
        assert command in BY_NAME, command
    for keys in re.findall(r"\b(?:Ctrl|Alt|Shift)\+\w+", text):
        spelt = {keys, keys.replace("+", " "), keys.replace("Enter", "⏎"), keys.replace("PgDn", "PgDown")}
        assert any(each in source_text() for each in spelt), keys
    for label in re.findall(r"\*\*([^*\[]+)\*\*", re.sub(r"^#.*", "", text, flags=re.MULTILINE)):
        assert as_read(" ".join(label.split())) in words_of_the_program(), label
    for menu in re.findall(r"☰, \*([^*\[]+)\*", text):
        assert menu in words_of_the_program(), menu


def test_the_way_through_the_menu_is_the_way_there_is(qtbot: QtBot) -> None:
    """☰, *Menu*, *[[=command]]*: the command is in that menu; without a menu it is among the first entries."""
    window = QMainWindow()
    qtbot.addWidget(window)
    menu = main_menu(window, Actions(window, Preferences(QSettings(), "")))
    titles = {"": menu} | {each.title(): each for each in menu.findChildren(QMenu)}
    for name in PAGES:
        for title, command in re.findall(
            r"☰, (?:\*([^*\[]+)\*, )?\*\[\[=(\w+)\]\]\*", " ".join(text_of(name).split())
        ):
            shown = {each.objectName() for each in titles[title].actions()}
            assert f"action_{command}" in shown, (name, title, command)


@cache
def help_of(command: str) -> str:
    told = io.StringIO()
    with pytest.raises(SystemExit), contextlib.redirect_stdout(told):
        cli._parser().parse_args([*command.split(), "--help"])
    return told.getvalue()


@pytest.mark.parametrize("name", PAGES)
def test_every_line_for_a_terminal_is_understood(name: str) -> None:
    text = text_of(name)
    lines = re.findall(r"^    (clinic-desk\b.*)$", text, re.MULTILINE) + re.findall(r"`(clinic-desk [^`]+)`", text)
    for line in lines:
        words = shlex.split(line)[1:]
        command = "" if not words or words[0].startswith("-") else words[0]
        for option in (word for word in words if word.startswith("--")):
            assert option in help_of(command), line
    for variable in re.findall(r"CLINIC_DESK_[A-Z_]+", text):
        setting = variable.removeprefix("CLINIC_DESK_").lower()
        is_password = variable.startswith(("CLINIC_DESK_PASSWORD_", "CLINIC_DESK_OWNER_PASSWORD"))
        in_settings = setting in (SOURCES / "settings.py").read_text("utf-8")
        assert in_settings or variable in source_text() or is_password, variable


def test_the_pictures_are_small_enough_to_be_carried_along() -> None:
    pictures = [each for each in resource(f"{FOLDER}/pictures").iterdir() if each.name.endswith(".png")]
    assert sum(len(each.read_bytes()) for each in pictures) < LARGEST_BYTES
    shown = {link for name in PAGES for link in re.findall(r"\(pictures/([^)]+)\)", text_of(name))}
    assert {each.name for each in pictures} == shown


def test_keys_and_words_are_those_of_now() -> None:
    group = KeyGroup("A | part", (KeyLine("Do it", "Ctrl+|"), KeyLine("Has no key", "")))
    text = filled("[[new]] [[=new]] [[away]]\n\n{{keys}}", {"new": ("New…", "N"), "away": ("Away…", "")}, [group])
    assert text.splitlines()[0] == "**N** **New** **Away**"
    assert "| Do it | Ctrl+\\| |" in text
    assert "Has no key" not in text


def test_what_is_looked_for_is_found_by_beginnings_of_words_titles_first() -> None:
    texts = {Page("a", "Moving"): "press it and a patient goes", Page("b", "The patient"): plain("a **page** of hers")}
    assert [hit.page.name for hit in found(texts, "pat")] == ["b", "a"]
    assert "patient" in found(texts, "pat pre")[0].around
    assert found(texts, "nowhere") == found(texts, " ") == ()

"""No key is two commands where both could be meant; what else belongs to keys is in ui/shell/test_shortcuts.py."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from clinic_desk.ui.actions import SPECS, Actions
from clinic_desk.ui.daylist.filters import DayFilters
from clinic_desk.ui.preferences import Preferences


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    return window


@pytest.fixture
def owners(window: QWidget, tmp_path: Path) -> dict[str, list[str]]:
    """Commands by key, in Qt's portable form."""
    actions = Actions(window, Preferences(QSettings(str(tmp_path / "x.ini"), QSettings.Format.IniFormat), "julia"))
    found: defaultdict[str, list[str]] = defaultdict(list)
    for spec in SPECS:
        for keys in actions[spec.name].shortcuts():
            found[keys.toString(QKeySequence.SequenceFormat.PortableText)].append(spec.name)
    return found


def test_no_key_is_two_commands(owners: dict[str, list[str]]) -> None:
    """On the calendar and on the list the keys of the window work too: all of them are one context."""
    assert {key: names for key, names in owners.items() if len(names) > 1} == {}
    assert len(owners) > 60


def test_the_letters_of_the_lists_filters_are_each_one_fields_and_no_commands(
    owners: dict[str, list[str]], qtbot: QtBot
) -> None:
    filters = DayFilters()
    qtbot.addWidget(filters)
    texts = [str(child.property("text") or "") for child in filters.findChildren(QWidget)]
    letters = [f"Alt+{text[text.index('&') + 1].upper()}" for text in texts if "&" in text]
    assert len(letters) == len(set(letters)) == 6
    assert not set(letters) & set(owners)

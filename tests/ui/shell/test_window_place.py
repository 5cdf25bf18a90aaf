"""The main window opens where all of it is seen, on whatever screens there are now; screens as Qt simulates them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMargins, QPoint, QRect

from clinic_desk.ui.window_place import FRAME, GOOD, first_place

Screen = tuple[int, int, int, int]
"""x, y, width, height."""
Open = Callable[..., tuple[QRect, bool]]

OPEN = """
import json, sys
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QApplication
from clinic_desk.ui.main_window import MainWindow
from clinic_desk.ui.preferences import Preferences
from clinic_desk.ui.window_place import place_left, place_window

app = QApplication([])
preferences = Preferences(QSettings(sys.argv[1], QSettings.Format.IniFormat), "julia")
window = MainWindow(preferences)
place_window(window, place_left(preferences, "main"))
window.show()
app.processEvents()
if len(sys.argv) > 2:
    left = json.loads(sys.argv[2])
    window.setWindowState(Qt.WindowState.WindowNoState)
    window.move(*left[:2])
    window.resize(*left[2:])
    app.processEvents()
window.close()  # where it stands is remembered
frame = window.frameGeometry()
print(json.dumps({"frame": frame.getRect(), "maximized": window.isMaximized()}))
"""


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    """Open the window on simulated screens, then leave it elsewhere; return its frame and whether it is maximised."""

    def open_it(*screens: Screen, leave: Screen | None = None) -> tuple[QRect, bool]:
        keys = ("x", "y", "width", "height")
        described = [
            dict(zip(keys, screen, strict=True)) | {"name": f"screen {number}", "logicalDpi": 96, "dpr": 1}
            for number, screen in enumerate(screens)
        ]
        file = tmp_path / "screens.json"
        file.write_text(json.dumps({"screens": described}))
        more = [json.dumps(leave)] if leave else []
        done = subprocess.run(
            [sys.executable, "-c", OPEN, str(tmp_path / "settings.ini"), *more],
            env=os.environ | {"QT_QPA_PLATFORM": f"offscreen:configfile={file}"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        return QRect(*told["frame"]), told["maximized"]

    return open_it


LARGE, COMMON, SMALL, BESIDE = (0, 0, 1920, 1080), (0, 0, 1440, 900), (0, 0, 1280, 720), (1440, 0, 1920, 1080)


def test_the_first_window_has_the_good_size_in_the_middle_of_a_large_screen(opened: Open) -> None:
    frame, maximized = opened(LARGE)
    assert not maximized
    assert frame.width() >= GOOD.width()
    assert QRect(*LARGE).contains(frame)
    assert (frame.center() - QRect(*LARGE).center()).manhattanLength() < FRAME.top()


@pytest.mark.parametrize("screen", [COMMON, SMALL, (0, 0, 1024, 600)])
def test_the_first_window_fills_a_screen_that_the_good_size_with_its_frame_does_not_fit(
    opened: Open, screen: Screen
) -> None:
    frame, maximized = opened(screen)
    assert maximized
    assert frame == QRect(*screen)


def test_what_the_free_part_of_the_screen_is_decides() -> None:
    beside_a_panel = QRect(100, 50, 1600, 1000)
    place = first_place(beside_a_panel)
    assert place is not None
    assert place.size() == GOOD
    assert beside_a_panel.contains(place.marginsAdded(FRAME))
    assert first_place(QRect(0, 0, GOOD.width() + 16, GOOD.height() + 47)) is None  # a pixel too low


def test_a_window_stands_again_where_it_was_left(opened: Open) -> None:
    left, _ = opened(LARGE, leave=(200, 100, 1000, 700))
    assert left.topLeft() == QPoint(200, 100)
    assert opened(LARGE) == (left, False)


def test_what_was_left_on_a_screen_that_is_gone_or_larger_is_seen_in_full(opened: Open) -> None:
    opened(COMMON, BESIDE, leave=(2000, 100, 1200, 900))
    for screen in (LARGE, COMMON, SMALL):
        frame, _ = opened(screen)
        assert QRect(*screen).contains(frame - QMargins(2, 2, 2, 2))  # the borders' pixels Qt does not count


def test_a_window_left_as_large_as_its_screen_has_its_status_bar_on_a_lower_one(opened: Open) -> None:
    opened(COMMON, leave=(0, 0, 1436, 896))
    frame, _ = opened(SMALL)
    assert QRect(*SMALL).contains(frame)

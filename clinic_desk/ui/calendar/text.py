"""Text made fit to paint: one plain line, elided once for a width and kept."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from clinic_desk.ui.calendar.metrics import Face, Metrics

if TYPE_CHECKING:
    from clinic_desk.domain.records import Patient

LONGEST = 160
"""Characters looked at: no block is wide enough for more, and measuring a novel would be slow."""
CHILD_YEARS = 16
"""Under this age the calendar shows the age beside the name."""
_KEPT = 20_000
_UNPAINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
# Compiled when the first such text comes (re keeps them): most clinics have none on the first day.
_RIGHT_TO_LEFT = r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]"
_LEFT_TO_RIGHT = r"[A-Za-z\u00c0-\u024f\u0370-\u058f\u0900-\u1fff\u3040-\ud7ff]"


def one_line(text: str) -> str:
    """Return text without line breaks, control characters and direction overrides, at most `LONGEST` long."""
    if text.isprintable():
        return text[:LONGEST].strip()
    return _UNPAINTABLE.sub(" ", text[: 2 * LONGEST]).strip()[:LONGEST]


def is_right_to_left(text: str) -> bool:
    """Whether the first strong letter is of a script written from right to left."""
    if text.isascii() or (text[0] < "\u0590" and text[0].isalpha()):
        return False  # nearly always, and at a glance
    right, left = re.search(_RIGHT_TO_LEFT, text), re.search(_LEFT_TO_RIGHT, text)
    return right is not None and (left is None or right.start() < left.start())


def shown_name(patient: Patient, day: date) -> str:
    """Return a patient's name as the calendar shows it: "Lea (7) Hoffmann" for a child, else the name."""
    return _whole_name(patient, patient.given_name, day)


def shorter_names(patient: Patient, day: date) -> tuple[str, ...]:
    """Return "L. (7) Hoffmann", "Hoffmann", for where there is no room for the whole name; () if that would not help.

    Who is called up is called by the family name: it is what is kept. Only letters that have an initial are shortened.
    """
    given, family = patient.given_name.strip(), one_line(patient.family_name)
    if len(given) < 3 or not family or not given[0].isalpha() or given[0] >= "\u0590":
        return ()
    return _whole_name(patient, f"{given[0]}.", day), family


def shorter_titles(title: str) -> tuple[str, ...]:
    """Return "Dr. A. Okafor", "Dr. Okafor", "Okafor", for where there is no room for the whole name of a doctor."""
    first, *given = title.split() or [""]
    if not given or "," in title or given[-1].isupper() or is_right_to_left(title):
        return ()  # what stands last need not be a name: "Weber, MD"
    family = given.pop()
    initials = [f"{name[0]}." for name in given]
    return (*((" ".join((first, *initials, family)), f"{first} {family}") if given else ()), family)


def _whole_name(patient: Patient, given: str, day: date) -> str:
    born = patient.birth_date
    if born is not None:
        age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
        if 0 <= age < CHILD_YEARS:
            return one_line(f"{given} ({age}) {patient.family_name}")
    return one_line(f"{given} {patient.family_name}")


class Elider:
    """Fits strings into widths and remembers: (face, text, width) is measured once."""

    def __init__(self, metrics: Metrics) -> None:
        self._faces = metrics.faces
        self._advances: tuple[dict[str, float], ...] = tuple({} for _ in metrics.faces)
        self._fitted: dict[tuple[int, str, int], tuple[str, float]] = {}

    def advance(self, face: Face, text: str) -> float:
        """Return the width of a text in a face."""
        known = self._advances[face]
        found = known.get(text)
        if found is None:
            if len(known) > _KEPT:
                known.clear()
            found = known[text] = self._faces[face].horizontalAdvance(text)
        return found

    def fit(self, face: Face, text: str, width: float) -> tuple[str, float]:
        """Return (text elided to `width`, its width); ("", 0) where not even one letter and the dots would fit.

        What was elided and runs from left to right need not be measured again: it has the whole width for itself.
        """
        advance = self.advance(face, text)
        if advance <= width:
            return text, advance
        key = (face, text, int(width))
        found = self._fitted.get(key)
        if found is None:
            if len(self._fitted) > _KEPT:
                self._fitted.clear()
            found = self._fitted[key] = self._elided(face, text, width)
        return found

    def _elided(self, face: Face, text: str, width: float) -> tuple[str, float]:
        elided = self._faces[face].elidedText(text, Qt.TextElideMode.ElideRight, width) if width > 0 else ""
        if len(elided) < 2 or elided == "...":
            return "", 0.0
        return elided, self._faces[face].horizontalAdvance(elided) if is_right_to_left(text) else float(int(width))

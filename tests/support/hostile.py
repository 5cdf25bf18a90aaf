"""Texts that hurt careless programs, and what of a widget people can see or hear."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from PySide6.QtCore import QAbstractListModel, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QGroupBox,
    QLabel,
    QPlainTextEdit,
    QWidget,
)

TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

STORABLE: Final = (
    "<b>Bold</b><img src='//host/share'>",
    "<a href='file:///etc/passwd'>click</a>",
    "&lt;script&gt;&amp;nbsp;",
    "../../etc/passwd",
    "C:\\Windows\\System32\\con",
    "\\\\host\\share\\file",
    '=HYPERLINK("http://evil")',
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "Robert'); DROP TABLE patient;--",
    "%s %(id)s {0} ${x} {patient.__class__}",
    "\u202egpj.exe",
    "\u2066isolated",
    "abc\u202d09:15\u202c",
    "zero\u200bwidth\u200djoin",
    "e\u0301" * 40,
    "Z\u0351\u036b\u0343a\u0334l\u0337g\u0335o",
    "\U0001f469\u200d\u2695\ufe0f \U0001f389",
    "\u05d0\u05d1\u05d2 \u05e9\u05dc\u05d5\u05dd",
    "\u202b\u0645\u062d\u0645\u062f",
    "L" * 200,
)
"""A patient may be called so: it is stored and shown as it is, and does nothing."""

BROKEN: Final = (
    "a\0b",
    "a\x1b[31mred",
    "a\tb\x07",
    "half \ud83d",
    "\udcff",
    "x" * 100_000,
    "a\x85b\x9bc",
    "line\nbreak\rand\u2028more\u2029",
)
"""Nobody is called so: refused, or cleaned, never stored as it is in a name."""


def is_shown(widget: QWidget) -> bool:
    """Whether people can see it now."""
    return widget.isVisible() and not widget.visibleRegion().isEmpty()


def texts_of(widget: QWidget) -> Iterator[tuple[str, str]]:
    """What a widget shows or says, as (where, text); not what somebody is editing in it."""
    yield "title", widget.windowTitle()
    yield "tool tip", widget.toolTip()
    if isinstance(widget, QLabel | QAbstractButton):
        yield "text", widget.text()
    if isinstance(widget, QGroupBox):
        yield "title", widget.title()
    if isinstance(widget, QComboBox):
        yield from (("entry", widget.itemText(row)) for row in range(widget.count()))
    if isinstance(widget, QPlainTextEdit) and widget.isReadOnly():
        yield "text", widget.toPlainText()
    if isinstance(widget, QAbstractItemView) and widget.model() is not None:
        model = widget.model()
        columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount()
        for row in range(min(model.rowCount(), 200)):
            for column in range(min(columns, 30)):
                index = model.index(row, column)
                for name, role in (("cell", Qt.ItemDataRole.DisplayRole), ("cell tip", Qt.ItemDataRole.ToolTipRole)):
                    found = model.data(index, role)
                    if isinstance(found, str):
                        yield name, found


def wrong_with(widget: QWidget, mark: str) -> list[str]:
    """What is wrong with how a widget shows a hostile text, which holds `mark`."""
    found: dict[str, str] = {}
    for where, text in texts_of(widget):
        if set(text) & TURNING:
            found.setdefault(f"{_name(widget)}: the {where} turns what stands beside it", text)
        rich = isinstance(widget, QLabel) and where == "text" and widget.textFormat() != Qt.TextFormat.PlainText
        if mark in text and ("<" in text or "&" in text) and (rich or ("tip" in where and mark_is_raw(text))):
            found.setdefault(f"{_name(widget)}: the {where} is taken for HTML", text)
    return [f"{what}: {text!a:.160}" for what, text in found.items()]


def mark_is_raw(tip: str) -> bool:
    """Whether a tool tip has tags of somebody's own in it."""
    return "<img" in tip or "<b>Bold" in tip or "<a href" in tip


def _name(widget: QWidget) -> str:
    return f"{type(widget).__name__} {widget.objectName()!r}"

"""Tool tips of names and notes as they were typed: Qt takes what looks like HTML for HTML."""

from __future__ import annotations

from html import escape


def plain_tip(text: str) -> str:
    """Return what a tool tip has to be given to show exactly this text; what cannot be mistaken stays as it is."""
    return f"<p>{escape(text)}</p>" if "<" in text or "&" in text else text

"""What a tool tip shows is what was typed."""

from __future__ import annotations

import pytest
from PySide6.QtGui import Qt, QTextDocument

from clinic_desk.ui.tool_tips import plain_tip


@pytest.mark.parametrize(
    "text",
    ["Dr. O'Neill", "Blood & vaccines", "<b>Bold</b>", 'a "note"', "5 < 6 & 7 > 6", "&lt;", "<i>"],
)
def test_a_tool_tip_shows_the_text_as_it_is(qapp: object, text: str) -> None:
    tip = plain_tip(text)
    if Qt.mightBeRichText(tip):
        document = QTextDocument()
        document.setHtml(tip)
        tip = document.toPlainText()
    assert tip == text

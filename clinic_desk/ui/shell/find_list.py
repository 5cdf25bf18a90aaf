"""The list under the search box of the top bar; imported when letters are typed there for the first time."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from clinic_desk.ui.booking.match_list import MatchDelegate, MatchList, MatchModel, Row
from clinic_desk.ui.theme import theme_of

__all__ = ["FindDelegate", "MatchList"]


class FindDelegate(MatchDelegate):
    """Patients as in the booking form; other rows as plain text."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paint one row."""
        row = index.data(MatchModel.RowRole)
        if not isinstance(row, Row) or row.line is not None:
            super().paint(painter, option, index)
            return
        theme = theme_of(option.palette)
        area: QRect = option.rect
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, theme.accent_soft)
        painter.setFont(option.font)
        painter.setPen(theme.accent if row.takes else theme.ink_muted)
        inner = area.adjusted(10, 0, -10, 0)
        text = QFontMetrics(option.font).elidedText(row.text, Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), text)
        painter.restore()

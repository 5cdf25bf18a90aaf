"""The list under the patient line: one painted row per match, and the row that adds a new patient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from PySide6.QtCore import (
    QAbstractListModel,
    QCoreApplication,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QPainter,
    QPalette,
    QPen,
    QTextCharFormat,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from clinic_desk.domain.records import PatientMatch
from clinic_desk.ui.booking.words import born_text, day_text, list_name, one_line
from clinic_desk.ui.theme import Theme, bold, scaled, theme_of

translate = QCoreApplication.translate
ROW_HEIGHT: Final = 31
MOST_ROWS: Final = 8
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class MatchLine:
    """A match, the phone as people read it, and which letters of the name matched: what takes a library to make."""

    match: PatientMatch
    phone: str = ""
    underlined: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A row: a match, or (`line` None) a text: the new-patient row if `takes`, else something to know."""

    line: MatchLine | None
    text: str = ""
    takes: bool = True


def hint_text(match: PatientMatch, wall_of: Callable[[datetime], datetime]) -> str:
    """Return what to know before taking this one: missed visits, a shared phone, the next visit."""
    return " · ".join(_hints(match, wall_of))


def _hints(match: PatientMatch, wall_of: Callable[[datetime], datetime]) -> list[str]:
    hints = []
    if match.noshow_count == 1:
        hints.append(translate("patients", "1 no-show"))
    elif match.noshow_count > 1:
        hints.append(translate("patients", "{count} no-shows").format(count=match.noshow_count))
    if match.shares_phone:
        hints.append(translate("patients", "same phone"))
    if match.next_appointment_at is not None and len(hints) < 2:
        next_day = day_text(wall_of(match.next_appointment_at).date())
        hints.append(translate("patients", "next: {day}").format(day=next_day))
    return hints


def spoken(match: PatientMatch, today: date, wall_of: Callable[[datetime], datetime]) -> str:
    """Return a match as a screen reader reads it out: all that its row shows, and what it had no room for."""
    patient = match.patient
    parts = (list_name(patient), born_text(patient, today), patient.phone, *_hints(match, wall_of))
    return ", ".join(part for part in parts if part)


class MatchModel(QAbstractListModel):
    """Rows for the list; `RowRole` gives the Row."""

    RowRole: Final = Qt.ItemDataRole.UserRole

    def __init__(self, parent: QWidget, wall_of: Callable[[datetime], datetime]) -> None:
        super().__init__(parent)
        self._wall_of = wall_of
        self.rows: tuple[Row, ...] = ()
        self.today = date.min

    def show_rows(self, rows: tuple[Row, ...], today: date) -> None:
        """Replace all rows: at most a dozen, made anew with each letter typed."""
        self.beginResetModel()
        self.rows, self.today = rows, today
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        row = self.rows[index.row()]
        if role == self.RowRole:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return spoken(row.line.match, self.today, self._wall_of) if row.line else row.text
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        if index.isValid() and index.row() < len(self.rows) and not self.rows[index.row()].takes:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable


class MatchDelegate(QStyledItemDelegate):
    """Paints name (matched letters underlined), birth date and age, phone, and a hint, in columns."""

    def __init__(self, model: MatchModel, wall_of: Callable[[datetime], datetime], parent: QWidget) -> None:
        super().__init__(parent)
        self.model = model
        self.wall_of = wall_of

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(200, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        row = index.data(MatchModel.RowRole)
        if not isinstance(row, Row):
            return
        area: QRect = option.rect
        palette: QPalette = option.palette
        font: QFont = option.font
        state: QStyle.StateFlag = option.state
        theme = theme_of(palette)
        painter.save()
        painter.setClipRect(area)
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, theme.accent_soft)
        elif state & QStyle.StateFlag.State_MouseOver and row.takes:
            painter.fillRect(area, theme.line_weak)
        inner = area.adjusted(10, 0, -10, 0)
        if row.line is None:
            self._paint_text(painter, row, inner, font, theme)
        else:
            self._paint_match(painter, row.line, inner, font, theme)
        painter.restore()

    def _paint_text(self, painter: QPainter, row: Row, area: QRect, font: QFont, theme: Theme) -> None:
        painter.setFont(font)
        painter.setPen(theme.accent if row.takes else theme.ink_muted)
        key = translate("patients", "Ctrl N") if row.takes else ""
        small = QFontMetrics(scaled(font, 0.85))
        room = area.width() - (small.horizontalAdvance(key) + 24 if key else 0)
        text = QFontMetrics(font).elidedText(row.text, Qt.TextElideMode.ElideRight, room)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), text)
        if key:
            left = area.left() + QFontMetrics(font).horizontalAdvance(text) + 12
            box = QRectF(left + 0.5, area.center().y() - 8.5, small.horizontalAdvance(key) + 10, 18)
            painter.setFont(scaled(font, 0.85))
            painter.setPen(QPen(theme.accent, 1.0))
            painter.drawRoundedRect(box, 3, 3)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), key)

    def _paint_match(self, painter: QPainter, line: MatchLine, area: QRect, font: QFont, theme: Theme) -> None:
        patient = line.match.patient
        birth = born_text(patient, self.model.today)
        metrics = QFontMetrics(font)
        phone_width = metrics.horizontalAdvance("+49 30 5550 0000 0")
        birth_width = metrics.horizontalAdvance("30 Nov 1974 · 88   ")
        hint_font = scaled(font, 0.9)
        hint, hint_width = _fitting(_hints(line.match, self.wall_of), QFontMetrics(hint_font), area.width() * 21 // 100)
        name_width = max(area.width() - phone_width - birth_width - area.width() * 21 // 100 - 20, area.width() // 4)
        left = area.left()
        draw_name(
            painter,
            list_name(patient),
            line.underlined,
            QRect(left, area.top(), name_width, area.height()),
            font=bold(font),
            ink=theme.ink,
        )
        left += name_width + 10
        flags = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        painter.setPen(theme.ink)
        painter.setFont(font)
        painter.drawText(QRect(left, area.top(), birth_width, area.height()), flags, birth)
        left += birth_width
        room = area.right() - hint_width - 8 - left
        phone = metrics.elidedText(line.phone, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRect(left, area.top(), room, area.height()), flags, phone)
        painter.setFont(hint_font)
        painter.setPen(theme.danger if line.match.noshow_count else theme.ink_muted)
        end = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
        painter.drawText(QRect(area.right() - hint_width, area.top(), hint_width, area.height()), end, hint)


def _fitting(hints: list[str], metrics: QFontMetrics, room: int) -> tuple[str, int]:
    """Return as many hints as fit in `room` pixels in full, the first at least cut short, and their width."""
    for count in range(len(hints), 0, -1):
        text = " · ".join(hints[:count])
        width = metrics.horizontalAdvance(text) + 2
        if width <= room:
            return text, width
    return (metrics.elidedText(hints[0], Qt.TextElideMode.ElideRight, room), room) if hints else ("", 0)


def draw_name(
    painter: QPainter, name: str, underlined: tuple[tuple[int, int], ...], area: QRect, *, font: QFont, ink: QColor
) -> None:
    """Draw one line of plain text with some letters underlined, cut with an ellipsis, from the left in any script."""
    text = one_line(name)
    shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, area.width())
    layout = QTextLayout(shown, font)
    option = QTextOption(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute)
    option.setWrapMode(QTextOption.WrapMode.NoWrap)
    layout.setTextOption(option)
    formats = []
    for start, length in _utf16(text, underlined):
        part = QTextLayout.FormatRange()
        part.start, part.length = start, length
        form = QTextCharFormat()
        form.setFontUnderline(True)
        part.format = form
        formats.append(part)
    layout.setFormats(formats)
    layout.beginLayout()
    line = layout.createLine()
    line.setLineWidth(area.width() + 1)
    layout.endLayout()
    painter.setPen(ink)
    layout.draw(painter, QPointF(area.left(), area.top() + (area.height() - line.height()) / 2))


def _utf16(text: str, ranges: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
    """Return ranges of Python characters as ranges of UTF-16 units, which Qt counts in."""

    def units(part: str) -> int:
        return len(part.encode("utf-16-le", "surrogatepass")) // 2

    return [(units(text[:start]), units(text[start : start + length])) for start, length in ranges]


class MatchList(QListView):
    """The list itself: never takes the keyboard; the patient line steers it."""

    def __init__(self, wall_of: Callable[[datetime], datetime], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("patient_matches")
        self.setAccessibleName(translate("patients", "Matching patients"))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.matches = MatchModel(self, wall_of)
        self.setModel(self.matches)
        self.setItemDelegate(MatchDelegate(self.matches, wall_of, self))
        self.hide()

    def show_rows(self, rows: tuple[Row, ...], today: date) -> None:
        """Replace the rows and highlight the first that can be taken."""
        self.matches.show_rows(rows, today)
        first = next((index for index, row in enumerate(rows) if row.takes), -1)
        self.setCurrentIndex(self.matches.index(first))

    def step(self, by: int) -> None:
        """Highlight the next row that can be taken, staying at the ends."""
        takes = [index for index, row in enumerate(self.matches.rows) if row.takes]
        if not takes:
            return
        at = takes.index(self.currentIndex().row()) if self.currentIndex().row() in takes else 0
        self.setCurrentIndex(self.matches.index(takes[max(0, min(at + by, len(takes) - 1))]))

    def highlighted(self) -> Row | None:
        """Return the row that Enter takes."""
        at = self.currentIndex().row()
        return self.matches.rows[at] if 0 <= at < len(self.matches.rows) else None

    def wanted_height(self) -> int:
        """Return the height that shows all rows, up to MOST_ROWS."""
        return min(len(self.matches.rows), MOST_ROWS) * ROW_HEIGHT + 2 * self.frameWidth() + 2

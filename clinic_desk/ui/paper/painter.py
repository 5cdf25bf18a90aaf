"""Writes pages with Qt, on any thread: to a PDF, a printer, or a preview of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QLocale, QMarginsF, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QGuiApplication,
    QPagedPaintDevice,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QPen,
    QTextLayout,
    QTextOption,
)

from clinic_desk.errors import Refused
from clinic_desk.ui.paper.document import Document, Style
from clinic_desk.ui.paper.layout import Page, Placed, pages_of

_POINTS: Final = {Style.TITLE: 15.0, Style.STRONG: 9.0, Style.NORMAL: 9.0, Style.SMALL: 8.0, Style.FAINT: 9.0}
_INK: Final = QColor("#000000")
_FAINT: Final = QColor("#555555")
_RULE: Final = QColor("#9a9a9a")
_AWAY: Final = QColor("#e6e6e6")
_BAR: Final = QColor("#7a7a7a")
_DPI: Final = 1200
_MARGIN_MM: Final = 10.0
_SLIP_MARGIN_MM: Final = 4.0
_MM_PER_INCH: Final = 25.4


class PrintCancelled(Refused):
    """It was stopped by whoever asked for it; nothing was made."""


def paper_of_locale() -> QPageSize.PageSizeId:
    """Return the paper that is usual where the user's language is spoken so: Letter in the US and its kind, else A4."""
    is_letter = QLocale().measurementSystem() == QLocale.MeasurementSystem.ImperialUSSystem
    return QPageSize.PageSizeId.Letter if is_letter else QPageSize.PageSizeId.A4


def paper_named(name: str) -> QPageSize.PageSizeId:
    """Return the paper called `a4` or `letter`; what is usual here for any other name."""
    return {"a4": QPageSize.PageSizeId.A4, "letter": QPageSize.PageSizeId.Letter}.get(name) or paper_of_locale()


def page_layout(document: Document, paper: QPageSize.PageSizeId) -> QPageLayout:
    """Return paper, direction and margins that suit a document; a card has A6, whatever paper else is used."""
    if document.slip:
        margins = QMarginsF(*(_SLIP_MARGIN_MM,) * 4)
        size, direction = QPageSize.PageSizeId.A6, QPageLayout.Orientation.Portrait
    else:
        margins = QMarginsF(*(_MARGIN_MM,) * 4)
        size = paper
        direction = QPageLayout.Orientation.Landscape if document.landscape else QPageLayout.Orientation.Portrait
    return QPageLayout(QPageSize(size), direction, margins, QPageLayout.Unit.Millimeter)


def pdf_of(
    document: Document,
    paper: QPageSize.PageSizeId,
    tell: Callable[[int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> bytes:
    """Return a document as PDF. `tell`: how many pages are done. Raises PrintCancelled when `stop` says so."""
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(_DPI)
    writer.setPageLayout(page_layout(document, paper))
    writer.setTitle(document.name)
    writer.setCreator("Clinic Desk")
    paint(document, writer, tell, stop)
    del writer
    buffer.close()
    return bytes(content.data())


def paint(
    document: Document,
    device: QPagedPaintDevice,
    tell: Callable[[int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> None:
    """Paint a document on a device of pages. Raises PrintCancelled."""
    scale = device.logicalDpiX() / _MM_PER_INCH
    room = device.pageLayout().paintRect(QPageLayout.Unit.Millimeter)
    writing = _Writing(device, scale, document.larger)
    painter = QPainter(device)
    try:
        for number, page in enumerate(pages_of(document, room.width(), room.height(), writing.height)):
            if stop is not None and stop():
                raise PrintCancelled
            if number:
                device.newPage()
            writing.paint(page, painter)
            if tell is not None:
                tell(number + 1)
    finally:
        painter.end()


class _Writing:
    """The fonts of one device, and the paragraphs that are longer than a line: laid out once, measured and painted."""

    def __init__(self, device: QPagedPaintDevice, scale: float, larger: float = 1.0) -> None:
        self._device, self._scale = device, scale
        self._fonts = {style: _font(_POINTS[style] * larger, style, device) for style in Style}
        self._metrics = {style: QFontMetricsF(font, device) for style, font in self._fonts.items()}
        self._line = {style: metrics.height() / scale for style, metrics in self._metrics.items()}
        self._wrapped: dict[tuple[str, Style, int], QTextLayout | None] = {}

    def height(self, text: str, style: Style, width: float) -> float:
        """Return how many millimetres high a text is when it is so many wide."""
        wrapped = self._laid_out(text, style, width)
        return self._line[style] if wrapped is None else wrapped.boundingRect().height() / self._scale

    def _laid_out(self, text: str, style: Style, width: float) -> QTextLayout | None:
        """Return the layout of a text that needs several lines, None for one that does not."""
        key = (text, style, round(width * 10))
        if key not in self._wrapped:
            fits = self._metrics[style].horizontalAdvance(text) <= width * self._scale
            self._wrapped[key] = None if fits else self._broken(text, style, width * self._scale)
        return self._wrapped[key]

    def _broken(self, text: str, style: Style, width: float) -> QTextLayout:
        layout = QTextLayout(text, self._fonts[style], self._device)
        option = QTextOption(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute)
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.beginLayout()
        y = 0.0
        while (line := layout.createLine()).isValid():
            line.setLineWidth(width)
            line.setPosition(QPointF(0, y))
            y += self._metrics[style].height()
        layout.endLayout()
        return layout

    def paint(self, page: Page, painter: QPainter) -> None:
        """Paint one page."""
        scale = self._scale
        for box in page.grounds:
            painter.fillRect(QRectF(box.x * scale, box.y * scale, box.width * scale, box.height * scale), _AWAY)
        for box in page.bars:
            painter.fillRect(QRectF(box.x * scale, box.y * scale, box.width * scale, box.height * scale), _BAR)
        painter.setPen(QPen(_RULE, 0.12 * scale))
        for x, y, width in page.lines:
            painter.drawLine(QPointF(x * scale, y * scale), QPointF((x + width) * scale, y * scale))
        painter.setPen(QPen(_INK, 0.2 * scale))
        for box in page.ticks:
            painter.drawRect(QRectF(box.x * scale, box.y * scale, box.width * scale, box.height * scale))
        for placed in page.texts:
            self._write(placed, painter)
        if page.cut is not None:
            painter.setPen(QPen(_RULE, 0.2 * scale, Qt.PenStyle.DashLine))
            painter.drawRect(QRectF(0, 0, page.cut.width * scale, page.cut.height * scale))

    def _write(self, placed: Placed, painter: QPainter) -> None:
        box, scale, style = placed.box, self._scale, placed.style
        painter.setPen(_FAINT if style is Style.FAINT else _INK)
        wrapped = self._laid_out(placed.text, style, box.width)
        if wrapped is not None:
            wrapped.draw(painter, QPointF(box.x * scale, box.y * scale))
            return
        painter.setFont(self._fonts[style])
        x = box.x * scale
        if placed.right:
            x += box.width * scale - self._metrics[style].horizontalAdvance(placed.text)
        painter.drawText(QPointF(x, box.y * scale + self._metrics[style].ascent()), placed.text)


def _font(points: float, style: Style, device: QPagedPaintDevice) -> QFont:
    font = QFont(QGuiApplication.font().family())
    font.setPointSizeF(points)
    font.setBold(style in {Style.TITLE, Style.STRONG})
    return QFont(font, device)

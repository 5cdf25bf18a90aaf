"""Shows one page of the manual: from the resources only, nothing is fetched from anywhere."""

from __future__ import annotations

import re
from typing import Final

from PySide6.QtCore import QEvent, Qt, QUrl, Signal
from PySide6.QtGui import (
    QBrush,
    QDesktopServices,
    QImage,
    QPalette,
    QResizeEvent,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFrameFormat,
    QTextImageFormat,
    QTextLength,
    QTextTable,
)
from PySide6.QtWidgets import QMessageBox, QTextBrowser, QWidget

from clinic_desk.resources import resource
from clinic_desk.ui.manual.pages import FOLDER
from clinic_desk.ui.theme import theme_of

_MARGIN: Final = 28
_PICTURE: Final = re.compile(r"pictures/[a-z0-9-]+\.png")
_PICTURE_SIGN: Final = "\ufffc"
"""What stands in a text for a picture."""
_LARGER: Final = {1: 1.7, 2: 1.3, 3: 1.1}


class ManualBrowser(QTextBrowser):
    """Links within the manual are told; one that leads out of it is opened in the system's browser after a question."""

    page_wanted = Signal(str)
    """The name of a page."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("manual_browser")
        self.setAccessibleName(self.tr("Page of the manual"))
        self.setOpenLinks(False)
        self.setUndoRedoEnabled(False)
        self.document().setDocumentMargin(_MARGIN)
        self.anchorClicked.connect(self._follow)
        self._text = ""

    def show_text(self, markdown: str) -> None:
        """Show a page from its beginning."""
        self._text = markdown
        self._lay_out()
        self.moveCursor(QTextCursor.MoveOperation.Start)
        self.verticalScrollBar().setValue(0)
        self.setAccessibleDescription(self.document().firstBlock().text())

    def mark(self, typed: str) -> bool:
        """Choose the next place where this stands, from the beginning again after the last; False if there is none."""
        if self.find(typed):
            return True
        self.moveCursor(QTextCursor.MoveOperation.Start)
        return self.find(typed)

    def loadResource(self, kind: int, name: QUrl | str) -> object:  # noqa: N802
        """Pictures of the manual, and nothing else from anywhere."""
        path = name.toString() if isinstance(name, QUrl) else name
        if kind != QTextDocument.ResourceType.ImageResource.value or not _PICTURE.fullmatch(path):
            return None
        image = QImage()
        image.loadFromData(resource(f"{FOLDER}/{path}").read_bytes())
        return image

    def changeEvent(self, event: QEvent) -> None:
        """Other colours, another size of the letters: the page is laid out anew where it was."""
        super().changeEvent(event)
        if event.type() in {QEvent.Type.PaletteChange, QEvent.Type.FontChange} and hasattr(self, "_text"):
            where = self.verticalScrollBar().value()
            self._lay_out()
            self.verticalScrollBar().setValue(where)

    # --- layout ---

    def _lay_out(self) -> None:
        document = self.document()
        document.setDefaultFont(self.font())
        document.setMarkdown(self._text, QTextDocument.MarkdownFeature.MarkdownDialectGitHub)
        block = document.begin()
        while block.isValid():
            self._style(block)
            block = block.next()
        for frame in document.rootFrame().childFrames():
            if isinstance(frame, QTextTable):
                self._style_table(frame)

    def _style(self, block: QTextBlock) -> None:
        cursor = QTextCursor(block)
        form = QTextBlockFormat()
        level = block.blockFormat().headingLevel()
        form.setTopMargin(18 if level > 1 else 4)
        form.setBottomMargin(6)
        in_table = cursor.currentTable() is not None
        if not in_table and _PICTURE_SIGN not in block.text():
            form.setLineHeight(130, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        if in_table:
            form.setTopMargin(0)
            form.setBottomMargin(0)
        cursor.mergeBlockFormat(form)
        self._style_letters(block, level)

    def _style_letters(self, block: QTextBlock, level: int) -> None:
        """Links in the theme's colour, headings by size, pictures no wider than the page and as sharp as the screen."""
        accent = self.palette().color(QPalette.ColorRole.Link)
        parts = []
        iterator = block.begin()
        while not iterator.atEnd():
            parts.append(iterator.fragment())
            iterator += 1
        for part in parts:
            cursor = QTextCursor(block.document())
            cursor.setPosition(part.position())
            cursor.setPosition(part.position() + part.length(), QTextCursor.MoveMode.KeepAnchor)
            form = QTextCharFormat()
            if part.charFormat().isImageFormat():
                self._fit(cursor, part.charFormat().toImageFormat())
                continue
            if part.charFormat().isAnchor():
                form.setForeground(accent)
            if level:
                form.setFontPointSize(self.font().pointSizeF() * _LARGER.get(level, 1.0))
            cursor.mergeCharFormat(form)

    def _fit(self, cursor: QTextCursor, picture: QTextImageFormat) -> None:
        image = self.loadResource(QTextDocument.ResourceType.ImageResource.value, picture.name())
        if isinstance(image, QImage):
            room = max(320, self.viewport().width() - 2 * _MARGIN - 24)
            wide, ratio = min(image.width(), room), self.devicePixelRatioF()
            sharp = image.scaledToWidth(round(wide * ratio), Qt.TransformationMode.SmoothTransformation)
            sharp.setDevicePixelRatio(ratio)
            kind = QTextDocument.ResourceType.ImageResource.value
            self.document().addResource(kind, QUrl(picture.name()), sharp)
            picture.setWidth(wide)
            picture.setHeight(round(wide * image.height() / image.width()))
            cursor.mergeCharFormat(picture)

    def _style_table(self, table: QTextTable) -> None:
        form = table.format()
        form.setBorder(1)
        form.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        form.setBorderBrush(QBrush(theme_of(self.palette()).line))
        form.setBorderCollapse(True)
        form.setCellPadding(6)
        form.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
        form.setTopMargin(4)
        form.setBottomMargin(10)
        table.setFormat(form)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Pictures fit the page's width."""
        super().resizeEvent(event)
        block = self.document().begin()
        while block.isValid():
            if _PICTURE_SIGN in block.text():
                self._style_letters(block, 0)
            block = block.next()

    # --- links ---

    def _follow(self, url: QUrl) -> None:
        text = url.toString()
        if text.endswith(".md") and "/" not in text:
            self.page_wanted.emit(text.removesuffix(".md"))
        elif url.scheme() in {"http", "https"}:
            self._ask_whether_out(url)

    def _ask_whether_out(self, url: QUrl) -> None:
        asking = QMessageBox(
            QMessageBox.Icon.Question,
            self.tr("Clinic Desk"),
            self.tr("This leads out of the manual, into your web browser:\n{address}").format(address=url.toString()),
            QMessageBox.StandardButton.Open | QMessageBox.StandardButton.Cancel,
            self,
        )
        asking.setObjectName("manual_leads_out")
        asking.setDefaultButton(QMessageBox.StandardButton.Cancel)
        asking.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        asking.accepted.connect(lambda: QDesktopServices.openUrl(url))
        asking.open()

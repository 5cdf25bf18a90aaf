"""Where things stand on the pages: nothing is cut, nothing is lost, and pages are counted by sheet."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from clinic_desk.ui.paper.document import Column, Document, Row, Sheet, Style, Text
from clinic_desk.ui.paper.layout import SLIP_WIDTH, Page, pages_of

WIDTH, HEIGHT = 190.0, 277.0


def measure(text: str, style: Style, width: float) -> float:
    """Each letter two millimetres wide, each line four high."""
    return 4.0 * max(1, math.ceil(2.0 * len(text) / width))


def document(*sheets: Sheet, **other: bool) -> Document:
    return Document("Test", sheets, "{page} of {pages}", "Foot", **other)


def sheet(rows: list[Row], title: str = "Dr. A") -> Sheet:
    columns = (Column("Time", 25), Column("Patient", 46, 1), Column("Note", 34, 2))
    return Sheet(title, "Monday", columns, tuple(rows), aside=("as of",), empty="Nothing.", ticks=True)


def row(*texts: str) -> Row:
    return Row(tuple((Text(text),) for text in texts), tick=True)


def pages(made: Document) -> list[Page]:
    return list(pages_of(made, WIDTH, HEIGHT, measure))


def texts(page: Page) -> list[str]:
    return [placed.text for placed in page.texts]


def test_a_sheet_begins_on_a_page_of_its_own_and_its_pages_are_counted_by_themselves() -> None:
    long = sheet([row("08:00", f"Patient {number}", "") for number in range(100)])
    found = pages(document(long, sheet([], "Dr. B")))
    assert [texts(page)[-1] for page in found] == ["1 of 3", "2 of 3", "3 of 3", "1 of 1"]
    assert all({"Dr. A", "Monday", "as of", "Patient", "Foot"} <= set(texts(page)) for page in found[:3])
    assert "Nothing." in texts(found[3])


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 400), st.integers(0, 3000)), max_size=25))
def test_nothing_is_lost_and_nothing_reaches_over_the_edge(lengths: list[tuple[int, int, int]]) -> None:
    rows = [row("t" * one, "p" * two, "n" * three) for one, two, three in lengths]
    found = pages(document(sheet(rows)))
    written = [text for page in found for text in texts(page)]
    for letter, place in (("t", 0), ("p", 1), ("n", 2)):
        assert sum(len(text) for text in written if set(text) == {letter}) == sum(each[place] for each in lengths)
    for page in found:
        for placed in page.texts:
            assert placed.box.x >= 0
            assert placed.box.x + placed.box.width <= WIDTH + 0.01
            assert placed.box.y + placed.box.height <= HEIGHT
        body = [placed.box for placed in page.texts[:-2]]
        assert all(box.y + box.height <= page.texts[-1].box.y for box in body)


def test_a_row_is_not_parted_when_the_next_page_has_room_for_it() -> None:
    rows = [row("08:00", "A", ""), *[row("09:00", "B " * 400, "")] * 8]
    found = pages(document(sheet(rows)))
    heights = {placed.box.height for page in found for placed in page.texts if placed.text.startswith("B ")}
    assert len(heights) == 1


def test_a_row_with_fewer_cells_goes_on_to_the_right_edge_and_free_times_have_room_to_write() -> None:
    (page,) = pages(document(sheet([Row(((Text("08:00"),), (Text("free"),)), least=20.0), row("09:00", "P", "N")])))
    free = next(placed for placed in page.texts if placed.text == "free")
    patient = next(placed for placed in page.texts if placed.text == "P")
    assert free.box.x + free.box.width > WIDTH - 3
    assert patient.box.y - free.box.y >= 20.0
    assert len(page.ticks) == 1


def test_a_card_on_larger_paper_stands_in_a_line_to_cut_along() -> None:
    card = document(sheet([row("08:00", "A", "")]), slip=True)
    (page,) = pages(card)
    assert page.cut is not None
    assert page.cut.width == SLIP_WIDTH
    assert all(placed.box.x + placed.box.width <= SLIP_WIDTH for placed in page.texts)
    (on_a6,) = pages_of(card, SLIP_WIDTH, 140, measure)
    assert on_a6.cut is None

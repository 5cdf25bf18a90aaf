"""The manual's pages and their contents, read from the resources; keys and names of commands come from the program.

A page writes `[[name]]` for the key of a command and `[[=name]]` for what it is called (names as in `ui/actions.py`),
and `{{keys}}` for the table of all keys: none of these can be wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from clinic_desk.domain.finding import begins_words
from clinic_desk.resources import resource
from clinic_desk.ui.shell.key_groups import KeyGroup

FOLDER: Final = "manual/en"
CONTENTS: Final = "contents"
FIRST: Final = "start"
KEYS: Final = "{{keys}}"
COMMAND: Final = re.compile(r"\[\[(=?)([a-z_0-9]+)\]\]")
_LINK: Final = re.compile(r"^- \[[^\]]*\]\(([a-z-]+)\.md\)")
_AROUND: Final = 60


@dataclass(frozen=True, slots=True)
class Page:
    """`name`: of its file, without the ending."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class Part:
    """Pages for one kind of reader."""

    title: str
    pages: tuple[Page, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A page with what was looked for; `around` is where it stands, in plain words."""

    page: Page
    around: str


def text_of(name: str) -> str:
    """Return a page as it is written. FileNotFoundError if there is none of this name."""
    return resource(f"{FOLDER}/{name}.md").read_text("utf-8")


def names() -> frozenset[str]:
    """Return the names of all pages."""
    found = (each.name for each in resource(FOLDER).iterdir())
    return frozenset(name.removesuffix(".md") for name in found if name.endswith(".md")) - {CONTENTS}


def contents() -> tuple[Part, ...]:
    """Return all pages in order; one that the contents do not name stands last."""
    parts: list[tuple[str, list[str]]] = []
    for line in text_of(CONTENTS).splitlines():
        if line.startswith("## "):
            parts.append((line[3:].strip(), []))
        elif parts and (link := _LINK.match(line)):
            parts[-1][1].append(link[1])
    named = {name for _, of_part in parts for name in of_part}
    parts[-1][1].extend(sorted(names() - named))
    return tuple(Part(title, tuple(Page(name, _title(name)) for name in of_part)) for title, of_part in parts)


def _title(name: str) -> str:
    return text_of(name).splitlines()[0].removeprefix("# ").strip()


def filled(text: str, called: Mapping[str, tuple[str, str]], groups: Iterable[KeyGroup]) -> str:
    """Return a page's text with its commands filled in; `called`: words and key ("" for none) of each command."""

    def fill(found: re.Match[str]) -> str:
        words, keys = called[found[2]]
        plain = words.removesuffix("…")
        return f"**{_literal(plain if found[1] or not keys else keys)}**"

    return COMMAND.sub(fill, text).replace(KEYS, _table(groups))


def _table(groups: Iterable[KeyGroup]) -> str:
    lines: list[str] = []
    for group in groups:
        rows = [f"| {_literal(line.text)} | {_literal(line.keys)} |" for line in group.lines if line.keys]
        if rows:
            lines += [f"## {_literal(group.title)}", "", "| To do | Key |", "|---|---|", *rows, ""]
    return "\n".join(lines)


def _literal(text: str) -> str:
    """Text as Markdown shows it unchanged."""
    return re.sub(r"([\\`*_\[\]<>|#~])", r"\\\1", text)


def plain(text: str) -> str:
    """Return a page without its marks, for looking in it and for quoting from it."""
    text = re.sub(r"!\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"^[#|>\s-]+|[*`|]|^```.*$", " ", text, flags=re.MULTILINE)
    return " ".join(text.split())


def found(texts: Mapping[Page, str], typed: str) -> tuple[Found, ...]:
    """Return the pages that hold all the words typed, as beginnings of words; those with it in their title first."""
    if not typed.strip():
        return ()
    hits = [
        (not begins_words(page.title, typed), Found(page, _around(text, typed)))
        for page, text in texts.items()
        if begins_words(f"{page.title} {text}", typed)
    ]
    return tuple(hit for _, hit in sorted(hits, key=lambda hit: hit[0]))


def _around(text: str, typed: str) -> str:
    at = text.casefold().find(typed.split(maxsplit=1)[0].casefold())
    begin = max(0, at - _AROUND // 2)
    begin = text.find(" ", begin) + 1 if begin else 0
    return f"{'… ' if begin else ''}{text[begin : begin + 2 * _AROUND].strip()} …"

"""Which parts of a shown name the typed letters matched, so that the list can underline them."""

from __future__ import annotations

from collections.abc import Callable


def matched_ranges(text: str, typed: str, fold: Callable[[str], str]) -> tuple[tuple[int, int], ...]:
    """Return sorted, disjoint (start, length) ranges of `text` where a word of `typed` is found after folding.

    A letter may fold to several (ß to ss) or to none (an accent); the range covers whole letters of `text`.
    """
    folded, owner = _folded_with_owners(text, fold)
    marked: set[int] = set()
    for word in typed.split():
        wanted = fold(word)
        at = _find(folded, wanted)
        if at >= 0:
            marked.update(range(owner[at], owner[at + len(wanted) - 1] + 1))
    return _runs(sorted(marked))


def _find(folded: str, wanted: str) -> int:
    """Return where `wanted` begins a word of `folded`, else where it stands at all, else -1."""
    at = first = folded.find(wanted) if wanted else -1
    while at > 0 and folded[at - 1].isalnum():
        at = folded.find(wanted, at + 1)
    return at if at >= 0 else first


def _folded_with_owners(text: str, fold: Callable[[str], str]) -> tuple[str, list[int]]:
    pieces: list[str] = []
    owner: list[int] = []
    for index, letter in enumerate(text):
        piece = fold(letter) or (" " if letter.isspace() else "")
        pieces.append(piece)
        owner.extend([index] * len(piece))
    return "".join(pieces), owner


def _runs(indices: list[int]) -> tuple[tuple[int, int], ...]:
    runs: list[tuple[int, int]] = []
    for index in indices:
        if runs and runs[-1][0] + runs[-1][1] == index:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((index, 1))
    return tuple(runs)

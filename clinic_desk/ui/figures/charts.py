"""What a chart shows, as plain records: bars side by side or in one line, and the table that says the same."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log10


@dataclass(frozen=True, slots=True)
class Number:
    """A value in a table; None: there is none. `unit` follows it ("%")."""

    value: float | None
    unit: str = ""


Row = tuple[str | Number, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """One value for each category; None: there is none (a rate of nothing)."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """`stacked`: the series of a category lie behind each other in one bar; else each has a bar of its own.

    `unit` follows a value ("%"). `about`: what is counted, in a sentence. `strong`: the first category is all together.
    `headings` and `rows`: the table; its first column names the rows.
    """

    name: str
    title: str
    about: str
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    unit: str = ""
    stacked: bool = False
    strong: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether no bar would be seen and no zero is worth one."""
        return not any(value is not None for each in self.series for value in each.values)

    @property
    def largest(self) -> float:
        """The longest bar's value."""
        if self.stacked:
            return max((self.total(place) for place in range(len(self.categories))), default=0.0)
        return max((value or 0.0 for each in self.series for value in each.values), default=0.0)

    def total(self, category: int) -> float:
        """Return the sum of a category's values."""
        return sum(each.values[category] or 0.0 for each in self.series)


def ticks(largest: float, *, most: int = 6) -> tuple[float, ...]:
    """Return round values for an axis, from 0 to the first that is not below `largest`: steps of 1, 2 or 5."""
    if largest <= 0:
        return (0.0, 1.0)
    rough = largest / (most - 1)
    power = 10.0 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    return tuple(round(step * count, 10) for count in range(ceil(largest / step - 1e-9) + 1))

"""Naming: from where a segment stands among all customers to a name people can use.

The rules are data: ``dbt_project/seeds/segment_names.csv``, read from the top; the first row whose
conditions all hold gives the name. Bounds are standings: ``spend_365d_amount >= 0.8`` says that the
segment's median customer spends more than 80 % of all customers do. A second name of the same row
is told apart by words from ``segment_name_qualifiers.csv``.
"""

import csv
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from include.settings import CHECKOUT
from models_ml.segmentation.profile import STANDING_COLUMNS

SEEDS = CHECKOUT / "dbt_project" / "seeds"
TELLING = 5  # letters of a word that says something by itself: "coupons", and not "with"
HIGH, LOW = 0.6, 0.4  # standings from which a qualifier says that a segment has much, or little

CONDITION = re.compile(r"(\w+) (>=|<=) (0|1|0?\.\d+)")

Bounds = Mapping[str, tuple[float, float]]


class RuleError(ValueError):
    """A row of the seeds that name segments cannot be used."""


@dataclass(frozen=True, kw_only=True)
class Name:
    """A row of the table: conditions, and what people read and do."""

    name: str
    description: str
    suggested_action: str
    when: Bounds = field(default_factory=dict)

    def fits(self, standing: Mapping[str, float], slack: float = 0.0) -> bool:
        """Say whether a segment that stands so may carry this name."""
        return all(
            low - slack <= standing[trait] <= high + slack
            for trait, (low, high) in self.when.items()
        )


@dataclass(frozen=True, kw_only=True)
class Qualifier:
    """Words for a segment that stands above, or below, the middle in a trait."""

    trait: str
    above: str
    below: str


UNSEGMENTED_ID = "S0"
UNSEGMENTED_NAME = Name(
    name="Unsegmented",
    description="Too unlike any segment to be counted in one.",
    suggested_action="Address as everyone; look again after the next orders.",
)


@cache
def name_rules(file: Path = SEEDS / "segment_names.csv") -> tuple[Name, ...]:
    """Return the table's rows by their priority.

    Raises:
        RuleError: a row is incomplete, has an unknown trait, or none is left for everyone else.
    """
    rules: list[Name] = []
    for line, row in _rows(file):
        if not row["segment_name"] or row["segment_name"] in {rule.name for rule in rules}:
            raise RuleError(f"{file}, line {line}: segment_name is empty, or was used above.")
        rules.append(
            Name(
                name=row["segment_name"],
                description=row["description"],
                suggested_action=row["suggested_action"],
                when=_bounds(row["conditions"], place=f"{file}, line {line}"),
            )
        )
    if not rules or rules[-1].when:
        raise RuleError(f"{file}: the last row must have no conditions, for whoever is left.")
    return tuple(rules)


@cache
def qualifiers(file: Path = SEEDS / "segment_name_qualifiers.csv") -> tuple[Qualifier, ...]:
    """Return the words that tell segments of one name apart, by their priority."""
    found = []
    for line, row in _rows(file):
        _known(row["trait"], place=f"{file}, line {line}")
        found.append(
            Qualifier(trait=row["trait"], above=row["said_above"], below=row["said_below"])
        )
    return tuple(found)


def choose_name(standing: Mapping[str, float], taken: Collection[str]) -> Name:
    """Return the table's name for a segment, told apart from those ``taken`` by a qualifier."""
    chosen = next(name for name in name_rules() if name.fits(standing))
    candidates = [chosen.name, *(f"{chosen.name}, {word}" for word in _words(chosen, standing))]
    numbered = (f"{chosen.name} {number}" for number in range(2, len(taken) + 3))
    free = next(name for name in [*candidates, *numbered] if name not in taken)
    return Name(
        name=free,
        description=chosen.description,
        suggested_action=chosen.suggested_action,
    )


def still_fits(name: str, standing: Mapping[str, float], *, slack: float) -> bool:
    """Say whether a segment that has ``name`` may keep it; a name of no rule was given by hand."""
    first = name.partition(",")[0].rstrip(" 0123456789")
    return all(rule.fits(standing, slack) for rule in name_rules() if rule.name == first)


def _words(name: Name, standing: Mapping[str, float]) -> list[str]:
    """Return the words that set a segment apart, in the table's order, but for what it is called.

    "Bargain seekers, on discount" would say one thing twice, and so would "with coupons" of coupon
    lovers.
    """
    said = [
        known.above if standing[known.trait] > HIGH else known.below
        for known in qualifiers()
        if known.trait not in name.when
        and (standing[known.trait] > HIGH or standing[known.trait] < LOW)
    ]
    called = name.name.lower()
    return [words for words in said if not any(stem in called for stem in _stems(words))]


def _stems(words: str) -> list[str]:
    """Return the telling words without their ending: "with coupons" has "coupon"."""
    return [word.rstrip("s") for word in words.lower().split() if len(word) >= TELLING]


def _rows(file: Path) -> Sequence[tuple[int, dict[str, str]]]:
    """Return the lines of a seed with their numbers, by priority."""
    with file.open(encoding="utf-8", newline="") as source:
        reader = csv.DictReader(source)
        found = [(reader.line_num, row) for row in reader]
    try:
        return sorted(found, key=lambda entry: int(entry[1]["priority"]))
    except (KeyError, TypeError, ValueError) as error:
        raise RuleError(f"{file}: every row needs a whole number as its priority.") from error


def _bounds(conditions: str, *, place: str) -> Bounds:
    """Return the least and greatest standing that ``a >= 0.7 and b <= 0.4`` asks of each trait."""
    bounds: dict[str, tuple[float, float]] = {}
    for condition in filter(None, conditions.split(" and ")):
        parsed = CONDITION.fullmatch(condition.strip())
        if parsed is None:
            raise RuleError(
                f"{place}: {condition!r} is no condition. Write a trait, >= or <=, and a standing "
                "from 0 to 1, joined by 'and': spend_365d_amount >= 0.7 and recency_days <= 0.4."
            )
        trait, sign, bound = parsed.groups()
        _known(trait, place=place)
        low, high = bounds.get(trait, (0.0, 1.0))
        bounds[trait] = (float(bound), high) if sign == ">=" else (low, float(bound))
    return bounds


def _known(trait: str, *, place: str) -> None:
    """Raise where nothing is measured under the name ``trait``."""
    if trait not in STANDING_COLUMNS:
        known = ", ".join(STANDING_COLUMNS)
        raise RuleError(f"{place}: {trait!r} is no trait. Known are {known}.")

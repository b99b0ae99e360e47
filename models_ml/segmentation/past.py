"""Past: what the days before say about segments, which a training must not contradict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from include.warehouse import Connection, has_table, literal, read_query
from models_ml.segmentation.history import SEGMENTS

SEEN_IDS = "ml.segment_profiles"  # every id that people have ever seen, by day

Sizes = Mapping[str, Sequence[tuple[date, float]]]


@dataclass(frozen=True, kw_only=True)
class Past:
    """The days before: the next free number, each segment's sizes, who was where at last.

    ``former`` has customer_id and segment_id; None where nobody was anywhere.
    """

    next_id: int
    sizes: Sizes
    former: pl.DataFrame | None


def read_past(connection: Connection, *, as_of: date) -> Past:
    """Return what the days before ``as_of`` say; later ones are not looked at."""
    return Past(
        next_id=_next_id(connection, as_of),
        sizes=_sizes(connection, as_of),
        former=_former(connection, as_of),
    )


def _next_id(connection: Connection, as_of: date) -> int:
    """Return the least number above every segment's that anybody saw on the days before.

    The champion alone does not know: it may have been rolled back from one that had more.
    """
    if not has_table(connection, SEEN_IDS):
        return 1
    query = (
        f"SELECT coalesce(max(try_cast(segment_id[2:] AS integer)), 0) + 1 FROM {SEEN_IDS} "
        f"WHERE segment_id[1] = 'S' AND as_of < {literal(as_of)}::date"
    )
    [(number,)] = connection.execute(query).fetchall()
    return int(number)


def _former(connection: Connection, as_of: date) -> pl.DataFrame | None:
    """Return who was where on the newest day before; None where nobody was anywhere."""
    if not has_table(connection, SEGMENTS):
        return None
    return read_query(
        connection,
        f"SELECT customer_id, segment_id FROM {SEGMENTS} WHERE as_of = "
        f"(SELECT max(as_of) FROM {SEGMENTS} WHERE as_of < {literal(as_of)}::date)",
    )


def _sizes(connection: Connection, as_of: date) -> Sizes:
    """Return each segment's share of customers on the days before; those by rule are others."""
    if not has_table(connection, SEEN_IDS):
        return {}
    found = read_query(
        connection,
        "SELECT segment_id, arg_max(segment_name, as_of) AS name, "
        "list(as_of ORDER BY as_of) AS days, "
        "list(customer_share::double ORDER BY as_of) AS shares "
        f"FROM {SEEN_IDS} WHERE segment_id[1] = 'S' AND as_of < {literal(as_of)}::date "
        "GROUP BY ALL ORDER BY segment_id",
    )
    return {
        f"{segment_id} {name}": list(zip(days, shares, strict=True))
        for segment_id, name, days, shares in found.iter_rows()
    }

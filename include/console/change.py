"""The change: how sizes went, who moved where, what became of segments, what waits for approval."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from include.console import geometry, ribbons
from include.console.colours import hue_of
from include.console.tables import rows
from include.warehouse import Connection

WIDTH, HEIGHT = 600, 260
FLOW_WIDTH, FLOW_HEIGHT, FLOW_GAP = 620, 340, 12
EVENT_DAYS = 180  # what is older is history and not news
ELSEWHERE = ("new", "gone")  # beside the segments: who was no customer before, or is none now
SAID = {
    "first": "First segments",
    "born": "New segment",
    "died": "Segment ended",
    "split": "Split off",
    "merged": "Merged",
    "renamed": "Renamed",
}


@dataclass(frozen=True, kw_only=True)
class Change:
    """The section of change; its pictures are None before there are two days to compare."""

    sizes: dict[str, Any] | None
    flow: dict[str, Any] | None
    events: list[dict[str, Any]]
    challenger: dict[str, Any] | None


def change(connection: Connection, as_of: date) -> Change:
    """Gather the section of change."""
    waiting = rows(connection, "SELECT * FROM segment_challengers ORDER BY trained_as_of DESC")
    return Change(
        sizes=sizes(connection),
        flow=flow(connection),
        events=events(connection, as_of),
        challenger=waiting[0] if waiting else None,
    )


def sizes(connection: Connection) -> dict[str, Any] | None:
    """Return a line a segment: its share of customers on every scored day.

    Segments by rule and clusters are different people: on a day of the one no line is of the other.
    """
    found = rows(
        connection,
        """
        SELECT segment_id, arg_max(segment_name, as_of) AS name,
            list(as_of ORDER BY as_of) AS days,
            list(customer_share::double ORDER BY as_of) AS shares
        FROM segment_sizes
        WHERE (segment_id LIKE 'R-%') IN (
            SELECT arg_max(segment_id LIKE 'R-%', as_of) FROM segment_sizes
        )
        GROUP BY segment_id
        ORDER BY arg_max(customer_share, as_of) DESC, segment_id
        """,
    )
    days = sorted({day for row in found for day in row["days"]})
    if len(days) < 2:  # noqa: PLR2004 - a line has two ends
        return None
    top = geometry.nice_ceiling(max(share for row in found for share in row["shares"]))
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "days": days,
        "top": top,
        "lines": [
            {
                "hue": hue_of(row["segment_id"]),
                "name": row["name"],
                "is_there": row["days"][-1] == days[-1],
                "share": row["shares"][-1],
                "path": ribbons.dated_line(
                    list(zip(row["days"], row["shares"], strict=True)),
                    days=(days[0], days[-1]),
                    top=top,
                    width=WIDTH,
                    height=HEIGHT,
                ),
            }
            for row in found
        ],
    }


def flow(connection: Connection) -> dict[str, Any] | None:
    """Return who moved from where to where: over the last month, or else since the day before."""
    found = rows(
        connection,
        """
        SELECT * FROM segment_flows WHERE from_date IS NOT NULL
        QUALIFY rank() OVER (ORDER BY span = 'month' DESC) = 1
        ORDER BY from_segment_id, to_segment_id
        """,
    )
    if not found:
        return None
    names: dict[str, str] = {}
    counts: dict[str, int] = defaultdict(int)
    for row in found:
        names[row["from_segment_id"]] = row["from_segment_name"]
        counts[row["from_segment_id"]] += row["customers"]
    for row in found:
        names[row["to_segment_id"]] = row["to_segment_name"]
        counts[row["to_segment_id"]] += row["customers"]
    order = sorted(names, key=lambda key: (key in ELSEWHERE, -counts[key], key))
    laid = ribbons.sankey(
        {(row["from_segment_id"], row["to_segment_id"]): row["customers"] for row in found},
        order,
        width=FLOW_WIDTH,
        height=FLOW_HEIGHT,
        gap=FLOW_GAP,
    )
    return {
        "width": FLOW_WIDTH,
        "height": FLOW_HEIGHT,
        "from_date": found[0]["from_date"],
        "names": names,
        "hues": {key: "s0" if key in ELSEWHERE else hue_of(key) for key in names},
        "laid": laid,
        **_balance(found),
    }


def _balance(found: list[dict[str, Any]]) -> dict[str, int]:
    """Count who stayed, moved, came and left; and whether the model is another."""
    told = {"stayed": 0, "moved": 0, "came": 0, "left": 0}
    for row in found:
        if row["from_segment_id"] == "new":
            what = "came"
        elif row["to_segment_id"] == "gone":
            what = "left"
        else:
            what = "stayed" if row["from_segment_id"] == row["to_segment_id"] else "moved"
        told[what] += row["customers"]
    versions = {row["from_model_version"] for row in found} - {None}
    is_other = versions != {row["to_model_version"] for row in found} - {None}
    return {**told, "is_other_model": is_other}


def events(connection: Connection, as_of: date) -> list[dict[str, Any]]:
    """Return what became of segments lately, newest first; what went on is no news.

    A first model's segments have nothing to be compared with: they are one event together.
    """
    found = rows(
        connection,
        """
        WITH told AS (
            SELECT *, event = 'born' AND shared_customers IS NULL AS is_first
            FROM segment_events WHERE event <> 'continued'
        )
        SELECT as_of, event, segment_id, segment_name, other_segment_id, other_segment_name,
            evidence
        FROM told WHERE NOT is_first
        UNION ALL
        SELECT as_of, 'first', NULL, string_agg(segment_name, ' · ' ORDER BY segment_id), NULL,
            NULL, any_value(evidence)
        FROM told WHERE is_first GROUP BY as_of
        ORDER BY as_of DESC, segment_id
        """,
    )
    return [
        {
            **row,
            "said": SAID.get(row["event"], row["event"]),
            "hue": hue_of(row["segment_id"]) if row["segment_id"] else "",
        }
        for row in found
        if row["as_of"] > as_of - timedelta(days=EVENT_DAYS)
    ]

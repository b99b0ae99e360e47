"""The segments: who they are, what sets them apart, where they stand, and their churn risk."""

from dataclasses import dataclass
from typing import Any

from include.console import geometry, personas
from include.console.colours import hue_of
from include.console.map import segment_map
from include.console.profiles import feature_positions, heat_map
from include.console.structure import Structure, structure
from include.console.tables import rows
from include.warehouse import Connection

RISKS = ("low", "medium", "high")


@dataclass(frozen=True, kw_only=True)
class Segments:
    """All of the page's segment sections; ``cards`` are largest first, the unsegmented last."""

    cards: list[dict[str, Any]]
    heat_map: list[dict[str, Any]]
    map: dict[str, Any] | None
    is_by_rules: bool
    lacks_web: bool
    lacks_marketing: bool
    has_churn: bool
    structure: Structure


def segments(connection: Connection) -> Segments:
    """Gather the segment sections."""
    cards = segment_cards(connection)
    positions = feature_positions(connection)
    measured = {position["feature"] for position in positions}
    traits = personas.traits_by_segment(connection)
    journeys = personas.journeys(positions)
    favourites = personas.favourites(connection)
    people = personas.demographics(connection)
    for card in cards:
        card["traits"] = traits.get(card["segment_id"], [])
        card["journey"] = journeys.get(card["segment_id"], "")
        card["favourites"] = favourites.get(card["segment_id"], "")
        card["spent"] = personas.spent(card)
        card["people"] = people.get(card["segment_id"], "")
    return Segments(
        cards=cards,
        heat_map=heat_map(positions, [card["segment_id"] for card in cards]),
        map=segment_map(connection, cards),
        is_by_rules=are_by_rules(cards),
        lacks_web="sessions_90d" not in measured,
        lacks_marketing="campaigns_90d" not in measured,
        has_churn=any(card["scored"] for card in cards),
        structure=structure(connection, {c["segment_id"]: c["segment_name"] for c in cards}),
    )


def are_by_rules(cards: list[dict[str, Any]]) -> bool:
    """Say whether rules made the segments, because no clusters could be proven."""
    return any("rule" in (card["model_version"] or "") for card in cards)


def segment_cards(connection: Connection) -> list[dict[str, Any]]:
    """Return each segment's profile with its churn risk and its part of the revenue."""
    found = rows(
        connection,
        """
        WITH members AS (
            SELECT
                m.segment_id,
                count(*) FILTER (m.is_weak) AS weak,
                count(s.customer_id) AS scored,
                count(*) FILTER (s.churn_risk = 'low') AS low,
                count(*) FILTER (s.churn_risk = 'medium') AS medium,
                count(*) FILTER (s.churn_risk = 'high') AS high,
                sum(s.churn_score) AS churn_total,
                sum(f.spend_90d_amount) AS revenue,
                avg(f.spend_365d_amount) AS spend_a_year,
                avg(f.orders_365d) AS orders_a_year,
                avg(r.monetary_amount) AS spend_so_far
            FROM customer_segments AS m
            LEFT JOIN customer_churn_scores AS s USING (customer_id)
            LEFT JOIN mart_customer_features AS f USING (customer_id)
            LEFT JOIN mart_customer_rfm AS r USING (customer_id)
            GROUP BY m.segment_id
        )
        SELECT p.*, m.* EXCLUDE (segment_id), sum(m.revenue) OVER () AS revenue_of_all
        FROM segment_profiles AS p
        LEFT JOIN members AS m USING (segment_id)
        ORDER BY p.segment_id = 'S0', p.customers DESC, p.segment_id
        """,
    )
    tiles = geometry.mosaic([card["customers"] or 0 for card in found])
    for card, tile_count in zip(found, tiles, strict=True):
        scored = card["scored"] or 0
        card["hue"] = hue_of(card["segment_id"])
        card["tiles"] = tile_count
        card["churn"] = card["churn_total"] / scored if scored else None
        card["risks"] = {risk: card[risk] / scored for risk in RISKS} if scored else {}
        card["revenue_share"] = (
            card["revenue"] / card["revenue_of_all"]
            if card["revenue"] is not None and card["revenue_of_all"]
            else None
        )
    return found

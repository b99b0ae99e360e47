"""The personas: what sets a segment apart, its value, its journey, its favourites, who they are."""

import math
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from include.console import wording
from include.console.features import FEATURES
from include.console.tables import rows
from include.warehouse import Connection

TRAITS = 4  # what a reader keeps in mind of a card
NOTICEABLE = 0.147  # Cliff's delta from which an effect is small, medium, large: Romano et al. 2006
MEDIUM, LARGE = 0.33, 0.474
FAVOURITES = 3
NEWS = 0.05  # medians nearer to each other than this part, or shares than this, are no news
LEAST_KNOWN = 30  # members of whom a band is known; fewer say nothing about the rest
NOT_THEIR_DOING = {"campaigns_90d"}  # what a company sends says nothing about who gets it
THEMES = {  # of features that say nearly the same, a card tells the strongest
    "recency_days": "activity",
    "average_days_between_orders": "activity",
    "orders_90d": "activity",
    "spend_90d_amount": "activity",
    "distinct_categories_90d": "activity",
    "average_order_amount": "basket",
    "items_per_order": "basket",
    "coupon_share": "coupons",
    "coupons_redeemed_90d": "coupons",
}
DEMOGRAPHICS = {
    "age_band": "aged {}",
    "income_band": "income {}",
    "household_composition": "{}",
    "home_ownership": "{}",
}


def traits_by_segment(connection: Connection) -> dict[str, list[dict[str, str]]]:
    """Return, in words, the features by which each segment differs most from everyone else."""
    order = list(FEATURES)
    told = [
        row
        for row in rows(connection, "SELECT * FROM segment_traits")
        if row["feature"] in FEATURES
        and row["feature"] not in NOT_THEIR_DOING
        and abs(row["effect_size"]) >= NOTICEABLE
        and not math.isclose(row["segment_median"], row["rest_median"], rel_tol=NEWS)
    ]
    told.sort(key=lambda row: (-abs(row["effect_size"]), order.index(row["feature"])))
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    themes: dict[str, set[str]] = defaultdict(set)
    for row in told:
        segment, theme = row["segment_id"], THEMES.get(row["feature"], row["feature"])
        if len(found[segment]) < TRAITS and theme not in themes[segment]:
            themes[segment].add(theme)
            found[segment].append(_trait(row))
    return found


def _trait(row: Mapping[str, Any]) -> dict[str, str]:
    """Return one difference in words."""
    feature = FEATURES[row["feature"]]
    effect = float(row["effect_size"])
    size = "large" if abs(effect) >= LARGE else "medium" if abs(effect) >= MEDIUM else "small"
    return {
        "source": feature.source,
        "sign": "▲" if effect > 0 else "▼",
        "words": feature.higher if effect > 0 else feature.lower,
        "label": feature.label,
        "here": wording.measure(row["segment_median"], feature.kind),
        "overall": wording.measure(row["rest_median"], feature.kind),
        "effect": f"{size} difference (Cliff’s delta {wording.signed(effect)})",
    }


def spent(card: Mapping[str, Any]) -> str:
    """Say what a member spent in the last year, in how many orders of which size: no forecast."""
    if card["spend_a_year"] is None:
        return ""
    told = f"In the last 12 months a member spent {wording.amount(card['spend_a_year'])} on average"
    if not card["orders_a_year"]:
        return f"{told}."
    orders = wording.measure(card["orders_a_year"], "count")
    each = wording.amount(card["spend_a_year"] / card["orders_a_year"])
    return f"{told}, in {orders} {'order' if orders == '1' else 'orders'} of {each}."


def journeys(positions: list[dict[str, Any]]) -> dict[str, str]:
    """Return each segment's typical way so far, told by its medians."""
    medians: dict[str, dict[str, float]] = defaultdict(dict)
    for position in positions:
        medians[position["segment_id"]][position["feature"]] = float(position["median"])
    return {segment: _journey(known) for segment, known in medians.items()}


def _journey(known: Mapping[str, float]) -> str:
    """Tell one median customer's journey; what is not known is left out."""
    told = []
    if "tenure_days" in known:
        told.append(f"First ordered {wording.days(known['tenure_days'])} ago")
    if "average_days_between_orders" in known:
        told.append(f"then every {wording.days(known['average_days_between_orders'], every=True)}")
    if "orders_90d" in known:
        orders = known["orders_90d"]
        told.append(f"{wording.plural(orders, 'order') if orders else 'none'} in the last 90 days")
    if round(known.get("sessions_90d", 0)):
        told.append(f"{wording.plural(known['sessions_90d'], 'visit')} to the web shop meanwhile")
    if "recency_days" in known:
        told.append(f"last ordered {wording.days(known['recency_days'])} ago")
    return ", ".join(told) + "." if told else ""


def favourites(connection: Connection) -> dict[str, str]:
    """Return each segment's top categories; empty where no mart has favourites."""
    found = rows(
        connection,
        f"""
        WITH counted AS (
            SELECT m.segment_id, c.favourite_category AS category, count(*) AS customers
            FROM customer_segments AS m
            INNER JOIN mart_customer_360 AS c USING (customer_id)
            WHERE c.favourite_category IS NOT NULL
            GROUP BY ALL
        )
        SELECT segment_id, category,
            customers / sum(customers) OVER (PARTITION BY segment_id) AS share
        FROM counted
        QUALIFY row_number() OVER (
            PARTITION BY segment_id ORDER BY customers DESC, category
        ) <= {FAVOURITES}
        ORDER BY segment_id, share DESC, category
        """,
    )
    told: dict[str, list[str]] = defaultdict(list)
    for row in found:
        name = wording.spoken(str(row["category"]).lower())
        told[row["segment_id"]].append(f"{name} ({wording.share(row['share'])})")
    return {segment: ", ".join(categories) for segment, categories in told.items()}


def demographics(connection: Connection) -> dict[str, str]:
    """Return the bands by which each segment differs from everyone, where enough is known."""
    bands = " UNION ALL ".join(
        f"SELECT customer_id, '{column}' AS trait, {column} AS band FROM dim_customers"
        for column in DEMOGRAPHICS
    )
    found = rows(
        connection,
        f"""
        WITH known AS (
            SELECT m.segment_id, b.trait, b.band
            FROM customer_segments AS m
            INNER JOIN ({bands}) AS b USING (customer_id)
            WHERE b.band IS NOT NULL AND lower(b.band) <> 'unknown'
        ),
        overall AS (
            SELECT trait, band, count(*) / sum(count(*)) OVER (PARTITION BY trait) AS share
            FROM known GROUP BY trait, band
        ),
        sizes AS (SELECT segment_id, count(*) AS customers FROM customer_segments GROUP BY ALL),
        inside AS (
            SELECT segment_id, trait, band, count(*) AS customers,
                sum(count(*)) OVER (PARTITION BY segment_id, trait) AS known
            FROM known GROUP BY segment_id, trait, band
        )
        SELECT i.segment_id, i.trait, i.band, i.customers / i.known AS share,
            o.share AS overall, i.known, i.known / s.customers AS known_share
        FROM inside AS i
        INNER JOIN overall AS o USING (trait, band)
        INNER JOIN sizes AS s USING (segment_id)
        QUALIFY row_number() OVER (
            PARTITION BY i.segment_id, i.trait ORDER BY i.customers / i.known - o.share DESC, i.band
        ) = 1
        ORDER BY ALL
        """,
    )
    by_segment: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for row in found:
        by_segment[row["segment_id"]][row["trait"]] = row
    return {segment: _who(known) for segment, known in by_segment.items()}


def _who(known: Mapping[str, Mapping[str, Any]]) -> str:
    """Say who a segment's members are, of whom that is known."""
    enough = [known[t] for t in DEMOGRAPHICS if t in known and known[t]["known"] >= LEAST_KNOWN]
    if not enough:
        return ""
    told = [
        f"{DEMOGRAPHICS[row['trait']].format(row['band'])} ({wording.share(row['share'])}, "
        f"of all customers {wording.share(row['overall'])})"
        for row in enough
        if row["share"] - row["overall"] >= NEWS
    ]
    most = wording.share(max(float(row["known_share"]) for row in enough))
    who = f"More often {', '.join(told)}" if told else "Much like everyone"
    return f"{who}. Known of {most} of them."

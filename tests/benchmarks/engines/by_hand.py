"""The script an engineer would write by hand for visits, RFM and engagement, without dbt.

DuckDB SQL over the same raw tables, narrow and in as few passes as we could find. Its tables have
the marts' columns, and the benchmark holds their digests equal before it prints any ratio.
Orders, RFM and the order of the steps are here; the rest lies beside, a step a file.
"""

from datetime import date
from pathlib import Path

from tests.benchmarks.engines import by_hand_engagement as engagement
from tests.benchmarks.engines import by_hand_identity as identity
from tests.benchmarks.engines import by_hand_sessions as sessions
from tests.benchmarks.engines.rules import (
    BOT_EVENTS,
    BOT_PACE,
    COMPONENTS,
    GAP,
    MOST_LINKS,
    ZEROS,
)

WEEKS = range(12)

ORDERS = """
CREATE TABLE orders AS
WITH summed AS (
    SELECT order_id, min(customer_id) AS customer_id, min(ordered_at) AS ordered_at,
        bool_and(quantity < 0 OR sales_amount < 0) AS is_return, sum(sales_amount) AS amount
    FROM raw.raw_shop.order_lines WHERE ordered_at < {day} AND _delivered_on <= {day}
    GROUP BY order_id
)
SELECT * FROM summed ANTI JOIN raw.raw_shop.order_cancellations AS c
    ON summed.order_id = c.order_id AND c.cancelled_at < {day} AND c._delivered_on <= {day}
"""

RFM = """
CREATE TABLE rfm AS
WITH measured AS (
    SELECT customer_id,
        min(ordered_at::date) FILTER (NOT is_return) AS first_order_date,
        max(ordered_at::date) FILTER (NOT is_return) AS last_order_date,
        count(*) FILTER (NOT is_return) AS frequency_orders,
        sum(amount)::decimal(18, 2) AS monetary_amount
    FROM orders WHERE customer_id IS NOT NULL GROUP BY customer_id HAVING frequency_orders > 0
), scored AS (
    SELECT *, {day} - last_order_date AS recency_days,
        ntile(5) OVER (ORDER BY {day} - last_order_date DESC, customer_id) AS recency_score,
        ntile(5) OVER (ORDER BY frequency_orders, customer_id) AS frequency_score,
        ntile(5) OVER (ORDER BY monetary_amount, customer_id) AS monetary_score
    FROM measured
), valued AS (
    SELECT *, ceil((frequency_score + monetary_score) / 2.0)::bigint AS value_score FROM scored
)
SELECT {day} AS as_of, customer_id, recency_days, frequency_orders, monetary_amount,
    recency_score, frequency_score, monetary_score, value_score,
    recency_score || '' || frequency_score || monetary_score AS rfm_cell, rfm_segment,
    first_order_date, last_order_date, last_order_date - first_order_date AS clv_recency_days,
    {day} - first_order_date AS clv_age_days, frequency_orders - 1 AS clv_repeat_orders
FROM valued LEFT JOIN read_csv({seeds} || '/rfm_segments.csv') AS s
    ON recency_score BETWEEN s.recency_score_from AND s.recency_score_to
    AND value_score BETWEEN s.value_score_from AND s.value_score_to
"""


STEPS = (
    ORDERS,
    identity.LINKS,
    identity.OWNERS,
    identity.ASKED,
    identity.GUESTS,
    identity.NAMED,
    RFM,
    sessions.VISITS,
    sessions.SESSIONS,
    engagement.ACTIVITY,
    engagement.CAMPAIGNS,
    engagement.HABITS,
    engagement.ENGAGEMENT,
)


def script(as_of: date, seeds: Path) -> list[str]:
    """Return the statements, in order; the raw file is attached as ``raw``."""
    filled = parts(as_of, seeds)
    return [step.format(**filled) for step in STEPS]


def parts(as_of: date, seeds: Path) -> dict[str, object]:
    """Return what the statements leave open: the day, the constants, and what repeats."""
    zeros = [f"coalesce({t[0]}.{c}, 0) AS {c}" for t, columns in ZEROS.items() for c in columns]
    points = [
        f"({c}_weight * least({c}, {c}_full_at) / {c}_full_at)::decimal(18, 6)" for c in COMPONENTS
    ]
    return {
        "day": f"DATE '{as_of}'",
        "seeds": f"'{seeds}'",
        "gap_us": GAP * 1_000_000,
        "origin": "{'page': page_path, 'device': device_type, 'referrer': referrer, "
        "'source': utm_source, 'medium': utm_medium, 'campaign': utm_campaign}",
        "turn": "epoch_us(event_at)::hugeint * 18446744073709551616 + hash(event_id)",
        "most_links": MOST_LINKS,
        "is_bot": f"(events >= {BOT_EVENTS} AND epoch_us(last_at) // 1000000"
        f" - epoch_us(first_at) // 1000000 < {BOT_PACE} * events)",
        "weekdays": ", ".join(
            f"count(*) FILTER (isodow(ordered_at) = {day}) AS d{day}" for day in range(1, 8)
        ),
        "d": ", ".join(f"d{day}" for day in range(1, 8)),
        "favourite": " ".join(f"WHEN d{day} THEN {day}" for day in range(1, 8)),
        "zeros": ", ".join(zeros),
        "weights": ", ".join(
            f"max({what}) FILTER (component = '{c}') AS {c}_{what}"
            for c in COMPONENTS
            for what in ("weight", "full_at")
        ),
        "streak": " ".join(
            f"WHEN weeks % {2 ** (w + 1)} <> {2 ** (w + 1) - 1} THEN {w}" for w in WEEKS
        ),
        "points": " + ".join(points),
        "possible": " + ".join(f"{c}_weight" for c in COMPONENTS),
    }

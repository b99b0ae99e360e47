"""Optional feeds that never came: features are unknown, not zero, and nothing else changes."""

import polars as pl

from include.settings import Settings
from include.warehouse import connect, read_table

WEB = ["sessions_30d", "sessions_90d", "product_views_30d", "abandoned_carts_30d"]
MARKETING = ["campaigns_90d", "coupons_redeemed_90d"]
UNKNOWN = [*WEB, "days_since_last_session", *MARKETING]
OF_TWO = ["orders_per_session_90d"]  # of the web and of the till: unknown where either is


def features(settings: Settings, table: str) -> pl.DataFrame:
    """The rows of a mart, by key."""
    with connect(settings.marts, read_only=True) as marts:
        return read_table(marts, table)


def test_without_a_feed_its_features_are_null(july_without_feeds: Settings) -> None:
    for table in ("marts.mart_customer_features", "marts.mart_churn_training"):
        rows = features(july_without_feeds, table)
        assert rows.height > 0
        assert rows.select(pl.col(UNKNOWN).is_null().all()).row(0) == (True,) * len(UNKNOWN)


def test_with_the_feed_an_idle_customer_has_zero(july: Settings) -> None:
    rows = features(july, "marts.mart_customer_features")
    idle = rows.filter(pl.col("customer_id") == "customer-6")
    assert idle.select([*WEB, *MARKETING]).row(0) == (0, 0, 0, 0, 0, 0)
    assert idle["days_since_last_session"].to_list() == [None]


def test_a_missing_feed_leaves_the_other_features_alone(
    july: Settings, july_without_feeds: Settings
) -> None:
    dropped = [*UNKNOWN, *OF_TWO]
    whole = features(july, "marts.mart_customer_features").drop(dropped)
    without = features(july_without_feeds, "marts.mart_customer_features")
    assert without.select(pl.col(OF_TWO).is_null().all()).row(0) == (True,)
    assert whole.equals(without.drop(dropped))


def test_the_engagement_score_is_out_of_what_can_be_known(july_without_feeds: Settings) -> None:
    rows = features(july_without_feeds, "marts.mart_customer_engagement")
    assert rows["sessions_28d"].is_null().all()
    regular = rows.filter(pl.col("customer_id") == "customer-1")
    # 3 of 8 orders in 28 days earn 3/8 of 30 points, 11 of 24 in 84 days 11/24 of 10: 15.8 of 40.
    assert regular.select("orders_28d", "orders_84d", "engagement_score").row(0) == (3, 11, 40)

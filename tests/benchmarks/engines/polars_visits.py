"""Visits in Polars: one sort of packed integers, then what lies together is one visit.

Visitor and second share one integer, so the sort compares one number and the long texts stay in
the file: only the first and the last event's are read, by their places.
"""

from pathlib import Path

import polars as pl

from tests.benchmarks.engines.rules import BOT_EVENTS, BOT_PACE, COUNTS, GAP, KINDS, ORIGIN, SEEDS

DAY = 86_400


def sessions(folder: Path, owners: pl.DataFrame) -> pl.LazyFrame:
    """Return every visit that is not a bot's, with channel and customer."""
    events = pl.scan_parquet(folder / "events.parquet", row_index_name="row")
    visits = without_bots(in_visits(packed(events))).lazy()
    starts = events.select("row", "visitor_id", *ORIGIN)
    ends = events.select("row", exit_page="page_path")
    named = (
        visits.join(starts, left_on="first_row", right_on="row")
        .join(ends, left_on="last_row", right_on="row")
        .join(owners.lazy(), on="visitor_id", how="left")
        .join(channels(events, "utm_medium"), on="utm_medium", how="left")
        .join(channels(events, "referrer"), on="referrer", how="left")
    )
    tagged, referred = pl.col("utm_medium").is_not_null(), pl.col("referrer").is_not_null()
    second = pl.col("started")
    return named.select(
        "visitor_id",
        "customer_id",
        "page_views",
        "product_views",
        "searches",
        "cart_adds",
        "purchases",
        "exit_page",
        "device_type",
        "utm_source",
        "utm_medium",
        "utm_campaign",
        "first_delivered_date",
        "last_delivered_date",
        session_id=pl.format("{}-{}", "visitor_id", "started"),
        started_at=pl.from_epoch(second, time_unit="s").cast(pl.Datetime("us")),
        ended_at=pl.from_epoch("ended", time_unit="s").cast(pl.Datetime("us")),
        duration_seconds=pl.col("ended") - second,
        event_count="events",
        is_bounce=pl.col("events") == 1,
        has_checkout=pl.col("checkouts") > 0,
        has_purchase=pl.col("purchases") > 0,
        is_abandoned_cart=(pl.col("cart_adds") > 0) & (pl.col("purchases") == 0),
        entry_page="page_path",
        channel=pl.when(tagged)
        .then(pl.col("tag_channel").fill_null("other"))
        .when(referred)
        .then(pl.col("host_channel").fill_null("referral"))
        .otherwise(pl.lit("direct")),
        source_name=pl.coalesce("utm_source", "host", pl.lit("direct")),
        medium=pl.when(tagged)
        .then("tag")
        .when(referred)
        .then(pl.col("host_medium").fill_null("referral"))
        .otherwise(pl.lit("none")),
    )


def packed(events: pl.LazyFrame) -> pl.DataFrame:
    """Sort what a visit is cut from by visitor and second; within a second, by turn.

    Few events share their visitor's second, so those alone are sorted by turn, and only the places
    where they lie in the file trade places: all else of one second is counted alike.
    """
    at = pl.col("event_at")
    if events.select((at.dt.microsecond() > 0).any()).collect(engine="streaming").item():
        raise ValueError("The packed key holds whole seconds, and there are events between them")
    visitor = pl.col("visitor_id").cast(pl.Categorical).to_physical().cast(pl.UInt64)
    kind = pl.col("event_type").cast(pl.Enum(KINDS), strict=False).to_physical()
    keys = (
        events.select(
            "row",
            "turn",
            key=visitor * 2**32 + at.dt.epoch("s").cast(pl.UInt64),
            kind=kind,
            delivered="_delivered_on",
        )
        .sort("key")
        .collect(engine="streaming")
    )
    is_tie = keys["key"] == keys["key"].shift()
    ties = keys.with_row_index("place").filter(is_tie | is_tie.shift(-1))
    rows = keys["row"].scatter(ties["place"], ties.sort("key", "turn")["row"])
    return keys.with_columns(row=rows).drop("turn")


def in_visits(keys: pl.DataFrame) -> pl.LazyFrame:
    """Number the visits: another visitor's key lies further off than any gap."""
    return keys.lazy().with_columns(
        visit=(pl.col("key").diff() > GAP).fill_null(value=True).cum_sum(),
        second=pl.col("key") % 2**32,
    )


def without_bots(rows: pl.LazyFrame) -> pl.DataFrame:
    """Count each visit, and drop those of which one day's part is too much and too fast."""
    counts = {
        name: (pl.col("kind") == KINDS.index(kind)).sum().cast(pl.Int64)
        for name, kind in COUNTS.items()
    }
    visits = (
        rows.group_by("visit")
        .agg(
            events=pl.len().cast(pl.Int64),
            started=pl.col("second").min().cast(pl.Int64),
            ended=pl.col("second").max().cast(pl.Int64),
            first_row=pl.col("row").first(),
            last_row=pl.col("row").last(),
            first_delivered_date=pl.col("delivered").min(),
            last_delivered_date=pl.col("delivered").max(),
            **counts,
        )
        .collect(engine="streaming")
    )
    many = visits.lazy().filter(pl.col("events") >= BOT_EVENTS).select("visit")
    bots = (
        rows.join(many, on="visit", how="semi")
        .group_by("visit", pl.col("second") // DAY)
        .agg(events=pl.len(), took=pl.col("second").max() - pl.col("second").min())
        .rename({"second": "day"})
        .filter(
            (pl.col("events") >= BOT_EVENTS)
            & (pl.col("took") < BOT_PACE * pl.col("events").cast(pl.UInt64))
        )
    )
    return visits.lazy().join(bots, on="visit", how="anti").collect(engine="streaming")


def channels(events: pl.LazyFrame, column: str) -> pl.LazyFrame:
    """Return the channel of each text that occurs: there are few, so it is asked of those."""
    texts = events.select(column).drop_nulls().unique()
    if column == "utm_medium":
        tags = pl.scan_csv(SEEDS / "channels_by_medium.csv").rename({"channel": "tag_channel"})
        tagged = texts.with_columns(tag=pl.col(column).str.to_lowercase())
        return tagged.join(tags, left_on="tag", right_on="utm_medium", how="left")
    rules = pl.scan_csv(SEEDS / "channels_by_referrer.csv")
    host = pl.col(column).str.split("/").list.get(2, null_on_oob=True).str.to_lowercase()
    hosts = texts.with_columns(host=pl.when(host != "").then(host))
    found = (
        hosts.select("host")
        .unique()
        .join(rules, how="cross")
        .filter(pl.col("host").str.contains(pl.col("host_part"), literal=True))
        .group_by("host")
        .agg(host_channel=pl.col("channel").min(), host_medium=pl.col("medium").min())
    )
    return hosts.join(found, on="host", how="left")

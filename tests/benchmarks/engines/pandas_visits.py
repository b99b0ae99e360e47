"""Visits in pandas: one sort of packed integers, then what lies together is one visit.

As in Polars, visitor and second share one integer, and the long texts are read by their places.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.benchmarks.engines.rules import (
    BOT_EVENTS,
    BOT_PACE,
    COUNTS,
    GAP,
    KINDS,
    ORIGIN,
    SEEDS,
)

DAY = 86_400


def sessions(folder: Path, owners: Any) -> pd.DataFrame:
    """Return every visit that is not a bot's, with channel and customer."""
    file = folder / "events.parquet"
    visits = without_bots(in_visits(file))
    texts = pd.read_parquet(file, columns=["visitor_id", *ORIGIN])
    first = texts.iloc[visits["first_row"]].reset_index(drop=True)
    last = texts["page_path"].iloc[visits["last_row"]].reset_index(drop=True)
    del texts
    medium, referrer, source = first["utm_medium"], first["referrer"], first["utm_source"]
    tag_channel, hosts = channels(medium, referrer)
    tagged, referred = medium.notna().to_numpy(), referrer.notna().to_numpy()
    found = hosts.reindex(referrer).reset_index(drop=True)
    by_host = {
        of: np.where(referred, found[of].fillna("referral"), other)
        for of, other in (("channel", "direct"), ("medium", "none"))
    }
    channel = np.where(tagged, medium.map(tag_channel).fillna("other"), by_host["channel"])
    return pd.DataFrame(
        {
            "session_id": first["visitor_id"] + "-" + visits["started"].astype(str),
            "visitor_id": first["visitor_id"],
            "customer_id": first["visitor_id"].map(owners),
            "started_at": pd.to_datetime(visits["started"], unit="s"),
            "ended_at": pd.to_datetime(visits["ended"], unit="s"),
            "duration_seconds": visits["ended"] - visits["started"],
            "event_count": visits["events"],
            **{name: visits[name] for name in COUNTS if name != "checkouts"},
            "is_bounce": visits["events"] == 1,
            "has_checkout": visits["checkouts"] > 0,
            "has_purchase": visits["purchases"] > 0,
            "is_abandoned_cart": (visits["cart_adds"] > 0) & (visits["purchases"] == 0),
            "entry_page": first["page_path"],
            "exit_page": last,
            "device_type": first["device_type"],
            "channel": channel,
            "source_name": source.fillna(found["host"]).fillna("direct"),
            "medium": np.where(tagged, medium.str.lower(), by_host["medium"]),
            "utm_source": source,
            "utm_medium": medium,
            "utm_campaign": first["utm_campaign"],
            "first_delivered_date": visits["first_delivered_date"],
            "last_delivered_date": visits["last_delivered_date"],
        }
    )


def in_visits(file: Path) -> pd.DataFrame:
    """Sort what a visit is cut from by visitor, second and turn, and number the visits."""
    columns = ["visitor_id", "event_at", "turn", "event_type", "_delivered_on"]
    events = pd.read_parquet(file, columns=columns)
    at = events["event_at"].to_numpy("datetime64[us]").astype("int64")
    if (at % 1_000_000).any():
        raise ValueError("The packed key holds whole seconds, and there are events between them")
    second = at // 1_000_000
    key = pd.factorize(events["visitor_id"])[0].astype("int64") * 2**32 + second
    kind = pd.Categorical(events["event_type"], categories=KINDS).codes
    row = np.lexsort((events["turn"].to_numpy(), key))
    sorted_key = key[row]
    starts = np.diff(sorted_key, prepend=sorted_key[:1]) > GAP  # another visitor lies further off
    delivered = pd.to_datetime(events["_delivered_on"]).to_numpy()[row]
    return pd.DataFrame(
        {
            "visit": np.cumsum(starts),
            "second": sorted_key % 2**32,
            "row": row,
            "kind": kind[row],
            "delivered": delivered,
        }
    )


def without_bots(rows: pd.DataFrame) -> pd.DataFrame:
    """Count each visit, and drop those of which one day's part is too much and too fast."""
    for name, kind in COUNTS.items():
        rows[name] = rows["kind"] == KINDS.index(kind)
    visits = rows.groupby("visit").agg(
        events=("row", "size"),
        started=("second", "min"),
        ended=("second", "max"),
        first_row=("row", "first"),
        last_row=("row", "last"),
        first_delivered_date=("delivered", "min"),
        last_delivered_date=("delivered", "max"),
        **{name: (name, "sum") for name in COUNTS},
    )
    many = rows[rows["visit"].isin(visits.index[visits["events"] >= BOT_EVENTS])]
    days = many.groupby(["visit", many["second"] // DAY])["second"].agg(["size", "min", "max"])
    is_fast = days["max"] - days["min"] < BOT_PACE * days["size"]
    bots = days[(days["size"] >= BOT_EVENTS) & is_fast].index.get_level_values("visit")
    kept = visits[~visits.index.isin(bots)].reset_index(drop=True)
    for column in ("first_delivered_date", "last_delivered_date"):
        kept[column] = kept[column].astype("date32[pyarrow]")
    return kept


def channels(medium: Any, referrer: Any) -> tuple[Any, pd.DataFrame]:
    """Return the channel of each tag, and host, channel and medium of each site, that occurs."""
    tags = pd.read_csv(SEEDS / "channels_by_medium.csv").set_index("utm_medium")["channel"]
    occurring = pd.Series(medium.dropna().unique(), dtype="str")
    tag_channel = pd.Series(tags.reindex(occurring.str.lower()).to_numpy(), index=occurring)
    sites = pd.Series(referrer.dropna().unique(), dtype="str")
    host = sites.str.extract(r"^[^/]*/[^/]*/([^/]+)", expand=False).str.lower()
    hosts = pd.DataFrame({"referrer": sites, "host": host})
    pairs = hosts.dropna().merge(pd.read_csv(SEEDS / "channels_by_referrer.csv"), how="cross")
    # A loop over the sites that occur, which are few, not over visits.
    is_part = [part in host for host, part in zip(pairs["host"], pairs["host_part"], strict=True)]
    found = pairs[is_part].groupby("referrer")[["channel", "medium"]].min()
    return tag_channel, hosts.set_index("referrer").join(found)

"""Files for the benchmark of landing: order lines and events, from a seed, in whole chunks."""

import gzip
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

SEED = 20250303
CHUNK = 500_000
BAD_EVERY = 100  # 1 % bad rows: four in five by a value, one in five by its shape
_DATE_TIME = "%Y-%m-%d %H:%M:%S"
_START, _SECONDS = 1_483_228_800, 31_000_000  # from the first of 2017 on
_CENTS = pl.Decimal(18, 2)

Make = Callable[[int, int], pl.DataFrame]


def order_lines(first: int, rows: int) -> pl.DataFrame:
    """Return order lines as the demo's shop delivers them: three products an order."""
    random = np.random.default_rng([SEED, first])
    number = np.arange(first, first + rows)

    def amounts(highest: int) -> pl.Series:
        return pl.Series(random.integers(0, highest, rows) / 100).cast(_CENTS)

    return pl.DataFrame(
        {
            "order_id": (31_198_459_000 + number // 3).astype(str),
            "product_id": (number % 3 * 900_000 + random.integers(0, 900_000, rows)).astype(str),
            "customer_id": random.integers(1, 2_500, rows).astype(str),
            "store_id": random.integers(300, 500, rows).astype(str),
            "quantity": random.integers(1, 6, rows).astype(np.int32),
            "sales_amount": amounts(20_000),
            "retail_discount_amount": amounts(300),
            "coupon_discount_amount": amounts(2),
            "coupon_match_discount_amount": amounts(2),
            "ordered_at": _moments(random, rows),
        }
    )


def events(first: int, rows: int) -> pl.DataFrame:
    """Return a shop's web events; a page, mostly a product's, in one of 50,000 browsers."""
    random = np.random.default_rng([SEED, 1, first])
    kinds = ["page_view", "product_view", "add_to_cart", "checkout", "purchase", "search"]
    product = pl.Series(random.integers(0, 90_000, rows)).cast(pl.String)
    is_known = pl.Series(random.random(rows) < 0.5)
    campaign = pl.Series(random.choice(["", "spring", "loyalty"], rows)).replace("", None)

    def choice(values: list[str]) -> pl.Series:
        return pl.Series(np.array(values)[random.integers(0, len(values), rows)])

    return pl.DataFrame(
        {
            "event_id": pl.Series(np.arange(first, first + rows)).cast(pl.String).str.zfill(16),
            "visitor_id": pl.Series(random.integers(0, 50_000, rows)).cast(pl.String),
            "customer_id": pl.Series(random.integers(1, 2_500, rows)).cast(pl.String),
            "event_type": choice(kinds),
            "event_at": _moments(random, rows),
            "page_path": "/product/" + product,
            "product_id": product,
            "device_type": choice(["desktop", "mobile", "tablet"]),
            "referrer": choice(["https://search.example/", "https://news.example/a"]),
            "utm_source": campaign,
            "utm_campaign": campaign,
        }
    ).select(
        *("event_id", "visitor_id", pl.when(is_known).then("customer_id").alias("customer_id")),
        *("event_type", "event_at", "page_path", "product_id"),
        pl.when(pl.col("event_type") == "purchase").then("product_id").alias("order_id"),
        *("device_type", "referrer", "utm_source"),
        pl.when(pl.col("utm_source").is_not_null()).then(pl.lit("email")).alias("utm_medium"),
        "utm_campaign",
    )


def _moments(random: np.random.Generator, rows: int) -> pl.Series:
    seconds = _START + random.integers(0, _SECONDS, rows)
    return pl.Series(seconds * 1_000_000).cast(pl.Datetime("us"))


def _chunks(make: Make, rows: int) -> Iterator[pl.DataFrame]:
    for first in range(0, rows, CHUNK):
        yield make(first, min(CHUNK, rows - first))


def write_csv(file: Path, rows: int, *, is_bad: bool = False) -> None:
    """Write order lines as CSV; with ``is_bad``, every hundredth cannot land."""
    with file.open("wb") as out:
        for number, frame in enumerate(_chunks(order_lines, rows)):
            text = frame.cast({"quantity": pl.String}) if is_bad else frame
            if is_bad:
                at = pl.int_range(pl.len())
                text = text.with_columns(
                    quantity=pl.when(at % BAD_EVERY == 0)
                    .then(pl.lit("many"))
                    .otherwise("quantity"),
                    store_id=pl.when(at % (5 * BAD_EVERY) == 0)
                    .then(pl.col("store_id") + ",x")
                    .otherwise("store_id"),
                )
            text.write_csv(
                out,
                include_header=number == 0,
                datetime_format=_DATE_TIME,
                quote_style="never",
            )


def write_jsonl(file: Path, rows: int, *, is_bad: bool = False) -> None:
    """Write events as JSON Lines; with ``is_bad``, every hundredth cannot land."""
    with file.open("wb") as out:
        for frame in _chunks(events, rows):
            text = frame.with_columns(pl.col("event_at").dt.strftime(_DATE_TIME))
            if is_bad:
                is_broken = pl.int_range(pl.len()) % BAD_EVERY == 0
                text = text.with_columns(
                    event_at=pl.when(is_broken).then(pl.lit("noon")).otherwise("event_at")
                )
            text.write_ndjson(out)


def write_parquet(file: Path, rows: int, *, is_bad: bool = False) -> None:
    """Write order lines as Parquet; with ``is_bad``, every hundredth has too low a quantity."""
    frames = _chunks(order_lines, rows)
    writer = None
    for frame in frames:
        is_broken = pl.int_range(pl.len()) % BAD_EVERY == 0
        broken = pl.when(is_broken).then(-100_000).otherwise("quantity")
        chosen = frame.with_columns(quantity=broken.cast(pl.Int32)) if is_bad else frame
        table = chosen.to_arrow(compat_level=pl.CompatLevel.oldest())
        writer = writer or pq.ParquetWriter(file, table.schema)
        writer.write_table(table)
    if writer:
        writer.close()


def pack(plain: Path, file: Path) -> None:
    """Write ``plain`` as gzip, at the level most tools take."""
    with plain.open("rb") as source, gzip.GzipFile(file, "wb", 6, mtime=0) as out:
        shutil.copyfileobj(source, out, 1 << 20)


def write_manifest(file: Path, rows: int) -> None:
    """Vouch for ``file`` as a source that can does."""
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    said = {"rows": rows, "bytes": file.stat().st_size, "sha256": digest}
    file.with_name(f"{file.name}.manifest.json").write_text(json.dumps(said), encoding="utf-8")

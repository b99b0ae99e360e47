"""The script by hand in Spark SQL, on two local cores: its own text, spelled as Spark spells it.

What Spark writes is held equal to the script's like any other engine's. It is not among what is
installed: it brings 480 MB, and only this figure would need it.
"""

import re
from datetime import date
from pathlib import Path
from typing import Any

from tests.benchmarks.engines import by_hand, by_hand_identity
from tests.benchmarks.engines.rules import OUTPUTS, SEEDS

TABLES = {
    "raw.raw_shop.order_lines": "order_lines",
    "raw.raw_shop.order_cancellations": "cancellations",
    "raw.raw_shop.order_contacts": "order_contacts",
    "raw.raw_shop.products": "products",
    "raw.raw_crm.customers": "customers",
    "raw.raw_crm.identity_corrections": "corrections",
    "raw.raw_marketing.campaign_exposures": "exposures",
    "raw.raw_marketing.coupon_redemptions": "redemptions",
    "raw.raw_web.events": "events",
}
FILES = {
    "order_lines": "lines",
    "order_contacts": "contacts",
}  # the others are named as their tables
SPELLINGS = (
    (r"FILTER \(", "FILTER (WHERE "),
    (r"\barg_(min|max)\(", r"\1_by("),
    (r"\bepoch_us\(", "unix_micros("),
    (r"\bisodow\(", "1 + weekday("),
    (r" // ", " div "),
    (r"(DATE '[-\d]+'|last_order_date) - (\w+::date|\w+_date)", r"datediff(\1, \2)"),
    (r"read_csv\('[^']*' \|\| '/(\w+)\.csv'\)", r"\1"),
)
SPARK_PARTS = {
    "origin": "struct(page_path AS page, device_type AS device, referrer, utm_source AS source, "
    "utm_medium AS medium, utm_campaign AS campaign)",
    "turn": "struct(event_at, turn)",
}
WALKS = {  # Spark's recursion knows no end where browsers lead back to each other: it keeps doubles
    by_hand_identity.OWNERS: ("owners", by_hand_identity.STRANGERS, by_hand_identity.LED),
    by_hand_identity.GUESTS: ("guests", by_hand_identity.NOBODYS, by_hand_identity.LED_TO),
}
NAMED = """
CREATE TABLE orders_named AS
SELECT order_id, coalesce(g.customer_id, o.customer_id) AS customer_id, ordered_at, is_return,
    amount
FROM orders AS o LEFT JOIN guests AS g USING (order_id)
"""


def run(folder: Path, out: Path, day: date) -> None:
    """Write ``rfm``, ``sessions`` and ``engagement`` as of ``day``."""
    spark = started()
    for name in TABLES.values():
        file = folder / f"{FILES.get(name, name)}.parquet"
        spark.read.parquet(str(file)).createOrReplaceTempView(name)
    for seed in SEEDS.glob("*.csv"):
        rows = spark.read.csv(str(seed), header=True, inferSchema=True)
        rows.createOrReplaceTempView(seed.stem)
    filled = by_hand.parts(day, SEEDS) | SPARK_PARTS
    for step in by_hand.STEPS:
        if step in WALKS:
            name, begin, led = (text.format(**filled) for text in WALKS[step])
            walk(spark, out, begin)
            keep(spark, out, name, f"WITH {led}")
        elif step == by_hand_identity.NAMED:
            keep(spark, out, "orders_named", NAMED.partition(" AS\n")[2])
            spark.table("orders_named").createOrReplaceTempView("orders")
        else:
            for statement in step.format(**filled).split(";"):
                create, _, query = statement.partition(" AS\n")
                keep(spark, out, create.split()[-1], query)
    stop(spark)


def started() -> Any:
    """Start Spark with two cores and as much memory as the others' limit."""
    from pyspark.sql import SparkSession  # type: ignore[import-not-found]  # noqa: PLC0415

    return (
        SparkSession.builder.master("local[2]")
        .config("spark.driver.memory", "4g")
        .config("spark.sql.shuffle.partitions", "8")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )


def spelled(query: str) -> str:
    """Return DuckDB's text as Spark spells it."""
    for name, table in TABLES.items():
        query = query.replace(name, table)
    for pattern, instead in SPELLINGS:
        query = re.sub(pattern, instead, query)
    return query


def keep(spark: Any, out: Path, name: str, query: str) -> None:
    """Write a query's rows as a table of its own: outputs into ``out``, steps on the way below."""
    folder = out / f"{name}.parquet" if name in OUTPUTS else out / "steps" / name
    spark.sql(spelled(query)).write.parquet(str(folder))
    spark.read.parquet(str(folder)).createOrReplaceTempView(name)


def walk(spark: Any, out: Path, begin: str) -> None:
    """Make ``walk``, all that the origins lead to, step by step until a step finds nothing new."""
    found, number = 0, len(list(out.glob("steps/walk_*")))
    query = begin
    while True:
        keep(spark, out, f"walk_{number}", query)
        spark.table(f"walk_{number}").createOrReplaceTempView("walk")
        reached = spark.table("walk").count()
        if reached == found:
            return
        found, number = reached, number + 1
        query = f"SELECT origin, visitor_id FROM walk UNION {by_hand_identity.STEP}"


def stop(spark: Any) -> None:
    """End Spark's process too, so that what it took is counted as ours."""
    gateway = spark.sparkContext._gateway  # noqa: SLF001 - nothing public ends and awaits it
    spark.stop()
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait()

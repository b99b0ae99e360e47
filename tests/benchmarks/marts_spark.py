"""The same heart of the marts' work as `marts_engines`, in Spark SQL."""

from datetime import date
from pathlib import Path

from tests.benchmarks.marts_engines import BOT_EVENTS, BOT_PACE, KINDS, ORIGIN, Counts


def by_pyspark(folder: Path, day: date, part: float) -> Counts:
    """Do it in Spark SQL on two local cores."""
    # Not among what is installed: it brings 480 MB, and only this figure would need it.
    from pyspark.sql import SparkSession  # type: ignore[import-not-found]  # noqa: PLC0415

    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.driver.memory", "4g")
        .config("spark.sql.shuffle.partitions", "8")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    for name, key in (
        ("lines", "order_id"),
        ("events", "visitor_id"),
        ("cancellations", "order_id"),
    ):
        rows = spark.read.parquet(str(folder / f"{name}.parquet"))
        rows.where(f"abs(hash({key})) % 10000 < {part * 10_000:.0f}").createOrReplaceTempView(name)
    counts = {}
    for name, query in spark_queries(day).items():
        frame = spark.sql(query)
        frame.write.mode("overwrite").parquet(str(folder / f"spark_{name}"))
        spark.read.parquet(str(folder / f"spark_{name}")).createOrReplaceTempView(name)
        counts[name] = spark.table(name).count()
    spark.stop()
    return counts


def spark_queries(day: date) -> dict[str, str]:
    """Return the work as Spark SQL, in order."""
    origin = ", ".join(f"first({c}) FILTER (WHERE starts = 1) AS {c}" for c in ORIGIN)
    kinds = ", ".join(f"count_if(event_type = '{kind}') AS {kind}" for kind in KINDS)
    score = "ntile(5) OVER (ORDER BY {0} {1}, customer_id)"
    return {
        "orders": "SELECT order_id, min(customer_id) AS customer_id, "
        "min(ordered_at) AS ordered_at, every(quantity < 0 OR sales_amount < 0) AS is_return, "
        "sum(sales_amount) AS amount FROM lines LEFT ANTI JOIN cancellations USING (order_id) "
        "GROUP BY order_id",
        "rfm": f"SELECT *, {score.format('recency', 'DESC')} AS r, "
        f"{score.format('orders', '')} AS f, {score.format('spent', '')} AS m "
        "FROM (SELECT customer_id, count_if(NOT is_return) AS orders, "
        f"datediff(DATE '{day}', max(IF(is_return, NULL, ordered_at))) AS recency, sum(amount) AS "
        "spent FROM orders WHERE customer_id IS NOT NULL GROUP BY customer_id) WHERE orders > 0",
        "visits": "WITH s AS (SELECT *, unix_timestamp(event_at) AS second FROM events), "
        "a AS (SELECT *, IF(second - lag(second) OVER w <= 1800, 0, 1) AS starts FROM s "
        "WINDOW w AS (PARTITION BY visitor_id ORDER BY second)), "
        "b AS (SELECT *, sum(starts) OVER (PARTITION BY visitor_id ORDER BY second "
        "ROWS UNBOUNDED PRECEDING) AS visit FROM a) "
        f"SELECT visitor_id, visit, {origin}, {kinds}, max(customer_id) AS customer_id, "
        "max_by(page_path, second) AS exit_page, min(second) AS started, max(second) AS ended, "
        "count(*) AS events FROM b GROUP BY visitor_id, visit "
        f"HAVING events < {BOT_EVENTS} OR ended - started >= {BOT_PACE} * events",
        "active": "SELECT customer_id, count_if(age <= 28) AS visits_28d, count(*) AS visits_84d, "
        "sum(views) AS views FROM (SELECT customer_id, "
        f"datediff(DATE '{day}', timestamp_seconds(started)) AS age, product_view AS views "
        "FROM visits UNION ALL SELECT customer_id, "
        f"datediff(DATE '{day}', ordered_at), 0 FROM orders WHERE NOT is_return) "
        "WHERE age <= 84 AND customer_id IS NOT NULL GROUP BY customer_id",
    }

"""A day's rows replace the day's rows: all of them, visible at once, whatever was there before."""

from datetime import date
from pathlib import Path

import polars as pl

from include.warehouse import connect, read_query, replace_day

MONDAY, TUESDAY = date(2025, 3, 3), date(2025, 3, 4)
MORE_THAN_A_ROW_GROUP = 130_000  # DuckDB writes so many rows ahead of the commit


def rows(day: date, count: int) -> pl.DataFrame:
    return pl.select(pl.lit(day).alias("as_of"), pl.int_range(count).alias("n").implode()).explode(
        "n"
    )


def test_many_rows_are_seen_by_the_connection_that_wrote_them(tmp_path: Path) -> None:
    with connect(tmp_path / "tessera.duckdb") as connection:
        for day in (MONDAY, TUESDAY, TUESDAY):
            replace_day(connection, "ml.days", rows(day, MORE_THAN_A_ROW_GROUP), as_of=day)
        found = read_query(
            connection, "SELECT as_of, count(n) FROM ml.days GROUP BY as_of ORDER BY as_of"
        )

    assert found.rows() == [(MONDAY, MORE_THAN_A_ROW_GROUP), (TUESDAY, MORE_THAN_A_ROW_GROUP)]


def test_a_column_that_is_new_is_null_on_other_days(tmp_path: Path) -> None:
    with connect(tmp_path / "tessera.duckdb") as connection:
        replace_day(connection, "ml.days", rows(MONDAY, 1), as_of=MONDAY)
        wider = rows(TUESDAY, 1).with_columns(why=pl.lit("new"))
        replace_day(connection, "ml.days", wider, as_of=TUESDAY)
        found = read_query(connection, "SELECT as_of, n, why FROM ml.days ORDER BY as_of")

    assert found.rows() == [(MONDAY, 0, None), (TUESDAY, 0, "new")]

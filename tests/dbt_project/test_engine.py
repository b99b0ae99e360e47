"""One project, two engines: models say only what DuckDB and Spark SQL both say, and mean alike."""

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest
from jinja2 import Environment

from include import transform
from include.warehouse import Connection, connect, read_query

MACROS = transform.PROJECT / "macros"
# Functions that both engines have under one name, with the same arguments, nulls and answers.
COMMON = frozenset(
    re.findall(
        r"\w+",
        """
        abs avg bool_and bool_or ceil coalesce count dense_rank extract first_value
        floor greatest instr lag last_value lead least length lower max md5 min nullif
        ntile percent_rank power rank replace round row_number sqrt substr sum trim
        upper
        """,
    )
)
# Common with an argument that is not: the part of a date, of which engines number weekdays apart.
COMMON_CALLS = (
    r"date_trunc\('(year|quarter|month)',",
    r"extract\((year|quarter|month|day|hour)\s+from",
)
KEYWORDS = frozenset(
    re.findall(
        r"\w+",
        """
        and as by case decimal else exists filter from in join not on or over select
        then using values varchar when where with
        """,
    )
)
SYNTAX = {  # what only DuckDB reads, or reads otherwise
    r"//": "whole division: macro times_in",
    r"\bqualify\b": "a filter on windows: a further step",
    r"\b(exclude|replace)\s*\(.*\)\s+from\b": "columns left out by name: name the others",
    r"\basof\s+join\b": "a join to the nearest",
    r"\[": "lists, and their places",
    r":=": "named arguments: macro packed",
    r"\binterval\b": "spans of time: macros days_before, days_between",
    r"\bsemi\s+join\b|\banti\s+join\b": "written with in, or exists",
    r"\bdistinct\s+on\b": "macro first_by",
    r"\b(u?hugeint|u(tiny|small|big)?int(eger)?)\b": "types that only DuckDB has",
    r"\bpositional\s+join\b|\bsummarize\b|\bpivot\b": "statements that only DuckDB has",
}


def models() -> list[Path]:
    """Every model and every test of data."""
    found = [*(transform.PROJECT / "models").rglob("*.sql")]
    found += (transform.PROJECT / "tests").glob("*.sql")
    assert len(found) > 60
    return sorted(found)


def sql_alone(text: str) -> str:
    """The SQL that is a model's own, in lower case: what macros render is theirs to answer for."""
    for pattern, left in ((r"\{#.*?#\}", ""), (r"\{%.*?%\}", ""), (r"\{\{.*?\}\}", " x ")):
        text = re.sub(pattern, left, text, flags=re.DOTALL)
    return re.sub(r"--.*", "", text).lower()


def engine_only(text: str) -> Iterator[str]:
    """What of a model's SQL is not common to both engines."""
    sql = sql_alone(text)
    plain = re.sub(r"'[^']*'", "''", sql)
    for pattern, instead in SYNTAX.items():
        if re.search(pattern, plain, flags=re.DOTALL):
            yield f"{pattern} ({instead})"
    for call in COMMON_CALLS:
        sql = re.sub(call, "(", sql)
    for name in re.findall(r"\b([a-z_][a-z0-9_]*)\s*\(", re.sub(r"'[^']*'", "''", sql)):
        # a common table expression with its columns, or a type, is no call
        if name not in COMMON | KEYWORDS or name == "extract":
            yield f"{name}()"


@pytest.mark.parametrize("file", models(), ids=lambda file: file.stem)
def test_a_model_calls_nothing_that_one_engine_alone_has(file: Path) -> None:
    assert list(engine_only(file.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "sql",
    [
        "select epoch_us(event_at) from events",
        "select isodow(event_at) from events",
        "select extract(dow from event_at) from events",
        "select date_trunc('week', event_at) from events",
        "select seconds // 60 from events",
        "select list(x) from t",
        "select string_agg(x, ',') from t",
        "select ordered_at + interval '1 day' from t",
        "select * from t qualify row_number() over (order by x) = 1",
        "select parts[1] from t",
        "select strptime(x, '%Y') from t",
    ],
)
def test_what_one_engine_alone_has_is_found(sql: str) -> None:
    assert list(engine_only(sql))


def test_every_dispatched_macro_is_spelled_for_both_engines() -> None:
    text = "\n".join(file.read_text(encoding="utf-8") for file in MACROS.glob("*.sql"))
    dispatched = set(re.findall(r"adapter\.dispatch\('(\w+)'\)", text))
    defined = set(re.findall(r"macro (\w+)\(", text))
    same = {"piece_of"}  # both engines spell it as the default does
    assert len(dispatched) >= 10
    assert {f"default__{name}" for name in dispatched} <= defined
    assert {f"duckdb__{name}" for name in dispatched - same} <= defined


@pytest.fixture(scope="module")
def graph() -> Iterator[Connection]:
    """Two thousand browsers and addresses in households, some of which share one."""
    random = np.random.default_rng(11)
    key = np.arange(2_000)
    # each is linked to one a little before it in its eight, and sixty to anybody
    before = np.maximum(key - random.integers(1, 4, 2_000), key - key % 8)
    rings = random.integers(0, 2_000, (2, 60))
    links = pl.DataFrame(
        {
            "from_key": np.concatenate([key, rings[0]]),
            "to_key": np.concatenate([before, rings[1]]),
            "since_at": random.integers(1, 1_000, 2_060),
        }
    ).filter(pl.col("from_key") != pl.col("to_key"))
    turned = links.select(from_key="to_key", to_key="from_key", since_at="since_at")
    claims = pl.DataFrame(
        {
            "identifier_key": random.integers(0, 2_000, 120),
            "customer_id": random.integers(0, 40, 120),
            "since_at": random.integers(1, 1_000, 120),
        }
    ).unique(["identifier_key", "customer_id"])
    with connect(None) as connection:
        connection.register("given_steps", pl.concat([links, turned]))
        connection.register("given_claims", claims)
        connection.execute("CREATE TABLE steps AS FROM given_steps")
        connection.execute("CREATE TABLE claims AS FROM given_claims")
        yield connection


def rendered(macro: str, *relations: str, rounds: int = 0) -> str:
    """The SQL a macro renders, with ``identity_rounds`` set."""
    text = (MACROS / "identity.sql").read_text(encoding="utf-8")
    environment = Environment(extensions=["jinja2.ext.do"], autoescape=False)  # noqa: S701 - SQL
    given: dict[str, Any] = {"adapter": SimpleNamespace(dispatch=None), "var": lambda _: rounds}
    module: Any = environment.from_string(text, globals=given).module
    return str(getattr(module, macro)(*relations))


@pytest.mark.parametrize(
    ("macro", "relations"),
    [
        ("reached_customers", ("claims", "steps")),
        ("connected_components", ("steps",)),
    ],
)
def test_rounds_and_recursion_end_in_the_same(
    graph: Connection, macro: str, relations: tuple[str, ...]
) -> None:
    def answer(name: str, rounds: int = 0) -> pl.DataFrame:
        made = read_query(graph, rendered(name, *relations, rounds=rounds))
        return made.select(sorted(made.columns)).sort(pl.all())

    recursive = answer(f"duckdb__{macro}")
    assert recursive.height > 1_000
    assert recursive.equals(answer(f"default__{macro}", rounds=40))
    assert not recursive.equals(answer(f"default__{macro}", rounds=3))  # too few are noticed


def test_what_is_reached_is_as_old_as_the_oldest_whole_chain(graph: Connection) -> None:
    """Told another way: add links by age; whoever is connected by then is reached by then."""
    steps = read_query(graph, "SELECT * FROM steps ORDER BY since_at")
    claims = read_query(graph, "SELECT * FROM claims")
    reached = read_query(graph, rendered("duckdb__reached_customers", "claims", "steps"))
    for moment in (150, 400, 999):
        graph.register("by_then", steps.filter(pl.col("since_at") <= moment))
        parts = read_query(graph, rendered("duckdb__connected_components", "by_then"))
        known = claims.filter(pl.col("since_at") <= moment)
        of_part = known.join(parts, on="identifier_key").select("component_key", "customer_id")
        expected = parts.join(of_part, on="component_key").select("identifier_key", "customer_id")
        expected = pl.concat([expected, known.select("identifier_key", "customer_id")]).unique()
        found = reached.filter(pl.col("since_at") <= moment)
        assert found.height > 0
        assert (
            found.select("identifier_key", "customer_id")
            .sort(pl.all())
            .equals(expected.sort(pl.all()))
        )

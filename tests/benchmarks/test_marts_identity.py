"""The identity map's score counts what is right, what is missing and what is welded."""

from pathlib import Path

import polars as pl

from include.warehouse import connect
from tests.benchmarks.marts_identity import score


def test_precision_recall_and_welded_customers_are_counted_by_person(tmp_path: Path) -> None:
    """Ada signed up twice, so either account is right; bob was given a browser of hers."""
    ids = [(1, "ada", "customer_id", "ada"), (1, "ada2", "customer_id", "ada2")]
    ids += [(2, "bob", "customer_id", "bob"), (1, "ada", "visitor_id", "v1")]
    ids += [(1, "ada", "visitor_id", "v2"), (2, "bob", "visitor_id", "v3")]
    ids += [(1, "ada", "email", "a@x"), (1, "ada2", "email", "a@x"), (2, "bob", "email", "b@x")]
    ids += [(2, "bob", "visitor_id", "v2"), (2, "bob", "visitor_id", "never shown")]
    ids += [(1, "ada", "visitor_id", "v4")]
    rows = pl.DataFrame(ids, ["person_id", "customer_id", "kind", "identifier"], orient="row")
    truth = tmp_path / "truth"
    truth.mkdir()
    rows.write_parquet(truth / "identifiers.parquet")
    marts = tmp_path / "tessera.duckdb"
    with connect(marts) as connection:
        connection.execute("CREATE SCHEMA marts")
        connection.execute(
            "CREATE TABLE marts.dim_identities AS FROM (VALUES "
            "('customer', 'ada', 'ada', true), ('email', 'a@x', 'ada2', true), "
            "('email', 'b@x', NULL, true), ('visitor', 'v1', 'bob', true), "
            "('visitor', 'v2', 'bob', true), ('visitor', 'v3', NULL, true), "
            "('visitor', 'v4', 'bob', false), ('visitor', 'v4', 'ada', true)) "
            "AS t (identifier_type, identifier, customer_id, is_current)"
        )
    found = score(marts, truth)
    assert (found.found, found.right, found.welded) == (4, 3, 1)
    assert found.precision == 3 / 4
    # planted and shown: a@x, b@x, v1, v2 of both, v3, v4; found a@x, bob's v2, v4
    assert (found.planted, found.recalled) == (7, 3)
    assert found.recall == 3 / 7

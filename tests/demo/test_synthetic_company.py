"""A small synthetic company goes the whole way: it lands, it passes the gates, its marts build."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from expectations import gate
from include import transform
from include.demo.synthetic.generate import deliver_into
from include.demo.synthetic.plan import Plan
from include.landing import land
from include.landing.contract import list_contracts
from include.settings import Settings
from include.warehouse import connect, read_query

PLAN = Plan(customers=2_000, days=180)
DAY = PLAN.as_of.isoformat()


@dataclass(frozen=True)
class Run:
    """What landing, the gates and dbt said of the company."""

    settings: Settings
    delivered: dict[str, int]
    landed: dict[str, dict[str, int]]
    gates: dict[str, dict[str, int]]
    built: dict[str, Any]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TESSERA_HOME", str(tmp_path_factory.mktemp("synthetic")))
        settings = Settings.from_env()
        delivered = deliver_into(
            settings.landing, plan=PLAN, truth=settings.home / "truth", progress=lambda _: None
        )
        landed = {contract.name: land.run(contract.name, DAY) for contract in list_contracts()}
        gates = {"landed": gate.run("landed", DAY)}
        built = transform.build_marts(DAY)
        gates["marts"] = gate.run("marts", DAY)
        yield Run(settings, dict(delivered), landed, gates, built)


def test_every_delivered_row_lands(run: Run) -> None:
    assert {name: counts["landed"] for name, counts in run.landed.items()} == run.delivered
    assert sum(counts["quarantined"] for counts in run.landed.values()) == 0


def test_both_gates_pass_without_a_warning(run: Run) -> None:
    for counts in run.gates.values():
        assert counts["held"] == counts["expectations"] > 0


def test_the_marts_build_and_no_data_test_of_theirs_warns(run: Run) -> None:
    assert run.built["models"] > 20
    assert run.built["tests"] > 20
    assert run.built["warnings"] == []


def test_the_marts_see_the_planted_company(run: Run) -> None:
    """Who bought is in the RFM mart; the planted big spenders spend more than the passers-by."""
    truth = run.settings.home / "truth"
    with connect(run.settings.marts, read_only=True, folders=(truth,)) as marts:
        [spend] = read_query(
            marts,
            "SELECT avg(monetary_amount) FILTER (segment = 'Big Spenders') AS big, "
            "avg(monetary_amount) FILTER (segment = 'Passers-by') AS small, "
            "count(*) FILTER (never_orders) AS never FROM marts.mart_customer_rfm "
            f"JOIN read_parquet('{truth / 'customers.parquet'}') USING (customer_id)",
        ).rows(named=True)
    assert spend["big"] > 10 * spend["small"]
    assert spend["never"] == 0

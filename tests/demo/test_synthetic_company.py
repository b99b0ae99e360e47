"""A small synthetic company goes the whole way: it lands, passes every gate, and is addressed."""

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
from models_ml.churn import score as churn_score
from models_ml.churn import train as churn_train
from models_ml.segmentation import score as segment_score
from models_ml.segmentation import train as segment_train

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
    addressed: dict[str, Any]


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
        for step in (segment_train, segment_score, churn_train, churn_score):
            step.run(DAY)
        addressed = transform.build_audiences(DAY)
        gates["scored"] = gate.run("scored", DAY)
        yield Run(settings, dict(delivered), landed, gates, built, addressed)


def test_every_delivered_row_lands(run: Run) -> None:
    assert {name: counts["landed"] for name, counts in run.landed.items()} == run.delivered
    assert sum(counts["quarantined"] for counts in run.landed.values()) == 0


def test_every_gate_passes_and_warns_of_nothing_but_an_audience_of_nobody(run: Run) -> None:
    """Half a year of so few customers has nobody who spends most and is sure to stay."""
    assert set(run.gates) == set(gate.GATES)
    assert all(counts["expectations"] > 20 for counts in run.gates.values())
    with connect(run.settings.raw, read_only=True) as raw:
        broken = read_query(raw, "SELECT suite FROM ops.gate_results WHERE NOT success")
    assert set(broken["suite"]) <= {"activation.act_ads__lookalike_seed"}


def test_the_marts_build_and_no_data_test_of_theirs_warns(run: Run) -> None:
    assert run.built["models"] > 20
    assert run.built["tests"] > 20
    assert run.built["warnings"] == []
    assert run.addressed["tests"] > 20
    assert run.addressed["warnings"] == []


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


def test_guests_orders_are_given_to_the_planted_buyer_and_to_nobody_else(run: Run) -> None:
    """An address of two accounts is nobody's, so its orders stay a guest's."""
    truth, raw = run.settings.home / "truth", run.settings.raw
    with connect(run.settings.marts, read_only=True, folders=(truth, raw.parent)) as marts:
        marts.execute(f"ATTACH '{raw}' AS raw (READ_ONLY)")
        [guests] = read_query(
            marts,
            "WITH planted AS (SELECT identifier AS email, list(customer_id) AS accounts "
            f"FROM read_parquet('{truth / 'identifiers.parquet'}') WHERE kind = 'email' GROUP BY 1)"
            " SELECT count(*) FILTER (len(accounts) = 1) AS certain, "
            "count(*) FILTER (customer_id = accounts[1]) AS given, "
            "count(customer_id) FILTER (len(accounts) > 1 OR customer_id <> accounts[1]) AS wrong "
            "FROM marts.fct_orders JOIN raw.raw_shop.order_contacts USING (order_id) "
            "JOIN planted ON lower(trim(order_contacts.email)) = planted.email "
            "WHERE is_guest_checkout",
        ).rows(named=True)
    assert guests["certain"] > 50
    assert guests["given"] > 0.9 * guests["certain"]
    assert guests["wrong"] == 0

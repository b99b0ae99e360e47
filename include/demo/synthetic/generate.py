"""Generate: a synthetic company into a landing folder, or straight into raw tables."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl

from include.demo.synthetic import catalogue, people, spelling
from include.demo.synthetic.drawing import (
    CANCELLATIONS,
    CONTACTS,
    CORRECTIONS,
    EVENTS,
    EXPOSURES,
    LINES,
    REDEMPTIONS,
    Company,
    Progress,
    drawn,
)
from include.demo.synthetic.plan import Plan
from include.demo.synthetic.sinks import LandingFolder, RawTables, Sink
from include.demo.synthetic.truth import Planted, write_truth
from include.landing.contract import Contract, find_contract, list_contracts
from include.settings import Settings
from include.warehouse import Connection, connect, make_private_folder

Delivery = tuple[str, pl.DataFrame, str]  # the entity, its rows as numbers, how they are spelt


class TargetError(RuntimeError):
    """What was to be written to is not empty; nothing was overwritten."""


def deliver_into(
    landing: Path, *, plan: Plan, truth: Path, progress: Progress = print
) -> Counter[str]:
    """Write the company's files into the empty folder ``landing``; return rows by entity."""
    refuse_if_there(landing)
    make_private_folder(landing)
    with drawn(plan, landing.parent, progress) as company, connect(None) as connection:
        return deliver(connection, company, LandingFolder(connection, landing), truth, progress)


def fill(raw: Path, *, plan: Plan, truth: Path, progress: Progress = print) -> Counter[str]:
    """Write the company into the raw tables of a new warehouse file; return rows by entity."""
    refuse_if_there(raw)
    make_private_folder(raw.parent)
    with drawn(plan, raw.parent, progress) as company, connect(raw) as connection:
        sink = RawTables(connection, plan)
        sink.make_tables(list_contracts(Settings.from_env().contracts))
        return deliver(connection, company, sink, truth, progress)


def refuse_if_there(target: Path) -> None:
    """Stop before a company is mixed with what lies there."""
    is_empty_folder = target.is_dir() and not any(target.iterdir())
    if target.exists() and not is_empty_folder:
        raise TargetError(
            f"{target} is there and not empty; a synthetic company is not mixed with other data. "
            "Name another place, or take it away first."
        )


def deliver(
    connection: Connection, company: Company, sink: Sink, truth: Path, progress: Progress
) -> Counter[str]:
    """Hand every delivery to the sink, day by day, and write the truth beside."""
    counts: Counter[str] = Counter()
    crm, shelves = people.crm(company.plan, company.people), catalogue.products(company.plan)
    for number, day in enumerate(company.plan.deliveries):
        progress(f"Delivering {day}")
        for name, rows, query in deliveries(company, number, day, (crm, shelves), counts):
            contract = find_contract(name, Settings.from_env().contracts)
            connection.register("drawn", rows)
            counts[name] += sink.take(contract, day, without_refused(contract, query))
            connection.unregister("drawn")
    left_out = {"returned_lines": 0} if refuses_returns() else {}
    said = {"rows": dict(counts), "planted": {**company.planted, **left_out}}
    planted = Planted(
        plan=company.plan, people=company.people, campaigns=company.campaigns, counts=said
    )
    write_truth(connection, truth, planted)
    return counts


def deliveries(
    company: Company,
    number: int,
    day: date,
    snapshots: tuple[pl.DataFrame, pl.DataFrame],
    counts: Counter[str],
) -> Iterator[Delivery]:
    """Yield what arrives on one morning: snapshots where they are due, and what is new."""
    plan, staged = company.plan, company.staging.rows
    crm, shelves = snapshots
    if day in plan.snapshots:
        yield "crm.customers", crm, spelling.customers(plan, day)
    if number == 0:
        yield "shop.products", shelves, "SELECT * FROM drawn"
    for name, entity, query in (
        ("shop.order_lines", LINES, spelling.order_lines(plan)),
        ("shop.order_contacts", CONTACTS, spelling.contacts(plan)),
        ("shop.order_cancellations", CANCELLATIONS, spelling.cancellations(plan)),
        ("crm.identity_corrections", CORRECTIONS, spelling.corrections(plan)),
        ("web.events", EVENTS, spelling.events(plan, counts["web.events"])),
        ("marketing.campaign_exposures", EXPOSURES, spelling.exposures(plan)),
        ("marketing.coupon_redemptions", REDEMPTIONS, spelling.redemptions(plan)),
    ):
        rows = staged(entity, number, by="second")
        if rows is not None:
            yield name, rows, query


def without_refused(contract: Contract, query: str) -> str:
    """Leave returns out where the contract would have them in quarantine, all of them."""
    if contract.name == "shop.order_lines" and refuses_returns():
        return f"SELECT * FROM ({query}) WHERE quantity >= 0"
    return query


def refuses_returns() -> bool:
    """Say whether the contract of order lines takes no negative quantity."""
    contract = find_contract("shop.order_lines", Settings.from_env().contracts)
    least = {column.name: column.minimum for column in contract.columns}["quantity"]
    return least is not None and float(least) >= 0

"""Truth: what was planted, as Parquet beside the deliveries, for later stages to be judged by.

Nothing of the pipeline may read it; tests and benchmarks do.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import polars as pl

from include.demo.synthetic import spelling
from include.demo.synthetic.campaigns import TYPES, Campaigns
from include.demo.synthetic.people import People
from include.demo.synthetic.plan import COMPANY, NOTE, Plan
from include.demo.synthetic.traits import TRAITS
from include.demo.synthetic.visits import bot_visitors
from include.warehouse import Connection, make_private_folder, read_query

README = f"""# {COMPANY}: what was planted

{NOTE}

| file | one row a | columns |
|---|---|---|
| `customers.parquet` | CRM account | `segment`, traits, `churn_hazard_per_day`, `churned_date` |
| `identifiers.parquet` | id | `person_id`, `customer_id`, `kind`, `identifier`, `is_shared` |
| `bots.parquet` | bot | `visitor_id` |
| `campaigns.parquet` | campaign | days, `effect` (0: it does nothing) |
| `campaign_assignments.parquet` | campaign, customer | `is_treated`, `expected_extra_orders` |
| `manifest.json` | | the plan, rows by table, how many of each mess |

`segment` is null where none were planted. A `person_id` is the number of the person's oldest
account, and two accounts of one are a person who signed up twice; a shared browser has a row for
each of its customers. A campaign's customers were treated or held out by a coin; its `effect` may
be 0, and `expected_extra_orders` is what treatment was, or would have been, worth.
"""


@dataclass(frozen=True, kw_only=True)
class Planted:
    """What there is to tell: who, what was sent to them, and counts of rows and mess."""

    plan: Plan
    people: People
    campaigns: Campaigns
    counts: dict[str, dict[str, int]]


def write_truth(connection: Connection, folder: Path, planted: Planted) -> None:
    """Write every file of the truth into ``folder``."""
    plan, people, campaigns = planted.plan, planted.people, planted.campaigns
    make_private_folder(folder)
    tables = {
        "customers": customers(connection, plan, people),
        "identifiers": identifiers(connection, plan, people),
        "bots": bots(connection, plan),
        "campaigns": campaign_days(plan, campaigns),
        "campaign_assignments": assignments(connection, campaigns),
    }
    for name, rows in tables.items():
        rows.write_parquet(
            folder / f"{name}.parquet", compression="zstd", metadata={"tessera.synthetic": "true"}
        )
    said = {"company": COMPANY, "note": NOTE, "plan": asdict(plan), **planted.counts}
    (folder / "manifest.json").write_text(json.dumps(said, indent=2, default=str) + "\n")
    (folder / "README.md").write_text(README)


def spelt(connection: Connection, rows: pl.DataFrame, columns: str) -> pl.DataFrame:
    """Return ``rows`` with some columns spelt as the deliveries spell them."""
    connection.register("drawn", rows)
    found = read_query(connection, f"SELECT {columns} FROM drawn")
    connection.unregister("drawn")
    return found


def customers(connection: Connection, plan: Plan, people: People) -> pl.DataFrame:
    """Return every account with its segment, traits, churn and planted oddities."""
    traits = people.traits
    rows = pl.DataFrame(
        {
            "customer": np.arange(plan.customers),
            "person": people.person,
            "segment": traits.names(is_planted=plan.structure != "none"),
            "joined": people.joined,
            "churned": people.churned,
            "never_orders": people.never_orders,
            "churn_hazard_per_day": traits["churn_per_year"] / 365,
            **{name: traits[name] for name in TRAITS},
        }
    )
    return spelt(
        connection,
        rows,
        f"{spelling.customer_id('customer')} AS customer_id, person AS person_id, segment, "
        f"segment = 'Fringe' AS is_fringe, {spelling.day(plan, 'joined')} AS joined_date, "
        f"CASE WHEN churned < {plan.days} THEN {spelling.day(plan, 'churned')} END "
        "AS churned_date, "
        f"churn_hazard_per_day, never_orders, person <> customer AS is_second_account, "
        f"{', '.join(TRAITS)}",
    )


def identifiers(connection: Connection, plan: Plan, people: People) -> pl.DataFrame:
    """Return which customer id, e-mail address and browser belongs to which person."""
    accounts = np.arange(plan.customers)
    owner = np.repeat(accounts, people.devices)
    device = np.arange(len(owner)) - np.repeat(
        people.devices.cumsum() - people.devices, people.devices
    )
    visitor = people.visitor(owner, device)
    shared = people.shares_with[people.shares_with != accounts]
    browsers = pl.DataFrame(
        {
            "customer": owner,
            "person": people.person[owner],
            "visitor": visitor,
            "is_shared": np.isin(visitor, people.visitor(shared, np.zeros_like(shared))),
        }
    )
    ids = pl.DataFrame({"customer": accounts, "person": people.person})
    key = f"person AS person_id, {spelling.customer_id('customer')} AS customer_id"
    email, browser = spelling.address("person", "false"), spelling.visitor_id("visitor")
    columns = (
        (ids, "'customer_id' AS kind, customer_id AS identifier, false AS is_shared"),
        (ids, f"'email' AS kind, {email} AS identifier, false AS is_shared"),
        (browsers, f"'visitor_id' AS kind, {browser} AS identifier, is_shared"),
    )
    return pl.concat([spelt(connection, rows, f"{key}, {chosen}") for rows, chosen in columns])


def bots(connection: Connection, plan: Plan) -> pl.DataFrame:
    """Return the browsers that are nobody."""
    rows = pl.DataFrame({"visitor": bot_visitors(plan, 0, plan.customers)})
    return spelt(connection, rows, f"{spelling.visitor_id('visitor')} AS visitor_id")


def campaign_days(plan: Plan, campaigns: Campaigns) -> pl.DataFrame:
    """Return when each campaign ran, and how much it truly did."""
    start = pl.lit(plan.start)
    return pl.DataFrame(
        {
            "number": np.arange(len(campaigns.first)),
            "first": campaigns.first,
            "last": campaigns.last,
        }
    ).select(
        campaign_id=pl.col("number").cast(pl.String),
        campaign_type=pl.Series(TYPES).gather(np.arange(len(campaigns.first)) % len(TYPES)),
        started_date=start + pl.duration(days="first"),
        ended_date=start + pl.duration(days="last"),
        effect=pl.Series(campaigns.effect),
    )


def assignments(connection: Connection, campaigns: Campaigns) -> pl.DataFrame:
    """Return who was treated or held out of each campaign, and what treatment was worth."""
    campaign, customer = np.nonzero((campaigns.treated | campaigns.held_out).T)
    rows = pl.DataFrame(
        {
            "campaign": campaign,
            "customer": customer,
            "is_treated": campaigns.treated[customer, campaign],
            "expected_extra_orders": campaigns.expected[customer, campaign],
        }
    )
    return spelt(
        connection,
        rows,
        f"campaign::varchar AS campaign_id, {spelling.customer_id('customer')} AS customer_id, "
        "is_treated, expected_extra_orders",
    )

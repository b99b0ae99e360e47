"""Who a visitor and a guest is, in pandas: what `by_hand_identity` says in SQL."""

from pathlib import Path
from typing import Any

import pandas as pd

from tests.benchmarks.engines.rules import MOST_LINKS

VISITOR, EMAIL = "visitor_id", "email"


def identify(folder: Path, summed: pd.DataFrame) -> tuple[Any, Any]:
    """Return each visitor's customer and each guest order's, as series by visitor and order."""
    evidence = visitors_evidence(folder)
    buyers = summed[["customer_id"]].dropna().reset_index()
    contacts = pd.read_parquet(folder / "contacts.parquet", columns=["order_id", EMAIL])
    contacts[EMAIL] = normal(contacts[EMAIL])
    refuted = decided(folder)
    logins = evidence[[VISITOR, "customer_id"]].dropna()
    purchases = evidence[[VISITOR, "order_id"]].dropna()
    bought = purchases.merge(buyers, on="order_id")[[VISITOR, "customer_id"]]
    sure = without(pd.concat([logins, bought]).drop_duplicates(), refuted, "visitor", VISITOR)
    told = purchases.merge(contacts, on="order_id")[[VISITOR, EMAIL]].drop_duplicates()
    sizes = [told.groupby(side)[side].transform("size") for side in (VISITOR, EMAIL)]
    told = told[(sizes[0] <= MOST_LINKS) & (sizes[1] <= MOST_LINKS)]
    crm = pd.read_parquet(folder / "customers.parquet", columns=[EMAIL, "customer_id"])
    crm = crm.drop_duplicates()
    crm[EMAIL] = normal(crm[EMAIL])
    ordered = contacts.merge(buyers, on="order_id")[[EMAIL, "customer_id"]]
    addresses = pd.concat([crm.dropna(), ordered]).drop_duplicates()
    addresses = without(addresses, refuted, "email", EMAIL)

    strangers = evidence.loc[~evidence[VISITOR].isin(sure[VISITOR]), [VISITOR]].drop_duplicates()
    led = lead(strangers.assign(origin=strangers[VISITOR]), told, sure, addresses)
    led = without(led.rename(columns={"origin": VISITOR}), refuted, "visitor", VISITOR)
    owners = the_only(pd.concat([sure, led]), VISITOR)

    guests = summed.index[summed["is_guests"]]
    asked = contacts[contacts["order_id"].isin(guests)]
    nobodys = asked.loc[~asked[EMAIL].isin(addresses[EMAIL]), [EMAIL]].drop_duplicates()
    began = nobodys.merge(told, on=EMAIL).rename(columns={EMAIL: "origin"})
    led = lead(began, told, sure, addresses).rename(columns={"origin": EMAIL})
    led = without(led, refuted, "email", EMAIL)
    direct = addresses[addresses[EMAIL].isin(asked[EMAIL])]
    known = the_only(pd.concat([direct, led]), EMAIL)
    named = asked.set_index("order_id")[EMAIL].map(known).dropna()
    return owners, named


def visitors_evidence(folder: Path) -> pd.DataFrame:
    """Return the distinct logins and purchases of visitors."""
    columns = [VISITOR, "customer_id", "order_id", "event_type"]
    events = pd.read_parquet(folder / "events.parquet", columns=columns)
    events["order_id"] = events["order_id"].where(events.pop("event_type") == "purchase")
    return events.dropna(subset=["customer_id", "order_id"], how="all").drop_duplicates()


def normal(address: Any) -> Any:
    """Return addresses without blanks around them and in small letters."""
    return address.str.strip(" ").str.lower()


def decided(folder: Path) -> pd.DataFrame:
    """Return the pairs which a decision of ours, their last, keeps apart."""
    keys = ["identifier_type", "identifier", "customer_id"]
    decisions = pd.read_parquet(folder / "corrections.parquet").sort_values("decided_at")
    last = decisions.drop_duplicates(keys, keep="last")
    return last.loc[last["decision"] == "separate", keys]


def without(pairs: pd.DataFrame, refuted: pd.DataFrame, kind: str, column: str) -> pd.DataFrame:
    """Leave out the pairs that are refuted."""
    apart = refuted[refuted["identifier_type"] == kind].rename(columns={"identifier": column})
    keys = [column, "customer_id"]
    is_apart = pd.MultiIndex.from_frame(pairs[keys]).isin(pd.MultiIndex.from_frame(apart[keys]))
    return pairs.loc[~is_apart, keys]


def lead(
    began: pd.DataFrame, told: pd.DataFrame, sure: pd.DataFrame, addresses: pd.DataFrame
) -> pd.DataFrame:
    """Return the customers to whom each origin's visitors lead, over addresses given on both."""
    columns = ["origin", VISITOR]
    walk = step = began[columns].drop_duplicates()
    while len(step):
        given = step.merge(told, on=VISITOR)[["origin", EMAIL]].drop_duplicates()
        reached = given.merge(told, on=EMAIL)[columns].drop_duplicates()
        seen = pd.MultiIndex.from_frame(reached).isin(pd.MultiIndex.from_frame(walk))
        step = reached[~seen]
        walk = pd.concat([walk, step])
    found = ["origin", "customer_id"]
    by_login = walk.merge(sure, on=VISITOR)[found]
    by_address = walk.merge(told, on=VISITOR).merge(addresses, on=EMAIL)[found]
    return pd.concat([by_login, by_address]).drop_duplicates()


def the_only(pairs: pd.DataFrame, key: str) -> Any:
    """Return each key's customer, where there is no second, as a series by key."""
    return pairs.drop_duplicates(key, keep=False).set_index(key)["customer_id"]

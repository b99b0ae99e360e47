"""Channels: which audience goes to which channel, with which columns under which names.

Add an audience: write ``act_<channel>__<audience>`` in dbt and list it here. Who is in it and why
is that model's business; nothing is chosen or reshaped in Python.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

# Of what is personal, a channel gets the address if it needs one, and the key: nothing else.
EMAIL_TOOL = {
    "customer_id": "subscriber_id",
    "email": "email_address",
    "segment_name": "segment",
    "reason": "reason",
}
AD_PLATFORM = {"customer_id": "external_id", "email": "email"}
CRM = {
    "customer_id": "customer_id",
    "segment_name": "segment",
    "churn_risk": "churn_risk",
    "reason": "reason",
}


@dataclass(frozen=True, kw_only=True)
class Audience:
    """One list of customers for one channel; ``columns`` maps the table's names to the file's."""

    channel: str
    name: str
    columns: Mapping[str, str] = field(hash=False)

    @property
    def table(self) -> str:
        """The dbt model this audience is read from."""
        return f"activation.act_{self.channel}__{self.name}"

    @property
    def key(self) -> str:
        """What the file calls the customer's id."""
        return self.columns["customer_id"]


AUDIENCES = (
    Audience(channel="ads", name="lookalike_seed", columns=AD_PLATFORM),
    Audience(channel="crm", name="churn_watchlist", columns=CRM),
    Audience(channel="email", name="champions_rewards", columns=EMAIL_TOOL),
    Audience(channel="email", name="win_back", columns=EMAIL_TOOL),
)

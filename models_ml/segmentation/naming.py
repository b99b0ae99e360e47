"""Naming: from where a segment stands among all customers to a name people can use. Pure.

The table is read from the top; the first row whose conditions all hold gives the name. Bounds are
standings: 0.8 of ``spend_365d_amount`` says that the segment's median customer spends more than
80 % of all customers do.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

Bounds = Mapping[str, tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class Name:
    """A row of the table: conditions, and what people read and do."""

    name: str
    description: str
    suggested_action: str
    when: Bounds = field(default_factory=dict)

    def fits(self, standing: Mapping[str, float]) -> bool:
        """Say whether a segment that stands so may carry this name."""
        return all(low <= standing[trait] <= high for trait, (low, high) in self.when.items())


NAMES = (
    Name(
        name="Coupon-loving best customers",
        description="Top spenders who order often and redeem campaign coupons.",
        suggested_action="Reward with early access and personal coupons; ask for referrals.",
        when={"spend_365d_amount": (0.75, 1), "coupons_redeemed_90d": (0.8, 1)},
    ),
    Name(
        name="High-value loyal",
        description="Top spenders who order often and need no coupon for it.",
        suggested_action="Thank, do not discount: rewards, service, previews.",
        when={"spend_365d_amount": (0.75, 1), "recency_days": (0, 0.6)},
    ),
    Name(
        name="Slipping big spenders",
        description="Once among the best, and silent for longer than is usual.",
        suggested_action="A personal win-back offer now; ask what went wrong.",
        when={"spend_365d_amount": (0.6, 1), "recency_days": (0.7, 1)},
    ),
    Name(
        name="New arrivals",
        description="First orders not long ago; habits are still forming.",
        suggested_action="Welcome series; make the second and third order easy.",
        when={"tenure_days": (0, 0.15), "recency_days": (0, 0.7)},
    ),
    Name(
        name="Lapsing coupon users",
        description="Have bought with coupons, and have been silent for weeks.",
        suggested_action="Win back with a coupon on what they used to buy.",
        when={"recency_days": (0.7, 1), "coupon_share": (0.5, 1)},
    ),
    Name(
        name="Lapsed low spenders",
        description="Ordered little and not for a long time.",
        suggested_action="One cheap reminder, then leave in peace.",
        when={"recency_days": (0.8, 1), "spend_365d_amount": (0, 0.4)},
    ),
    Name(
        name="Lapsing",
        description="Have been silent for longer than most customers are.",
        suggested_action="A reminder with a reason to come back this week.",
        when={"recency_days": (0.7, 1)},
    ),
    Name(
        name="Bargain seekers",
        description="Buy on discount far more than others do.",
        suggested_action="Announce promotions; keep them out of margin-eating stacks.",
        when={"discount_share": (0.7, 1)},
    ),
    Name(
        name="Frequent small baskets",
        description="Come often and take little each time.",
        suggested_action="Raise the basket: bundles, thresholds for a benefit.",
        when={"orders_90d": (0.6, 1), "average_order_amount": (0, 0.45)},
    ),
    Name(
        name="Seldom but big baskets",
        description="Few orders, each of them large.",
        suggested_action="Reminders timed to their stock-up rhythm; delivery offers.",
        when={"orders_90d": (0, 0.4), "average_order_amount": (0.6, 1)},
    ),
    Name(
        name="Loyal regulars",
        description="Order steadily and spend above the middle: the backbone.",
        suggested_action="Keep the habit; introduce further categories.",
        when={"spend_365d_amount": (0.5, 1), "orders_90d": (0.5, 1)},
    ),
    Name(
        name="Occasional shoppers",
        description="Order now and then and spend below the middle.",
        suggested_action="Give a reason for the next visit; learn what they buy elsewhere.",
        when={"spend_365d_amount": (0, 0.5)},
    ),
    Name(
        name="Everyday shoppers",
        description="Close to the middle in every respect.",
        suggested_action="Keep informed; test what moves them.",
    ),
)

QUALIFIERS = (  # trait, when it stands above 0.6, when it stands below 0.4
    ("average_order_amount", "large baskets", "small baskets"),
    ("orders_90d", "frequent", "infrequent"),
    ("coupon_share", "with coupons", "without coupons"),
    ("discount_share", "on discount", "at full price"),
    ("private_label_share", "private label", "national brands"),
    ("spend_365d_amount", "higher spend", "lower spend"),
    ("recency_days", "long silent", "recently active"),
)
HIGH, LOW = 0.6, 0.4

UNSEGMENTED_NAME = Name(
    name="Unsegmented",
    description="Too unlike any segment to be counted in one.",
    suggested_action="Address as everyone; look again after the next orders.",
)


def choose_name(standing: Mapping[str, float], taken: Collection[str]) -> Name:
    """Return the table's name for a segment, told apart from those ``taken`` by a qualifier."""
    chosen = next(name for name in NAMES if name.fits(standing))
    candidates = [chosen.name, *(f"{chosen.name}, {word}" for word in _qualifiers(standing))]
    numbered = (f"{chosen.name} {number}" for number in range(2, len(taken) + 3))
    free = next(name for name in [*candidates, *numbered] if name not in taken)
    return Name(
        name=free,
        description=chosen.description,
        suggested_action=chosen.suggested_action,
    )


def _qualifiers(standing: Mapping[str, float]) -> list[str]:
    """Return the words that set a segment apart, in the table's order."""
    return [
        above if standing[trait] > HIGH else below
        for trait, above, below in QUALIFIERS
        if standing[trait] > HIGH or standing[trait] < LOW
    ]

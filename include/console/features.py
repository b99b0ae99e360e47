"""What each feature is called on a page, how it is written, and what high and low values mean."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Kind = Literal["days", "count", "amount", "share", "ratio"]


class Feature(NamedTuple):
    """A feature in words; ``source`` is where its data comes from."""

    label: str
    kind: Kind
    higher: str
    lower: str
    source: str = "shop"


FEATURES: Mapping[str, Feature] = {
    "recency_days": Feature(
        "Days since last order", "days", "Longer since the last order", "Ordered more recently"
    ),
    "average_days_between_orders": Feature(
        "Days between orders", "days", "Longer gaps between orders", "Shorter gaps between orders"
    ),
    "orders_90d": Feature("Orders, 90 days", "count", "More orders", "Fewer orders"),
    "spend_90d_amount": Feature("Spend, 90 days", "amount", "Spends more", "Spends less"),
    "average_order_amount": Feature(
        "Amount per order", "amount", "Larger baskets", "Smaller baskets"
    ),
    "items_per_order": Feature(
        "Items per order", "ratio", "More items an order", "Fewer items an order"
    ),
    "distinct_categories_90d": Feature(
        "Categories, 90 days", "count", "Wider assortment", "Narrower assortment"
    ),
    "distinct_stores_90d": Feature(
        "Stores, 90 days", "count", "Visits more stores", "Visits fewer stores"
    ),
    "discount_share": Feature(
        "Discount share", "share", "Buys more on discount", "Buys less on discount"
    ),
    "coupon_share": Feature("Coupon share", "share", "Uses coupons more", "Uses coupons less"),
    "private_label_share": Feature(
        "Private label share", "share", "More private label", "Less private label"
    ),
    "weekend_share": Feature(
        "Weekend share", "share", "Shops more on weekends", "Shops less on weekends"
    ),
    "order_trend_ratio": Feature(
        "Order pace, 1 is steady", "ratio", "Ordering more than before", "Ordering less than before"
    ),
    "tenure_days": Feature("Days as a customer", "days", "Customer for longer", "Newer customer"),
    "sessions_90d": Feature(
        "Web sessions, 90 days", "count", "More web sessions", "Fewer web sessions", "web"
    ),
    "abandoned_carts_30d": Feature(
        "Abandoned carts, 30 days", "count", "Abandons more carts", "Abandons fewer carts", "web"
    ),
    "campaigns_90d": Feature(
        "Campaigns, 90 days",
        "count",
        "Reached by more campaigns",
        "Reached by fewer campaigns",
        "marketing",
    ),
    "coupons_redeemed_90d": Feature(
        "Coupons redeemed, 90 days",
        "count",
        "Redeems more coupons",
        "Redeems fewer coupons",
        "marketing",
    ),
}

OTHERS: Mapping[str, tuple[str, str]] = {  # in models only: label, source
    "orders_30d": ("Orders, 30 days", "shop"),
    "orders_365d": ("Orders, 365 days", "shop"),
    "spend_30d_amount": ("Spend, 30 days", "shop"),
    "spend_365d_amount": ("Spend, 365 days", "shop"),
    "recency_to_cadence_ratio": ("Silence against own rhythm", "shop"),
    "sessions_30d": ("Web sessions, 30 days", "web"),
    "product_views_30d": ("Product views, 30 days", "web"),
    "days_since_last_session": ("Days since last session", "web"),
}


def label_of(feature: str) -> str:
    """Return the feature's name for people; one nobody has described keeps its own words."""
    if feature in FEATURES:
        return FEATURES[feature].label
    return OTHERS.get(feature, (feature.replace("_", " ").capitalize(), ""))[0]


def source_of(feature: str) -> str:
    """Return the source whose data the feature is made of; empty where nobody has said."""
    return FEATURES[feature].source if feature in FEATURES else OTHERS.get(feature, ("", ""))[1]

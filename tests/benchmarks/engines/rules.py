"""The marts' constants; where `dbt_project.yml` has others, the digests say so."""

from include.settings import CHECKOUT

SEEDS = CHECKOUT / "dbt_project" / "seeds"
OUTPUTS = ("rfm", "sessions", "engagement")
GAP, BOT_EVENTS, BOT_PACE, MOST_LINKS = 1_800, 60, 3, 20
KINDS = ("page_view", "product_view", "search", "add_to_cart", "checkout", "purchase")
COUNTS = {
    "page_views": "page_view",
    "product_views": "product_view",
    "searches": "search",
    "cart_adds": "add_to_cart",
    "checkouts": "checkout",
    "purchases": "purchase",
}
ORIGIN = ("page_path", "device_type", "referrer", "utm_source", "utm_medium", "utm_campaign")
COMPONENTS = (
    "orders_28d",
    "orders_84d",
    "visit_freshness_84d",
    "sessions_28d",
    "product_views_28d",
    "cart_adds_28d",
    "coupons_redeemed_84d",
)
ZEROS = {  # what a customer without any has none of, by where it is counted
    "activity": (
        *("sessions_28d", "sessions_84d", "page_views_28d", "product_views_28d", "cart_adds_28d"),
        *("abandoned_carts_28d", "email_sessions_84d", "orders_28d", "orders_84d"),
    ),
    "campaigns": ("campaigns_84d", "coupons_redeemed_84d", "campaigns_answered_84d"),
    "habits": ("distinct_categories_84d", "orders_28d_last_year"),
}

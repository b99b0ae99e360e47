"""Spelling: the SQL that turns drawn numbers into the columns that contracts name.

Each query reads the view ``drawn``. It gives every column it knows; the sink takes those that the
contract has, so a contract may be narrower, or gain optional columns nobody here fills.
"""

from datetime import date

from include.demo.synthetic.campaigns import TYPES
from include.demo.synthetic.catalogue import CATEGORIES_EACH, DEPARTMENTS, PER_DEPARTMENT
from include.demo.synthetic.people import day_number
from include.demo.synthetic.plan import Plan
from include.warehouse import literal

DOMAIN = "synthetic.example"
REFERRERS = (
    None, "https://www.google.com/", "https://www.bing.com/", "https://www.facebook.com/",
    "https://www.instagram.com/", "https://blog.example.org/", "https://www.google.com/", None,
)  # fmt: skip
SOURCES = (None, None, None, "facebook", "instagram", None, "google", "newsletter")
MEDIUMS = (None, None, None, "paid_social", "paid_social", None, "cpc", "email")
LINKS = (None, None, None, "always-on", "always-on", None, "brand", "weekly-newsletter")
AGES = ("19-24", "25-34", "35-44", "45-54", "55-64", "65+")
INCOMES = (
    "Under 15K", "15-24K", "25-34K", "35-49K", "50-74K", "75-99K", "100-124K", "125-149K",
    "150-174K", "175-199K", "200-249K", "250K+",
)  # fmt: skip
HOMES = ("Homeowner", "Probable Homeowner", "Renter", "Probable Renter")
PEOPLE = ("1 Adult No Kids", "2 Adults No Kids", "2 Adults Kids", "1 Adult Kids")
ORDER_DIGITS = 11  # ten million customers of 1,024 orders
KINDS = ("page_view", "page_view", "search", "product_view", "add_to_cart", "checkout", "purchase")


def listed(values: tuple[str | None, ...], index: str) -> str:
    """Return SQL for the ``index``-th of ``values``; null where the index is negative."""
    spelt = ", ".join("NULL" if value is None else literal(value) for value in values)
    return f"CASE WHEN {index} >= 0 THEN [{spelt}][{index} + 1] END"


def number(prefix: str, expression: str, digits: int) -> str:
    """Return SQL for an id: a letter and a number of so many digits; longer ones would be cut."""
    return f"('{prefix}' || lpad(({expression})::varchar, {digits}, '0'))"


def customer_id(expression: str) -> str:
    """Return SQL for the CRM's key of an account's number."""
    return number("c", expression, 7)


def visitor_id(expression: str) -> str:
    """Return SQL for a browser's id, which does not show whose it is (a walk modulo a prime)."""
    return number("v", f"({expression}) * 48271 % 2147483647", 10)


def address(person: str, odd: str) -> str:
    """Return SQL for a person's e-mail address; in capitals where ``odd``."""
    plain = f"'person' || ({person}) || '@{DOMAIN}'"
    return f"CASE WHEN {odd} THEN upper({plain}) ELSE {plain} END"


def moment(plan: Plan, seconds: str) -> str:
    """Return SQL for a timestamp from seconds since the first midnight."""
    return f"make_timestamp(({plan.epoch} + {seconds}::bigint) * 1000000)"


def day(plan: Plan, days: str) -> str:
    """Return SQL for a date from days since the first."""
    return f"(DATE '{plan.start}' + ({days})::integer)"


def money(cents: str) -> str:
    """Return SQL for cents as an amount."""
    return f"({cents}::decimal(18, 2) * 0.01::decimal(3, 2))::decimal(18, 2)"


def customers(plan: Plan, snapshot: date) -> str:
    """Return the CRM as it stood before ``snapshot``."""
    today = day_number(plan, snapshot)
    says = f"CASE WHEN changed < {today} THEN 1 - greatest(said_first, 0) ELSE said_first END"
    odd = "has_odd_case AND person = customer"
    plain = f"'Person' || person || '@{DOMAIN}'"
    return f"""
        SELECT
            {customer_id("customer")} AS customer_id,
            CASE
                WHEN {odd} THEN {plain} ELSE {address("person", "person <> customer")}
            END AS email,
            {day(plan, "joined")} AS created_date,
            CASE {says} WHEN 1 THEN true WHEN 0 THEN false END AS marketing_consent,
            CASE WHEN {says} >= 0 THEN {day(plan, f"CASE WHEN changed < {today} THEN changed ELSE joined END")}
            END AS consent_updated_date,
            {listed(AGES, "age")} AS age_band,
            {listed(INCOMES, "income")} AS income_band,
            {listed(HOMES, "home")} AS home_ownership,
            CASE WHEN kids < 0 THEN NULL WHEN kids % 3 = 0 THEN 'Unmarried' ELSE 'Married' END
                AS marital_status,
            {listed(("1", "2", "4", "3"), "kids")} AS household_size,
            {listed(PEOPLE, "kids")} AS household_composition,
            {listed(("0", "0", "2", "2"), "kids")} AS kids_count
        FROM drawn
        WHERE joined < {today}
        ORDER BY customer
    """  # noqa: E501


def order_lines(plan: Plan) -> str:
    """Return order lines; a guest is no customer, and what comes back has negative amounts."""
    return f"""
        SELECT
            {number("o", "number", ORDER_DIGITS)} AS order_id,
            {number("p", "product", 5)} AS product_id,
            CASE WHEN NOT is_guest THEN {customer_id("customer")} END AS customer_id,
            CASE WHEN store = 0 THEN 'web' ELSE 's' || store END AS store_id,
            quantity,
            {money("paid")} AS sales_amount,
            {money("discount")} AS retail_discount_amount,
            {money("coupon")} AS coupon_discount_amount,
            0::decimal(18, 2) AS coupon_match_discount_amount,
            {moment(plan, "second")} AS ordered_at
        FROM drawn
    """


def contacts(plan: Plan) -> str:
    """Return the addresses typed at the checkout."""
    return f"""
        SELECT
            {number("o", "number", ORDER_DIGITS)} AS order_id,
            {address("person", "has_odd_case")} AS email,
            {moment(plan, "second")} AS ordered_at
        FROM drawn
    """


def cancellations(plan: Plan) -> str:
    """Return the orders that were called off."""
    return f"""
        SELECT
            {number("o", "number", ORDER_DIGITS)} AS order_id,
            {moment(plan, "second")} AS cancelled_at
        FROM drawn
    """


def corrections(plan: Plan) -> str:
    """Return what a person decided about a browser that two customers use."""
    return f"""
        SELECT
            'd' || customer AS correction_id,
            'visitor' AS identifier_type,
            {visitor_id("visitor")} AS identifier,
            {customer_id("customer")} AS customer_id,
            'separate' AS decision,
            {moment(plan, "second")} AS decided_at,
            'a housemate, says the customer' AS reason
        FROM drawn
    """


def events(plan: Plan, first_number: int) -> str:
    """Return web events, numbered in the order in which they were delivered."""
    kinds, product = listed(KINDS, "kind"), number("p", "topic", 5)
    department = f"lower({listed(DEPARTMENTS, f'topic // {PER_DEPARTMENT}')})"
    mailed = "campaign >= 0"
    return f"""
        SELECT
            {number("e", f"_position + {first_number}", 9)} AS event_id,
            {visitor_id("visitor")} AS visitor_id,
            CASE WHEN customer >= 0 THEN {customer_id("customer")} END AS customer_id,
            {kinds} AS event_type,
            {moment(plan, "second")} AS event_at,
            CASE kind
                WHEN 0 THEN '/'
                WHEN 1 THEN '/categories/' || {department}
                WHEN 2 THEN '/search/' || {department} || '-' || (topic % {CATEGORIES_EACH} + 1)
                WHEN 5 THEN '/checkout'
                WHEN 6 THEN '/checkout/thanks'
                ELSE '/products/' || {product}
            END AS page_path,
            CASE WHEN kind IN (3, 4) THEN {product} END AS product_id,
            CASE WHEN kind = 6 THEN {number("o", '"order"', ORDER_DIGITS)} END AS order_id,
            CASE WHEN device < 58 THEN 'mobile' WHEN device < 92 THEN 'desktop' ELSE 'tablet' END
                AS device_type,
            CASE WHEN NOT {mailed} THEN {listed(REFERRERS, "origin")} END AS referrer,
            CASE WHEN {mailed} THEN 'crm' ELSE {listed(SOURCES, "origin")} END AS utm_source,
            CASE WHEN {mailed} THEN 'email' ELSE {listed(MEDIUMS, "origin")} END AS utm_medium,
            CASE WHEN {mailed} THEN 'campaign-' || campaign ELSE {listed(LINKS, "origin")}
            END AS utm_campaign
        FROM drawn
    """


def exposures(plan: Plan) -> str:
    """Return who was sent which campaign."""
    return f"""
        SELECT
            campaign::varchar AS campaign_id,
            {customer_id("customer")} AS customer_id,
            {listed(TYPES, f"campaign % {len(TYPES)}")} AS campaign_type,
            {day(plan, "second // 86400")} AS started_date,
            {day(plan, '"last"')} AS ended_date
        FROM drawn
    """


def redemptions(plan: Plan) -> str:
    """Return which coupon was redeemed by whom."""
    return f"""
        SELECT
            {customer_id("customer")} AS customer_id,
            'k' || campaign AS coupon_id,
            campaign::varchar AS campaign_id,
            {day(plan, "second // 86400")} AS redeemed_date
        FROM drawn
    """


def products() -> str:
    """Return the catalogue, which is spelt already."""
    return "SELECT * FROM drawn"

"""What must hold of the raw tables before anything is built on them.

Types, keys and required columns are the contracts' business, at the door, and are not repeated
here: these promises are about volume, freshness and whether the sources fit together.
"""

from datetime import date

import great_expectations as gx
import great_expectations.expectations as gxe

from expectations.promise import (
    AS_OF,
    CRITICAL,
    PERSONAL,
    WARNING,
    few_rows_where,
)


def few_set_aside(source: str, entity: str) -> gxe.UnexpectedRowsExpectation:
    """Return the promise that the newest files' rows were good, but for one in a hundred.

    A row that only lost to another delivery's row of its key is no fault, and is not counted.
    """
    return gxe.UnexpectedRowsExpectation(
        description="No more than one row in a hundred of a newest file was set aside for a fault.",
        unexpected_rows_query=(
            f"SELECT 1 FROM ops.batches JOIN ops.quarantined_rows USING (source, entity, batch_id) "
            f"WHERE source = '{source}' AND entity = '{entity}' AND status = 'landed' "
            "AND delivered_on = (SELECT max(_delivered_on) FROM {batch}) "
            "AND held IS DISTINCT FROM 'key' "
            "GROUP BY batch_id, rows_delivered HAVING count(*) > 0.01 * rows_delivered"
        ),
        severity=WARNING,
        notes="Past 1 % a source has changed its format; see ops.quarantined_rows for the reasons.",
    )


RAW_CRM_CUSTOMERS = gx.ExpectationSuite(
    name="raw_crm.customers",
    expectations=[
        gxe.ExpectTableRowCountToBeBetween(
            min_value=1,
            severity=CRITICAL,
            notes="Without a snapshot nobody's consent is known, so no audience may leave.",
        ),
        few_set_aside("crm", "customers"),
        gxe.UnexpectedRowsExpectation(
            description="A snapshot keeps four fifths of the customers of the one before it.",
            unexpected_rows_query=(
                "SELECT 1 FROM raw_crm.customers WHERE _delivered_on = (SELECT max(_delivered_on) "
                "FROM raw_crm.customers WHERE _delivered_on < "
                "(SELECT max(_delivered_on) FROM {batch})) "
                "QUALIFY count(*) OVER () * 0.8 > (SELECT count(*) FROM {batch})"
            ),
            severity=CRITICAL,
            notes="A full snapshot that lost a fifth of its customers is a cut-off file.",
        ),
        gxe.ExpectColumnMaxToBeBetween(
            column="created_date",
            max_value=AS_OF,
            strict_max=True,
            severity=WARNING,
            notes="A customer created on or after the day of the run points at a wrong clock.",
        ),
        gxe.ExpectColumnValuesToNotBeNull(
            column="marketing_consent",
            mostly=0.7,
            result_format=PERSONAL,
            severity=WARNING,
            notes="Unknown counts as no; past 30 % the audiences shrink for a wrong reason.",
        ),
        gxe.ExpectColumnValuesToNotBeNull(
            column="email",
            mostly=0.9,
            result_format=PERSONAL,
            severity=WARNING,
            notes="A customer without an address cannot be mailed; past 10 % the field was lost.",
        ),
        gxe.ExpectColumnValuesToBeUnique(
            column="email",
            result_format=PERSONAL,
            severity=WARNING,
            notes="Two customers at one address get the same mail twice.",
        ),
        few_rows_where(
            r"NOT regexp_full_match(email, '[^@\s]+@[^@\s]+\.[^@\s]+')",
            share=0.01,
            description="No more than one address in a hundred is malformed.",
            result_format=PERSONAL,
            severity=WARNING,
            notes="The email tool bounces a whole file that is mostly malformed.",
        ),
    ],
)

RAW_SHOP_ORDER_LINES = gx.ExpectationSuite(
    name="raw_shop.order_lines",
    expectations=[
        gxe.ExpectTableRowCountToBeBetween(
            min_value=1,
            severity=CRITICAL,
            notes="Without orders there is no recency, no value and no label.",
        ),
        few_set_aside("shop", "order_lines"),
        gxe.ExpectColumnMaxToBeBetween(
            column="_delivered_on",
            min_value=AS_OF,
            severity=WARNING,
            notes="The day's own delivery is missing; scores are as of an earlier day.",
        ),
        gxe.ExpectColumnMaxToBeBetween(
            column="ordered_at",
            max_value=AS_OF,
            strict_max=True,
            severity=WARNING,
            notes="A delivery holds what was before its date; a later order is a wrong clock.",
        ),
        gxe.UnexpectedRowsExpectation(
            description="The newest day has a tenth of the median day of the four weeks before it.",
            unexpected_rows_query=(
                "WITH days AS (SELECT ordered_at::date AS day, count(*) AS lines FROM {batch} "
                "GROUP BY ALL ORDER BY day DESC LIMIT 29) "
                "SELECT 1 FROM days HAVING count(*) > 7 "
                "AND arg_max(lines, day) < 0.1 * median(lines)"
            ),
            severity=WARNING,
            notes="Christmas leaves a seventh of a day; less than a tenth is a cut-off file.",
        ),
        few_rows_where(
            "customer_id NOT IN (SELECT customer_id FROM raw_crm.customers)",
            share=0.01,
            description="No more than one line in a hundred has a customer the CRM does not know.",
            severity=WARNING,
            notes="Past 1 % the two systems' keys have drifted apart and segments lose consent.",
        ),
        few_rows_where(
            "product_id NOT IN (SELECT product_id FROM raw_shop.products)",
            share=0.02,
            description="No more than one line in fifty has a product the catalogue does not know.",
            severity=WARNING,
            notes="Category features ignore unknown products; a third of a percent is usual.",
        ),
        gxe.ExpectColumnMeanToBeBetween(
            column="sales_amount",
            min_value=0.01,
            severity=CRITICAL,
            notes="Lines that sell for nothing on average mean that the amount column was lost.",
        ),
    ],
)

RAW_SHOP_PRODUCTS = gx.ExpectationSuite(
    name="raw_shop.products",
    expectations=[
        gxe.ExpectTableRowCountToBeBetween(
            min_value=1,
            severity=CRITICAL,
            notes="Without a catalogue no category feature can be built.",
        ),
        few_set_aside("shop", "products"),
        gxe.ExpectColumnValuesToNotBeNull(
            column="product_category",
            mostly=0.95,
            severity=WARNING,
            notes="Half a percent is usual; past 5 % variety of purchase is understated.",
        ),
        gxe.ExpectColumnDistinctValuesToBeInSet(
            column="brand",
            value_set=["National", "Private"],
            severity=WARNING,
            notes="The private-label share counts these words; a new one would be counted as no.",
        ),
    ],
)

RAW_MARKETING_CAMPAIGN_EXPOSURES = gx.ExpectationSuite(
    name="raw_marketing.campaign_exposures",
    expectations=[
        gxe.ExpectTableRowCountToBeBetween(
            min_value=1,
            severity=WARNING,
            notes="Marketing is optional: without it the campaign features are null.",
        ),
        few_set_aside("marketing", "campaign_exposures"),
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="ended_date",
            column_B="started_date",
            or_equal=True,
            severity=WARNING,
            notes="A campaign that ends before it starts is never counted as running.",
        ),
        few_rows_where(
            "customer_id NOT IN (SELECT customer_id FROM raw_crm.customers)",
            share=0.01,
            description="One exposure in a hundred, at most, is of a customer unknown to the CRM.",
            severity=WARNING,
            notes="Past 1 % the marketing tool's customer keys have drifted from the CRM's.",
        ),
    ],
)

RAW_MARKETING_COUPON_REDEMPTIONS = gx.ExpectationSuite(
    name="raw_marketing.coupon_redemptions",
    expectations=[
        gxe.ExpectTableRowCountToBeBetween(
            min_value=1,
            severity=WARNING,
            notes="Marketing is optional: without it the coupon features are null.",
        ),
        few_set_aside("marketing", "coupon_redemptions"),
        gxe.ExpectColumnValuesToBeBetween(
            column="redeemed_date",
            max_value=AS_OF,
            strict_max=True,
            severity=WARNING,
            notes="A redemption on or after the day of the run points at a wrong clock.",
        ),
        few_rows_where(
            "campaign_id NOT IN (SELECT campaign_id FROM raw_marketing.campaign_exposures)",
            share=0.1,
            description="No more than one redemption in ten is of a campaign nobody was sent.",
            severity=WARNING,
            notes="Exposures lag redemptions by a few days; past a tenth their file is missing.",
        ),
    ],
)

RAW_WEB_EVENTS = gx.ExpectationSuite(
    name="raw_web.events",
    expectations=[
        gxe.ExpectTableRowCountToBeBetween(
            min_value=1,
            severity=WARNING,
            notes="Web is optional: without it the behaviour features are null, not zero.",
        ),
        few_set_aside("web", "events"),
        gxe.ExpectColumnValuesToBeBetween(
            column="event_at",
            max_value=AS_OF,
            strict_max=True,
            severity=WARNING,
            notes="An event on or after the day of the run points at a wrong clock or time zone.",
        ),
        few_rows_where(
            "customer_id IS NULL",
            share=0.99,
            description="At least one event in a hundred is of a customer who is logged in.",
            severity=WARNING,
            notes="Below 1 % the log-in is no longer tracked and engagement falls for everybody.",
        ),
        few_rows_where(
            "event_type = 'purchase' AND order_id IS NULL",
            share=0.001,
            description="No more than one event in a thousand is a purchase that names no order.",
            severity=WARNING,
            notes="Usually none; web purchases would no longer be tied to the till's orders.",
        ),
    ],
)

RAW_SHOP_ORDER_CONTACTS = gx.ExpectationSuite(
    name="raw_shop.order_contacts",
    expectations=[
        gxe.ExpectColumnValuesToBeBetween(
            column="ordered_at",
            max_value=AS_OF,
            strict_max=True,
            severity=WARNING,
            notes="An order on or after the day of the run points at a wrong clock.",
        ),
        few_set_aside("shop", "order_contacts"),
        few_rows_where(
            "order_id NOT IN (SELECT order_id FROM raw_shop.order_lines)",
            share=0.01,
            description="No more than one contact in a hundred is of an order that never came.",
            severity=WARNING,
            notes="Past 1 % the checkout's and the till's order numbers have drifted apart.",
        ),
        gxe.UnexpectedRowsExpectation(
            description="No address stands behind more than a tenth of the orders.",
            unexpected_rows_query=(
                "SELECT 1 FROM {batch} GROUP BY lower(trim(email)) "
                "HAVING count(*) > 100 AND count(*) > 0.1 * (SELECT count(*) FROM {batch})"
            ),
            result_format=PERSONAL,
            severity=WARNING,
            notes="A till that types its own address for everybody would make everybody one guest.",
        ),
    ],
)

RAW_SHOP_ORDER_CANCELLATIONS = gx.ExpectationSuite(
    name="raw_shop.order_cancellations",
    expectations=[
        gxe.ExpectColumnValuesToBeBetween(
            column="cancelled_at",
            max_value=AS_OF,
            strict_max=True,
            severity=WARNING,
            notes="An order called off on or after the day of the run points at a wrong clock.",
        ),
        few_set_aside("shop", "order_cancellations"),
        few_rows_where(
            "order_id NOT IN (SELECT order_id FROM raw_shop.order_lines)",
            share=0.01,
            description="No more than one cancellation in a hundred is of an order never seen.",
            severity=WARNING,
            notes="Past 1 % the order numbers drifted apart, and cancelled orders still count.",
        ),
    ],
)

RAW_CRM_IDENTITY_CORRECTIONS = gx.ExpectationSuite(
    name="raw_crm.identity_corrections",
    expectations=[
        gxe.ExpectColumnValuesToBeBetween(
            column="decided_at",
            max_value=AS_OF,
            strict_max=True,
            severity=WARNING,
            notes="A decision on or after the day of the run points at a wrong clock.",
        ),
        few_set_aside("crm", "identity_corrections"),
        few_rows_where(
            "customer_id NOT IN (SELECT customer_id FROM raw_crm.customers)",
            share=0.01,
            description="No more than one correction in a hundred names an unknown customer.",
            severity=WARNING,
            notes="A correction of an unknown customer corrects nothing; its key was mistyped.",
        ),
    ],
)

SUITES = (
    RAW_CRM_CUSTOMERS,
    RAW_CRM_IDENTITY_CORRECTIONS,
    RAW_SHOP_ORDER_CANCELLATIONS,
    RAW_SHOP_ORDER_CONTACTS,
    RAW_SHOP_ORDER_LINES,
    RAW_SHOP_PRODUCTS,
    RAW_MARKETING_CAMPAIGN_EXPOSURES,
    RAW_MARKETING_COUPON_REDEMPTIONS,
    RAW_WEB_EVENTS,
)
SNAPSHOTS = ("raw_crm.customers", "raw_shop.products")


def rows(table: str, as_of: date) -> str:
    """Return SQL for the rows of ``table`` a run as of ``as_of`` sees: of snapshots, the newest."""
    delivered = f"SELECT * FROM {table} WHERE _delivered_on <= DATE '{as_of}'"
    if table not in SNAPSHOTS:
        return delivered
    return (
        f"{delivered} AND _delivered_on = (SELECT max(_delivered_on) FROM {table} "
        f"WHERE _delivered_on <= DATE '{as_of}')"
    )

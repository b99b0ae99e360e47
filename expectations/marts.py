"""What must hold of the marts before a model learns from them or a person reads them.

Keys, types and accepted values of single columns are dbt's business and are not repeated here:
these promises are about the day, about leakage from the future, and about shapes of whole tables
that no row can show.
"""

from datetime import date

import great_expectations as gx
import great_expectations.expectations as gxe

from expectations import key_figures
from expectations.promise import (
    AS_OF,
    CRITICAL,
    LAST_LABELLED,
    PERSONAL,
    WARNING,
    blind_to_their_own_day,
    few_rows_where,
    no_rows_where,
    of_the_day,
    same_customers_as,
)

DIM_CUSTOMERS = gx.ExpectationSuite(
    name="marts.dim_customers",
    expectations=[
        gxe.ExpectTableRowCountToBeBetween(
            min_value=1,
            severity=CRITICAL,
            notes="Consent is read here at the last moment; without it nothing may be exported.",
        ),
        gxe.UnexpectedRowsExpectation(
            description="At least one customer has agreed to marketing.",
            unexpected_rows_query=(
                "SELECT 1 FROM {batch} HAVING count(*) FILTER (marketing_consent) = 0"
            ),
            result_format=PERSONAL,
            severity=WARNING,
            notes="Every audience will be empty; a renamed consent value is likelier than that.",
        ),
    ],
)

FCT_ORDERS = gx.ExpectationSuite(
    name="marts.fct_orders",
    expectations=[
        gxe.ExpectTableRowCountToBeBetween(
            min_value=1,
            severity=CRITICAL,
            notes="Without orders there is nothing to segment or to predict.",
        ),
        gxe.ExpectColumnMaxToBeBetween(
            column="ordered_at",
            max_value=AS_OF,
            strict_max=True,
            severity=CRITICAL,
            notes="The cut is exclusive: an order of the day itself leaks the future.",
        ),
        few_rows_where(
            "order_kind = 'return'",
            share=0.3,
            description="No more than three receipts in ten are returns.",
            severity=WARNING,
            notes="Even fashion gets back less; past that a sign was flipped on its way here.",
        ),
        gxe.ExpectColumnMeanToBeBetween(
            column="order_amount",
            min_value=0.01,
            max_value=100_000,
            severity=CRITICAL,
            notes="An average of nothing, or of cents read as whole units, ruins every value.",
        ),
        few_rows_where(
            "customer_id NOT IN (SELECT customer_id FROM marts.dim_customers)",
            share=0.01,
            description="No more than one order in a hundred is of a customer unknown to the CRM.",
            severity=WARNING,
            notes="Those customers get a segment but no consent, so they never reach a channel.",
        ),
    ],
)

FCT_SESSIONS = gx.ExpectationSuite(
    name="marts.fct_sessions",
    expectations=[
        gxe.ExpectTableRowCountToBeBetween(
            min_value=1,
            severity=WARNING,
            notes="Web is optional: without it the behaviour features are null, not zero.",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="started_at",
            max_value=AS_OF,
            strict_max=True,
            severity=CRITICAL,
            notes="The cut is exclusive: a session of the day itself leaks the future.",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="duration_seconds",
            min_value=0,
            max_value=86_400,
            mostly=0.999,
            severity=WARNING,
            notes="Longer than a day is a bot, or a visitor id shared by many people.",
        ),
        few_rows_where(
            "is_abandoned_cart",
            share=0.9,
            description="No more than nine sessions in ten abandon a cart.",
            severity=WARNING,
            notes="So many abandoned carts mean that purchases are no longer tracked.",
        ),
    ],
)

DIM_IDENTITIES = gx.ExpectationSuite(
    name="marts.dim_identities",
    expectations=[
        gxe.ExpectTableRowCountToBeBetween(
            min_value=1,
            severity=CRITICAL,
            notes="Every customer of the CRM is an identity; none means that the build failed.",
        ),
        few_rows_where(
            "is_current AND identifier_type = 'visitor' AND status = 'shared'",
            share=0.2,
            description="No more than one identity in five is a browser of several customers.",
            severity=WARNING,
            notes="Households share a few; past a fifth the tracker gives many people one id.",
        ),
        gxe.UnexpectedRowsExpectation(
            description="No customer has more than a thousand browsers or addresses.",
            unexpected_rows_query=(
                "SELECT 1 FROM {batch} WHERE is_current AND customer_id IS NOT NULL "
                "GROUP BY customer_id HAVING count(*) > 1000"
            ),
            severity=WARNING,
            notes="A test account that everybody logs in to would take their visits for its own.",
        ),
    ],
)

FCT_CARTS = gx.ExpectationSuite(
    name="marts.fct_carts",
    expectations=[
        gxe.ExpectColumnValuesToBeBetween(
            column="filled_at",
            max_value=AS_OF,
            strict_max=True,
            severity=CRITICAL,
            notes="The cut is exclusive: a cart of the day itself leaks the future.",
        ),
        no_rows_where(
            "is_abandoned AND session_id NOT IN "
            "(SELECT session_id FROM marts.fct_sessions WHERE is_abandoned_cart)",
            description="A cart that was left behind is of a visit that bought nothing.",
            severity=CRITICAL,
            notes="Somebody who bought would be reminded of what is already paid for.",
        ),
        few_rows_where(
            "unpriced_items = item_count",
            share=0.2,
            description="No more than one cart in five has no product with a price.",
            severity=WARNING,
            notes="Past a fifth the tracker's and the shop's product keys have drifted apart.",
        ),
    ],
)

MART_CUSTOMER_RFM = gx.ExpectationSuite(
    name="marts.mart_customer_rfm",
    expectations=[
        gxe.ExpectTableRowCountToBeBetween(
            min_value=1,
            severity=CRITICAL,
            notes="Everybody who has ordered has a place here; nobody means that the build failed.",
        ),
        of_the_day(),
        gxe.ExpectColumnValuesToBeBetween(
            column="recency_days",
            min_value=1,
            severity=CRITICAL,
            notes="The last order was before the day of the run, or the cut leaks the future.",
        ),
        gxe.UnexpectedRowsExpectation(
            description="No RFM segment holds more than six customers in ten.",
            unexpected_rows_query=(
                "SELECT 1 FROM (SELECT count(*) AS customers FROM {batch} GROUP BY rfm_segment) "
                "AS segments HAVING max(customers) > 0.6 * sum(customers) AND sum(customers) > 100"
            ),
            severity=WARNING,
            notes="One segment for most people tells a marketer nothing; a score has collapsed.",
        ),
        gxe.UnexpectedRowsExpectation(
            description="Each recency score is dealt to between a tenth and three tenths.",
            unexpected_rows_query=(
                "SELECT 1 FROM (SELECT count(*) AS customers FROM {batch} GROUP BY recency_score) "
                "AS scores HAVING sum(customers) > 100 AND (max(customers) > 0.3 * sum(customers) "
                "OR min(customers) < 0.1 * sum(customers))"
            ),
            severity=WARNING,
            notes="Fifths hold a fifth each; far from it scoring broke, or cut points fit badly.",
        ),
    ],
)

MART_CUSTOMER_ENGAGEMENT = gx.ExpectationSuite(
    name="marts.mart_customer_engagement",
    expectations=[
        gxe.ExpectTableRowCountToBeBetween(
            min_value=1,
            severity=CRITICAL,
            notes="Audiences choose by engagement; without rows they are all empty.",
        ),
        of_the_day(),
        gxe.ExpectColumnValuesToBeBetween(
            column="engagement_score",
            min_value=0,
            max_value=100,
            severity=CRITICAL,
            notes="The score is promised to marketers as 0 to 100.",
        ),
        gxe.ExpectColumnUniqueValueCountToBeBetween(
            column="engagement_score",
            min_value=2,
            severity=WARNING,
            notes="One score for everybody ranks nobody; a source is probably empty.",
        ),
    ],
)

MART_CUSTOMER_FEATURES = gx.ExpectationSuite(
    name="marts.mart_customer_features",
    expectations=[
        gxe.ExpectTableRowCountToBeBetween(
            min_value=1,
            severity=CRITICAL,
            notes="The models score these rows; without any there is nothing to publish.",
        ),
        of_the_day(),
        gxe.ExpectColumnValuesToNotBeNull(
            column="recency_days",
            severity=CRITICAL,
            notes="Every row is of a customer who has ordered, so recency is always known.",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="recency_days",
            min_value=1,
            severity=CRITICAL,
            notes="The last order was before the day of the run, or the cut leaks the future.",
        ),
        no_rows_where(
            "orders_30d > orders_90d OR orders_90d > orders_365d OR sessions_30d > sessions_90d",
            description="Longer windows hold no less than shorter ones.",
            severity=CRITICAL,
            notes="A window that is cut wrongly misleads every model that reads it.",
        ),
        no_rows_where(
            "least(discount_share, coupon_share, private_label_share, weekend_share) < 0 "
            "OR greatest(discount_share, coupon_share, private_label_share, weekend_share) > 1",
            description="Shares lie between 0 and 1.",
            severity=CRITICAL,
            notes="A share outside is a wrong denominator; scaled features would be led by it.",
        ),
        same_customers_as(
            "marts.mart_customer_rfm",
            description="Everybody in the RFM mart has features, and nobody else.",
            notes="A customer in one only would be shown without a score, or scored unseen.",
        ),
    ],
)

MART_CHURN_TRAINING = gx.ExpectationSuite(
    name="marts.mart_churn_training",
    expectations=[
        gxe.ExpectTableRowCountToBeBetween(
            min_value=1,
            severity=WARNING,
            notes="A company younger than three months has nothing to learn churn from yet.",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="snapshot_date",
            max_value=LAST_LABELLED,
            severity=CRITICAL,
            notes="A label whose 30 days are not over calls customers lost who may yet order.",
        ),
        blind_to_their_own_day(),
        gxe.UnexpectedRowsExpectation(
            description="Between one in fifty and nineteen in twenty have churned.",
            unexpected_rows_query=(
                "SELECT 1 FROM {batch} HAVING count(*) > 100 AND avg(has_churned::integer) "
                "NOT BETWEEN 0.02 AND 0.95"
            ),
            severity=WARNING,
            notes="A label nearly everybody or nobody has cannot be learned; look at the window.",
        ),
        gxe.UnexpectedRowsExpectation(
            description="There are two snapshots or more.",
            unexpected_rows_query=(
                "SELECT 1 FROM {batch} HAVING count(DISTINCT snapshot_date) = 1"
            ),
            severity=WARNING,
            notes="Judging by time needs an earlier snapshot to fit on and a later one to judge.",
        ),
    ],
)

SUITES = (
    DIM_CUSTOMERS,
    FCT_ORDERS,
    FCT_SESSIONS,
    DIM_IDENTITIES,
    FCT_CARTS,
    MART_CUSTOMER_RFM,
    MART_CUSTOMER_ENGAGEMENT,
    MART_CUSTOMER_FEATURES,
    MART_CHURN_TRAINING,
    *key_figures.SUITES,
)


def rows(table: str, _as_of: date) -> str:
    """Return SQL for the rows of ``table``: all, because a mart holds one day and must say so."""
    return f"SELECT * FROM {table}"

"""What must hold of the marts of key figures, of history and of what customers bought next.

Named in ``expectations.marts``; they stand here because they look at days and months, not at the
customers of the run date.
"""

import great_expectations as gx
import great_expectations.expectations as gxe

from expectations.promise import (
    AS_OF,
    CRITICAL,
    LAST_LABELLED,
    WARNING,
    blind_to_their_own_day,
    no_rows_where,
)

MART_CUSTOMER_RFM_HISTORY = gx.ExpectationSuite(
    name="marts.mart_customer_rfm_history",
    expectations=[
        gxe.ExpectTableRowCountToBeBetween(
            min_value=1,
            severity=CRITICAL,
            notes="The run date is part of the history; nothing at all means the build failed.",
        ),
        gxe.ExpectColumnMaxToBeBetween(
            column="snapshot_date",
            min_value=AS_OF,
            max_value=AS_OF,
            severity=CRITICAL,
            notes="History ends on the day of the run; earlier is stale, later is the future.",
        ),
        gxe.UnexpectedRowsExpectation(
            description="A month keeps nine in ten of the customers of the month before.",
            unexpected_rows_query=(
                "SELECT 1 FROM (SELECT snapshot_date, count(*) AS customers FROM {batch} "
                "GROUP BY snapshot_date) AS days QUALIFY customers "
                "< 0.9 * lag(customers) OVER (ORDER BY snapshot_date)"
            ),
            severity=WARNING,
            notes="Who has ordered once stays a customer of RFM; fewer of them means lost orders.",
        ),
    ],
)

MART_DAY_KPIS = gx.ExpectationSuite(
    name="marts.mart_day_kpis",
    expectations=[
        gxe.ExpectTableRowCountToBeBetween(
            min_value=1,
            severity=CRITICAL,
            notes="There is a row a day from the first order on; none means no orders were read.",
        ),
        gxe.ExpectColumnMaxToBeBetween(
            column="day_date",
            max_value=AS_OF,
            strict_max=True,
            severity=CRITICAL,
            notes="The cut is exclusive: a day that is not over would look like a slump.",
        ),
        no_rows_where(
            "customers > active_customers_28d OR new_customers > customers",
            description="Who orders is active, and who is new has ordered.",
            severity=CRITICAL,
            notes="Counts that contradict each other make every chart of them wrong.",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="revenue_amount",
            min_value=0,
            mostly=0.99,
            severity=WARNING,
            notes="A day that gives back more than it takes is rare; many mean a flipped sign.",
        ),
    ],
)

MART_COHORT_RETENTION = gx.ExpectationSuite(
    name="marts.mart_cohort_retention",
    expectations=[
        gxe.ExpectTableRowCountToBeBetween(
            min_value=1,
            severity=CRITICAL,
            notes="Whoever has ordered is in a cohort; nobody means that the build failed.",
        ),
        no_rows_where(
            "months_since_first = 0 AND customers <> cohort_customers",
            description="In its own month a cohort is whole.",
            severity=CRITICAL,
            notes="Every share is of the cohort's own month; if that is wrong, all of them are.",
        ),
    ],
)

MART_PURCHASE_TRAINING = gx.ExpectationSuite(
    name="marts.mart_purchase_training",
    expectations=[
        gxe.ExpectTableRowCountToBeBetween(
            min_value=1,
            severity=WARNING,
            notes="A company younger than three months has nothing to learn purchases from yet.",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="snapshot_date",
            max_value=LAST_LABELLED,
            severity=CRITICAL,
            notes="A label whose 30 days are not over says no of customers who may yet order.",
        ),
        blind_to_their_own_day(),
        gxe.UnexpectedRowsExpectation(
            description="It has the rows of the churn training set, and the opposite answers.",
            unexpected_rows_query=(
                "SELECT 1 FROM {batch} AS purchase FULL JOIN marts.mart_churn_training AS churn "
                "USING (snapshot_date, customer_id) "
                "WHERE purchase.has_ordered_30d IS NOT DISTINCT FROM churn.has_churned"
            ),
            severity=CRITICAL,
            notes="Both ask the same 30 days: where they do not contradict, one of them misread.",
        ),
    ],
)

SUITES = (
    MART_CUSTOMER_RFM_HISTORY,
    MART_DAY_KPIS,
    MART_COHORT_RETENTION,
    MART_PURCHASE_TRAINING,
)

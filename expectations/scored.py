"""What must hold of segments, scores and audiences before anything is sent or published.

Keys and accepted values are dbt's business here too. These promises are about whether the models
answered for today's customers, all of them, and whether what was built of the answers adds up.
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
    no_rows_where,
    of_the_day,
    same_customers_as,
)

ML_CUSTOMER_SEGMENTS = gx.ExpectationSuite(
    name="ml.customer_segments",
    expectations=[
        gxe.ExpectTableRowCountToBeBetween(
            min_value=1,
            severity=CRITICAL,
            notes="Where no model leads rules do, so a day without segments was not scored at all.",
        ),
        same_customers_as(
            "marts.mart_customer_features",
            description="Everybody who has features is in it, and nobody else.",
            notes="Whoever ordered is in a segment or openly in none; a gap is a lost customer.",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="strength",
            min_value=0,
            max_value=1,
            severity=CRITICAL,
            notes="How firmly somebody belongs is promised to people as 0 to 1.",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="since_date",
            max_value=AS_OF,
            severity=CRITICAL,
            notes="A membership that begins tomorrow is of another run than this one.",
        ),
        gxe.ExpectColumnUniqueValueCountToBeBetween(
            column="model_version",
            max_value=1,
            severity=CRITICAL,
            notes="Two models' segments in one day are two meanings under one set of names.",
        ),
        few_rows_where(
            "segment_id = 'S0'",
            share=0.5,
            description="No more than half of the customers are in no segment.",
            severity=WARNING,
            notes="Segments that describe a minority describe noise; look at the last training.",
        ),
        gxe.UnexpectedRowsExpectation(
            description="No segment holds more than nine customers in ten.",
            unexpected_rows_query=(
                "SELECT 1 FROM (SELECT count(*) AS customers FROM {batch} GROUP BY segment_id) "
                "AS segments HAVING max(customers) > 0.9 * sum(customers) AND sum(customers) > 100"
            ),
            severity=WARNING,
            notes="One segment for nearly everybody tells nobody apart; a feature has collapsed.",
        ),
    ],
)

ML_CUSTOMER_CHURN_SCORES = gx.ExpectationSuite(
    name="ml.customer_churn_scores",
    expectations=[
        gxe.ExpectTableRowCountToBeBetween(
            min_value=1,
            severity=WARNING,
            notes="A company without a model yet has no scores; a guess would be taken for one.",
        ),
        same_customers_as(
            "marts.mart_customer_features",
            or_nobody=True,
            description="Everybody who has features is scored, and nobody else; or nobody is.",
            notes="Scored are all customers or, without a model, none; a gap is a lost customer.",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="churn_score",
            min_value=0,
            max_value=1,
            severity=CRITICAL,
            notes="A probability; anything outside is another number under its name.",
        ),
        gxe.UnexpectedRowsExpectation(
            description="A higher risk never has a lower score.",
            unexpected_rows_query=(
                "SELECT 1 FROM {batch} HAVING "
                "min(churn_score) FILTER (churn_risk = 'high') "
                "<= max(churn_score) FILTER (churn_risk <> 'high') "
                "OR min(churn_score) FILTER (churn_risk = 'medium') "
                "<= max(churn_score) FILTER (churn_risk = 'low')"
            ),
            severity=CRITICAL,
            notes="Channels choose by the word and people read the number; they must say the same.",
        ),
        gxe.ExpectColumnUniqueValueCountToBeBetween(
            column="model_version",
            max_value=1,
            severity=CRITICAL,
            notes="Scores of two models cannot be ranked beside each other.",
        ),
        gxe.UnexpectedRowsExpectation(
            description="The average score lies between one in a hundred and ninety-nine.",
            unexpected_rows_query=(
                "SELECT 1 FROM {batch} HAVING count(*) > 100 AND avg(churn_score) "
                "NOT BETWEEN 0.01 AND 0.99"
            ),
            severity=WARNING,
            notes="Nobody or everybody leaving is a feature that went missing since the training.",
        ),
    ],
)

MART_CUSTOMER_360 = gx.ExpectationSuite(
    name="marts.mart_customer_360",
    expectations=[
        gxe.ExpectTableRowCountToBeBetween(
            min_value=1,
            severity=CRITICAL,
            notes="Everybody the CRM knows is in it; nobody means that the build failed.",
        ),
        of_the_day(),
        same_customers_as(
            "marts.mart_customer_engagement",
            description="Everybody in the engagement mart is in it, and nobody else.",
            notes="A row a known customer, whatever else is known; a join has lost somebody.",
        ),
        no_rows_where(
            "has_ordered AND segment_id IS NULL OR NOT has_ordered AND segment_id IS NOT NULL",
            description="Whoever has ordered has a segment, and nobody else has.",
            severity=CRITICAL,
            notes="Segments of another day or of other keys would be read as today's.",
        ),
        no_rows_where(
            "customer_id IN (SELECT customer_id FROM marts.dim_customers "
            "WHERE marketing_consent IS NOT TRUE) AND marketing_consent",
            description="Nobody is said to agree to marketing who does not.",
            severity=CRITICAL,
            result_format=PERSONAL,
            notes="Consent is the CRM's newest word; who reads it here must not read another.",
        ),
    ],
)

MART_SEGMENT_KPIS = gx.ExpectationSuite(
    name="marts.mart_segment_kpis",
    expectations=[
        gxe.ExpectTableRowCountToBeBetween(
            min_value=2,
            severity=CRITICAL,
            notes="Whoever has ordered is in a segment by behaviour and in one by RFM.",
        ),
        of_the_day(),
        gxe.UnexpectedRowsExpectation(
            description="Each way of segmenting counts every customer who has ordered, once.",
            unexpected_rows_query=(
                "SELECT 1 FROM {batch} GROUP BY segmentation HAVING sum(customers) <> "
                "(SELECT count(*) FROM marts.mart_customer_360 WHERE has_ordered)"
            ),
            severity=CRITICAL,
            notes="Figures of segments that overlap or leave somebody out do not add up.",
        ),
    ],
)

MART_SEGMENT_DAY_KPIS = gx.ExpectationSuite(
    name="marts.mart_segment_day_kpis",
    expectations=[
        gxe.ExpectTableRowCountToBeBetween(
            min_value=1,
            severity=WARNING,
            notes="Only a company that sold nothing for a year has no day to show.",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="day_date",
            max_value=AS_OF,
            strict_max=True,
            severity=CRITICAL,
            notes="The cut is exclusive: a day that is not over would look like a slump.",
        ),
        gxe.UnexpectedRowsExpectation(
            description="On every day both ways of segmenting share out the same revenue.",
            unexpected_rows_query=(
                "SELECT 1 FROM {batch} GROUP BY day_date "
                "HAVING sum(revenue_amount) FILTER (segmentation = 'rfm') IS DISTINCT FROM "
                "sum(revenue_amount) FILTER (segmentation = 'behaviour')"
            ),
            severity=CRITICAL,
            notes="The same customers' orders are shared out twice; a difference is money lost.",
        ),
    ],
)


def audience(name: str) -> gx.ExpectationSuite:
    """Return what is promised of every audience, whoever is in it."""
    return gx.ExpectationSuite(
        name=f"activation.{name}",
        expectations=[
            gxe.ExpectTableRowCountToBeBetween(
                min_value=1,
                severity=WARNING,
                notes="An audience of nobody reaches nobody; its rule no longer fits anyone.",
            ),
            no_rows_where(
                "customer_id NOT IN (SELECT customer_id FROM marts.mart_customer_360 "
                "WHERE marketing_consent)",
                description="Everybody in it has agreed to marketing.",
                severity=CRITICAL,
                result_format=PERSONAL,
                notes="Only who agreed may be addressed; the export asks once more, and says so.",
            ),
            gxe.UnexpectedRowsExpectation(
                description="It holds no more than half of those who agreed.",
                unexpected_rows_query=(
                    "SELECT 1 FROM {batch} HAVING count(*) > 100 AND count(*) > 0.5 * "
                    "(SELECT count(*) FROM marts.mart_customer_360 WHERE marketing_consent)"
                ),
                result_format=PERSONAL,
                severity=WARNING,
                notes="A message for most people is a newsletter; a rule or a score has collapsed.",
            ),
        ],
    )


SUITES = (
    ML_CUSTOMER_SEGMENTS,
    ML_CUSTOMER_CHURN_SCORES,
    MART_CUSTOMER_360,
    MART_SEGMENT_KPIS,
    MART_SEGMENT_DAY_KPIS,
    audience("act_ads__lookalike_seed"),
    audience("act_crm__churn_watchlist"),
    audience("act_email__champions_rewards"),
    audience("act_email__win_back"),
)


def rows(table: str, as_of: date) -> str:
    """Return SQL for the rows of ``table`` a run as of ``as_of`` made: the models keep all days."""
    if table.startswith("ml."):
        return f"SELECT * FROM {table} WHERE as_of = DATE '{as_of}'"
    return f"SELECT * FROM {table}"

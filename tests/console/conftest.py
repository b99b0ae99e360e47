"""A tiny publication of three customers and two segments, with literal rows, for the pages."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from include.warehouse import Connection, connect

AS_OF = date(2018, 1, 2)

TABLES = """
CREATE SCHEMA meta; CREATE SCHEMA marts; CREATE SCHEMA ml;
CREATE TABLE meta.publication AS
    SELECT DATE '2018-01-02' AS as_of, 'manual__one' AS run_id, '0.1.0+abc' AS code_version;
CREATE TABLE meta.batches (
    source varchar, entity varchar, delivered_on date, rows_delivered bigint, rows_landed bigint,
    rows_quarantined bigint, status varchar, path varchar, reason varchar
);
INSERT INTO meta.batches VALUES
    ('shop', 'order_lines', '2018-01-01', 1000, 993, 7, 'landed', 'a.csv', NULL),
    ('shop', 'order_lines', '2018-01-02', 500, 500, 0, 'landed', 'b.csv', NULL),
    ('web', 'events', '2018-01-02', NULL, NULL, NULL, 'refused', 'web/bad.parquet',
        'column event_at is missing');
CREATE TABLE meta.quarantine_reasons AS
    SELECT 'shop' AS source, 'order_lines' AS entity, 'quantity is negative' AS reason, 7 AS rows;
CREATE TABLE meta.freshness AS SELECT DATE '2018-01-02' AS as_of, * FROM (VALUES
        ('shop', 'order_lines', DATE '2018-01-01', 'fresh', NULL),
        ('marketing', 'campaigns', DATE '2017-11-01', 'warned',
            'the newest delivery is of 2017-11-01, too old before'),
        ('shop', 'order_contacts', NULL, 'warned', 'nothing was delivered for')
    ) AS t(source, entity, newest_on, verdict, note);
CREATE TABLE meta.gate_results (
    as_of date, gate varchar, suite varchar, expectation varchar, column_name varchar,
    severity varchar, success boolean, observed_count bigint, unexpected_count bigint, notes varchar
);
INSERT INTO meta.gate_results VALUES
    ('2018-01-02', 'landed', 'raw_shop.order_lines', 'expect_table_row_count_to_be_between', NULL,
        'critical', true, 1493, 0, NULL),
    ('2018-01-02', 'marts', 'marts.mart_customer_rfm', 'expect_column_values_to_not_be_null',
        'customer_id', 'warning', false, 3, 2, 'Nobody is nobody.');
CREATE TABLE meta.exports AS SELECT DATE '2018-01-02' AS as_of, 'email' AS channel,
    'win_back' AS audience, 30 AS rows, 4 AS added, 1 AS removed, 10 AS withheld;
CREATE TABLE meta.table_digests AS
    SELECT 'marts.mart_customer_rfm' AS table_name, 3::bigint AS rows, 'abc' AS digest;
CREATE TABLE meta.labels AS
    SELECT 'web' AS source, 'events' AS entity, 'synthetic, made from a seed' AS label;
CREATE TABLE marts.fct_orders AS
    SELECT TIMESTAMP '2018-01-02' - to_days(days::int) AS ordered_at,
        amount::decimal(18, 2) AS order_amount
    FROM (VALUES (1, 300), (8, 200), (100, 250), (180, 150)) AS t(days, amount);
CREATE TABLE marts.mart_customer_rfm AS
    SELECT DATE '2018-01-02' AS as_of, * FROM (VALUES
        ('ada', 1, 40, 3000.00::decimal(18, 2), 5, 5, 'Champions'),
        ('bob', 20, 10, 500.00, 3, 3, 'Need Attention'),
        ('cyd', 200, 1, 20.00, 1, 1, 'Lost')
    ) AS t(customer_id, recency_days, frequency_orders, monetary_amount,
        recency_score, frequency_score, rfm_segment);
CREATE TABLE marts.mart_customer_features AS
    SELECT DATE '2018-01-02' AS as_of, *, NULL::integer AS sessions_90d,
        0::bigint AS campaigns_90d FROM (VALUES
        ('ada', 1, 900.00::decimal(18, 2), 3000.00::decimal(18, 2), 40),
        ('bob', 20, 100.00, 500.00, 9), ('cyd', 200, 0.00, 20.00, 1)
    ) AS t(customer_id, recency_days, spend_90d_amount, spend_365d_amount, orders_365d);
CREATE TABLE ml.customer_segments AS
    SELECT DATE '2018-01-02' AS as_of, * FROM (VALUES
        ('ada', 'S1', false), ('bob', 'S2', false), ('cyd', 'S2', true)
    ) AS t(customer_id, segment_id, is_weak);
CREATE TABLE ml.segment_profiles AS
    SELECT DATE '2018-01-02' AS as_of, 'hdbscan-1' AS model_version, * FROM (VALUES
        ('S1', 'Best customers', 'Order all the time.', 'Thank them.', 1, 0.3333, 1, 40, 3000.00),
        ('S2', 'Quiet ones', 'Order now and then.', 'Remind them.', 2, 0.6667, 110, 5.5, 260.00)
    ) AS t(segment_id, segment_name, description, suggested_action, customers, customer_share,
        recency_days, frequency_orders, monetary_amount);
INSERT INTO ml.segment_profiles BY NAME
    SELECT DATE '2017-12-01' AS as_of, 'S1' AS segment_id, 'Best customers' AS segment_name,
        0.5 AS customer_share
    UNION ALL SELECT DATE '2017-12-01', 'S3', 'Long gone', 0.5
    UNION ALL SELECT DATE '2017-11-01', 'R-hibernating', 'Hibernating', 1.0;
CREATE TABLE ml.segment_traits AS
    SELECT DATE '2018-01-02' AS as_of, * FROM (VALUES
        ('S1', 'spend_90d_amount', 1.0, 900.0, 50.0), ('S1', 'recency_days', -0.9, 1.0, 110.0),
        ('S1', 'discount_share', 0.2, 0.30, 0.20), ('S1', 'coupon_share', 0.4, 0.2, 0.2),
        ('S1', 'campaigns_90d', 1.0, 9.0, 0.0), ('S1', 'tenure_days', 0.1, 400.0, 100.0)
    ) AS t(segment_id, feature, effect_size, segment_median, rest_median);
CREATE TABLE ml.segment_tree AS
    SELECT DATE '2018-01-02' AS as_of, * FROM (VALUES
        (10, NULL, 0.0, 0.5, 3, NULL), (11, 10, 0.5, 2.0, 1, 'S1'), (12, 10, 0.5, 1.0, 2, 'S2')
    ) AS t(node, parent_node, density_from, density_to, customers, segment_id);
CREATE TABLE ml.segment_flows AS
    SELECT DATE '2018-01-02' AS as_of, * FROM (VALUES
        ('day', DATE '2018-01-01', 'S1', 'Best customers', 'S1', 'Best customers', 1, 'v1', 'v1'),
        ('day', DATE '2018-01-01', 'S2', 'Quiet ones', 'S2', 'Quiet ones', 2, 'v1', 'v1'),
        ('month', DATE '2017-12-01', 'S1', 'Best customers', 'S1', 'Best customers', 1, 'v0', 'v1'),
        ('month', DATE '2017-12-01', 'S3', 'Long gone', 'S2', 'Quiet ones', 1, 'v0', 'v1'),
        ('month', DATE '2017-12-01', 'new', 'New', 'S2', 'Quiet ones', 1, NULL, 'v1')
    ) AS t(span, from_date, from_segment_id, from_segment_name, to_segment_id, to_segment_name,
        customers, from_model_version, to_model_version);
CREATE TABLE ml.segment_lifecycle AS SELECT * FROM (VALUES
        (DATE '2017-12-20', 'merged', 'S3', 'Long gone', 'S2', 'Quiet ones', 40,
            '40 of 50 joined them'),
        (DATE '2017-12-20', 'continued', 'S1', 'Best customers', NULL, NULL, 9, 'all stayed'),
        (DATE '2017-11-20', 'born', 'S1', 'Best customers', NULL, NULL, NULL, 'the first model'),
        (DATE '2017-11-20', 'born', 'S2', 'Quiet ones', NULL, NULL, NULL, 'the first model'),
        (DATE '2017-01-01', 'born', 'S1', 'Best customers', NULL, NULL, 3, 'a year before')
    ) AS t(as_of, event, segment_id, segment_name, other_segment_id, other_segment_name,
        shared_customers, evidence);
CREATE TABLE ml.segment_challengers AS
    SELECT DATE '2018-01-02' AS as_of, '2018-01-01-cafe' AS model_version,
        DATE '2018-01-01' AS trained_as_of, 'held back: it would move 30% of customers' AS verdict,
        'To let it lead: approve 2018-01-01-cafe' AS what_to_do;
CREATE TABLE ml.segment_refusals (as_of date, reason varchar);
CREATE TABLE marts.dim_customers AS SELECT * FROM (VALUES
        ('ada', '45-54', '50-74K', '2 Adults', 'Homeowner')
    ) AS t(customer_id, age_band, income_band, household_composition, home_ownership);
CREATE TABLE marts.mart_customer_360 AS
    SELECT DATE '2018-01-02' AS as_of, 'ada' AS customer_id, 'SOFT DRINKS' AS favourite_category;
CREATE TABLE ml.segment_map AS
    SELECT DATE '2018-01-02' AS as_of, * FROM (VALUES
        ('ada', 0.5, 0.5), ('bob', -1.0, 2.0), ('cyd', -1.5, 2.5)
    ) AS t(customer_id, x, y);
CREATE TABLE ml.customer_churn_scores AS
    SELECT DATE '2018-01-02' AS as_of, * FROM (VALUES
        ('ada', 0.05, 'low'), ('bob', 0.30, 'medium'), ('cyd', 0.95, 'high')
    ) AS t(customer_id, churn_score, churn_risk);
CREATE TABLE ml.model_metrics AS
    SELECT DATE '2018-01-02' AS as_of, * FROM (VALUES
        ('churn', 'roc_auc', 0.9), ('churn', 'logistic_roc_auc', 0.8),
        ('churn', 'recency_roc_auc', 0.7), ('churn', 'brier', 0.12),
        ('churn', 'logistic_brier', 0.11), ('churn', 'base_rate', 0.25),
        ('segmentation', 'silhouette', 0.31), ('segmentation', 'structure_null_companies', 20),
        ('segmentation', 'structure_null_with_clusters', 1),
        ('segmentation', 'structure_score', 0.8), ('segmentation', 'structure_null_best', 0.3)
    ) AS t(model, metric, value);
CREATE TABLE ml.churn_calibration AS
    SELECT DATE '2018-01-02' AS as_of, * FROM (VALUES (1, 50, 0.1, 0.12), (2, 50, 0.6, 0.55))
    AS t(bin, customers, predicted, observed);
CREATE TABLE ml.churn_lift AS
    SELECT DATE '2018-01-02' AS as_of, * FROM (VALUES (1, 50, 0.55, 2.2), (2, 50, 0.12, 0.48))
    AS t(decile, customers, observed, lift);
CREATE TABLE ml.feature_importance AS
    SELECT DATE '2018-01-02' AS as_of, 'churn' AS model, * FROM (VALUES
        ('recency_days', 0.7), ('something_new', 0.1)
    ) AS t(feature, importance);
CREATE TABLE ml.model_versions AS
    SELECT DATE '2018-01-02' AS as_of, 'churn' AS model, 'churn-7' AS model_version,
        DATE '2018-01-01' AS trained_as_of;
"""


@dataclass(frozen=True)
class Publication:
    """A published file that a test may change before the page is made."""

    path: Path

    @contextmanager
    def opened(self) -> Iterator[Connection]:
        """Open the file to write, as nobody outside a test does."""
        with connect(self.path) as connection:
            yield connection

    def change(self, sql: str) -> None:
        """Run ``sql`` on the file."""
        with self.opened() as connection:
            connection.execute(sql)


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    """The publication as it is; nobody changes it."""
    publication = Publication(tmp_path_factory.mktemp("whole") / "tessera.duckdb")
    publication.change(TABLES)
    return publication


@pytest.fixture
def published(whole: Publication, tmp_path: Path) -> Publication:
    """A copy of the publication that the test may change."""
    path = tmp_path / "published" / "tessera.duckdb"
    path.parent.mkdir()
    shutil.copyfile(whole.path, path)
    return Publication(path)

"""A marts file with four audiences and a raw file with two CRM snapshots, small enough to read."""

from collections.abc import Callable
from pathlib import Path

import pytest

from include.settings import Settings
from include.warehouse import connect

MARTS = """
CREATE SCHEMA marts; CREATE SCHEMA activation;
CREATE TABLE marts.dim_customers (customer_id varchar, marketing_consent boolean);
INSERT INTO marts.dim_customers VALUES
    ('ada', true), ('bob', true), ('cyd', true), ('dan', false), ('eve', NULL);
CREATE TABLE activation.act_email__win_back (
    customer_id varchar, email varchar, segment_name varchar, churn_risk varchar, reason varchar,
    spend_amount decimal(18, 2)
);
INSERT INTO activation.act_email__win_back VALUES
    ('cyd', 'cyd@example.com', 'Regulars', 'low', 'Away for 90 days', -3.50),
    ('ada', 'ada@example.com', 'Regulars', 'low', 'Away for 60 days', 12.00),
    ('bob', 'bob@example.com', 'Loyal, at risk', 'high', 'Said "later"', 0.00);
CREATE TABLE activation.act_email__champions_rewards AS
    FROM activation.act_email__win_back LIMIT 0;
CREATE TABLE activation.act_ads__lookalike_seed AS FROM activation.act_email__win_back;
CREATE TABLE activation.act_crm__churn_watchlist AS FROM activation.act_email__win_back;
"""

RAW = """
CREATE SCHEMA raw_crm;
CREATE TABLE raw_crm.customers (
    customer_id varchar, marketing_consent boolean, _delivered_on date
);
INSERT INTO raw_crm.customers VALUES
    ('ada', true, '2025-03-01'), ('bob', true, '2025-03-01'), ('cyd', true, '2025-03-01'),
    ('ada', true, '2025-03-10'), ('bob', true, '2025-03-10'), ('cyd', true, '2025-03-10'),
    ('ada', false, '2025-03-20'), ('bob', false, '2025-03-20'), ('cyd', false, '2025-03-20');
"""


@pytest.fixture
def settings(home: Path) -> Settings:
    """Return the settings of a home with audiences ready to go."""
    settings = Settings.from_env()
    assert settings.home == home
    for path, script in ((settings.raw, RAW), (settings.marts, MARTS)):
        with connect(path) as connection:
            connection.execute(script)
    return settings


@pytest.fixture
def change(settings: Settings) -> Callable[[str], None]:
    """Return a way to change the marts after the audiences were built."""

    def run(sql: str) -> None:
        with connect(settings.marts) as connection:
            connection.execute(sql)

    return run

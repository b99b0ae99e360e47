"""Channels: the registry and the dbt models are the same list, and no channel gets too much."""

from include.activation.channels import AUDIENCES
from include.settings import CHECKOUT

PERSONAL_AND_NEEDED = {"customer_id", "email"}
ABOUT_THE_AUDIENCE = {"segment_name", "churn_risk", "reason"}


def test_every_activation_model_goes_to_a_channel_and_every_channel_has_its_model() -> None:
    models = {
        f"activation.{file.stem}"
        for file in (CHECKOUT / "dbt_project" / "models" / "activation").glob("act_*.sql")
    }
    assert models

    assert {audience.table for audience in AUDIENCES} == models


def test_no_channel_gets_a_personal_column_beyond_the_address_and_the_key() -> None:
    assert AUDIENCES

    for audience in AUDIENCES:
        assert set(audience.columns) <= PERSONAL_AND_NEEDED | ABOUT_THE_AUDIENCE

"""The contracts keep to the standard, and a wrong one is told file, line and fault."""

import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
import yaml
from open_data_contract_standard.model import OpenDataContractStandard

from include.landing.contract import CONTRACTS, find_contract, list_contracts, load_contract
from include.landing.errors import ContractError

FILES = sorted(CONTRACTS.glob("*.odcs.yaml"))
GOOD = (CONTRACTS / "shop__order_lines.odcs.yaml").read_text(encoding="utf-8")


def test_there_is_a_contract_for_every_extract() -> None:
    assert {contract.name: contract.task_id for contract in list_contracts()} == {
        "crm.customers": "land_crm_customers",
        "marketing.campaign_exposures": "land_marketing_campaign_exposures",
        "marketing.coupon_redemptions": "land_marketing_coupon_redemptions",
        "shop.order_lines": "land_shop_order_lines",
        "shop.products": "land_shop_products",
        "web.events": "land_web_events",
    }


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_contract_is_valid_by_the_standards_schema_and_its_model(file: Path) -> None:
    schema = json.loads(files("open_data_contract_standard").joinpath("schema.json").read_text())
    jsonschema.validate(yaml.safe_load(file.read_text(encoding="utf-8")), schema)
    OpenDataContractStandard.from_file(str(file))


@pytest.mark.parametrize("contract", list_contracts(), ids=lambda contract: contract.name)
def test_a_contract_describes_every_column(contract: object) -> None:
    assert contract.description  # type: ignore[attr-defined]
    for column in contract.columns:  # type: ignore[attr-defined]
        assert len(column.description) > 10, column.name


def test_personal_and_made_up_columns_are_labelled() -> None:
    columns = {column.name: column for column in find_contract("crm.customers").columns}
    assert columns["email"].classification == "personal"
    assert all(
        columns[name].made_up for name in ("email", "marketing_consent", "consent_updated_date")
    )
    assert find_contract("web.events").is_synthetic


def test_required_sources_and_ages_are_as_agreed() -> None:
    terms = {c.name: (c.is_required, c.max_age_days, c.mode) for c in list_contracts()}
    assert terms == {
        "crm.customers": (True, 32, "snapshot"),
        "marketing.campaign_exposures": (False, 32, "increment"),
        "marketing.coupon_redemptions": (False, 32, "increment"),
        "shop.order_lines": (True, 32, "increment"),
        "shop.products": (True, None, "snapshot"),
        "web.events": (False, 32, "increment"),
    }


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "format: csv",
            "format: xlsx",
            ":19: format must be one of csv, jsonl, parquet, not 'xlsx'",
        ),
        (
            "physicalType: integer",
            "physicalType: float",
            "physicalType 'float' cannot stand behind",
        ),
        ("value: increment", "value: sometimes", "deliveryMode must be one of"),
        ("value: UTC", "value: Europe/Berlin", "timeZone must be one of UTC"),
        ("  - {property: requiredSource, value: true}\n", "", "requiredSource is missing"),
        ("property: requiredSource", "property: required", "unknown custom property 'required'"),
        (
            "required: true\n        primaryKey",
            "primaryKey",
            "a primary key's columns must be required",
        ),
        ("name: product_id", "name: order_id", "column 'order_id' is described twice"),
        ("name: store_id", "name: Store", "names are lower case"),
        ("minimum: 0}", "multipleOf: 2}", "landing does not know the option 'multipleOf'"),
        ("path: shop/order_lines/*/*.csv.gz", "path: /*.csv", "path must be shop/order_lines/"),
        ("name: shop.order_lines", "name: shop.orders", "name must be shop.order_lines"),
        ("value: 32", "value: soon", "value must be int, not str"),
        ("kind: DataContract", "kind: Recipe", ":3: kind must be one of DataContract"),
        ("schema:\n", "schema: [\n", "not YAML"),
    ],
)
def test_a_wrong_contract_is_told_file_line_and_fault(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in GOOD
    file = tmp_path / "shop__order_lines.odcs.yaml"
    file.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ContractError) as error:
        load_contract(file)
    assert str(error.value).startswith(f"{file}:")
    assert said in str(error.value)


def test_an_unknown_extract_is_told_the_known_ones() -> None:
    with pytest.raises(
        ContractError, match=r"no contract 'shop.refunds'; there are: crm.customers"
    ):
        find_contract("shop.refunds")


def test_listing_contracts_imports_nothing_heavy() -> None:
    program = (
        "import sys; from include.landing.contract import list_contracts; "
        "assert len(list_contracts()) == 6; "
        "print([m for m in ('duckdb', 'polars', 'numpy', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"

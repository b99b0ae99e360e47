"""The contracts keep to the standard, and a wrong one is told file, line and fault."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from open_data_contract_standard.model import OpenDataContractStandard

from include.landing.contract import (
    CONTRACTS,
    Staleness,
    find_contract,
    list_contracts,
    load_contract,
)
from include.landing.errors import ContractError

DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
FILES = sorted(CONTRACTS.glob("*.odcs.yaml"))
TYPES = "logicalType: {}\n        physicalType: {}\n        required: true\n"
GOOD = (CONTRACTS / "shop__order_lines.odcs.yaml").read_text(encoding="utf-8")


def test_there_is_a_contract_for_every_extract() -> None:
    assert {contract.name: contract.task_id for contract in list_contracts()} == {
        "crm.customers": "land_crm_customers",
        "crm.identity_corrections": "land_crm_identity_corrections",
        "marketing.campaign_exposures": "land_marketing_campaign_exposures",
        "marketing.coupon_redemptions": "land_marketing_coupon_redemptions",
        "shop.order_cancellations": "land_shop_order_cancellations",
        "shop.order_contacts": "land_shop_order_contacts",
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
    terms = {c.name: (c.is_required, c.staleness, c.mode) for c in list_contracts()}
    stops, warns = Staleness(stop=32), Staleness(warn=32)
    assert terms == {
        "crm.customers": (True, stops, "snapshot"),
        "crm.identity_corrections": (False, Staleness(), "increment"),
        "marketing.campaign_exposures": (False, warns, "increment"),
        "marketing.coupon_redemptions": (False, warns, "increment"),
        "shop.order_cancellations": (False, Staleness(), "increment"),
        "shop.order_contacts": (False, warns, "increment"),
        "shop.order_lines": (True, stops, "increment"),
        "shop.products": (True, Staleness(), "snapshot"),
        "web.events": (False, warns, "increment"),
    }


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "format: csv",
            "format: xlsx",
            ":20: format must be one of csv, jsonl, parquet, not 'xlsx'",
        ),
        (
            "physicalType: integer",
            "physicalType: float",
            "physicalType 'float' cannot stand behind",
        ),
        ("value: increment", "value: sometimes", "deliveryMode must be one of"),
        ("value: UTC", "value: Berlin", "timeZone must be one of the IANA's names"),
        ("  - {property: requiredSource, value: true}\n", "", "requiredSource is missing"),
        ("property: requiredSource", "property: required", "unknown custom property 'required'"),
        (
            "required: true\n        primaryKey",
            "primaryKey",
            "a primary key's columns must be required",
        ),
        ("name: product_id", "name: order_id", "column 'order_id' is described twice"),
        ("name: store_id", "name: Store", "names are lower case"),
        ("minimum: -99999}", "multipleOf: 2}", "landing does not know the option 'multipleOf'"),
        ("path: shop/order_lines/*/*.csv.gz", "path: /*.csv", "path must be shop/order_lines/"),
        ("name: shop.order_lines", "name: shop.orders", "name must be shop.order_lines"),
        (
            "value: increment}",
            "value: append}\n  - {property: keyConflict, value: quarantine}",
            "an append's never are",
        ),
        ("value: 32", "value: soon", "value must be int, not str"),
        ("kind: DataContract", "kind: Recipe", ":4: kind must be one of DataContract"),
        ("domain: shop", "domain: shop\nstatus: draft", ":10: 'status' is given twice"),
        ("domain: shop", "domian: shop", ":9: landing does not know 'domian' here"),
        (
            "required: true\n        logicalT",
            "requird: true\n        logicalT",
            "know 'requird' here",
        ),
        (
            "required: true\n        logicalT",
            "unique: true\n        logicalT",
            "know 'unique' here",
        ),
        ("    encoding: UTF-8", "    encodng: UTF-8", "landing does not know 'encodng' here"),
        ("encoding: UTF-8", "encoding: EBCDIC", "encoding must be one of UTF-8, UTF-16"),
        ('delimiter, value: ","', 'delimiter, value: ",,"', ":24: delimiter must be one of"),
        ('nullTokens, value: [""]', "nullTokens, value: [NULL]", "put each in quotes"),
        ("property: latency", "property: latencey", "property must be one of latency"),
        ("classification: personal", "classification: personell", "classification must be one of"),
        ("currency, value: USD", "currency, value: usd", "three capitals such as EUR"),
        ("retention, value: P36M", "currency, value: USD", "currency is of a number"),
        ("          - {property: retention, value: P36M}\n", "", "needs the custom properties"),
        ("value: P36M", "value: three years", "retention is a period after delivery"),
        ("decimal(18,2)", "decimal(18,20)", "no more after the point"),
        ("decimal(18,2)", "decimal(40,2)", "up to 38 digits"),
        ("minimum: -99999}", "minimum: none}", "minimum 'none' is no integer"),
        ("minimum: -99999}", "minimum: 3000000000}", "minimum '3000000000' is no integer"),
        ("minimum: -99999}", "minimum: '1_000'}", "minimum '1_000' is no integer"),
        ("-99999}\n        custom", "0.005}\n        custom", "is no decimal"),
        ('"2000-01-01 00:00:00"', '"2001-02-29"', "minimum '2001-02-29' is no timestamp"),
        ('"2000-01-01 00:00:00"', '"20000101"', "minimum '20000101' is no timestamp"),
        ("apiVersion: v3.2.0", "apiVersion: v2.2.2", ":3: apiVersion must be v3"),
        ("primaryKeyPosition: 2", "primaryKeyPosition: 1", "must count the key's columns from 1"),
        ("name: store_id", "name: file_row_number", "none of DuckDB's own"),
        ("minimum: -99999}", "minimum: 0.5}", "minimum '0.5' is no integer"),
        ("minimum: -99999}", "minimum: 9, maximum: 1}", "no value lies in this range"),
        ("minimum: -99999}", "minimum: true}", "minimum must be str, not bool"),
        ('"2000-01-01 00:00:00"', '"1/1/2000"', "minimum '1/1/2000' is no timestamp"),
        ('"2000-01-01 00:00:00"', '"2000-01-01 00:00:00+02:00"', "is no timestamp"),
        ('minimum: "2000-01-01 00:00:00"', "format: dd/MM/yy HH:mm", "'yy' is none of yyyy"),
        ('minimum: "2000-01-01 00:00:00"', "format: dd/MM/yyyy", "does not fit: a timestamp has"),
        ('minimum: "2000-01-01 00:00:00"', "format: dMyyyy HH:mm", "'dMyyyy HH:mm': dM has no"),
        ('minimum: "2000-01-01 00:00:00"', "format: MM/yyyy HH:mm", "a month and a day"),
        ('minimum: "2000-01-01 00:00:00"', "format: HH:mm:ss.SSSdd/MM/yyyy", "SSSdd has no fixed"),
        ('minimum: "2000-01-01 00:00:00"', "format: dd/MM/yyyy HH", "needs hours and minutes"),
        (
            'minimum: "2000-01-01 00:00:00"',
            "format: dd/MM/yyyy HH:mmXXX",
            "timezone: true promises",
        ),
        ('minimum: "2000-01-01 00:00:00"', "defaultTimezone: CEST", "IANA's names"),
        (
            "{property: beforeDelivery, value: true}",
            "{property: futureSkewMinutes, value: -5}",
            "futureSkewMinutes must be 0 or more, not -5",
        ),
        ("{property: beforeDelivery, value: true}", "{property: epoch, value: us}", "one of s, ms"),
        ("property: nullTokens", "property: decimalMark", "decimalMark must be str, not list"),
        ('nullTokens, value: [""]', 'thousandsMark, value: "."', "must differ"),
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


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("format: jsonl", "format: parquet", "nullTokens are for text"),
        ("encoding: UTF-8", "encoding: ISO-8859-1", ":21: jsonl is always UTF-8"),
        ('nullTokens, value: [""]', 'decimalMark, value: ","', "decimalMark is for csv"),
        ("enum:", "logicalTypeOptions: {pattern: '(?=a)'}\n        enum:", "looks around or back"),
        ("enum:", "logicalTypeOptions: {pattern: '(a'}\n        enum:", "no regular expression"),
        (
            "enum:",
            "logicalTypeOptions: {minimum: 1}\n        enum:",
            "option 'minimum' of a string",
        ),
        (
            f"{TYPES.format('string', 'varchar')}        enum",
            f"{TYPES.format('integer', 'bigint')}        enum",
            "enum lists texts",
        ),
    ],
)
def test_what_does_not_go_together_is_told(tmp_path: Path, old: str, new: str, said: str) -> None:
    good = (CONTRACTS / "shop__products.odcs.yaml").read_text(encoding="utf-8")
    assert old in good
    file = tmp_path / "shop__products.odcs.yaml"
    file.write_text(good.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ContractError) as error:
        load_contract(file)
    assert str(error.value).startswith(f"{file}:")
    assert said in str(error.value)


def test_parquet_has_times_of_its_own(tmp_path: Path) -> None:
    good = (CONTRACTS / "web__events.odcs.yaml").read_text(encoding="utf-8")
    file = tmp_path / "web__events.odcs.yaml"
    time = "physicalType: timestamp\n"
    for option in ("timezone: true", "format: dd.MM.yyyy HH:mm"):
        options = f"{time}        logicalTypeOptions: {{{option}}}\n"
        file.write_text(good.replace(time, options), encoding="utf-8")
        with pytest.raises(ContractError, match="Parquet has times of its own"):
            load_contract(file)


def test_a_contract_says_how_numbers_and_times_are_written(tmp_path: Path) -> None:
    file = tmp_path / "shop__order_lines.odcs.yaml"
    changed = (
        GOOD.replace("timeZone, value: UTC", "timeZone, value: Europe/Berlin")
        .replace(
            "  - {property: requiredSource, value: true}\n",
            "  - {property: requiredSource, value: true}\n"
            '  - {property: decimalMark, value: ","}\n  - {property: thousandsMark, value: "."}\n',
        )
        .replace(
            "compression, value: gzip}",
            "compression, value: gzip}\n"
            "      - {property: maxBytes, value: 1000000}\n      - {property: maxRows, value: 10}",
        )
        .replace(
            'minimum: "2000-01-01 00:00:00"',
            "format: dd.MM.yyyy HH:mm, exclusiveMinimum: 2000-01-01, exclusiveMaximum: 2100-01-01",
        )
        .replace(
            "{property: beforeDelivery, value: true}", "{property: futureSkewMinutes, value: 5}"
        )
    )
    file.write_text(changed, encoding="utf-8")
    contract = load_contract(file)
    assert (contract.time_zone, contract.decimal_mark, contract.thousands_mark) == (
        "Europe/Berlin",
        ",",
        ".",
    )
    assert (contract.layout.max_bytes, contract.layout.max_rows) == (1_000_000, 10)
    ordered_at = contract.columns[-1]
    assert (ordered_at.format, ordered_at.above, ordered_at.below) == (
        "dd.MM.yyyy HH:mm",
        "2000-01-01",
        "2100-01-01",
    )
    assert ordered_at.future_skew_minutes == 5


def test_every_personal_column_has_a_purpose_and_a_retention() -> None:
    personal = [
        column
        for contract in list_contracts()
        for column in contract.columns
        if column.classification == "personal"
    ]
    assert len(personal) > 10
    assert [c.name for c in personal if not (c.purpose and c.retention)] == []


def test_an_unknown_extract_is_told_the_known_ones() -> None:
    with pytest.raises(
        ContractError, match=r"no contract 'shop.refunds'; there are: crm.customers"
    ):
        find_contract("shop.refunds")


def test_listing_contracts_imports_nothing_heavy() -> None:
    program = (
        "import sys; from include.landing.contract import list_contracts; "
        "assert len(list_contracts()) == 9; "
        "print([m for m in ('duckdb', 'polars', 'numpy', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield the path of everything inside a document, and what kind of place it is."""
    steps = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    for step in steps:
        kind = tuple(s for s in (*path, step) if isinstance(s, str))
        named = value.get("property") if isinstance(value, dict) else None
        yield (*path, step), (kind, named)
        yield from places(value[step], (*path, step))


def test_whatever_a_contract_holds_it_is_read_or_told(tmp_path: Path) -> None:
    good = yaml.safe_load(GOOD)
    file = tmp_path / "shop__order_lines.odcs.yaml"
    first_of_its_kind = {kind: path for path, kind in reversed([*places(good)])}
    told: list[str] = []
    odds: tuple[Any, ...] = (None, 5, True, "x", [], {}, [1], ...)
    for path in first_of_its_kind.values():
        for odd in odds:
            wrong = deepcopy(good)
            place = wrong
            for step in path[:-1]:
                place = place[step]
            if odd is ...:
                del place[path[-1]]
            else:
                place[path[-1]] = odd
            file.write_text(yaml.dump(wrong, Dumper=DUMPER), encoding="utf-8")
            with suppress(ContractError):
                load_contract(file)
                continue
            told.append(str(path))
    assert len(told) > 200

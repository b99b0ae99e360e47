"""The schema that editors read: current, true of every contract, and as strict as landing."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from include.landing import column, contract, editors, layout
from include.landing.contract import CONTRACTS, load_contract
from include.landing.errors import ContractError
from include.landing.moments import LETTERS

FILES = sorted(CONTRACTS.glob("*.odcs.yaml"))
GOOD = (CONTRACTS / "shop__order_lines.odcs.yaml").read_text(encoding="utf-8")


def faults(text: str) -> list[str]:
    """Return where an editor would underline a contract, and why."""
    validator = jsonschema.Draft201909Validator(json.loads(editors.FILE.read_text()))
    found: list[Any] = list(validator.iter_errors(yaml.safe_load(text)))
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in found]


def test_the_schema_in_the_tree_is_the_one_the_code_makes() -> None:
    assert editors.FILE.read_text(encoding="utf-8") == editors.as_text(), (
        "run: python -m include.landing.editors"
    )


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_contract_names_the_schema_and_keeps_to_it(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    [named] = [line for line in text.splitlines() if line.startswith("# yaml-language-server:")]
    assert (file.parent / named.partition("$schema=")[2]).samefile(editors.FILE)
    assert faults(text) == []


def test_editors_know_every_custom_property_that_landing_knows() -> None:
    assert set(editors.CONTRACT_CUSTOM) == set(contract.CUSTOM)
    assert set(editors.SERVER_CUSTOM) == set(layout.SERVER_CUSTOM)
    assert set(editors.COLUMN_CUSTOM) == set(column.CUSTOM)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("format: csv", "format: xlsx"),
        ("encoding: UTF-8", "encoding: EBCDIC"),
        ("encoding: UTF-8", "encodng: UTF-8"),
        ("value: increment", "value: sometimes"),
        ("property: requiredSource", "property: required"),
        ("  - {property: requiredSource, value: true}\n", ""),
        ('delimiter, value: ","', 'delimiter, value: ",,"'),
        ("property: latency", "property: latencey"),
        ("value: 32", "value: soon"),
        ("required: true\n        logicalT", "requird: true\n        logicalT"),
        ("domain: shop", "domian: shop"),
        ("physicalType: integer", "physicalType: float"),
        ("physicalType: integer", "physicalType: varchar"),
        ("minimum: -99999}", "multipleOf: 2}"),
        ("minimum: -99999}", "minimum: true}"),
        ("currency, value: USD", "currency, value: usd"),
        ("classification: personal", "classification: personell"),
        ("          - {property: retention, value: P36M}\n", ""),
        ("value: P36M", "value: three years"),
        ("{property: beforeDelivery, value: true}", "{property: beforeDelivery, value: maybe}"),
        ("{property: beforeDelivery, value: true}", "{property: epoch, value: us}"),
    ],
)
def test_an_editor_underlines_what_landing_refuses(tmp_path: Path, old: str, new: str) -> None:
    wrong = GOOD.replace(old, new, 1)
    assert wrong != GOOD
    assert faults(wrong)
    file = tmp_path / "shop__order_lines.odcs.yaml"
    file.write_text(wrong, encoding="utf-8")
    with pytest.raises(ContractError):
        load_contract(file)


def test_the_docs_name_everything_a_contract_can_say() -> None:
    text = (Path(__file__).parents[2] / "docs" / "landing.md").read_text(encoding="utf-8")
    said = text[text.index("## What a contract can say") : text.index("## The table of verdicts")]
    words = [
        *(*contract.CUSTOM, *layout.SERVER_CUSTOM, *column.CUSTOM),
        *(option for options in column.OPTIONS.values() for option in options),
        *(*layout.ENCODINGS, *layout.FORMATS, *contract.MODES, *contract.KEY_CONFLICTS),
        *(*column.LOGICAL_TYPES, *LETTERS),
    ]
    assert [word for word in words if not re.search(rf"\b{word}\b", said)] == []

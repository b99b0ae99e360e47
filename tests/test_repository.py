"""Lists that must be equal are equal: contracts, sources, suites; README and the Makefile."""

import re
import tomllib
from itertools import chain

import pytest
import yaml

from include.landing.contract import Contract, list_contracts
from include.settings import CHECKOUT

PROJECT = CHECKOUT / "dbt_project"
CONTRACTS = list_contracts()
HOUSEKEEPING = {"_batch_id": "varchar", "_row_number": "bigint", "_delivered_on": "date"}


def declared_sources() -> dict[str, dict[str, str]]:
    """Return each raw source table dbt declares: its columns and their types."""
    files = (PROJECT / "models" / "staging").glob("*/_*__sources.yml")
    sources = chain.from_iterable(yaml.safe_load(file.read_text())["sources"] for file in files)
    return {
        f"{source['name']}.{table['name']}": {
            column["name"]: column["data_type"].replace(" ", "") for column in table["columns"]
        }
        for source in sources
        if source["name"].startswith("raw_")
        for table in source["tables"]
    }


def test_there_are_contracts() -> None:
    assert len(CONTRACTS) >= 6


def test_every_contract_is_a_dbt_source_and_the_other_way_round() -> None:
    assert set(declared_sources()) == {contract.table for contract in CONTRACTS}


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_a_source_s_columns_are_its_contract_s(contract: Contract) -> None:
    promised = {c.name: c.physical_type.replace(" ", "") for c in contract.columns}

    assert declared_sources()[contract.table] == promised | HOUSEKEEPING


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_each_raw_table_has_a_staging_model_of_its_own(contract: Contract) -> None:
    folder = PROJECT / "models" / "staging" / contract.source

    assert (folder / f"stg_{contract.source}__{contract.entity}.sql").exists()


def test_readme_names_no_make_target_that_is_not_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    texts = [(CHECKOUT / name).read_text() for name in ("README.md", "CONTRIBUTING.md")]
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", "\n".join(texts), re.MULTILINE))

    assert {"demo", "test"} <= named
    assert named <= targets


def test_every_link_of_readme_leads_somewhere() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", (CHECKOUT / "README.md").read_text())

    assert links
    assert [link for link in links if not (CHECKOUT / link).exists()] == []


def test_the_lock_pins_with_hashes_and_names_no_place_to_fetch_from() -> None:
    lock = (CHECKOUT / "requirements.lock").read_text()
    pins = re.findall(r"^([a-z0-9._-]+)==\S+ \\$", lock, re.MULTILINE)
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + list(
        chain.from_iterable(project["optional-dependencies"].values())
    )

    assert {re.split(r"[=<>\[ ]", entry)[0].lower() for entry in wanted} <= set(pins)
    assert "://" not in lock
    assert len(pins) == len(re.findall(r"^\S+==", lock, re.MULTILINE))
    assert lock.count("--hash=sha256:") >= len(pins)


def test_no_file_below_the_dag_reads_a_clock() -> None:
    python = [
        file
        for folder in ("expectations", "models_ml", "include/landing", "include/activation")
        for file in (CHECKOUT / folder).rglob("*.py")
    ]
    sql = list((PROJECT / "models").rglob("*.sql"))
    clock = re.compile(r"\b(now|today|utcnow|time\.time)\(\)|\bcurrent_(date|timestamp|time)\b")

    assert len(python) > 30
    assert len(sql) > 20
    assert [file.name for file in python + sql if clock.search(file.read_text())] == []

"""Rules of a tidy dbt project, read off its manifest: owners, access, keys, names, shape."""

import re
from collections import Counter
from typing import Any

import pytest

Manifest = dict[str, Any]
Node = dict[str, Any]

NAMES = {
    "staging": r"stg_[a-z]+__[a-z_]+",
    "intermediate": r"int_([a-z_]+_[a-z]+ed_to_[a-z_]+|identity__[a-z_]+)",
    "marts": r"(dim|fct)_[a-z_]+|mart_[a-z0-9_]+",
    "activation": r"act_[a-z]+__[a-z_]+|reachable_customers",
}
ADDRESS = re.compile(r"^\s*(?:from|[a-z ]*join) [a-z_]+\.\w+", re.MULTILINE)
LEDGER = "source.tessera.ops."  # what a table was made from is asked of it by every such table
MOST_JOINS = 6
MOST_VIEWS_IN_A_ROW = 3  # dbt-project-evaluator warns from 5 on; the marts read such a chain once


@pytest.fixture(scope="module")
def models(manifest: Manifest) -> dict[str, Node]:
    """The project's models by unique id."""
    found = {k: n for k, n in manifest["nodes"].items() if n["resource_type"] == "model"}
    assert len(found) > 50
    return found


def layer(model: Node) -> str:
    """The layer of a model: its first folder."""
    return str(model["fqn"][1])


def parents(model: Node) -> list[str]:
    """What a model reads, the ledger aside."""
    return [read for read in model["depends_on"]["nodes"] if not read.startswith(LEDGER)]


def test_names_say_the_layer_and_the_grain(models: dict[str, Node]) -> None:
    for model in models.values():
        assert re.fullmatch(NAMES[layer(model)], model["name"]), model["name"]


def test_every_model_has_a_file_of_its_own_that_describes_it(models: dict[str, Node]) -> None:
    for model in models.values():
        assert model["patch_path"].endswith(f"/{model['name']}.yml"), model["name"]
        assert model["original_file_path"].endswith(f"/{model['name']}.sql"), model["name"]


def test_every_model_has_an_owner_and_says_how_stable_it_is(
    manifest: Manifest, models: dict[str, Node]
) -> None:
    owners = {group["name"]: group["owner"] for group in manifest["groups"].values()}
    for model in models.values():
        assert owners[model["group"]]["email"], model["name"]
        named_public = re.match(r"dim_|fct_|mart_|act_", model["name"]) is not None
        assert (model["access"] == "public") == named_public, model["name"]


def test_public_models_are_contracts(models: dict[str, Node]) -> None:
    public = [model for model in models.values() if model["access"] == "public"]
    assert len(public) > 10
    for model in public:
        assert model["config"]["contract"]["enforced"], model["name"]
        assert model["config"]["materialized"] != "view", model["name"]
        for column in model["columns"].values():
            assert column["data_type"], (model["name"], column["name"])
            assert column["description"], (model["name"], column["name"])


def test_every_public_model_has_a_reader_and_readers_read_nothing_else(
    manifest: Manifest, models: dict[str, Node]
) -> None:
    read = {
        unique_id
        for exposure in manifest["exposures"].values()
        for unique_id in exposure["depends_on"]["nodes"]
    }
    public = {key for key, model in models.items() if model["access"] == "public"}
    assert read == public


def test_what_is_not_public_is_read_by_a_model(manifest: Manifest, models: dict[str, Node]) -> None:
    for key, model in models.items():
        children = [child for child in manifest["child_map"][key] if child.startswith("model.")]
        assert children or model["access"] == "public", model["name"]


def test_every_model_is_tested_and_every_mart_has_a_key(
    manifest: Manifest, models: dict[str, Node]
) -> None:
    unit_tested = {test["model"] for test in manifest["unit_tests"].values()}
    tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
    tested = {key for test in tests for key in test["depends_on"]["nodes"]}
    keyed = {
        test["attached_node"]
        for test in tests
        if (test.get("test_metadata") or {}).get("name") in {"unique", "unique_together"}
    }
    for key, model in models.items():
        if layer(model) != "staging" and model["config"]["materialized"] != "ephemeral":
            assert key in tested or model["name"] in unit_tested, model["name"]
        if layer(model) == "marts":
            assert key in keyed, model["name"]


def test_a_source_is_read_by_one_staging_model_and_none_lies_idle(
    manifest: Manifest, models: dict[str, Node]
) -> None:
    reads = Counter(
        read for model in models.values() for read in parents(model) if read.startswith("source.")
    )
    sources = {key for key in manifest["sources"] if not key.startswith(LEDGER)}
    assert sources
    assert sources == set(reads)
    # The CRM's one table says who customers are, and which addresses they had.
    shared = {key for key, count in reads.items() if count > 1}
    assert shared <= {"source.tessera.raw_crm.customers"}


def test_a_model_reads_something_by_its_name_and_never_by_its_address(
    models: dict[str, Node],
) -> None:
    for model in models.values():
        assert parents(model) or "stg_ops" in model["name"], model["name"]
        assert not ADDRESS.search(model["raw_code"]), model["name"]


def test_a_model_joins_few_tables(models: dict[str, Node]) -> None:
    for model in models.values():
        joins = len(re.findall(r"\bjoin\b", re.sub(r"--.*", "", model["raw_code"])))
        assert joins <= MOST_JOINS, (model["name"], joins)


def test_views_do_not_stand_on_views_on_views(models: dict[str, Node]) -> None:
    def height(key: str) -> int:
        model = models.get(key)
        if model is None or model["config"]["materialized"] != "view":
            return 0
        return 1 + max((height(parent) for parent in parents(model)), default=0)

    assert max(height(key) for key in models) <= MOST_VIEWS_IN_A_ROW


def test_nothing_is_split_off_only_to_be_joined_back(
    manifest: Manifest, models: dict[str, Node]
) -> None:
    """A step that one model alone reads, beside what the step itself was made of alone."""
    split = set()
    for key, model in models.items():
        for parent in parents(model):
            step = models.get(parent)
            if step is None or layer(step) == "staging":
                continue
            readers = [c for c in manifest["child_map"][parent] if c.startswith("model.")]
            made_of = parents(step)
            if readers == [key] and len(made_of) == 1 and made_of[0] in parents(model):
                split.add((step["name"], model["name"]))
    assert split == set()

"""The project's own order: who may read whom, and that everything says what it is."""

from typing import Any

MAY_READ = {
    "staging": {"source"},
    "intermediate": {"staging", "intermediate"},
    "marts": {"staging", "intermediate", "marts", "seed"},
    "activation": {"marts", "activation"},  # and stg_ml__*, of which the models are the source
}


def models(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """The project's models."""
    found = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    assert len(found) > 30
    return found


def layer(manifest: dict[str, Any], unique_id: str) -> str:
    """The layer of a node: a model's first folder, or what else it is."""
    kind = unique_id.split(".", maxsplit=1)[0]
    return str(manifest["nodes"][unique_id]["fqn"][1]) if kind == "model" else kind


def test_each_layer_reads_only_the_layers_before_it(manifest: dict[str, Any]) -> None:
    wrong = {
        (model["name"], read)
        for model in models(manifest)
        for read in model["depends_on"]["nodes"]
        if layer(manifest, read) not in MAY_READ[layer(manifest, model["unique_id"])]
        and not (model["fqn"][1] == "activation" and ".stg_ml__" in read)
    }
    assert wrong == set()


def test_a_staging_model_reads_one_source_of_its_own_folder(manifest: dict[str, Any]) -> None:
    staging = [model for model in models(manifest) if model["fqn"][1] == "staging"]
    for model in staging:
        (source,) = model["depends_on"]["nodes"]
        assert source.split(".")[2].removeprefix("raw_") == model["fqn"][2]
        assert model["name"].startswith(f"stg_{model['fqn'][2]}__")


def test_every_column_is_described_and_held_to_its_type(manifest: dict[str, Any]) -> None:
    for model in models(manifest):
        assert model["description"], model["name"]
        assert model["columns"], model["name"]
        assert all(column["description"] for column in model["columns"].values()), model["name"]
        is_table = model["config"]["materialized"] != "ephemeral"
        assert model["config"]["contract"]["enforced"] is is_table, model["name"]


def test_every_mart_and_audience_has_a_unit_test(manifest: dict[str, Any]) -> None:
    tested = {test["model"] for test in manifest["unit_tests"].values()}
    made = {
        model["name"] for model in models(manifest) if model["fqn"][1] in {"marts", "activation"}
    }
    assert made - tested == set()

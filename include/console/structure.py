"""The structure: whether there are segments at all, by the fit's own proof, and its tree."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from include.console import ribbons, wording
from include.console.colours import hue_of
from include.console.tables import rows
from include.warehouse import Connection

MEASURES = {
    "stability": "stability between subsamples",
    "dbcv": "density validity (DBCV)",
    "silhouette": "silhouette",
}


@dataclass(frozen=True, kw_only=True)
class Structure:
    """The panel of proof; ``blocks`` is empty where no tree was kept."""

    verdict: str
    proof: str
    is_found: bool
    refusal: str
    blocks: list[dict[str, Any]]


def structure(connection: Connection, names: Mapping[str, str]) -> Structure:
    """Gather the proof of structure; ``names`` are the segments' by id."""
    query = "SELECT metric, value FROM model_metrics WHERE model = 'segmentation'"
    metrics = {row["metric"]: row["value"] for row in rows(connection, query)}
    return Structure(
        verdict=verdict(metrics),
        proof=proof(metrics),
        is_found=metrics.get("structure_found") == 1,
        refusal="; ".join(
            row["reason"] for row in rows(connection, "SELECT reason FROM segment_refusals")
        ),
        blocks=tree(connection, names),
    )


def verdict(metrics: Mapping[str, Decimal]) -> str:
    """Say in a sentence or two how much structure there is; nothing where nothing was measured."""
    measured = [
        f"{label} {wording.decimals(metrics[name], 2)}"
        for name, label in MEASURES.items()
        if name in metrics
    ]
    said = []
    if "coverage" in metrics:
        said.append(f"{wording.share(metrics['coverage'])} of customers lie in a dense place.")
    if "weak_share" in metrics:
        said.append(f"{wording.share(metrics['weak_share'])} belong to their segment only weakly.")
    if measured:
        what = wording.listed(measured)
        said.append(f"{what[:1].upper()}{what[1:]}: 1 is perfect, 0 is no structure.")
    return " ".join(said)


def proof(metrics: Mapping[str, Decimal]) -> str:
    """Say what the comparison with companies without segments gave, where there was one."""
    companies = metrics.get("structure_null_companies")
    if not companies:
        return ""
    fooled = metrics.get("structure_null_with_clusters", Decimal(0))
    made_up = wording.plural(companies, "made-up company", "made-up companies")
    said = (
        f"The same search was run on {made_up} with the same spread and correlations but no "
        "segments: "
        f"{wording.count(fooled)} of them seemed to have some."
    )
    if "structure_score" in metrics and "structure_null_best" in metrics:
        said += (
            f" These customers score {wording.decimals(metrics['structure_score'], 2)}, the best "
            f"of the made-up ones {wording.decimals(metrics['structure_null_best'], 2)}."
        )
    return said


def tree(connection: Connection, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the condensed tree's blocks: wide is many customers, deep is dense."""
    found = rows(connection, "SELECT * FROM segment_tree ORDER BY parent_node IS NOT NULL, node")
    blocks = ribbons.icicle(
        [
            (
                row["node"],
                row["parent_node"],
                float(row["customers"]),
                math.log1p(row["density_from"]),
                math.log1p(row["density_to"]),
            )
            for row in found
        ]
    )
    return [
        {
            "block": block,
            "hue": hue_of(row["segment_id"]) if row["segment_id"] else "",
            "name": names.get(row["segment_id"], ""),
            "customers": row["customers"],
        }
        for row, block in zip(found, blocks, strict=True)
    ]

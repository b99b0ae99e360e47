"""### Customer segmentation, every morning

Land the day's extracts, check them, build the marts, check those, score segments and churn
risk, build the audiences, check all that, hand them to the channels, publish, and report. Models
are trained here only where none may score the day yet; otherwise `model_training_weekly` trains.

**Failed?** Read the red task's log: its last lines say what happened and what to do. Fix the
cause, clear the first red task. Nothing needs cleaning up, and nothing half-done is published.

**Mended a contract?** Trigger with `replay`: quarantined rows are cast again before landing.

**Back-fill?** Trigger with `as_of` set to the day you want: the run sees what that day saw, and
is published beside the newest day, not over it.
"""

from collections.abc import Callable
from typing import Any

from airflow.sdk import Param, chain, dag, task, task_group

from dags.every_run import AS_OF, RULES, as_of_param, at, run_here
from include.extraction.describe import list_extracts
from include.landing.contract import list_contracts
from include.settings import Settings

REPLAY = "{{ params.replay }}"
STAGES = ["land", "build", "learn", "activate", "publish"]


def stage(*names: str) -> Callable[[Callable[..., Any]], Any]:
    """Make a task that is skipped where none of its stages was asked for."""
    run_if = task.run_if(
        lambda context: any(name in context["params"]["stages"] for name in names),
        skip_message=f"Nobody asked for the stage {' or '.join(names)}.",
    )
    return lambda function: run_if(task(function))


@stage("land")
def copy_deliveries(as_of: str) -> int:
    """Copy what was delivered to the object store and is not here yet."""
    from include.extraction import remote

    return remote.run(as_of)


@stage("land")
def fetch_extract(entity: str, as_of: str) -> int:
    """Ask a source that does not deliver files for what no delivery holds yet."""
    from include.extraction import extract

    return extract.run(entity, as_of)


@stage("land")
def land_extract(entity: str, as_of: str, replayed: str) -> dict[str, int]:
    """Land every delivery of one entity that has not landed yet; on request replay first."""
    from include.landing import land, replay

    if replayed == "True":
        replay.run(entity, as_of)
    return land.run(entity, as_of)


@task_group
def land() -> None:
    """One task an extract, so that a broken one is seen by name; first what must be fetched."""
    settings = Settings.from_env()
    asked = {extract.name for extract in list_extracts(settings.contracts)}
    copied: list[Any] = [copy_deliveries(AS_OF)] if settings.landing_url else []
    for contract in list_contracts():
        landed: Any = land_extract.override(task_id=contract.task_id)(contract.name, AS_OF, REPLAY)
        for before in copied:
            before >> landed
        if contract.name in asked:
            fetch_id = contract.task_id.replace("land_", "fetch_", 1)
            fetch_extract.override(task_id=fetch_id)(contract.name, AS_OF) >> landed


@task
def check_landed(as_of: str) -> dict[str, int]:
    """Hold the raw tables to their suites."""
    from expectations import gate

    return gate.run("landed", as_of)


@stage("build")
def build_marts(as_of: str) -> dict[str, Any]:
    """Build and test everything from staging to marts."""
    from include import transform

    return transform.build_marts(as_of)


@task
def check_marts(as_of: str) -> dict[str, int]:
    """Hold the marts to their suites, before a model or a person reads them."""
    from expectations import gate

    return gate.run("marts", as_of)


@stage("learn")
def assign_segments(as_of: str) -> dict[str, Any]:
    """Give every customer a segment; learn the segments first where nobody has."""
    from models_ml.segmentation import score, train

    return {**train.run(as_of), **score.run(as_of)}


@stage("learn")
def score_churn(as_of: str) -> dict[str, Any]:
    """Give every customer a churn score; learn the model first where nobody has."""
    from models_ml.churn import score, train

    return {**train.run(as_of), **score.run(as_of)}


@stage("activate")
def build_audiences(as_of: str) -> dict[str, Any]:
    """Build and test the audiences from segments and scores."""
    from include import transform

    return transform.build_audiences(as_of)


@stage("activate", "publish")
def check_scored(as_of: str) -> dict[str, int]:
    """Hold segments, scores and audiences to their suites, before anything leaves."""
    from expectations import gate

    return gate.run("scored", as_of)


@stage("activate")
def export_audiences(as_of: str) -> dict[str, Any]:
    """Write each audience's CSV into the outbox, without those who withdrew consent."""
    from include.activation import export

    return export.run(as_of)


@stage("publish")
def publish_marts(as_of: str, publisher: str) -> dict[str, int | str]:
    """Put a whole copy of the marts where analysts read."""
    from include import publication

    return publication.run(as_of, publisher)


@stage("publish")
def write_report(as_of: str, published: dict[str, str]) -> str:
    """Write the run's page for people."""
    from include.console import report

    return report.run(as_of, published["file"])


@dag(
    schedule=at("0 5 * * *"),
    **RULES,
    params={
        "as_of": as_of_param("Data before this day is seen"),
        "stages": Param(
            STAGES,
            type="array",
            examples=STAGES,
            items={"type": "string", "enum": STAGES},
            title="Stages",
            description="Which stages run; the gates do that guard them.",
        ),
        "replay": Param(
            False,  # noqa: FBT003 - a parameter's default stands first
            type="boolean",
            title="Replay quarantine",
            description="Cast quarantined rows again, by the contracts as they are now.",
        ),
    },
    tags=["segmentation", "daily"],
    doc_md=__doc__,
)
def customer_segmentation_daily() -> None:
    """Chain the five verbs: land, shape, learn, activate, publish; gates stand between them."""
    published: Any = publish_marts(AS_OF, "{{ run_id }}")
    chain(
        land(),
        check_landed(AS_OF),
        build_marts(AS_OF),
        check_marts(AS_OF),
        [assign_segments(AS_OF), score_churn(AS_OF)],
        build_audiences(AS_OF),
        check_scored(AS_OF),
        export_audiences(AS_OF),
        published,
        write_report(AS_OF, published),
    )


pipeline = customer_segmentation_daily()

if __name__ == "__main__":  # one whole run in this process: python dags/<file> 2018-01-02
    run_here(pipeline)

"""### Train the models, every week

Train a challenger for segments and for churn on the day's marts, judge each beside the champion,
and let it lead or hold it back. Nothing is scored here: the next `customer_segmentation_daily`
scores with whoever leads then.

**A retrain is held back** where it would move many customers to another segment although their
behaviour has not changed, or would end a pinned segment. The report and the task's log say why.
Trigger with `approve` set to the version's name to let it lead; to drop it, run
`python -m models_ml.segmentation reject VERSION`.

**Failed?** Read the red task's log: its last lines say what happened and what to do. Fix the
cause, clear the red task. The champion stays what it was; training a day again adds no version.
"""

from typing import Any

from airflow.sdk import Param, chain, dag, task

from dags.every_run import AS_OF, RULES, as_of_param, at, run_here

if_training = task.run_if(
    lambda context: not context["params"]["approve"],
    skip_message="A version was approved, so nothing is trained.",
)
if_approving = task.run_if(
    lambda context: bool(context["params"]["approve"]),
    skip_message="No version was named to be approved.",
)


@if_approving
@task
def approve_segments(version: str) -> str:
    """Let the segmentation lead that was held back."""
    from models_ml.segmentation import approval

    return approval.run(version)


@if_training
@task
def check_marts(as_of: str) -> dict[str, int]:
    """Hold the marts to their suites, before a model learns from them."""
    from expectations import gate

    return gate.run("marts", as_of)


@if_training
@task
def train_segments(as_of: str) -> dict[str, Any]:
    """Fit the segments anew, and let them lead unless they would startle people."""
    from models_ml.segmentation import train

    return train.run(as_of, "always")


@if_training
@task
def train_churn(as_of: str) -> dict[str, Any]:
    """Fit the churn model anew, and let it lead where it is better by the margin."""
    from models_ml.churn import train

    return train.run(as_of, "always")


@dag(
    schedule=at("0 7 * * 0"),  # Sundays, two hours after the daily run has built the marts
    **RULES,
    params={
        "as_of": as_of_param("The day whose marts are learned from"),
        "approve": Param(
            None,
            type=["null", "string"],
            title="Approve",
            description="A segmentation that was held back, by its name: it leads from the next "
            "scored day on, and nothing is trained.",
        ),
    },
    tags=["segmentation", "weekly"],
    doc_md=__doc__,
)
def model_training_weekly() -> None:
    """Chain the gate and the two trainings, or the approval alone."""
    approve_segments("{{ params.approve }}")
    chain(check_marts(AS_OF), [train_segments(AS_OF), train_churn(AS_OF)])


pipeline = model_training_weekly()

if __name__ == "__main__":  # one whole run in this process: python dags/<file> 2018-01-02
    run_here(pipeline)

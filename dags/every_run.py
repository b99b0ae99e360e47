"""What all runs have in common, whichever DAG's: their day, whose they are, how they are retried.

No DAG is here (`.airflowignore`), and nothing that only one of them needs.
"""

import sys
from typing import TYPE_CHECKING, Any

from airflow.sdk import CronTriggerTimetable, Param
from pendulum import duration

from include import alerts, journal
from include.settings import POOL

if TYPE_CHECKING:
    from airflow.sdk import DAG

AS_OF = "{{ params.as_of or (dag_run.logical_date or dag_run.run_after) | ds }}"  # the only clock

RULES: dict[str, Any] = {
    "catchup": False,
    "max_active_runs": 1,
    "default_args": {
        "owner": "growth-analytics",
        "pool": POOL,
        "retries": 2,
        "retry_delay": duration(minutes=5),
        "trigger_rule": "none_failed",  # what was skipped on purpose does not stop the next
        "on_execute_callback": journal.started,
        "on_success_callback": journal.succeeded,
        "on_failure_callback": [journal.failed, alerts.alert],
    },
}


def at(cron: str) -> CronTriggerTimetable:
    """Return a schedule (UTC) by which waking a DAG waits for the next time.

    A plain cron, or ``run_immediately=False``, would start the one missed within a tenth of the
    interval.
    """
    return CronTriggerTimetable(cron, timezone="UTC", run_immediately=duration())


def as_of_param(description: str) -> Param:
    """Return the day a person may ask for."""
    return Param(
        None,
        type=["null", "string"],
        format="date",
        title="As of",
        description=f"{description}; empty: the day of the run.",
    )


def run_here(pipeline: "DAG") -> None:
    """Run the DAG once in this process, as of the day on the command line, and exit."""
    for each in pipeline.tasks:
        each.retries = 0  # a person is watching: say at once what went wrong
    finished = pipeline.test(run_conf={"as_of": sys.argv[1]})
    sys.exit(0 if finished.state == "success" else 1)

"""Alerts: what a failed task says, and to whom: always the log, and a webhook where one is set."""

import json
import logging
import urllib.request
from typing import Any

from include.settings import Settings

logger = logging.getLogger(__name__)

OURS = ("include.", "expectations.", "models_ml.")  # whose messages carry counts, never values
TIMEOUT_SECONDS = 5


def describe(context: Any) -> dict[str, str]:  # noqa: ANN401 - Airflow's context is a loose mapping
    """Return what a person who is paged needs, and no personal value.

    A library's error may quote the data it choked on, so of those only the kind is passed on.
    """
    error = context.get("exception")
    kind = type(error).__name__
    ours = type(error).__module__.startswith(OURS)
    task_instance = context["task_instance"]
    return {
        "dag": str(task_instance.dag_id),
        "task": str(task_instance.task_id),
        "run": str(context["run_id"]),
        "as_of": str(context.get("params", {}).get("as_of") or context.get("ds", "")),
        "error": f"{kind}: {error}" if ours else f"{kind} (its message is in the task's log)",
        "log": str(getattr(task_instance, "log_url", "")),
        "what_to_do": "Fix the cause, then clear this task in the Airflow UI; nothing else needs "
        "cleaning up, and yesterday's publication still stands.",
    }


def alert(context: Any) -> None:  # noqa: ANN401
    """Say that a task has failed (Airflow's ``on_failure_callback``); never fail itself."""
    message = describe(context)
    logger.error("Task failed: %s", json.dumps(message))
    webhook = Settings.from_env().alert_webhook_url
    if webhook is None:
        return
    url = webhook.get_secret_value()
    if not url.startswith(("https://", "http://")):
        logger.error("TESSERA_ALERT_WEBHOOK_URL is no http(s) address: the alert was only logged")
        return
    request = urllib.request.Request(  # noqa: S310 - the scheme was checked
        url,
        data=json.dumps({"text": f"{message['dag']}.{message['task']} failed", **message}).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310
            pass
    except OSError as error:
        logger.error("The alert could not be delivered: %s", type(error).__name__)  # noqa: TRY400

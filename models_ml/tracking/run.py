"""Run: what one training logs while it goes on. What becomes of its model is ``tracker``'s."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from mlflow import MlflowClient


class Run:
    """One open MLflow run: what was set, what came out, what it looked like."""

    def __init__(self, client: "MlflowClient", run_id: str) -> None:
        self._client = client
        self.run_id = run_id

    def log_metrics(self, metrics: Mapping[str, float]) -> None:
        """Log numbers, all in one call."""
        from mlflow.entities import Metric  # noqa: PLC0415 - MLflow takes 2 s to import

        entries = [Metric(name, float(value), 0, 0) for name, value in metrics.items()]
        self._client.log_batch(self.run_id, metrics=entries)

    def log_child(
        self, name: str, *, parameters: Mapping[str, Any], metrics: Mapping[str, float]
    ) -> None:
        """Log one try under this run, as a nested run that has ended."""
        from mlflow.entities import Metric, Param  # noqa: PLC0415 - MLflow takes 2 s to import
        from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID  # noqa: PLC0415 - as above

        experiment = self._client.get_run(self.run_id).info.experiment_id
        tags = {MLFLOW_PARENT_RUN_ID: self.run_id}
        child = self._client.create_run(experiment, run_name=name, tags=tags).info.run_id
        self._client.log_batch(
            child,
            metrics=[Metric(key, float(value), 0, 0) for key, value in metrics.items()],
            params=[Param(key, str(value)[:500]) for key, value in parameters.items()],
        )
        self._client.set_terminated(child)

    def log_text(self, name: str, text: str) -> None:
        """Log a text artifact: a model card, a reason."""
        self._client.log_text(self.run_id, text, name)

    def log_figure(self, name: str, figure: "Figure") -> None:
        """Log a picture."""
        self._client.log_figure(self.run_id, figure, name)

    def set_tag(self, name: str, value: str) -> None:
        """Tag the run."""
        self._client.set_tag(self.run_id, name, value)

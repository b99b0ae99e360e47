"""Tracker: one home's store of runs and registry of versions; the champion, and its files."""

import logging
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from include.settings import Settings
from include.warehouse import make_private_folder
from models_ml.package import Package, sha256
from models_ml.tracking.run import Run

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

Retrain = Literal["when_missing", "always"]

MODELS = Path(__file__).parents[1]

CHAMPION = "champion"
CHALLENGER = "challenger"
FOLDER = "model"  # of a run's artifacts
VERDICT = "verdict"  # a version's tag


@dataclass(frozen=True, kw_only=True)
class Version:
    """What the registry knows of one version of a model."""

    number: str
    name: str
    trained_as_of: date
    run_id: str
    artifact_sha256: str
    data_digest: str
    is_promoted: bool
    verdict: str = ""  # why it was held back or rejected, in a sentence


class Tracker:
    """The tracking store and the registry of one home."""

    def __init__(self, tracking_uri: str, *, folder: Path) -> None:
        self._client = _open_client(tracking_uri, folder)
        self._artifacts = (folder / "artifacts").as_uri() if "sqlite" in tracking_uri else None

    @contextmanager
    def tracked_run(
        self, model: str, *, as_of: date, parameters: Mapping[str, Any], data_digest: str
    ) -> Iterator[Run]:
        """Open a run of ``model``; it ends FINISHED, or FAILED with the error as a tag."""
        from mlflow.entities import Param  # noqa: PLC0415 - MLflow takes 2 s to import

        tags = {
            "as_of": as_of.isoformat(),
            "data_digest": data_digest,
            "code_version": code_version(),
        }
        created = self._client.create_run(
            self._experiment(model), run_name=f"{model} {as_of}", tags=tags
        )
        run = Run(self._client, created.info.run_id)
        entries = [Param(name, str(value)[:500]) for name, value in parameters.items()]
        self._client.log_batch(run.run_id, params=entries)
        try:
            yield run
        except BaseException as error:
            run.set_tag("error", f"{type(error).__name__}: {error}"[:500])
            self._client.set_terminated(run.run_id, status="FAILED")
            raise
        self._client.set_terminated(run.run_id)

    def register(self, run: Run, model: str, package: Package, *, data_digest: str) -> Version:
        """Log ``package`` under ``run`` and make it a version of ``model``, as a challenger."""
        from mlflow.exceptions import MlflowException  # noqa: PLC0415 - takes 2 s to import

        with tempfile.TemporaryDirectory() as scratch:
            package.write(Path(scratch))
            self._client.log_artifacts(run.run_id, scratch, FOLDER)
        try:
            self._client.create_registered_model(model)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        artifacts = self._client.get_run(run.run_id).info.artifact_uri
        created = self._client.create_model_version(
            model,
            source=f"{artifacts}/{FOLDER}",
            run_id=run.run_id,
            tags={
                "model_version": package.version,
                "trained_as_of": package.trained_as_of.isoformat(),
                "artifact_sha256": package.digest,
                "data_digest": data_digest,
                "code_version": code_version(),
                "promoted": "false",
            },
        )
        version = _version(created)
        if self._is_newest(model, CHALLENGER, version):
            self._client.set_registered_model_alias(model, CHALLENGER, version.number)
        return version

    def promote(self, model: str, version: Version) -> None:
        """Make ``version`` the champion, unless the champion learned on a later day.

        A back-fill of the past may need a model of its own; it does not take today's crown.
        """
        self._client.set_model_version_tag(model, version.number, "promoted", "true")
        if self._is_newest(model, CHAMPION, version):
            self._client.set_registered_model_alias(model, CHAMPION, version.number)
        challenger = self._aliased(model, CHALLENGER)
        if challenger is not None and challenger.number == version.number:
            self._client.delete_registered_model_alias(model, CHALLENGER)

    def hold(self, model: str, version: Version, why: str) -> None:
        """Leave ``version`` a challenger that waits for a person, and say why."""
        self._client.set_model_version_tag(model, version.number, VERDICT, why)

    def reject(self, model: str, version: Version, why: str) -> None:
        """Take ``version`` out of the contest; it stays in the registry with the reason."""
        self._client.set_model_version_tag(model, version.number, VERDICT, f"rejected: {why}")
        challenger = self._aliased(model, CHALLENGER)
        if challenger is not None and challenger.number == version.number:
            self._client.delete_registered_model_alias(model, CHALLENGER)

    def challenger(self, model: str, *, as_of: date) -> Version | None:
        """Return the version that waits for a verdict, where it had learned by ``as_of``."""
        waiting = self._aliased(model, CHALLENGER)
        return waiting if waiting is not None and waiting.trained_as_of <= as_of else None

    def champion(self, model: str, *, as_of: date) -> Version | None:
        """Return the version that may score ``as_of``: none that learned from later days.

        That is the alias ``champion`` where it is old enough (so that moving the alias back is
        enough to roll back), else the newest once-promoted version that had learned by then.
        """
        crowned = self._aliased(model, CHAMPION)
        if crowned is not None and crowned.trained_as_of <= as_of:
            return crowned
        promoted = [v for v in self.versions(model, as_of=as_of) if v.is_promoted]
        return promoted[-1] if promoted else None

    def versions(self, model: str, *, as_of: date) -> list[Version]:
        """Return every version that had learned by ``as_of``, oldest first."""
        found = [_version(v) for v in self._client.search_model_versions(f"name = '{model}'")]
        known = [version for version in found if version.trained_as_of <= as_of]
        return sorted(known, key=lambda version: (version.trained_as_of, int(version.number)))

    def is_due(self, model: str, *, as_of: date, retrain: Retrain) -> bool:
        """Say whether ``model`` shall train: it was asked to, or nothing may score ``as_of``."""
        return retrain == "always" or self.champion(model, as_of=as_of) is None

    def load(self, version: Version) -> Package:
        """Return the package of ``version``; raises ``ModelDamagedError`` if any byte differs."""
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(self._client.download_artifacts(version.run_id, FOLDER, scratch))
            return Package.read(folder, digest=version.artifact_sha256)

    def text(self, version: Version, name: str) -> str:
        """Return a text that was logged beside ``version``; raises where there is none."""
        with tempfile.TemporaryDirectory() as scratch:
            return Path(self._client.download_artifacts(version.run_id, name, scratch)).read_text()

    def _is_newest(self, model: str, alias: str, version: Version) -> bool:
        """Say whether the version that ``alias`` stands on learned no later than ``version``."""
        holder = self._aliased(model, alias)
        return holder is None or holder.trained_as_of <= version.trained_as_of

    def _aliased(self, model: str, alias: str) -> Version | None:
        """Return the version that ``alias`` stands on."""
        from mlflow.exceptions import MlflowException  # noqa: PLC0415 - takes 2 s to import

        try:
            return _version(self._client.get_model_version_by_alias(model, alias))
        except MlflowException as error:
            if error.error_code in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
                return None  # MLflow's two answers for: no such model, no such alias
            raise

    def _experiment(self, model: str) -> str:
        """Return the id of the model's experiment, created on first use."""
        found = self._client.get_experiment_by_name(model)
        if found is not None:
            return str(found.experiment_id)
        place = f"{self._artifacts}/{model}" if self._artifacts else None
        return str(self._client.create_experiment(model, artifact_location=place))


def open_tracker(settings: Settings) -> Tracker:
    """Open the store that ``settings`` names; its first use creates it, in a few seconds."""
    return Tracker(settings.tracking_uri, folder=settings.mlflow)


def code_version() -> str:
    """Return a digest of the models' code as it runs, whether or not there is a git here."""
    sources = sorted(MODELS.rglob("*.py"))
    return sha256(b"".join(source.read_bytes() for source in sources))[:12]


def _open_client(tracking_uri: str, folder: Path) -> "MlflowClient":
    """Open MLflow quietly; its own deprecations are not ours to mend."""
    make_private_folder(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mlflow import MlflowClient  # noqa: PLC0415 - takes 2 s to import

        for chatty in ("mlflow", "alembic"):
            logging.getLogger(chatty).setLevel(logging.WARNING)
        client = MlflowClient(tracking_uri)
        client.search_experiments(max_results=1)  # creates the tables where there are none
    return client


def _version(entity: "ModelVersion") -> Version:
    """Turn MLflow's model version into ours."""
    return Version(
        number=str(entity.version),
        name=entity.tags["model_version"],
        trained_as_of=date.fromisoformat(entity.tags["trained_as_of"]),
        run_id=str(entity.run_id),
        artifact_sha256=entity.tags["artifact_sha256"],
        data_digest=entity.tags["data_digest"],
        is_promoted=entity.tags["promoted"] == "true",
        verdict=entity.tags.get(VERDICT, ""),
    )

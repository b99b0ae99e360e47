"""Settings: the only reader of the environment, and the names of every place under one home."""

import os
import subprocess
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

CHECKOUT = Path(__file__).resolve().parents[1]
POOL = "warehouse"  # one slot: DuckDB admits one writer, and then no other reader


class SecretMissingError(LookupError):
    """The environment lacks a secret that a source's description names."""


class Settings(BaseSettings):
    """What an operator may set, as ``TESSERA_<NAME>``; every default works on one machine."""

    model_config = SettingsConfigDict(env_prefix="TESSERA_", env_ignore_empty=True, frozen=True)

    home: Path = Field(
        default=CHECKOUT / "var",
        description="The one folder everything a run writes lives under.",
    )
    contracts: Path = Field(
        default=CHECKOUT / "include" / "landing" / "contracts",
        description="The folder of ODCS contracts (*.odcs.yaml), one a source entity.",
    )
    landing_url: str | None = Field(
        default=None,
        description="Where sources deliver to an object store (s3://, gs://, az://); copied from "
        "there into the landing folder first. Unset, they deliver into the landing folder itself.",
    )
    dags: Path = Field(
        default=CHECKOUT / "dags",
        description="The folder of DAG files that `make airflow` reads.",
    )
    memory_limit: str = Field(default="4GB", description="DuckDB's memory limit, per connection.")
    threads: int = Field(default=2, ge=1, description="DuckDB's and the models' threads.")
    alert_webhook_url: SecretStr | None = Field(
        default=None,
        description="Where a failed task is posted as JSON; unset, it is only logged.",
    )
    airflow_port: int = Field(default=8080, description="Port of `make airflow`, on 127.0.0.1.")
    airflow_password: SecretStr | None = Field(
        default=None,
        description="Password of user admin in `make airflow`; unset, one is made and kept.",
    )
    mlflow_port: int = Field(default=5000, description="Port of `make mlflow`, on 127.0.0.1.")
    docs_port: int = Field(default=8090, description="Port of `make docs`, on 127.0.0.1.")
    code_version: str | None = Field(
        default=None,
        description="What stands in publications and models as the code's version; unset, git's.",
    )
    segment_names: Path | None = Field(
        default=None,
        description="A YAML file that names or pins segments by hand; unset, segments.yaml under "
        "the home, which need not be there.",
    )
    mlflow_tracking_uri: str | None = Field(
        default=None,
        description="An MLflow server to log to; unset, the SQLite store under the home.",
    )

    @classmethod
    def from_env(cls) -> Self:
        """Read the settings as they stand now."""
        settings = cls()
        return settings.model_copy(update={"home": settings.home.expanduser().resolve()})

    @property
    def landing(self) -> Path:
        """Deliveries as they came: ``<source>/<entity>/<date>/``; never modified."""
        return self.home / "landing"

    @property
    def raw(self) -> Path:
        """The warehouse's personal half: ``raw_*`` and ``ops.*``."""
        return self.home / "warehouse" / "raw.duckdb"

    @property
    def marts(self) -> Path:
        """The warehouse's working half: staging to ``act_*``, and ``ml.*``.

        Its name is not ``marts``: DuckDB names the catalog after the file, and a catalog and a
        schema of one name make ``marts.<table>`` ambiguous.
        """
        return self.home / "warehouse" / "tessera.duckdb"

    @property
    def published(self) -> Path:
        """The whole, read-only copy that analysts open."""
        return self.home / "published" / "tessera.duckdb"

    @property
    def outbox(self) -> Path:
        """Audiences as CSV: ``<date>/<channel>/``."""
        return self.home / "outbox"

    @property
    def reports(self) -> Path:
        """One self-contained page a run: ``<date>/index.html``."""
        return self.home / "reports"

    @property
    def docs(self) -> Path:
        """Data Docs and dbt docs, self-contained."""
        return self.home / "docs"

    @property
    def dbt(self) -> Path:
        """Where dbt keeps its target and its logs."""
        return self.home / "dbt"

    @property
    def mlflow(self) -> Path:
        """The tracking store, the registry and the artifacts."""
        return self.home / "mlflow"

    @property
    def tracking_uri(self) -> str:
        """MLflow's store: the server that was set, or SQLite under the home."""
        return self.mlflow_tracking_uri or f"sqlite:///{self.mlflow / 'mlflow.db'}"

    @property
    def segment_overrides(self) -> Path:
        """What people have decided about segments: the file that was set, or the home's."""
        return self.segment_names or self.home / "segments.yaml"

    @property
    def airflow(self) -> Path:
        """Airflow's own home."""
        return self.home / "airflow"

    @property
    def logs(self) -> Path:
        """What long commands say, and the journal of task states."""
        return self.home / "logs"

    @staticmethod
    def secret(name: str) -> SecretStr:
        """Return the secret in the environment variable ``name``, which a description names."""
        value = os.environ.get(name)
        if not value:
            raise SecretMissingError(
                f"{name} is not set. A source's description names it: put the secret into the "
                f"environment of whatever runs the pipeline, then clear this task."
            )
        return SecretStr(value)

    def version(self) -> str:
        """Return the code's version: what was set, or the checkout's commit, or 'unknown'."""
        if self.code_version:
            return self.code_version
        try:
            described = subprocess.run(
                ["git", "describe", "--always", "--dirty", "--tags"],  # noqa: S607 - any git will do
                cwd=CHECKOUT,
                capture_output=True,
                text=True,
                check=False,
            )
        except FileNotFoundError:  # no git, as in a slim image
            return "unknown"
        return described.stdout.strip() or "unknown"

    def inherited_environment(self) -> dict[str, str]:
        """Return a child process's environment: this one's, with these settings written out."""
        environment = dict(os.environ)
        for name in type(self).model_fields:
            value = getattr(self, name)
            plain = value.get_secret_value() if isinstance(value, SecretStr) else value
            environment[f"TESSERA_{name.upper()}"] = "" if plain is None else str(plain)
        return environment

    def make_home(self) -> None:
        """Create the home readable by its owner alone."""
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)

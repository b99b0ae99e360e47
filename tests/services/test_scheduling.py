"""Airflow's environment: this home's own, the same every time, and nobody else's."""

import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from include.services.processes import ServiceError
from include.services.scheduling import (
    admin_password,
    airflow_environment,
    only_airflow,
    prepare_airflow,
)
from include.services.tracking_pages import tracking_service
from include.settings import Settings


def test_another_installations_airflow_cannot_be_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql://production")
    monkeypatch.setenv("AIRFLOW__CORE__AUTH_MANAGER", "somebody.else")
    monkeypatch.setenv("AIRFLOW_HOME", "/srv/airflow")
    monkeypatch.setenv("AIRFLOW_CONN_CRM", "sftp://crm")

    environment = airflow_environment(Settings(home=tmp_path))

    assert environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == (
        f"sqlite:///{tmp_path}/airflow/airflow.db"
    )
    assert environment["AIRFLOW_HOME"] == f"{tmp_path}/airflow"
    assert "AIRFLOW__CORE__AUTH_MANAGER" not in environment
    assert environment["AIRFLOW_CONN_CRM"] == "sftp://crm"


def test_tasks_read_the_settings_the_stack_was_started_with_but_not_its_password(
    tmp_path: Path,
) -> None:
    settings = Settings(home=tmp_path, threads=7, airflow_password=SecretStr("open sesame"))

    environment = airflow_environment(settings)

    assert environment["TESSERA_HOME"] == str(tmp_path)
    assert environment["TESSERA_THREADS"] == "7"
    assert "open sesame" not in environment.values()


def test_keys_are_made_once_for_a_home_and_differ_between_homes(tmp_path: Path) -> None:
    def keys(home: Path) -> list[str]:
        environment = airflow_environment(Settings(home=home))
        return [
            environment["AIRFLOW__CORE__FERNET_KEY"],
            environment["AIRFLOW__API_AUTH__JWT_SECRET"],
            environment["AIRFLOW__API__SECRET_KEY"],
        ]

    first = keys(tmp_path / "one")

    assert keys(tmp_path / "one") == first
    assert not set(keys(tmp_path / "two")) & set(first)
    assert (tmp_path / "one" / "airflow" / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_a_password_is_made_once_and_kept_until_one_is_set(tmp_path: Path) -> None:
    made = admin_password(Settings(home=tmp_path))

    assert len(made) >= 16
    assert admin_password(Settings(home=tmp_path)) == made
    chosen = Settings(home=tmp_path, airflow_password=SecretStr("open sesame"))
    assert admin_password(chosen) == "open sesame"
    assert (tmp_path / "airflow" / "passwords.json").stat().st_mode & 0o777 == 0o600


def test_a_second_airflow_on_one_home_is_told_which_process_is_the_first(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    said = rf"runs already on .*: make airflow \(process {os.getpid()}\). Stop that one first"
    with only_airflow(settings), pytest.raises(ServiceError, match=said), only_airflow(settings):
        pass
    with only_airflow(settings):
        pass


@pytest.mark.services
def test_a_home_is_prepared_once(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    log = tmp_path / "logs" / "airflow" / "prepare.log"

    prepare_airflow(settings)
    assert "Pool warehouse created" in log.read_text()
    log.unlink()
    prepare_airflow(settings)

    assert not log.exists()


def test_pages_of_a_server_elsewhere_are_not_imitated_here(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, mlflow_tracking_uri="https://mlflow.example")

    with pytest.raises(ServiceError, match="open those"):
        tracking_service(settings)

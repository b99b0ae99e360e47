"""Scheduling: Airflow's environment, its home, and its four processes.

``airflow_environment`` is the one place that says how Airflow runs on one person's machine; the
demo, `make airflow` and the tests all take it from here. Nothing here imports airflow.
"""

import base64
import json
import math
import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path

from include.lock import HeldError, hold
from include.services.processes import (
    PRIVATE,
    Service,
    ServiceError,
    last_lines,
    program,
)
from include.settings import CHECKOUT, POOL, Settings
from include.warehouse import make_private_folder

USER = "admin"
POOL_SLOTS = 1  # DuckDB admits one writer, and then no other reader

TELEMETRY_OFF = {
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DO_NOT_TRACK": "true",
    "GX_ANALYTICS_ENABLED": "False",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}
TUNING = {
    "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
    "AIRFLOW__CORE__PARALLELISM": "4",
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__HOSTNAME_CALLABLE": "socket.gethostname",  # the default asks DNS
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",  # an edited DAG is seen within seconds
    "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FOLDER_PERMISSIONS": "0o700",
    "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FILE_PERMISSIONS": "0o600",
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",  # with the next: a chain of tasks
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",  # runs in half the time
}
OWN_INSTALLATION = ("AIRFLOW__", "AIRFLOW_HOME", "AIRFLOW_CONFIG", "PYTHONDONTWRITEBYTECODE")


def airflow_url(settings: Settings) -> str:
    """Return where the UI and the REST API are."""
    return f"http://127.0.0.1:{settings.airflow_port}"


def airflow_environment(settings: Settings) -> dict[str, str]:
    """Return the whole environment of anything that runs Airflow on this machine.

    Another installation's ``AIRFLOW__*`` variables are dropped, so that its database cannot be
    migrated by mistake; connections and variables (``AIRFLOW_CONN_*``, ``AIRFLOW_VAR_*``) stay.
    """
    inherited = {
        name: value
        for name, value in settings.inherited_environment().items()
        if not name.startswith(OWN_INSTALLATION) and name != "TESSERA_AIRFLOW_PASSWORD"
    }
    home, url, logs = settings.airflow, airflow_url(settings), settings.logs / "airflow"
    search_path = [str(Path(program("airflow")).parent), inherited.get("PATH", os.defpath)]
    return {
        **inherited,
        **TELEMETRY_OFF,
        **TUNING,
        **_secrets(home / "secrets.json"),
        "PATH": os.pathsep.join(search_path),
        "PYTHONPATH": str(CHECKOUT),
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": ",".join(filter(None, ["127.0.0.1,localhost", inherited.get("NO_PROXY")])),
        "AIRFLOW_CONFIG": os.devnull,  # no file of settings beside these
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(settings.dags),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(settings.airflow_port),
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH": str(home / "bundles"),
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(logs / "tasks"),
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(logs / "parsing"),
    }


def prepare_airflow(settings: Settings) -> None:
    """Create or upgrade the metadata database and set the pool; at once where that was done."""
    home = settings.airflow
    make_private_folder(home)
    stamp = home / "prepared"
    wanted = f"airflow {version('apache-airflow-core')}, pool {POOL} of {POOL_SLOTS}\n"
    with hold(home / "preparing.lock", holder="Airflow's preparation", wait_seconds=math.inf):
        if stamp.exists() and stamp.read_text() == wanted and (home / "airflow.db").exists():
            return
        environment = airflow_environment(settings)
        log = settings.logs / "airflow" / "prepare.log"
        make_private_folder(log.parent)
        log.unlink(missing_ok=True)
        _airflow(["db", "migrate"], environment, log)
        _airflow(
            ["pools", "set", POOL, str(POOL_SLOTS), "One writer to DuckDB at a time"],
            environment,
            log,
        )
        stamp.write_text(wanted)


def airflow_services(settings: Settings) -> list[Service]:
    """Return Airflow's four processes; log servers stay off, for they listen to every network."""
    environment = airflow_environment(settings)
    commands = {
        "api-server": ["api-server", "--host", "127.0.0.1", "--port", str(settings.airflow_port)],
        "scheduler": ["scheduler", "--skip-serve-logs"],
        "dag-processor": ["dag-processor"],
        "triggerer": ["triggerer", "--skip-serve-logs"],
    }
    return [
        Service(
            name=name,
            command=[program("airflow"), *arguments],
            environment=environment,
            log=settings.logs / "airflow" / f"{name}.log",
            stops_last=name == "api-server",  # tasks and the scheduler report to it
        )
        for name, arguments in commands.items()
    ]


def admin_password(settings: Settings) -> str:
    """Return user admin's password: the one that was set, or one made once and kept."""
    file = settings.airflow / "passwords.json"
    if settings.airflow_password is not None:
        password = settings.airflow_password.get_secret_value()
    elif file.exists():
        password = str(json.loads(file.read_text())[USER])
    else:
        password = secrets.token_urlsafe(12)
    _write_private(file, json.dumps({USER: password}) + "\n")
    return password


@contextmanager
def only_airflow(settings: Settings) -> Iterator[None]:
    """Hold the home, so that two schedulers never share one SQLite database."""
    make_private_folder(settings.airflow)
    with ExitStack() as stack:
        try:
            stack.enter_context(hold(settings.airflow / "running.lock", holder="make airflow"))
        except HeldError as held:
            raise ServiceError(
                f"Airflow runs already on {settings.airflow}: {held}. Stop that one first (Ctrl-C "
                "in its terminal), or take another home: TESSERA_HOME=<folder>."
            ) from None
        yield


def _secrets(file: Path) -> dict[str, str]:
    """Return the keys that sign and encrypt, made once and kept in ``file``."""
    make_private_folder(file.parent)
    if not file.exists():
        keys = {
            "AIRFLOW__CORE__FERNET_KEY": base64.urlsafe_b64encode(os.urandom(32)).decode(),
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(64),
            "AIRFLOW__API__SECRET_KEY": secrets.token_hex(32),
        }
        _write_private(file, json.dumps(keys) + "\n")
    return {str(name): str(key) for name, key in json.loads(file.read_text()).items()}


def _write_private(file: Path, text: str) -> None:
    """Replace ``file`` whole, readable by its owner alone from its first moment."""
    make_private_folder(file.parent)
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)
    draft.replace(file)


def _airflow(arguments: list[str], environment: dict[str, str], log: Path) -> None:
    with log.open("ab") as stream:
        done = subprocess.run(  # noqa: S603 - our own commands
            [program("airflow"), *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            check=False,
            umask=PRIVATE,
        )
    if done.returncode:
        raise ServiceError(
            f"`airflow {' '.join(arguments)}` ended with code {done.returncode}. "
            f"The last lines of {log}:\n{last_lines(log)}"
        )

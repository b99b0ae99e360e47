"""The container stack as Compose itself understands it, and the image's recipe.

No engine runs here: these tests read what Compose's own ``config`` makes of the files. That the
images can be pulled and built is for a machine with Docker to show.
"""

import base64
import json
import os
import re
import secrets
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from include.services.scheduling import POOL_SLOTS, TELEMETRY_OFF, TUNING
from include.settings import CHECKOUT, POOL

COMPOSE_FILE = CHECKOUT / "docker-compose.yaml"
EXAMPLE = CHECKOUT / ".env.example"
DOCKERFILE = CHECKOUT / "Dockerfile"
SECRETS = {
    "POSTGRES_PASSWORD": secrets.token_hex(24),
    "AIRFLOW__CORE__FERNET_KEY": base64.urlsafe_b64encode(os.urandom(32)).decode(),
    "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(64),
    "AIRFLOW__API__SECRET_KEY": secrets.token_hex(32),
    "TESSERA_AIRFLOW_PASSWORD": secrets.token_urlsafe(16),
}
ONE_SHOT = {"init", "demo"}
LONG_RUNNING = {
    "api-server",
    "dag-processor",
    "mlflow",
    "postgres",
    "scheduler",
    "triggerer",
}
EXACT_TAG = re.compile(r"^[a-z0-9./-]+:\d+\.\d+\.?\d*(-[a-z]+)*(@sha256:[0-9a-f]{64})?$")


def compose(env_file: Path) -> subprocess.CompletedProcess[str]:
    """Ask Compose for the whole stack, with nothing of this machine's environment."""
    return subprocess.run(
        [
            str(Path(sys.executable).with_name("docker-compose")),
            *("--file", str(COMPOSE_FILE), "--env-file", str(env_file)),
            *("--project-directory", str(env_file.parent)),
            *("--profile", "*", "config", "--format", "json"),
        ],
        env={"PATH": os.defpath, "HOME": str(env_file.parent)},
        capture_output=True,
        text=True,
        check=False,
    )


def filled_in(folder: Path, **changes: str) -> Path:
    """Return the example with every secret filled in, and ``changes`` on top."""
    values = {**SECRETS, **changes}
    lines = [
        f"{name}={values.get(name, value)}"
        for name, value in (
            line.split("=", 1)
            for line in EXAMPLE.read_text().splitlines()
            if line and not line.startswith("#")
        )
    ]
    env_file = folder / "filled.env"
    env_file.write_text("\n".join(lines) + "\n")
    return env_file


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The stack of a filled-in example."""
    done = compose(filled_in(tmp_path_factory.mktemp("compose")))
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def services(stack: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The stack's services; every one is either long-running or a one-shot."""
    found: dict[str, dict[str, Any]] = stack["services"]
    assert set(found) == LONG_RUNNING | ONE_SHOT
    return found


def test_the_example_as_it_is_starts_nothing() -> None:
    refused = compose(EXAMPLE)

    assert refused.returncode != 0
    for name in SECRETS:
        assert name in refused.stderr


@pytest.mark.parametrize("name", SECRETS)
def test_one_empty_secret_is_enough_to_refuse_and_it_is_named(name: str, tmp_path: Path) -> None:
    refused = compose(filled_in(tmp_path, **{name: ""}))

    assert refused.returncode != 0
    assert f"required variable {name} is missing a value: fill it in" in refused.stderr
    for other in SECRETS.keys() - {name}:
        assert other not in refused.stderr


def test_the_example_holds_no_secret_and_says_how_to_make_each() -> None:
    text = EXAMPLE.read_text()

    for name in SECRETS:
        above = text.split(f"\n{name}=\n")[0].rsplit("\n\n", 1)[1]
        command = re.search(r"#   python3 -c \"(.+)\"", above)
        assert command, f"{name} is not empty, or has no command"
        made = subprocess.run(
            [sys.executable, "-c", command[1]], capture_output=True, text=True, check=True
        )
        assert len(made.stdout.strip()) >= 20


def test_no_secret_is_written_into_the_files() -> None:
    for file in (COMPOSE_FILE, DOCKERFILE):
        for line in file.read_text().splitlines():
            named = re.search(r"(PASSWORD|SECRET|FERNET_KEY|SECRET_KEY)\w*[:=] *(\S.*)", line)
            if named:
                assert re.search(r"\$\{\w+:\?|passwords\.json", line), line


def test_only_this_hosts_loopback_is_listened_on(services: dict[str, dict[str, Any]]) -> None:
    ports = [port for service in services.values() for port in service.get("ports", [])]

    assert {port["published"] for port in ports} == {"8080", "5000"}
    assert {port["host_ip"] for port in ports} == {"127.0.0.1"}
    assert {s["network_mode"] for s in services.values() if "network_mode" in s} == {"none"}


def test_the_database_is_on_a_network_without_a_way_out(stack: dict[str, Any]) -> None:
    assert set(stack["services"]["postgres"]["networks"]) == {"metadata"}
    assert stack["networks"]["metadata"]["internal"] is True
    assert "metadata" not in stack["services"]["mlflow"]["networks"]


def test_every_image_has_an_exact_tag_and_ours_is_never_pulled(
    services: dict[str, dict[str, Any]],
) -> None:
    for name, service in services.items():
        assert EXACT_TAG.match(service["image"]), name
        if service["image"].startswith("tessera:"):
            assert service["pull_policy"] == ("build" if name == "init" else "never")
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE.read_text(), re.MULTILINE)
    assert len(bases) == 2
    assert all(EXACT_TAG.match(base) for base in bases)


def test_every_service_is_held_to_what_it_needs(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        assert service["user"].split(":")[0] not in {"", "0", "root"}, name
        assert service["cap_drop"] == ["ALL"], name
        assert "cap_add" not in service, name
        assert not service.get("privileged"), name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["read_only"] is True, name
        assert int(service["mem_limit"]) <= 8 * 1024**3, name
        assert 0 < service["pids_limit"] <= 512, name
        assert all("nosuid" in place and "noexec" in place for place in service["tmpfs"]), name


def test_what_runs_on_has_a_healthcheck_and_comes_back(
    services: dict[str, dict[str, Any]],
) -> None:
    for name in LONG_RUNNING:
        assert services[name]["healthcheck"]["test"][0] == "CMD", name
        assert services[name]["restart"] == "unless-stopped", name
    for name in ONE_SHOT:
        assert services[name]["restart"] == "no", name


def test_airflow_waits_for_the_database_and_for_what_prepares_it(
    services: dict[str, dict[str, Any]],
) -> None:
    for name in ("api-server", "scheduler", "dag-processor", "triggerer"):
        waits = {on: how["condition"] for on, how in services[name]["depends_on"].items()}
        assert waits["postgres"] == "service_healthy", name
        assert waits["init"] == "service_completed_successfully", name
    assert f"airflow pools set {POOL} {POOL_SLOTS} " in services["init"]["command"][-1]


def test_what_is_kept_lies_in_named_volumes_only(stack: dict[str, Any]) -> None:
    mounts = [m for service in stack["services"].values() for m in service["volumes"]]

    assert {mount["type"] for mount in mounts} == {"volume"}
    assert {mount["source"] for mount in mounts} == set(stack["volumes"])
    home = [m for m in stack["services"]["scheduler"]["volumes"] if m["source"] == "tessera-home"]
    assert home[0]["target"] == image_environment()["TESSERA_HOME"]


def test_only_who_checks_or_issues_tokens_can_sign_them(
    services: dict[str, dict[str, Any]],
) -> None:
    holders = {
        name
        for name, service in services.items()
        if "AIRFLOW__API_AUTH__JWT_SECRET" in (service.get("environment") or {})
    }
    assert holders == {"init", "api-server", "scheduler"}
    knows_password = [
        name
        for name, service in services.items()
        if SECRETS["TESSERA_AIRFLOW_PASSWORD"] in (service.get("environment") or {}).values()
    ]
    assert knows_password == ["init"]


def test_the_store_is_known_to_whoever_reads_the_dag_and_secrets_of_sources_to_tasks_alone(
    tmp_path: Path,
) -> None:
    secret = secrets.token_hex(8)
    (tmp_path / ".env.sources").write_text(f"SHOP_API_TOKEN={secret}\nTESSERA_THREADS=99\n")
    done = compose(filled_in(tmp_path, TESSERA_LANDING_URL="s3://deliveries/tessera"))
    assert done.returncode == 0, done.stderr
    found = {
        name: service.get("environment") or {}
        for name, service in json.loads(done.stdout)["services"].items()
    }

    told = {name for name, values in found.items() if values.get("TESSERA_LANDING_URL")}
    assert told == {"scheduler", "dag-processor"}
    assert {name for name, values in found.items() if secret in values.values()} == {"scheduler"}
    assert found["scheduler"]["TESSERA_THREADS"] == "2"  # the file adds, it does not overrule


def test_airflow_is_tuned_as_on_one_persons_machine(services: dict[str, dict[str, Any]]) -> None:
    in_containers = {**image_environment(), **services["scheduler"]["environment"]}

    for name, value in {**TUNING, **TELEMETRY_OFF}.items():
        assert in_containers[name] == value, name


def test_the_image_installs_the_lock_by_hash_and_ends_without_privileges() -> None:
    first, final = DOCKERFILE.read_text().replace("\\\n", "").split("\nFROM ")[1:]

    assert re.search(r"pip install .*--require-hashes .*--only-binary :all:", first)
    assert "requirements.lock" in first
    assert "compileall" in first
    assert not re.search(r"\b(apt-get|pip|gcc|make|curl|wget|ADD)\b", final)
    assert re.findall(r"^USER (.+)$", final, re.MULTILINE) == ["10001:10001"]
    assert "umask 077" in final
    assert image_environment()["PYTHONPATH"] == "/srv/tessera"


def test_the_builder_is_sent_what_the_image_needs_and_nothing_private() -> None:
    lines = (CHECKOUT / ".dockerignore").read_text().splitlines()
    sent = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copied = set(re.findall(r"^COPY (?!--from)(\S+) ", DOCKERFILE.read_text(), re.MULTILINE))

    assert "*" in lines
    assert sent == copied
    assert all((CHECKOUT / name).exists() for name in copied)


def image_environment() -> dict[str, str]:
    """Return the variables the image sets."""
    joined = DOCKERFILE.read_text().replace("\\\n", " ")
    pairs = (
        pair.split("=", 1)
        for line in joined.split("\nFROM ")[-1].splitlines()
        if line.startswith("ENV ")
        for pair in shlex.split(line.removeprefix("ENV "))
    )
    return {name: value for name, value in pairs}  # noqa: C416 - dict() does not see two parts

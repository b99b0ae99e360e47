"""What every test shares: homes of the session's own, away from the person's, and a browser."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

ENDED = pytest.StashKey[int]()
SESSION_HOME = Path(tempfile.mkdtemp(prefix="tessera-tests-"))
os.environ["TESSERA_HOME"] = str(SESSION_HOME / "home")
os.environ["AIRFLOW_HOME"] = str(SESSION_HOME / "airflow")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["AIRFLOW__USAGE_DATA_COLLECTION__ENABLED"] = "False"
os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
os.environ["GX_ANALYTICS_ENABLED"] = "False"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["DO_NOT_TRACK"] = "true"


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Leave nothing behind, and remember how it ended."""
    shutil.rmtree(SESSION_HOME, ignore_errors=True)
    session.config.stash[ENDED] = int(exitstatus)


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep each folder's tests in one of the parallel workers: a folder shares costly fixtures.

    The door's share none, and would keep one worker busy alone, so its files go separately.
    """
    for item in items:
        inside = item.path.relative_to(Path(__file__).parent).parts
        group = inside[0] if inside[0] != "landing" else "/".join(inside)
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """End without Python's farewell, in which DuckDB's bindings print a hundred lines of leaks.

    They do so in any process in which Great Expectations' engine has used them, and would push the
    count of passed and failed tests off the screen.
    """
    if ENDED in config.stash:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(config.stash[ENDED])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Tessera home for one test."""
    monkeypatch.setenv("TESSERA_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a real Chromium; CI must have one, elsewhere its absence is a stated reason."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    if os.environ.get("CI"):
        pytest.fail("CI has no Chromium: .ci/run installs Debian's package 'chromium'")
    pytest.skip("no Chromium on this machine; Debian: apt-get install chromium")

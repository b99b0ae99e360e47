"""Tracking pages: MLflow's own server over the store that runs were logged to."""

from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from include.services.processes import Service, ServiceError, program
from include.services.scheduling import TELEMETRY_OFF
from include.settings import Settings
from include.warehouse import make_private_folder

TIMEOUT_SECONDS = 5


def tracking_url(settings: Settings) -> str:
    """Return where the pages are."""
    return f"http://127.0.0.1:{settings.mlflow_port}"


def tracking_service(settings: Settings) -> Service:
    """Return MLflow's server: one worker, no job runner, and nobody's names but this machine's."""
    if settings.tracking_uri.startswith(("http://", "https://")):
        raise ServiceError(
            f"Runs are logged to the server {settings.tracking_uri}, which has pages of its own: "
            "open those, or unset TESSERA_MLFLOW_TRACKING_URI to see this machine's store."
        )
    make_private_folder(settings.mlflow)
    port = settings.mlflow_port
    return Service(
        name="mlflow",
        command=[
            *(program("mlflow"), "server"),
            *("--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
            *("--allowed-hosts", f"127.0.0.1:{port},localhost:{port}"),
            *("--backend-store-uri", settings.tracking_uri),
            *("--artifacts-destination", str(settings.mlflow / "artifacts")),
        ],
        environment={
            **settings.inherited_environment(),
            **TELEMETRY_OFF,
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # 10 s and 0.7 GB for nothing used here
        },
        log=settings.logs / "mlflow.log",
    )


def is_answering(settings: Settings) -> bool:
    """Say whether the pages can be opened."""
    try:
        address = f"{tracking_url(settings)}/health"
        with build_opener(ProxyHandler({})).open(address, timeout=TIMEOUT_SECONDS) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004 - HTTP's "fine"
    except (URLError, OSError):
        return False

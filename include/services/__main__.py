"""`python -m include.services airflow|mlflow|docs`: run one until Ctrl-C, and end cleanly."""

import argparse
import os
import signal
import sys
import threading
import time

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel

from include.services import health
from include.services.documents import serve_documents
from include.services.processes import (
    POLL_SECONDS,
    PRIVATE,
    ServiceError,
    StopRequests,
    require_free_port,
    supervise,
)
from include.services.scheduling import (
    USER,
    admin_password,
    airflow_services,
    airflow_url,
    only_airflow,
    prepare_airflow,
)
from include.services.tracking_pages import is_answering, tracking_service, tracking_url
from include.settings import Settings

PATIENCE_SECONDS = 180  # a cold machine with two busy cores needs about 60
INTERRUPTED = 130  # what a shell calls a program that Ctrl-C ended

console = Console()


def run_airflow(settings: Settings) -> None:
    """Run Airflow's four processes until asked to stop."""
    require_free_port(settings.airflow_port, setting="TESSERA_AIRFLOW_PORT")
    url = airflow_url(settings)
    began = time.monotonic()
    with only_airflow(settings), console.status("Preparing Airflow's database ...") as status:
        prepare_airflow(settings)
        password = admin_password(settings)
        status.update("Starting api-server, scheduler, dag-processor and triggerer ...")

        def announce() -> None:
            status.stop()
            show(
                "Airflow",
                f"[bold]{url}[/bold]   user [bold]{USER}[/bold]   password "
                f"[bold]{escape(password)}[/bold]\nReady after {time.monotonic() - began:.0f} s. "
                f"Logs: {settings.logs / 'airflow'}",
            )

        supervise(
            airflow_services(settings),
            is_ready=lambda: not health.unwell(url + health.PATH),
            on_ready=announce,
            on_stop=say_goodbye,
            patience_seconds=PATIENCE_SECONDS,
        )


def run_mlflow(settings: Settings) -> None:
    """Run MLflow's pages over the home's own store until asked to stop."""
    require_free_port(settings.mlflow_port, setting="TESSERA_MLFLOW_PORT")
    service = tracking_service(settings)
    with console.status("Starting MLflow ...") as status:

        def announce() -> None:
            status.stop()
            show("MLflow", f"[bold]{tracking_url(settings)}[/bold]\nLog: {service.log}")

        supervise(
            [service],
            is_ready=lambda: is_answering(settings),
            on_ready=announce,
            on_stop=say_goodbye,
            patience_seconds=PATIENCE_SECONDS,
        )


def run_docs(settings: Settings) -> None:
    """Serve reports and documentation until asked to stop."""
    require_free_port(settings.docs_port, setting="TESSERA_DOCS_PORT")
    shelves = {"reports": settings.reports, "docs": settings.docs}
    with StopRequests() as requests, serve_documents(shelves, port=settings.docs_port) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        show("Documents", f"[bold]http://127.0.0.1:{settings.docs_port}[/bold]")
        while not requests.count:
            time.sleep(POLL_SECONDS)
        server.shutdown()


def show(title: str, text: str) -> None:
    """Print where a service is, and how it ends."""
    console.print(Panel(f"{text}\nCtrl-C stops it.", title=title, expand=False))


def say_goodbye() -> None:
    """Say that stopping has begun, for it may take a while."""
    console.print("Stopping ... (Ctrl-C again: at once)")


def main() -> int:
    """Run the named service; say in one message what went wrong, if something did."""
    services = {"airflow": run_airflow, "mlflow": run_mlflow, "docs": run_docs}
    parser = argparse.ArgumentParser(prog="python -m include.services", description=__doc__)
    parser.add_argument("service", choices=services)
    chosen = parser.parse_args().service
    settings = Settings.from_env()
    os.umask(PRIVATE)
    settings.make_home()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        services[chosen](settings)
    except ServiceError as error:
        console.print(f"[red]{chosen}:[/red]", end=" ")
        console.print(str(error), markup=False, highlight=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:  # before there was anything to stop
        return INTERRUPTED
    console.print(f"{chosen} stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The demo's morning: deliver the extracts, run the DAG for the demo's day, show what came out.

``python -m include.demo.morning``: what ``make demo`` calls. Its exit code is the run's.
"""

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from include import journal
from include.console import summary
from include.demo import deliver
from include.services import scheduling
from include.settings import CHECKOUT, Settings

DEMO_DAY = "2018-01-02"  # the first morning that sees all 1,469,307 order lines
DAG_FILE = CHECKOUT / "dags" / "customer_segmentation_daily.py"
LAST_LINES = 25


def main() -> int:
    """Run the demo and return 0 when every task was green."""
    settings = Settings.from_env()
    settings.make_home()
    console = Console()
    seconds: dict[str, float] = {}

    begun = time.monotonic()
    with console.status("Delivering the demo's extracts") as status:
        deliver.deliver(landing=settings.landing, progress=status.update)
    seconds["deliver extracts"] = time.monotonic() - begun

    begun = time.monotonic()
    with console.status("Preparing Airflow's home"):
        scheduling.prepare_airflow(settings)
    seconds["prepare Airflow"] = time.monotonic() - begun

    log = settings.logs / "demo.log"
    code, tasks = run_dag(settings, log, console)
    seconds |= tasks
    if code:
        say_what_failed(settings, log, console)
        return code
    console.print(
        summary.summarise(
            published=settings.published,
            stage_seconds=seconds,
            places={
                "Published marts (DuckDB, read-only)": shown(settings.published),
                "Audiences (CSV)": shown(settings.outbox / DEMO_DAY),
                "Report": shown(settings.reports / DEMO_DAY / "index.html"),
                "MLflow (make mlflow)": shown(settings.mlflow),
                "Log": shown(log),
            },
        )
    )
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    console.print(f"Peak memory of the run: {peak:,.0f} MB.", style="dim")
    return 0


def shown(path: Path) -> Path:
    """Return ``path`` as seen from here, where it is below here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def say_what_failed(settings: Settings, log: Path, console: Console) -> None:
    """Print the failed tasks' errors, which say what to do, and where the whole log is."""
    failed = [e for e in journal.entries(journal.path(settings)) if e["state"] == "failed"]
    for entry in failed:
        console.print(f"\n[bold red]{entry['task_id']} failed.[/bold red]")
        console.print(entry["note"], markup=False, highlight=False)
    if not failed:  # it ended before its first task
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        console.print("\n".join(lines[-LAST_LINES:]), markup=False, highlight=False)
    console.print(f"\nNothing was published. The whole log: {log}")


def run_dag(settings: Settings, log: Path, console: Console) -> tuple[int, dict[str, float]]:
    """Run the DAG in a process of its own; return its exit code and seconds by task."""
    progress_file = journal.path(settings)
    progress_file.unlink(missing_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        log.open("w", encoding="utf-8") as output,
        subprocess.Popen(  # noqa: S603 - our own DAG, by this interpreter
            [sys.executable, str(DAG_FILE), DEMO_DAY],
            env=scheduling.airflow_environment(settings),
            cwd=CHECKOUT,
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
        Progress(
            SpinnerColumn(finished_text="[green]✓[/green]"),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
        ) as progress,
    ):
        shown: dict[str, TaskID] = {}
        starting = progress.add_task("starting Airflow", total=1)
        while True:
            ended = process.poll() is not None
            for entry in journal.entries(progress_file):
                progress.update(starting, completed=1)
                name = entry["task_id"]
                if name not in shown:
                    label = name.rpartition(".")[2].replace("_", " ")
                    shown[name] = progress.add_task(label, total=1)
                if entry["state"] == "succeeded":
                    progress.update(shown[name], completed=1)
                elif entry["state"] == "failed":
                    progress.update(shown[name], description=f"[red]✗ {name}[/red]")
            if ended:
                break
            time.sleep(0.2)
        run_ids = {entry["run_id"] for entry in journal.entries(progress_file)}
        seconds = {
            name: taken
            for run_id in sorted(run_ids)
            for name, taken in journal.seconds_by_task(progress_file, run_id).items()
        }
        return process.returncode, seconds


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())

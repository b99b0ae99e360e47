"""`python -m include.demo`: deliver the demo into the home, and show what lies there."""

from time import perf_counter

from rich.console import Console
from rich.table import Table

from include.demo.deliver import run
from include.settings import Settings


def main() -> None:
    """Deliver and print one line an entity."""
    console = Console()
    started = perf_counter()
    with console.status("Delivering the demo's extracts") as status:
        delivered = run(progress=status.update)
    seconds = perf_counter() - started

    table = Table(title=f"Delivered into {Settings.from_env().landing} in {seconds:.1f} s")
    table.add_column("table")
    for column in ("files", "of them kept", "rows", "MB"):
        table.add_column(column, justify="right")
    for entity in delivered:
        table.add_row(
            entity.table,
            f"{entity.files}",
            f"{entity.kept}",
            f"{entity.rows:,}",
            f"{entity.size_bytes / 1e6:.1f}",
        )
    console.print(table)
    console.print(
        "From 84.51° The Complete Journey: orders, products, campaigns, demographics.\n"
        "Made up here: e-mail addresses, marketing consent, and every web event."
    )


if __name__ == "__main__":
    main()

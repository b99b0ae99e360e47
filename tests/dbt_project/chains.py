"""The project built over and over: parsed once, as of any day."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from dbt.cli.main import dbtRunner

from include import transform
from include.settings import Settings
from tests.dbt_project import deliveries
from tests.dbt_project.company import at_home


class Project:
    """The project, parsed once: a build of another day then costs a second, not four."""

    def __init__(self, home: Path) -> None:
        with at_home(home) as settings:
            deliveries.create(settings)
            parsed: Any = transform.invoke(["parse"], as_of="2025-03-15", settings=settings)
        self.manifest = parsed.result

    def build(
        self, settings: Settings, day: date, *, select: list[str], whole: bool, **variables: int
    ) -> set[str]:
        """Build as of a day and return the models that went on from the build before."""
        with transform.lent_to_dbt(settings, as_of=day.isoformat()):
            settings.marts.parent.mkdir(parents=True, exist_ok=True)
            outcome: Any = dbtRunner(manifest=self.manifest).invoke(
                [
                    *(
                        "--quiet",
                        "--no-write-json",
                        "--log-path",
                        str(settings.dbt / "logs"),
                        "build",
                    ),
                    *("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test"),
                    *("--select", *select),
                    *("--vars", json.dumps(variables)),
                    *(("--full-refresh",) if whole else ()),
                    *("--project-dir", str(transform.PROJECT)),
                    *("--profiles-dir", str(transform.PROJECT)),
                    *("--target-path", str(settings.dbt / "target")),
                ]
            )
            transform.let_go()
        whole_ones = transform.summarise(outcome)["built_whole"]
        return {
            result.node.name for result in outcome.result if transform.follows(result.node)
        } - set(whole_ones)

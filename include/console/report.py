"""The report: one self-contained HTML page a run, made from the published file alone."""

import base64
import hashlib
import logging
import tempfile
from datetime import date
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from include.console import wording
from include.console.change import change
from include.console.churn import churn
from include.console.headline import headline
from include.console.quality import quality
from include.console.rfm import rfm
from include.console.segments import segments
from include.console.tables import publication
from include.settings import Settings
from include.warehouse import make_private_folder, sync_file

logger = logging.getLogger(__name__)

TEMPLATES = Path(__file__).parent / "templates"


def run(as_of: str, published: str) -> str:
    """Write the day's page as the scheduler sees it, and return its path."""
    settings = Settings.from_env()
    return str(
        write_report(
            as_of=date.fromisoformat(as_of),
            published=Path(published),
            reports=settings.reports,
        )
    )


def write_report(*, as_of: date, published: Path, reports: Path) -> Path:
    """Make the page of ``as_of`` and put it in its place whole; return where it is."""
    page = reports / str(as_of) / "index.html"
    make_private_folder(page.parent)
    html = render(as_of=as_of, published=published)
    with tempfile.NamedTemporaryFile(
        "w", dir=page.parent, prefix=".index-", encoding="utf-8", newline="\n", delete=False
    ) as draft:
        draft.write(html)
    sync_file(Path(draft.name))
    Path(draft.name).replace(page)
    sync_file(page.parent)
    logger.info("Wrote the report of %s to %s (%d KB)", as_of, page, len(html.encode()) // 1024)
    return page


def render(*, as_of: date, published: Path) -> str:
    """Return the page of ``as_of`` as HTML; the same publication gives the same bytes."""
    script = (TEMPLATES / "page.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    with publication(published, as_of) as connection:
        return (
            environment()
            .get_template("page.html.j2")
            .render(
                as_of=as_of,
                headline=headline(connection, as_of),
                segments=segments(connection),
                change=change(connection, as_of),
                rfm=rfm(connection),
                churn=churn(connection),
                quality=quality(connection),
                style=Markup((TEMPLATES / "page.css").read_text(encoding="utf-8")),  # noqa: S704
                script=Markup(script),  # noqa: S704 - our own file, and the only one allowed to run
                script_digest=digest,
            )
        )


@cache
def environment() -> Environment:
    """Return the templates' environment: everything from data is escaped, nothing is optional."""
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {
        "amount": wording.amount,
        "change": wording.change,
        "count_of": wording.plural,
        "day": wording.day,
        "decimals": wording.decimals,
        "number": wording.count,
        "percent": wording.share,
        "short_day": wording.short_day,
        "spoken": wording.spoken,
    }
    return templates

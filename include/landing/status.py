"""Status: what became of every file at the door, why, and what to do next.

Counts, reasons and row numbers; never values. The texts of rows are in ``ops.quarantined_rows``.
"""

from collections.abc import Mapping

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from include.landing import audit, freshness, ledger
from include.warehouse import Connection, has_table

SHOWN_FILES = 30
SHOWN_ROWS = 20

_SUMMARY = """
SELECT source || '.' || entity AS extract, status, count(*) AS files,
    min(delivered_on) AS oldest, max(delivered_on) AS newest,
    sum(rows_delivered)::bigint AS delivered, sum(rows_landed)::bigint AS landed,
    sum(rows_quarantined)::bigint AS quarantined
FROM ops.batches
WHERE contains(path, $path)
GROUP BY ALL
ORDER BY ALL
"""

# What a person has to see to comes first, then the newest; what is in order is left out unless
# a file is asked for.
_FILES = """
WITH aside AS (
    SELECT source, entity, batch_id,
        count(*) FILTER (held IS DISTINCT FROM 'key') AS faults,
        count(*) FILTER (held = 'key') AS elsewhere
    FROM ops.quarantined_rows
    GROUP BY ALL
),
counted AS (
    SELECT source, entity, batch_id, reason, count(*) AS n
    FROM (
        SELECT source, entity, batch_id, unnest(reasons) AS reason FROM ops.quarantined_rows
        WHERE held IS DISTINCT FROM 'key'
    )
    GROUP BY source, entity, batch_id, reason
    QUALIFY row_number() OVER (
        PARTITION BY source, entity, batch_id ORDER BY count(*) DESC, reason
    ) <= 3
),
why AS (
    SELECT source, entity, batch_id,
        string_agg(reason || ' (' || n || ')', '; ' ORDER BY n DESC, reason) AS reasons
    FROM counted
    GROUP BY ALL
)
SELECT d.verdict, d.path,
    'Rows: ' || b.rows_landed || ' landed'
    || CASE WHEN faults > 0 THEN ', ' || faults || ' set aside for a fault' ELSE '' END
    || CASE WHEN elsewhere > 0 THEN ', ' || elsewhere || ' left to another delivery that has '
        || 'their key' ELSE '' END,
    why.reasons, d.note,
    CASE
        WHEN d.verdict = 'refused' THEN 'Put a corrected file in its place, or correct '
            || 'the contract; then land again. To try: python -m include.landing check '
            || d.source || '__' || d.entity || '.odcs.yaml FILE'
        WHEN d.verdict = 'no delivery' THEN 'Mend that, or take it away; then land again.'
        WHEN faults > 0 THEN 'Put a corrected file in its '
            || 'place and land again; or correct the contract and run: python -m include.landing '
            || 'replay --only ' || d.source || '.' || d.entity
        WHEN d.verdict = 'landed' AND d.times_delivered = 1 AND d.note IS NOT NULL
            THEN 'Ask the source whether this is right.'
    END AS what_to_do
FROM ops.deliveries AS d
LEFT JOIN ops.batches AS b
    ON d.verdict = 'landed' AND b.status = 'landed' AND b.path = d.path
    AND b.sha256 = d.sha256 AND b.source = d.source AND b.entity = d.entity
LEFT JOIN aside
    ON aside.source = b.source AND aside.entity = b.entity AND aside.batch_id = b.batch_id
LEFT JOIN why
    ON why.source = b.source AND why.entity = b.entity AND why.batch_id = b.batch_id
WHERE contains(d.path, $path)
    AND ($path <> '' OR d.verdict <> 'landed' OR b.rows_quarantined > 0 OR d.note IS NOT NULL)
ORDER BY what_to_do IS NULL, d.verdict NOT IN ('refused', 'no delivery'),
    d.delivered_on DESC NULLS FIRST, d.path, d.verdict
LIMIT $files
"""

_REASONS = """
SELECT source || '.' || entity AS extract, reason, count(*) AS rows,
    count(DISTINCT batch_id) AS files
FROM (
    SELECT source, entity, batch_id, unnest(reasons) AS reason
    FROM ops.quarantined_rows
    WHERE batch_id IN (SELECT batch_id FROM ops.batches WHERE contains(path, $path))
)
GROUP BY ALL
ORDER BY ALL
"""

_ROWS = """
SELECT q.row_number AS row, array_to_string(q.reasons, '; ') AS "why it is set aside"
FROM ops.quarantined_rows AS q
WHERE q.batch_id IN (SELECT batch_id FROM ops.batches WHERE contains(path, $path))
ORDER BY q.held IS NOT DISTINCT FROM 'key', q.batch_id, q.row_number
LIMIT $rows
"""

_BATCHES = """
SELECT batch_id FROM ops.batches
WHERE contains(path, $path) AND status = 'landed' AND rows_quarantined > 0
ORDER BY delivered_on DESC, path
LIMIT 1
"""

# Only what a person has to see to: the newest run of each extract, where it was not fresh.
_LATE = """
SELECT source || '.' || entity || ': ' || note || ' the run of ' || as_of || CASE verdict
    WHEN 'stopped' THEN '. The run stops there until the source delivers.'
    ELSE '. The run went on.'
END
FROM ops.freshness
QUALIFY as_of = max(as_of) OVER (PARTITION BY source, entity) AND verdict <> 'fresh'
ORDER BY ALL
"""

_REBUILDS = """
SELECT DISTINCT 'From ' || from_date || ' on: ' || source || '.' || entity || ': ' || path || ': '
    || why
FROM ops.rebuilds
WHERE resolved_as_of IS NULL
ORDER BY ALL
"""


def show(console: Console, connection: Connection, *, path: str = "") -> int:
    """Print the ledger, or what it has of files whose path contains ``path``; return rows lost."""
    asked = {"path": path}
    _print(console, connection, "Landed so far", _SUMMARY, asked)
    if has_table(connection, audit.DELIVERIES):
        _print_files(console, connection, {**asked, "files": SHOWN_FILES})
    _print(console, connection, "Why rows are set aside", _REASONS, asked)
    if path:
        _print(console, connection, "Rows set aside", _ROWS, {**asked, "rows": SHOWN_ROWS})
        _print_where(console, connection, asked)
    if has_table(connection, freshness.FRESHNESS):
        _print_late(console, connection)
    if has_table(connection, audit.REBUILDS):
        _print_rebuilds(console, connection)
    lost = sum(int(row[-1]) for row in connection.execute(ledger.CONSERVATION).fetchall())
    console.print(f"Rows unaccounted for: {lost}")
    return lost


def _print_files(console: Console, connection: Connection, asked: Mapping[str, object]) -> None:
    """Print a file a paragraph: its verdict and path whole, its rows, why, and what to do."""
    for verdict, path, *said, what_to_do in connection.execute(_FILES, asked).fetchall():
        console.print(f"[bold]{verdict:<11}[/bold] {escape(path)}", soft_wrap=True)
        for line in (*said, what_to_do and f"→ {what_to_do}"):
            if line:
                console.print(f"            {escape(line)}", highlight=False, soft_wrap=True)


def _print_where(console: Console, connection: Connection, asked: Mapping[str, object]) -> None:
    """Print how to read the texts of the rows, which are not shown: they may be personal."""
    batches = connection.execute(_BATCHES, asked).fetchall()
    if batches:
        console.print(
            "Their texts, in warehouse/raw.duckdb: SELECT row_number, raw_text, reasons FROM "
            f"ops.quarantined_rows WHERE batch_id = '{batches[0][0]}'",
            highlight=False,
            soft_wrap=True,
        )


def _print_late(console: Console, connection: Connection) -> None:
    """Print which sources have delivered nothing, or nothing recent."""
    late = connection.execute(_LATE).fetchall()
    if late:
        console.print("[bold]Sources that are late[/bold]")
        for (said,) in late:
            console.print(f"            {escape(said)}", highlight=False, soft_wrap=True)
        console.print("            → Ask them to deliver; then land again.", soft_wrap=True)


def _print_rebuilds(console: Console, connection: Connection) -> None:
    """Print from which days on figures were built from what is no longer so."""
    marks = connection.execute(_REBUILDS).fetchall()
    if marks:
        console.print("[bold]Days to build anew[/bold]")
        for (mark,) in marks:
            console.print(f"            {escape(mark)}", highlight=False, soft_wrap=True)
        console.print(
            "            → Run the DAG for the days that matter, oldest first. A mark closes when "
            "every day from it on that was published before has been published again. To leave "
            "the others as they are: python -m include.landing rebuilt --up-to DATE",
            soft_wrap=True,
        )


def _print(
    console: Console, connection: Connection, title: str, query: str, asked: Mapping[str, object]
) -> None:
    """Print what ``query`` finds as a table; nothing where it finds nothing."""
    result = connection.execute(query, asked)
    rows = result.fetchall()
    if not rows:
        return
    table = Table(title=title)
    for name, *_ in result.description or ():
        table.add_column(name, overflow="fold")  # a date or a count that is cut says nothing
    for row in rows:
        table.add_row(*("" if value is None else escape(str(value)) for value in row))
    console.print(table)

"""Members: who of an audience may leave today, and who left last time."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from include.activation.channels import Audience
from include.warehouse import Connection, has_table, literal, quoted, read_query

SNAPSHOTS = "raw.raw_crm.customers"
DEPARTED = "raw.ops.exported_customers"


class AudienceMissingError(RuntimeError):
    """An audience that is listed as going to a channel is not in the warehouse as it should be."""


@dataclass(frozen=True, kw_only=True)
class Members:
    """One audience as of today: its rows by customer, and how they differ from last time's."""

    rows: pl.DataFrame
    added: pl.DataFrame
    removed: pl.DataFrame
    withheld: int
    compared_with: date | None


def read_members(connection: Connection, audience: Audience, *, as_of: date) -> Members:
    """Return who may leave, in the order of their ids, under the channel's column names.

    ``connection`` is to the marts, with the raw half attached as ``raw``. Consent is checked here
    once more and at the last moment: in the marts, and in the newest CRM snapshot up to ``as_of``.
    Only a plain yes in both counts.
    """
    require_columns(connection, audience)
    columns = ", ".join(f"{quoted(c)} AS {quoted(name)}" for c, name in audience.columns.items())
    built = quoted(audience.table)
    rows = read_query(
        connection,
        f"SELECT {columns} FROM {built} WHERE customer_id IN ({consenting(connection, as_of)}) "
        "ORDER BY customer_id",
    )
    total = read_query(connection, f"SELECT count(*) AS customers FROM {built}").item()
    since, before = read_last_export(connection, audience, as_of=as_of)
    key = audience.key
    return Members(
        rows=rows,
        added=rows.join(before, on=key, how="anti", maintain_order="left"),
        removed=before.join(rows, on=key, how="anti", maintain_order="left"),
        withheld=total - rows.height,
        compared_with=since,
    )


def consenting(connection: Connection, as_of: date) -> str:
    """Return SQL for the ids of those who have said yes and not no; unknown counts as no."""
    said_yes = "GROUP BY customer_id HAVING bool_and(marketing_consent IS true)"
    query = f"SELECT customer_id FROM marts.dim_customers {said_yes}"
    if not in_raw_half(connection, SNAPSHOTS):
        return query
    newest = (
        f"SELECT max(_delivered_on) FROM {SNAPSHOTS} WHERE _delivered_on <= {literal(as_of)}::date"
    )
    return (
        f"({query}) INTERSECT (SELECT customer_id FROM {SNAPSHOTS} "
        f"WHERE _delivered_on = ({newest}) {said_yes})"
    )


def read_last_export(
    connection: Connection, audience: Audience, *, as_of: date
) -> tuple[date | None, pl.DataFrame]:
    """Return the day of the audience's last export before ``as_of``, and the ids it held."""
    nobody = pl.DataFrame(schema={audience.key: pl.String})
    if not in_raw_half(connection, DEPARTED):
        return None, nobody
    which = f"channel = {literal(audience.channel)} AND audience = {literal(audience.name)}"
    since = read_query(
        connection,
        f"SELECT max(as_of) AS day FROM raw.ops.exports WHERE {which} "
        f"AND as_of < {literal(as_of)}::date",
    ).item()
    if since is None:
        return None, nobody
    before = read_query(
        connection,
        f"SELECT customer_id AS {quoted(audience.key)} FROM {DEPARTED} WHERE {which} "
        f"AND as_of = {literal(since)}::date ORDER BY customer_id",
    )
    return since, before


def require_columns(connection: Connection, audience: Audience) -> None:
    """Raise unless the audience's table is there, with every column its channel gets."""
    if not has_table(connection, audience.table):
        raise AudienceMissingError(
            f"{audience.table} is not in the warehouse, so '{audience.name}' cannot go to "
            f"'{audience.channel}' and nothing was exported. Build the audiences (the task "
            "build_audiences), or take it off include/activation/channels.py."
        )
    described = connection.execute(f"DESCRIBE {quoted(audience.table)}").fetchall()
    lacking = sorted(set(audience.columns) - {row[0] for row in described})
    if lacking:
        raise AudienceMissingError(
            f"{audience.table} lacks {', '.join(lacking)}, so nothing was exported. Select them in "
            "the dbt model, or take them off include/activation/channels.py."
        )


def in_raw_half(connection: Connection, table: str) -> bool:
    """Say whether ``raw.<schema>.<table>`` exists in the attached raw half."""
    _, schema, name = table.split(".")
    found = connection.execute(
        "SELECT 1 FROM duckdb_tables() WHERE database_name = 'raw' AND schema_name = ? "
        "AND table_name = ?",
        [schema, name],
    ).fetchall()
    return bool(found)

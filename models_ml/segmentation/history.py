"""History: who was in which segment from when to when, and who went where, from the days' rows.

The days' rows in ``ml.customer_segments`` are the truth; history and flows are what follows from
them. The newest day is added by its changes alone; a back-fill of an earlier day, or a day that was
left out, lays history out anew from all days, so both ways end in the same rows.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from include.warehouse import Connection, literal

SEGMENTS = "ml.customer_segments"
HISTORY = "ml.customer_segment_history"
FLOWS = "ml.segment_flows"
MONTH_DAYS = 28  # four whole weeks, so that weekdays compare

CREATE = f"""
CREATE TABLE IF NOT EXISTS {HISTORY} (
    customer_id varchar, segment_id varchar, valid_from date, valid_to date,
    model_version varchar, reason varchar
);
CREATE TABLE IF NOT EXISTS {FLOWS} (
    as_of date, span varchar, from_date date, from_segment_id varchar, from_segment_name varchar,
    to_segment_id varchar, to_segment_name varchar, customers bigint,
    from_model_version varchar, to_model_version varchar
)
"""

# Why a row begins. A customer's last row, if any, ended where the new one begins, or before.
REASON = """
    CASE
        WHEN {before} IS NULL THEN 'first seen'
        WHEN {ended} < {begins} THEN 'seen again'
        WHEN {old_version} <> {version} THEN 'model changed'
        ELSE 'behaviour changed'
    END
"""


def record(connection: Connection, *, as_of: date) -> str:
    """Bring history and flows up to the rows of ``as_of``, in one transaction.

    Doing so twice changes nothing. Returns ``"added"`` or ``"rebuilt"``: which way it went.
    """
    connection.execute(CREATE)  # outside the transaction: see warehouse.replace_day
    connection.execute("BEGIN")
    try:
        days = _days(connection)
        is_newest = as_of == days[-1] and _recorded(connection) == set(days) - {as_of}
        if is_newest:
            _take_back(connection, as_of)
            _add(connection, as_of, before=days[-2] if len(days) > 1 else None)
        else:
            _rebuild(connection)
        for day in [as_of] if is_newest else days:
            _flow(connection, day, [known for known in days if known < day])
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    return "added" if is_newest else "rebuilt"


def _days(connection: Connection) -> list[date]:
    """Return every scored day, oldest first."""
    query = f"SELECT DISTINCT as_of FROM {SEGMENTS} ORDER BY 1"
    return [day for (day,) in connection.execute(query).fetchall()]


def _recorded(connection: Connection) -> set[date]:
    """Return the days that history holds, but for the newest scored one."""
    query = f"SELECT DISTINCT as_of FROM {FLOWS} WHERE as_of < (SELECT max(as_of) FROM {SEGMENTS})"
    return {day for (day,) in connection.execute(query).fetchall()}


def _take_back(connection: Connection, as_of: date) -> None:
    """Undo what an earlier run of the newest day did."""
    connection.execute(f"DELETE FROM {HISTORY} WHERE valid_from = ?", [as_of])
    connection.execute(f"UPDATE {HISTORY} SET valid_to = NULL WHERE valid_to = ?", [as_of])


def _add(connection: Connection, as_of: date, *, before: date | None) -> None:
    """Close the rows of whom the newest day shows elsewhere or nowhere, and open theirs."""
    day = f"{literal(as_of)}::date"
    reason = REASON.format(
        before="l.customer_id",
        ended="l.valid_to",
        begins=day,
        old_version="y.model_version",
        version="s.model_version",
    )
    connection.execute(
        f"UPDATE {HISTORY} AS h SET valid_to = {day} WHERE h.valid_to IS NULL AND NOT EXISTS ("
        f"SELECT 1 FROM {SEGMENTS} AS s WHERE s.as_of = {day} "
        "AND s.customer_id = h.customer_id AND s.segment_id = h.segment_id)"
    )
    yesterday = "NULL" if before is None else f"{literal(before)}::date"
    connection.execute(
        f"""
        INSERT INTO {HISTORY}
        SELECT s.customer_id, s.segment_id, {day}, NULL, s.model_version, {reason}
        FROM {SEGMENTS} AS s
        LEFT JOIN (
            SELECT customer_id, max(valid_to) AS valid_to FROM {HISTORY}
            WHERE valid_to IS NOT NULL GROUP BY customer_id
        ) AS l USING (customer_id)
        LEFT JOIN {SEGMENTS} AS y ON y.as_of = {yesterday} AND y.customer_id = s.customer_id
        WHERE s.as_of = {day} AND NOT EXISTS (
            SELECT 1 FROM {HISTORY} AS o
            WHERE o.valid_to IS NULL AND o.customer_id = s.customer_id
        )
        """
    )


def _rebuild(connection: Connection) -> None:
    """Lay history out anew from all days: runs of days on which the segment is the same."""
    reason = REASON.format(
        before="was_at",
        ended="was_at_end",
        begins="as_of",
        old_version="old_version",
        version="model_version",
    )
    connection.execute(f"DELETE FROM {HISTORY}")
    connection.execute(
        f"""
        INSERT INTO {HISTORY}
        WITH days AS (
            SELECT as_of, lead(as_of) OVER (ORDER BY as_of) AS next_day
            FROM (SELECT DISTINCT as_of FROM {SEGMENTS})
        ),
        seen AS (
            SELECT
                s.customer_id, s.segment_id, s.model_version, s.as_of, d.next_day,
                lag(s.as_of) OVER w AS was_at, lag(d.next_day) OVER w AS was_at_end,
                lag(s.segment_id) OVER w AS old_segment, lag(s.model_version) OVER w AS old_version
            FROM {SEGMENTS} AS s INNER JOIN days AS d USING (as_of)
            WINDOW w AS (PARTITION BY s.customer_id ORDER BY s.as_of)
        ),
        begun AS (
            SELECT *, {reason} AS reason,
                was_at IS NULL OR was_at_end < as_of OR old_segment <> segment_id AS begins
            FROM seen
        ),
        runs AS (
            SELECT *, sum(begins::integer) OVER (
                PARTITION BY customer_id ORDER BY as_of
            ) AS run
            FROM begun
        )
        SELECT
            customer_id, any_value(segment_id), min(as_of),
            CASE WHEN count(*) = count(next_day) THEN max(next_day) END,
            arg_min(model_version, as_of), arg_min(reason, as_of)
        FROM runs GROUP BY customer_id, run
        """
    )


def _flow(connection: Connection, day: date, before: Sequence[date]) -> None:
    """Count who went from where to where since the scored day before, and since a month before."""
    connection.execute(f"DELETE FROM {FLOWS} WHERE as_of = ?", [day])
    month_ago = [known for known in before if known <= day - timedelta(days=MONTH_DAYS)]
    for span, dates in (("day", before), ("month", month_ago)):
        if span == "month" and not dates:
            continue
        since = f"{literal(dates[-1])}::date" if dates else "NULL::date"
        connection.execute(
            f"""
            INSERT INTO {FLOWS}
            SELECT
                {literal(day)}::date, '{span}', {since},
                coalesce(b.segment_id, 'new'), coalesce(any_value(b.segment_name), 'New'),
                coalesce(n.segment_id, 'gone'), coalesce(any_value(n.segment_name), 'Gone'),
                count(*), max(b.model_version), max(n.model_version)
            FROM (SELECT * FROM {SEGMENTS} WHERE as_of = {literal(day)}) AS n
            FULL JOIN (SELECT * FROM {SEGMENTS} WHERE as_of = {since}) AS b USING (customer_id)
            GROUP BY b.segment_id, n.segment_id
            """
        )

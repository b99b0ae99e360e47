"""Repeats: how many of a batch's keys it has given before, counted by their hashes.

Equal keys have equal hashes; whether equal hashes have equal keys is for the caller to see.
"""

import numpy as np
from numpy.typing import NDArray

from include.landing.vectors import as_vector
from include.warehouse import Connection, quoted, stream_query

AT_ONCE = 6_000_000  # hashes in memory, 8 bytes each; more rows are read once for each so many
MOST = 3 * AT_ONCE  # beyond, DuckDB's set costs no more, and can spill
PART = 100_000  # rows of a result that are handed over together


def count_repeats(
    connection: Connection, table: str, hashed: str, *, where: str
) -> tuple[int, int]:
    """Return how many rows of ``table`` are meant, and how many have the hash of one before.

    ``hashed`` is the SQL of a row's hash, 64 bits without a sign. To sort numbers costs half of
    what it costs to keep a set of them, and less memory.
    """
    rows = f"FROM {quoted(table)} WHERE {where}"
    hashes = f"SELECT {hashed} AS key_hash {rows}"
    [(count,)] = connection.execute(f"SELECT count(*) {rows}").fetchall()
    if count > MOST:
        distinct = f"SELECT count(DISTINCT key_hash) FROM ({hashes})"
        [(different,)] = connection.execute(distinct).fetchall()
        return count, count - different
    room = np.empty(count, np.int64)  # pages that no share fills take no memory
    shares = -(-count // AT_ONCE)
    if shares <= 1:
        return count, _sort_and_count(connection, hashes, room)
    return count, sum(
        _sort_and_count(connection, f"FROM ({hashes}) WHERE key_hash % {shares} = {share}", room)
        for share in range(shares)
    )


def _sort_and_count(connection: Connection, query: str, room: NDArray[np.int64]) -> int:
    """Return how many numbers a query gives again, sorting them in ``room``."""
    filled = 0
    for part in stream_query(connection, query, rows_at_once=PART):
        numbers = as_vector(part.column(0))
        room[filled : filled + numbers.size] = numbers
        filled += numbers.size
    found = room[:filled]
    found.sort()
    return int(np.count_nonzero(found[1:] == found[:-1]))

"""Repeats: how many of a batch's keys it has given before, counted by their hashes.

Equal keys have equal hashes; whether equal hashes have equal keys is for the caller to see.
"""

import numpy as np

from include.landing.vectors import as_vector
from include.warehouse import Connection, quoted

AT_ONCE = 16_000_000  # hashes that are sorted in memory, 8 bytes each; DuckDB's set can spill


def count_repeats(
    connection: Connection, table: str, hashed: str, *, where: str
) -> tuple[int, int]:
    """Return how many rows of ``table`` are meant, and how many have the hash of one before.

    ``hashed`` is the SQL of a row's hash, 64 bits without a sign. To sort numbers costs half of
    what it costs to keep a set of them, and less memory.
    """
    rows = f"FROM {quoted(table)} WHERE {where}"
    [(count,)] = connection.execute(f"SELECT count(*) {rows}").fetchall()
    if count > AT_ONCE:
        distinct = f"SELECT count(DISTINCT key_hash) FROM (SELECT {hashed} AS key_hash {rows})"
        [(different,)] = connection.execute(distinct).fetchall()
        return count, count - different
    hashes, filled = np.empty(count, np.int64), 0
    for part in connection.sql(f"SELECT {hashed} AS key_hash {rows}").to_arrow_reader():
        numbers = as_vector(part.column(0))
        hashes[filled : filled + numbers.size] = numbers
        filled += numbers.size
    hashes.sort()
    return count, int(np.count_nonzero(hashes[1:] == hashes[:-1]))

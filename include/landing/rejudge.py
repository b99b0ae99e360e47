"""Rejudge: a contract that settles keys otherwise than before is held to on every key there is.

``ops.key_rules`` has the rule by which an extract's keys stand settled now. Where the contract
says another, all its keys are judged anew in one transaction before anything else lands, so that
the raw table is what it would be had the contract always said so.
"""

import logging
from datetime import date

from include.landing import keys
from include.landing.audit import published_so_far
from include.landing.contract import Contract
from include.landing.errors import ContractError
from include.warehouse import Connection, quoted, quoted_column

logger = logging.getLogger(__name__)

CREATE = """CREATE TABLE IF NOT EXISTS ops.key_rules (
    source varchar NOT NULL,
    entity varchar NOT NULL,
    key_columns varchar NOT NULL,
    rule varchar NOT NULL,
    judged_as_of date NOT NULL
)"""


def rejudge_if_changed(connection: Connection, contract: Contract, *, as_of: date) -> int:
    """Judge every key anew where the contract's rule is another, and return how many rows moved.

    A day that a moved row belongs to is marked in ``ops.rebuilds``. Raises
    :class:`ContractError` where the key itself is another: what a file gives twice was judged by
    the old one, and only the files can say what the new one makes of them.
    """
    connection.execute(CREATE)
    extract = [contract.source, contract.entity]
    known = connection.execute(
        "SELECT key_columns, rule FROM ops.key_rules WHERE source = ? AND entity = ?", extract
    ).fetchall()
    key, rule = ", ".join(contract.key), _rule(contract)
    if known == [(key, rule)]:
        return 0
    if known and known[0][0] != key:
        _refuse_other_key(connection, contract, known[0][0])
    connection.execute("BEGIN")
    try:
        moved = _rejudge(connection, contract, as_of=as_of)
        connection.execute("DELETE FROM ops.key_rules WHERE source = ? AND entity = ?", extract)
        connection.execute(
            "INSERT INTO ops.key_rules VALUES (?, ?, ?, ?, ?)", [*extract, key, rule, as_of]
        )
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    if moved:
        logger.warning(
            "%s: keys are settled by another rule now (%s): every key was judged anew and %d rows "
            "changed sides; see ops.rebuilds for the days to build anew.",
            *(contract.name, rule, moved),
        )
    return moved


def _rule(contract: Contract) -> str:
    """Return by what the contract settles keys, in its own words."""
    return (
        contract.mode if contract.mode == "append" else f"{contract.mode}, {contract.key_conflict}"
    )


def _refuse_other_key(connection: Connection, contract: Contract, old: str) -> None:
    """Refuse a contract with another key than its rows were landed by, if there are any."""
    table = quoted(contract.table)
    if connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchall():
        raise ContractError(
            contract.file,
            None,
            f"{contract.table} was landed with the key ({old}), and this contract has "
            f"({', '.join(contract.key)}). Drop the table and its rows in ops.batches and "
            "ops.quarantined_rows; the next run lands every file again",
        )


def _rejudge(connection: Connection, contract: Contract, *, as_of: date) -> int:
    """Take every waiting row back, judge the keys that come twice, and return how many moved."""
    keys.take_back(connection, contract, "true")
    if scope := keys.scope(contract):
        names = ", ".join(quoted_column(name) for name in scope)
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE _contested AS SELECT {names} "
            f"FROM {quoted(contract.table)} GROUP BY ALL HAVING count(*) > 1"
        )
    keys.set_losers_aside(connection, contract)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE _moved AS SELECT * FROM ("
        "SELECT _batch_id AS batch_id, _row_number AS row_number FROM _back UNION ALL "
        "SELECT batch_id, row_number FROM _lost) GROUP BY ALL HAVING count(*) = 1"
    )
    connection.execute(
        "INSERT INTO ops.rebuilds SELECT source, entity, delivered_on, batch_id, path, "
        "'its keys are settled by another rule', ?, NULL, ? FROM ops.batches "
        "SEMI JOIN _moved USING (batch_id) WHERE source = ? AND entity = ? AND status = 'landed' "
        "ORDER BY delivered_on, path",
        [as_of, published_so_far(connection), contract.source, contract.entity],
    )
    [(moved,)] = connection.execute("SELECT count(*) FROM _moved").fetchall()
    for name in ("_contested", "_back", "_lost", "_moved"):
        connection.execute(f"DROP TABLE IF EXISTS {name}")
    return int(moved)

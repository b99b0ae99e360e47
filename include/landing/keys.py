"""Keys: one row a key across deliveries, the same one whichever delivery came first.

An increment's keys are compared with every other delivery's, a snapshot's with those of its own
day, an append's with nobody's. Equal rows count once: the oldest delivery's stays. Of rows that
differ the contract's ``keyConflict`` says which stays. A row that does not stay waits in the
quarantine as its values, and is judged anew when a delivery with its key comes or goes.
"""

from include.landing.batch import raw_columns
from include.landing.contract import Column, Contract
from include.warehouse import Connection, literal, quoted, quoted_column

WAITING = "key"  # what `held` says of a row that lost to another delivery's row
_NOBODY = "SELECT '' AS batch_id, 0::bigint AS row_number, '' AS raw_text, '' AS reason WHERE false"
_VICTORS = {"latest_delivery": "DESC", "first_delivery": "ASC"}


def pack(contract: Contract) -> str:
    """Return the SQL of a raw row's values as JSON, each as text: nothing is rounded."""
    names = [*(column.name for column in contract.columns), "_delivered_on"]
    return f"to_json(struct_pack({', '.join(f'{_q(n)} := {_q(n)}::varchar' for n in names)}))"


def field(name: str) -> str:
    """Return the SQL of one value, as text, of a row that :func:`pack` has packed."""
    path = f'$."{name}"'
    return f"json_extract_string(raw_text, {literal(path)})"


def note_departing(connection: Connection, contract: Contract, batch_id: str) -> None:
    """Remember which of the batch's keys others wait for, before its rows are taken out."""
    waiting, this = f"({_waiting(contract)})", f"_batch_id = {literal(batch_id)}"
    _note(
        connection,
        contract,
        f"SELECT * FROM {waiting} WHERE NOT {this}",
        f"SELECT * FROM {quoted(contract.table)} WHERE {this} UNION ALL BY NAME "
        f"SELECT * FROM {waiting} WHERE {this}",
    )


def note_arriving(connection: Connection, contract: Contract, batch_id: str) -> None:
    """Remember which of the batch's keys another delivery has given, too."""
    table, this = quoted(contract.table), f"_batch_id = {literal(batch_id)}"
    _note(
        connection,
        contract,
        f"SELECT * FROM {table} WHERE NOT {this} UNION ALL BY NAME "
        f"SELECT * FROM ({_waiting(contract)}) WHERE NOT {this}",
        f"SELECT * FROM {table} WHERE {this}",
    )


def _note(connection: Connection, contract: Contract, theirs: str, ours: str) -> None:
    """Add the keys of ``ours`` that ``theirs`` have, too, to those that :func:`settle` judges.

    They are found by their hashes, however long they are: a key too many is judged to no effect.
    """
    if not scope(contract):
        return
    key = ", ".join(_q(name) for name in scope(contract))
    ours = f"SELECT hash({key}) FROM ({ours})"
    keys = f"SELECT DISTINCT {key} FROM ({theirs}) WHERE hash({key}) IN ({ours})"
    connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS _contested AS {keys} LIMIT 0")
    if connection.execute(f"SELECT 1 FROM ({theirs}) LIMIT 1").fetchall():  # else for nothing
        connection.execute(f"INSERT INTO _contested {keys}")


def recall(connection: Connection, contract: Contract, batch_id: str) -> None:
    """Put a batch's waiting rows back into the raw table, for the batch to be judged anew."""
    names = raw_columns(contract)
    connection.execute(
        f"INSERT INTO {quoted(contract.table)} ({names}) SELECT {names} "
        f"FROM ({_waiting(contract)}) WHERE _batch_id = {literal(batch_id)}"
    )
    connection.execute(
        f"DELETE FROM ops.quarantined_rows WHERE {_mine(contract)} AND held = '{WAITING}' "
        f"AND batch_id = {literal(batch_id)}"
    )


def settle(connection: Connection, contract: Contract) -> None:
    """Judge the remembered keys among all their rows, and move what has to move; count it, too."""
    if not scope(contract):
        return
    if connection.execute("SELECT 1 FROM _contested LIMIT 1").fetchall():
        key = ", ".join(_q(name) for name in scope(contract))
        take_back(connection, contract, f"({key}) IN (SELECT ({key}) FROM _contested)")
        set_losers_aside(connection, contract)
        connection.execute("DROP TABLE _back")
        connection.execute("DROP TABLE _lost")
    connection.execute("DROP TABLE _contested")


def take_back(connection: Connection, contract: Contract, where: str) -> None:
    """Move the waiting rows of which ``where`` is true to the raw table, and list them: _back."""
    names = raw_columns(contract)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE _back AS SELECT * FROM ({_waiting(contract)}) WHERE {where}"
    )
    connection.execute(f"INSERT INTO {quoted(contract.table)} ({names}) SELECT {names} FROM _back")
    connection.execute(
        f"DELETE FROM ops.quarantined_rows WHERE {_mine(contract)} AND held = '{WAITING}' AND "
        "(batch_id, row_number) IN (SELECT (_batch_id, _row_number) FROM _back)"
    )


def set_losers_aside(connection: Connection, contract: Contract) -> None:
    """Set aside the rows of _contested keys that do not stay, list them (_lost), count all moves.

    Where deliveries are not compared nothing is contested, and every row that was back stays.
    """
    judged = _judge(contract) if scope(contract) else _NOBODY
    connection.execute(f"CREATE OR REPLACE TEMP TABLE _lost AS {judged}")
    connection.execute(
        f"DELETE FROM {quoted(contract.table)} WHERE (_batch_id, _row_number) IN "
        "(SELECT (batch_id, row_number) FROM _lost)"
    )
    connection.execute(
        "INSERT INTO ops.quarantined_rows "
        "(batch_id, source, entity, row_number, raw_text, reasons, held) SELECT batch_id, ?, ?, "
        f"row_number, raw_text, [reason], '{WAITING}' FROM _lost",
        [contract.source, contract.entity],
    )
    _recount(connection, contract)


def _judge(contract: Contract) -> str:
    """Return the SQL of the contested rows that do not stay, each packed and with its reason."""
    key = ", ".join(_q(name) for name in scope(contract))
    columns = ", ".join(_q(column.name) for column in contract.columns)
    order = _VICTORS.get(contract.key_conflict)
    stays = "payload = victor AND copy = 1" if order else "least = greatest AND copy = 1"
    named = literal(", ".join(contract.key))
    return (
        "WITH numbered AS (SELECT *, row_number() OVER () AS _id FROM "
        f"{quoted(contract.table)} WHERE ({key}) IN (SELECT ({key}) FROM _contested)), "
        f"named AS (SELECT *, min(_id) OVER (PARTITION BY {columns}, {key}) AS payload, "
        f"row_number() OVER (PARTITION BY {columns}, {key} ORDER BY _delivered_on, _batch_id, "
        "_row_number) AS copy FROM numbered), judged AS (SELECT *, first_value(payload) OVER "
        f"(PARTITION BY {key} ORDER BY _delivered_on {order or ''}, _batch_id {order or ''} "
        "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS victor, min(payload) OVER "
        f"(PARTITION BY {key}) AS least, max(payload) OVER (PARTITION BY {key}) AS greatest "
        f"FROM named) SELECT _batch_id AS batch_id, _row_number AS row_number, "
        f"{pack(contract)}::varchar AS raw_text, {named} || CASE WHEN payload = victor AND "
        "(least = greatest OR copy > 1) THEN ': another delivery has the same row' ELSE "
        "': another delivery has the key with other values' END AS reason "
        f"FROM judged WHERE NOT ({stays})"
    )


def _recount(connection: Connection, contract: Contract) -> None:
    """Correct the ledger's counts of every batch that gave or got a row."""
    connection.execute(
        "UPDATE ops.batches SET rows_landed = rows_landed + moved.n, "
        "rows_quarantined = rows_quarantined - moved.n FROM (SELECT batch_id, sum(n)::bigint AS n "
        "FROM (SELECT _batch_id AS batch_id, 1 AS n FROM _back UNION ALL "
        "SELECT batch_id, -1 FROM _lost) GROUP BY batch_id) AS moved "
        f"WHERE {_mine(contract)} AND status = 'landed' AND batches.batch_id = moved.batch_id"
    )


def scope(contract: Contract) -> tuple[str, ...]:
    """Return the columns that may be there once; none where deliveries are not compared."""
    if contract.mode == "append" or not contract.key:
        return ()
    return (*contract.key, "_delivered_on") if contract.mode == "snapshot" else contract.key


def _waiting(contract: Contract) -> str:
    """Return the SQL of the waiting rows, as the raw table's."""
    typed = [f"{_typed(column)} AS {_q(column.name)}" for column in contract.columns]
    return (
        f"SELECT {', '.join(typed)}, batch_id AS _batch_id, row_number AS _row_number, "
        f"{field('_delivered_on')}::date AS _delivered_on FROM ops.quarantined_rows "
        f"WHERE {_mine(contract)} AND held = '{WAITING}'"
    )


def _typed(column: Column) -> str:
    return f"{field(column.name)}::{column.physical_type}"


def _mine(contract: Contract) -> str:
    return f"source = {literal(contract.source)} AND entity = {literal(contract.entity)}"


def _q(name: str) -> str:
    return quoted_column(name)

"""JSON Lines: read one flat JSON object a line, strictly, its keys matched by name.

A line of plain values is a regular language, so one regular expression holds it exactly: DuckDB's
own JSON reader takes trailing commas and NaN. A fast expression expects the first line's keys in
the first line's order; only lines that differ are judged key by key.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from include.landing.contract import Column, Contract
from include.landing.errors import ExtractRefusedError
from include.landing.reading import Reading, Rule, check_columns, gather, raw_texts
from include.landing.records import find_faults, read_blocks, read_texts
from include.warehouse import Connection, literal, quoted_column

_HEX = "[0-9a-fA-F]"
_ESCAPE = (  # no NUL, and no half of a surrogate pair
    r'\\(?:["\\/bfnrt]|u(?:'
    f"[1-9a-ce-fA-CE-F]{_HEX}{{3}}|0(?:[1-9a-fA-F]{_HEX}{{2}}|0(?:[1-9a-fA-F]{_HEX}|0[1-9a-fA-F]))"
    f"|[dD](?:[0-7]{_HEX}{{2}}|[89abAB]{_HEX}{{2}}\\\\u[dD][c-fC-F]{_HEX}{{2}})))"
)
STRING = f'"(?:[^"\\\\\\x00-\\x1f]|{_ESCAPE})*"'
NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_SPACE = r"[ \t]*"
_END = r"[ \t]*\r?\n?"
_PAIR = f"{STRING}{_SPACE}:{_SPACE}(?:{STRING}|{NUMBER}|true|false|null)"
OBJECT = f"{_SPACE}{{{_SPACE}(?:{_PAIR}(?:{_SPACE},{_SPACE}{_PAIR})*)?{_SPACE}}}"
_VALUES = {  # what JSON may hold for each logical type; 15 digits are what a JSON number keeps
    "string": STRING,
    "boolean": "true|false",
    "integer": "-?(?:0|[1-9][0-9]{0,17})",
    "number": rf"-?(?:0|[1-9][0-9]{{0,10}})(?:\.[0-9]{{1,4}})?|{STRING}",
    "date": STRING,
    "timestamp": STRING,
}
_KINDS = {
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number in plain digits (up to 15 keep exact; else send a string)",
}


def read_jsonl(contract: Contract, path: Path) -> Reading:
    """Open a JSON Lines file; refuse it where its keys are not the contract's."""
    faults: list[pl.DataFrame] = []
    records, first_line = 0, b""
    unseen = {column.name for column in contract.columns}
    for block in read_blocks(path):
        first_line = first_line or block.data[: int(block.ends[0])]
        faults += [frame for frame in (find_faults(block),) if frame.height]
        unseen = {name for name in unseen if f'"{name}"'.encode() not in block.data}
        records += block.starts.size
    keys = _keys(first_line)
    if records and unseen:
        check_columns(contract, keys)  # names what came instead, where the first line shows it
        raise ExtractRefusedError(f"keys that no line has: {', '.join(sorted(unseen))}")

    def texts(_: Connection, rows: pl.DataFrame) -> pl.DataFrame:
        numbers = rows["row_number"].sort().to_numpy() - 1
        return raw_texts(read_texts(path, numbers), header=0)

    broken = gather(faults, header=0)
    source = _source(contract, keys)

    def rows(connection: Connection) -> str:
        _register_lines(connection, path=path, broken=broken)
        return source

    return Reading(
        records=records,
        rows=rows,
        texts=texts,
        rules=_rules(contract),
        broken=broken,
        check=lambda connection: _check_keys(contract, rows(connection), connection),
    )


def _keys(line: bytes) -> list[str]:
    """Return the keys of one line as they come; none if it is no object with a key once each."""
    try:
        pairs = json.loads(line, object_pairs_hook=lambda pairs: [key for key, _ in pairs])
    except ValueError:
        return []
    is_keys = isinstance(pairs, list) and all(isinstance(key, str) for key in pairs)
    return pairs if is_keys and len(set(pairs)) == len(pairs) else []


def _register_lines(connection: Connection, *, path: Path, broken: pl.DataFrame) -> None:
    """Offer the lines to SQL as ``_lines``, straight from the file's own bytes."""
    schema = pa.schema([("_position", pa.int64()), ("_line", pa.large_string())])
    away = broken["row_number"].to_numpy() - 1

    def batches() -> Iterator[pa.RecordBatch]:
        for block in read_blocks(path):
            rows = np.arange(block.first, block.first + block.starts.size)
            is_away = np.isin(rows, away)
            lines, positions = block.records, pa.array(rows + 1)
            if is_away.any():
                kept = pa.array(~is_away)
                lines, positions = lines.filter(kept), positions.filter(kept)
            yield pa.record_batch([positions, lines.cast(pa.large_string())], schema=schema)

    connection.register("_lines", pa.RecordBatchReader.from_batches(schema, batches()))


def _source(contract: Contract, keys: list[str]) -> str:
    """Return the SQL that reads the registered lines into text columns."""
    types = {column.name: column for column in contract.columns}
    pairs = [
        f'"{re.escape(key)}"{_SPACE}:{_SPACE}(?:{_value(types[key])}|null)'
        for key in keys
        if key in types
    ]
    body = f"{_SPACE},{_SPACE}".join(pairs)
    fast = literal(f"{_SPACE}{{{_SPACE}{body}{_SPACE}}}{_END}")
    slow = literal(f"{OBJECT}{_END}")
    shape = literal(json.dumps(dict.fromkeys(types, "VARCHAR")))
    columns = ", ".join(f"{_absent(contract, name)} AS {quoted_column(name)}" for name in types)
    return (
        f"(SELECT _position, true AS _is_row, _line, _is_fast, _is_object, {columns} FROM ("
        f"SELECT *, CASE WHEN _is_object THEN json_transform(_line, {shape}) END AS _value FROM ("
        f"SELECT *, CASE WHEN _is_fast THEN true ELSE regexp_full_match(_line, {slow}) END "
        "AS _is_object FROM ("
        f"SELECT *, regexp_full_match(_line, {fast}) AS _is_fast FROM _lines))))"
    )


def _absent(contract: Contract, name: str) -> str:
    """Return one value as text, null where it is one of the contract's null tokens."""
    value = f"_value.{quoted_column(name)}"
    if not contract.null_tokens:
        return value
    tokens = ", ".join(literal(token) for token in contract.null_tokens)
    return f"CASE WHEN {value} NOT IN ({tokens}) THEN {value} END"


def _value(column: Column) -> str:
    return _VALUES[column.logical_type]


def _slowly(condition: str) -> str:
    """Judge a line only where the fast expression did not know it, and it is an object."""
    return f"CASE WHEN _is_fast THEN false WHEN _is_object THEN {condition} ELSE false END"


def _rules(contract: Contract) -> tuple[Rule, ...]:
    """Return what a line must keep to before its values are looked at."""
    rules = [
        Rule(broken="NOT _is_object", reason="line: not a flat JSON object of plain values"),
        Rule(
            broken=_slowly("len(json_keys(_line)) <> len(list_distinct(json_keys(_line)))"),
            reason="line: a key given twice",
        ),
        Rule(broken=_slowly(_unknown(contract)), reason=UNKNOWN_KEY),
    ]
    for column in contract.columns:
        path = literal(f'$."{column.name}"')
        fits = literal(f"(?:{_value(column)}|null)")
        kind = _KINDS.get(column.logical_type, "a string")
        value = f"json_extract(_line, {path})"
        # A key left out is a null; whether it may be is the contract's to say.
        rules.append(
            Rule(
                broken=_slowly(f"NOT coalesce(regexp_full_match({value}::varchar, {fits}), true)"),
                reason=f"{column.name}: not {kind} in JSON",
            )
        )
    return tuple(rules)


UNKNOWN_KEY = "line: a key the contract does not know"


def _unknown(contract: Contract) -> str:
    known = ", ".join(literal(column.name) for column in contract.columns)
    return f"NOT list_has_all([{known}], json_keys(_line))"


def _check_keys(contract: Contract, source: str, connection: Connection) -> None:
    """Refuse the file, naming the keys, where some line has a key the contract does not know."""
    known = ", ".join(literal(column.name) for column in contract.columns)
    rows = connection.execute(
        "SELECT DISTINCT key FROM (SELECT unnest(json_keys(_line)) AS key FROM "
        f"{source} WHERE _is_object AND NOT _is_fast) WHERE key NOT IN ({known}) "
        "ORDER BY key LIMIT 10"
    ).fetchall()
    if rows:
        names = ", ".join(repr(str(row[0])[:60]) for row in rows)
        raise ExtractRefusedError(f"keys the contract does not know: {names}")

"""JSON Lines: read one flat JSON object a line, strictly, its keys matched by name.

DuckDB's own JSON reader takes trailing commas and NaN, so it is never trusted alone. Of a line that
is spelled as the first line is, the values are cut out by their places (:mod:`.cutting`). The next,
with the first line's keys in its order, is judged by one regular expression; the rest key by key.
"""

import json
import re
from dataclasses import replace
from itertools import chain
from pathlib import Path

import polars as pl

from include.landing.contract import Contract
from include.landing.errors import ExtractRefusedError
from include.landing.faults import find_faults
from include.landing.json_grammar import END, OBJECT, SPACE, kind, said, value
from include.landing.line_batches import LineBatches
from include.landing.reading import (
    Reading,
    Rule,
    Tally,
    check_columns,
    offer,
    raw_texts,
)
from include.landing.records import (
    Block,
    read_blocks,
    read_texts,
)
from include.landing.scan import Scan
from include.landing.spelling import read_spelling
from include.landing.unpacking import Wait
from include.warehouse import Connection, literal, quoted_column


def read_jsonl(contract: Contract, path: Path, *, wait: Wait | None = None) -> Reading:
    """Open a JSON Lines file; refuse it where its keys are not the contract's."""
    source = read_blocks(path, header=0, wait=wait)
    first = next(source, None)
    line = first.data[: int(first.ends[0])] if first else b""
    keys, names, seen = _keys(line), {column.name for column in contract.columns}, set[str]()
    parts = LineBatches(contract, read_spelling(contract, line, keys))
    lines_of = _source(contract, keys)
    failures: list[Exception] = []

    def judge(block: Block) -> list[pl.DataFrame]:
        seen.update({name for name in names - seen if f'"{name}"'.encode() in block.data})
        faults = find_faults(block, header=0)
        return [faults] if faults.height else []

    scan = Scan(
        path=path,
        source=chain([first] if first else [], source),
        judge=judge,
        header=0,
        max_rows=contract.layout.max_rows,
    )

    def rows(connection: Connection) -> str:
        batches = chain.from_iterable(scan.each(parts.of_block))
        offer(connection, parts.schema, batches, failures)
        return lines_of

    def tally() -> Tally:
        found = Tally(records=scan.records, broken=scan.broken)
        if found.records and seen != names:
            check_columns(contract, keys)  # names what came instead, where the first line shows it
            raise ExtractRefusedError(f"keys that no line has: {', '.join(sorted(names - seen))}")
        return found

    def texts(_: Connection, rows: pl.DataFrame) -> pl.DataFrame:
        numbers = rows["row_number"].sort().to_numpy() - 1
        return raw_texts(read_texts(path, scan.spans, numbers), header=0)

    def again(connection: Connection, texts: pl.DataFrame) -> str:
        offer(connection, parts.schema, [parts.of_texts(texts)], failures)
        return lines_of

    return Reading(
        tally=tally,
        rows=rows,
        texts=texts,
        again=again,
        plain=parts.plain,
        rules=_rules(contract),
        check=lambda connection, rows: _check_keys(contract, rows, connection),
        failures=failures,
    )


def _keys(line: bytes) -> list[str]:
    """Return the keys of one line as they come; none if it is no object with a key once each."""
    try:
        pairs = json.loads(line, object_pairs_hook=lambda pairs: [key for key, _ in pairs])
    except (ValueError, RecursionError):  # the latter where it is nested too deep
        return []
    is_keys = isinstance(pairs, list) and all(isinstance(key, str) for key in pairs)
    return pairs if is_keys and len(set(pairs)) == len(pairs) else []


def _source(contract: Contract, keys: list[str]) -> str:
    """Return the SQL that makes text columns of all registered lines, cut or whole."""
    names = [column.name for column in contract.columns]
    shape = literal(json.dumps(dict.fromkeys(names, "VARCHAR")))
    columns = ", ".join(
        f"CASE WHEN _line IS NULL THEN {name} ELSE {_absent(contract, name)} END AS {name}"
        for name in map(quoted_column, names)
    )
    slow = literal(f"{OBJECT}{END}")
    return (
        f"(SELECT _position, _line, _plain, _is_fast, _is_object, {columns} FROM ("
        f"SELECT *, CASE WHEN _line IS NOT NULL AND _is_object THEN json_transform(_line, {shape}) "
        "END AS _value FROM ("
        f"SELECT *, CASE WHEN _is_fast THEN true ELSE regexp_full_match(_line, {slow}) END "
        "AS _is_object FROM (SELECT *, CASE WHEN _line IS NULL THEN true "
        f"ELSE regexp_full_match(_line, {_in_order(contract, keys)}) END AS _is_fast "
        "FROM _records))))"
    )


def _in_order(contract: Contract, keys: list[str]) -> str:
    """Return the expression, as a literal, for lines with the ``keys`` once each, in this order."""
    types = {column.name: column for column in contract.columns}
    pairs = [
        f'"{re.escape(key)}"{SPACE}:{SPACE}(?:{value(types[key])}|null)'
        for key in keys
        if key in types
    ]
    return literal(f"{SPACE}{{{SPACE}{f'{SPACE},{SPACE}'.join(pairs)}{SPACE}}}{END}")


def _absent(contract: Contract, name: str) -> str:
    """Return one value as text, null where it is one of the contract's null tokens."""
    text = f"_value.{name}"
    if not contract.null_tokens:
        return text
    tokens = ", ".join(literal(token) for token in contract.null_tokens)
    return f"CASE WHEN {text} NOT IN ({tokens}) THEN {text} END"


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
        fits = literal(f"(?:{value(column)}|null)")
        given = f"json_extract(_line, {path})"
        # A key left out is a null; whether it may be is the contract's to say.
        broken = f"NOT coalesce(regexp_full_match({given}::varchar, {fits}), true)"
        if kind(column) == "number":  # DuckDB writes 1e5 out as 100000.0
            exponent = rf'"{re.escape(column.name)}"{SPACE}:{SPACE}-?[0-9.]+[eE]'
            broken = f"({broken} OR regexp_matches(_line, {literal(exponent)}))"
        rules.append(
            Rule(
                broken=_slowly(broken),
                reason=f"{column.name}: not {said(column)} in JSON",
            )
        )
    return tuple(replace(rule, proof="_is_fast") for rule in rules)


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

"""Sinks: where a delivery goes, into the landing folder as a file or straight into its raw table.

The second is for sizes at which writing and landing files would only cost time: the tables and the
ledger are then as landing makes them, but no file ever was, and each batch says so.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from include.demo.synthetic.plan import COMPANY, NOTE, Plan
from include.demo.writing import manifest_of, replace_file, write_delivery
from include.landing import audit, ledger
from include.landing.batch import Counts, raw_columns
from include.landing.contract import Contract
from include.landing.delivery import Arrival
from include.warehouse import Connection, literal, quoted, quoted_column, read_query


class Sink(Protocol):
    """Takes the rows of one delivery, as a query of the view ``drawn``."""

    def take(self, contract: Contract, day: date, query: str) -> int:
        """Put the rows where they belong, and return how many there were."""
        ...


def fitted(connection: Connection, contract: Contract, query: str) -> str:
    """Return ``query`` with the contract's columns, in its order and types.

    An optional column that nobody fills is null. Raises where a required column is unknown.
    """
    known = {row[0] for row in connection.execute(f"DESCRIBE {query}").fetchall()}
    chosen = []
    for column in contract.columns:
        if column.name not in known and column.required:
            raise LookupError(
                f"{contract.file.name} requires {column.name}, which the synthetic company does "
                "not know. Make it optional there, or teach include/demo/synthetic/spelling.py."
            )
        value = quoted_column(column.name) if column.name in known else "NULL"
        chosen.append(f"{value}::{column.physical_type} AS {quoted_column(column.name)}")
    return f"SELECT {', '.join(chosen)} FROM ({query})"


@dataclass(frozen=True)
class LandingFolder:
    """Writes files as a company would deliver them, each with a manifest that says what it is."""

    connection: Connection
    landing: Path

    def take(self, contract: Contract, day: date, query: str) -> int:
        """Write one delivery's file, whole or not at all."""
        rows = read_query(self.connection, fitted(self.connection, contract, query))
        suffix = contract.layout.format + (".gz" if contract.layout.is_gzip else "")
        folder = self.landing / contract.source / contract.entity / day.isoformat()
        file = folder / f"{contract.entity}.{suffix}"
        manifest = write_delivery(file, rows)
        labelled = manifest | {"company": COMPANY, "note": NOTE}
        replace_file(manifest_of(file), f"{json.dumps(labelled)}\n".encode())
        return rows.height


@dataclass(frozen=True)
class RawTables:
    """Fills the raw tables and the ledger of a warehouse that is not there yet."""

    connection: Connection
    plan: Plan

    def take(self, contract: Contract, day: date, query: str) -> int:
        """Insert one delivery, in order, as the batch it would have been."""
        arrival = self.arrival(contract, day)
        [(count,)] = self.connection.execute(
            f"INSERT INTO {quoted(contract.table)} ({raw_columns(contract)}) "
            f"SELECT *, {literal(arrival.batch_id)}, row_number() OVER (), {literal(day)}::date "
            f"FROM ({fitted(self.connection, contract, query)})"
        ).fetchall()
        counts = Counts(delivered=count, landed=count, quarantined=0)
        ledger.record_landed(self.connection, contract, arrival, counts, as_of=day)
        verdict = audit.Verdict("landed", arrival.batch_id, "synthetic: no file ever was")
        audit.record(self.connection, contract, arrival, verdict, as_of=day)
        return int(count)

    def make_tables(self, contracts: Iterable[Contract]) -> None:
        """Make every raw table, also those nothing will come for, and say what they are."""
        for contract in contracts:
            ledger.create_tables(self.connection, contract)
            self.connection.execute(
                f"COMMENT ON TABLE {quoted(contract.table)} IS {literal(f'{COMPANY}. {NOTE}')}"
            )

    def arrival(self, contract: Contract, day: date) -> Arrival:
        """Return the delivery this would have been; its digest is of the plan, not of bytes."""
        path = f"{contract.source}/{contract.entity}/{day}/{contract.entity}.synthetic"
        digest = hashlib.sha256(f"{self.plan} {path}".encode()).hexdigest()
        return Arrival(
            file=Path(path), path=path, delivered_on=day, sha256=digest, size=0, modified=0
        )

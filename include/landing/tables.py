"""Shape: a raw table follows its contract: it gains optional columns, and nothing else changes."""

from include.landing.contract import Contract
from include.landing.errors import ContractError
from include.warehouse import Connection, quoted, quoted_column


def table_shape(connection: Connection, contract: Contract) -> dict[str, str]:
    """Return the raw table's columns and types as they are, without landing's own three."""
    rows = connection.execute(f"DESCRIBE {quoted(contract.table)}").fetchall()
    return {
        str(row[0]): str(row[1]).lower().replace(" ", "")
        for row in rows
        if not str(row[0]).startswith("_")
    }


def extend_table(connection: Connection, contract: Contract) -> None:
    """Give the raw table the optional columns its contract has gained; refuse any other change."""
    found = table_shape(connection, contract)
    wanted = {c.name: c.physical_type.replace(" ", "") for c in contract.columns}
    gained = [column for column in contract.columns if column.name not in found]
    lost = sorted(found.keys() - wanted)
    retyped = [name for name in found.keys() & wanted.keys() if found[name] != wanted[name]]
    demanded = [column.name for column in gained if column.required]
    changes = [
        f"{what}: {', '.join(sorted(names))}"
        for what, names in (
            ("gone", lost),
            ("of another type", retyped),
            ("new and required", demanded),
        )
        if names
    ]
    if changes:
        problem = (
            f"{contract.table} was made by another version of this contract "
            f"({'; '.join(changes)}). New optional columns are added to the table, "
            "nothing else. Drop the table and its rows in ops.batches and ops.quarantined_rows; "
            "the next run lands every file again"
        )
        raise ContractError(contract.file, None, problem)
    for column in gained:
        connection.execute(
            f"ALTER TABLE {quoted(contract.table)} "
            f"ADD COLUMN {quoted_column(column.name)} {column.physical_type}"
        )

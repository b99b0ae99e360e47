"""Hostile files: manifests that lie, gzip that is damaged, Parquet of another schema, odd names."""

import gzip
import io
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.landing.door import ADA, BOB, HEADER
from tests.landing.hostile import Hostile, contract_of, loaded, manifest_of, refused, value_of

ORDERS = (HEADER + ADA + BOB).encode()
GZIP, PARQUET = contract_of("csv.gz"), contract_of("parquet")
NOT_WHOLE, NOT_PARQUET = "it cannot be unpacked whole", "it is not a whole Parquet file"
NOON = datetime(2025, 3, 1, 12)  # noqa: DTZ001 - a column without a zone
MEGABYTE = 1_000_000

COLUMNS: dict[str, tuple[list[Any], pa.DataType]] = {
    "order_id": (["ada", "bob"], pa.string()),
    "quantity": ([1, 2], pa.int32()),
    "amount": ([Decimal("2.50"), None], pa.decimal128(18, 2)),
    "ordered_at": ([NOON, NOON], pa.timestamp("us")),
}


def parquet_of(columns: dict[str, tuple[list[Any], pa.DataType]] | None = None, **to: Any) -> bytes:
    """Return a Parquet file of ``columns`` (two orders), ``to`` others; None leaves one out."""
    given = {name: pair for name, pair in ((columns or COLUMNS) | to).items() if pair is not None}
    arrays = [pa.array(values, kind) for values, kind in given.values()]
    return _written(pa.table(arrays, names=list(given)))


def _written(table: pa.Table) -> bytes:
    file = io.BytesIO()
    pq.write_table(
        table,
        file,
        write_page_checksum=True,
        write_statistics=False,
        use_dictionary=False,
        compression="NONE",
    )
    return file.getvalue()


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def manifests() -> list[Hostile]:
    """Manifests that are true, that lie, and that are none."""
    lies: list[tuple[str, str, dict[str, Any], str]] = [
        ("bytes", "fewer", {"bytes": 3}, "its manifest says 3"),
        ("bytes", "negative", {"bytes": -1}, "its manifest says -1"),
        ("sha256", "zeros", {"sha256": "0" * 64}, "sha256"),
        ("sha256", "of a cut file", {"sha256": "e3b0c44298fc1c149afbf4c8996fb924"}, "sha256"),
        ("rows", "one more", {"rows": 3}, "it has 2 rows; its manifest says 3"),
        ("rows", "none", {"rows": 0}, "it has 2 rows; its manifest says 0"),
        ("rows", "with the header", {"rows": 3}, "it has 2 rows"),
        ("broken", "rows as text", {"rows": "2"}, "manifest"),
        ("broken", "rows as null", {"rows": None}, "manifest"),
        ("broken", "rows as a fraction", {"rows": 2.5}, "manifest"),
        ("broken", "sha256 as a number", {"sha256": 7}, "manifest"),
    ]
    broken = {
        "no JSON": "rows: 2",
        "empty": "",
        "a list": "[]",
        "null": "null",
        "a number": "7",
        "no rows": "{}",
        "cut short": '{"rows": 2, "bytes"',
        "deep": "[" * 100_000,
        "text": '"rows"',
    }
    true = manifest_of(ORDERS, rows=2)
    lines = b'{"order_id":"ada","quantity":1,"amount":2.5,"ordered_at":null}\n'
    return [
        loaded("file-manifest-true", "CSV", ORDERS, rows=2, manifest=true),
        loaded(
            "file-manifest-true",
            "in capitals",
            ORDERS,
            rows=2,
            manifest=true[:-66] + true[-66:-2].upper() + true[-2:],
        ),
        loaded(
            "file-manifest-true",
            "JSON Lines",
            lines,
            rows=1,
            manifest=manifest_of(lines, rows=1),
            contract=contract_of("jsonl"),
        ),
        *(
            refused(
                f"file-manifest-{about}",
                what,
                ORDERS,
                said,
                manifest=manifest_of(ORDERS, **({"rows": 2} | lie)),
            )
            for about, what, lie, said in lies
        ),
        *(
            refused("file-manifest-broken", what, ORDERS, "manifest", manifest=text)
            for what, text in broken.items()
        ),
        refused(
            "file-manifest-rows",
            "a row cut off at its line break",
            HEADER + ADA,
            "manifest",
            manifest=manifest_of((HEADER + ADA).encode(), rows=2),
        ),
        refused(
            "file-manifest-sha256",
            "a digit changed",
            ORDERS.replace(b"2.50", b"2.60"),
            "sha256",
            manifest=true,
        ),
        refused("file-manifest-bytes", "cut short", ORDERS[:-5], "manifest says", manifest=true),
        refused(
            "file-manifest-bytes",
            "a row more",
            ORDERS + b"eve,1,,\n",
            "manifest says",
            manifest=true,
        ),
        refused(
            "file-manifest-alone",
            "no file",
            true,
            "a manifest whose file is not there",
            path="2025-03-03/gone.csv.manifest.json",
        ),
    ]


def names() -> list[Hostile]:
    """Names and folders that are no delivery's; and names that only look like an attack."""
    strays = [
        ("file-name-not-utf-8", "2025-03-03/or\udcff.csv", "its name is not UTF-8"),
        ("file-folder-no-date", "2025-03-\udcff/orders.csv", "named after its date"),
        ("file-name-other", "2025-03-03/orders.txt", "not a file named as the contract says"),
        ("file-name-other", "2025-03-03/orders.CSV", "not a file named as the contract says"),
        ("file-name-other", "2025-03-03/orders.csv.bak", "not a file named as the contract says"),
        ("file-name-wildcard", "2025-03-03/orders[1].csv", "its name has a wildcard"),
        ("file-name-wildcard", "2025-03-03/*.csv", "its name has a wildcard"),
        ("file-name-wildcard", "2025-03-03/{a,b}.csv", "its name has a wildcard"),
        ("file-folder-no-date", "2025-3-3/orders.csv", "named after its date"),
        ("file-folder-no-date", "20250303/orders.csv", "named after its date"),
        ("file-folder-no-date", "2025-02-30/orders.csv", "named after its date"),
        ("file-folder-no-date", "latest/orders.csv", "named after its date"),
    ]
    odd = [
        "o'; DROP TABLE x; --.csv",
        'a "b".csv',
        "caf\u00e9 \u202e.csv",
        "a b\tc.csv",
        "$(id).csv",
        "-rf.csv",
        f"{'x' * 200}.csv",
        "%2e%2e%2f.csv",
        "a\nb.csv",
    ]
    return [
        *(refused(case, path, ORDERS, said, path=path) for case, path, said in strays),
        *(
            loaded("file-name-odd", name[:20], ORDERS, rows=2, path=f"2025-03-03/{name}")
            for name in odd
        ),
    ]


def packed() -> list[Hostile]:
    """Gzip that is whole, damaged, plain or a bomb."""
    whole = gzip.compress(ORDERS, mtime=0)
    two = gzip.compress((HEADER + ADA).encode(), mtime=0) + gzip.compress(BOB.encode(), mtime=0)
    bomb = gzip.compress(HEADER.encode() + b"\n" * 100 * MEGABYTE, mtime=0)
    damaged = [
        ("truncated", "the trailer gone", whole[:-8]),
        ("truncated", "the last byte gone", whole[:-1]),
        ("truncated", "to a half", whole[: len(whole) // 2]),
        ("truncated", "to its header", whole[:10]),
        ("truncated", "to nothing", b""),
        ("bit-flipped", "in the data", _flipped(whole, 30)),
        ("bit-flipped", "in the checksum", _flipped(whole, len(whole) - 8)),
        ("bit-flipped", "in the length", _flipped(whole, len(whole) - 1)),
        ("bit-flipped", "in the magic", _flipped(whole, 0)),
        ("trailing-bytes", "text", whole + b"garbage"),
        ("trailing-bytes", "half a member", whole + whole[:15]),
        ("plain-text", "CSV", ORDERS),
        ("plain-text", "a ZIP", b"PK\x03\x04" + ORDERS),
    ]
    lines = contract_of("jsonl.gz")
    return [
        loaded("file-gzip", "one member", whole, rows=2, contract=GZIP),
        loaded(
            "file-gzip", "no rows", gzip.compress(HEADER.encode(), mtime=0), rows=0, contract=GZIP
        ),
        loaded(
            "file-gzip",
            "JSON Lines without rows",
            gzip.compress(b"", mtime=0),
            rows=0,
            contract=lines,
        ),
        loaded("file-gzip", "padded with zeros", whole + b"\x00" * 512, rows=2, contract=GZIP),
        loaded("file-gzip-two-members", "a row each", two, rows=2, contract=GZIP),
        *(
            refused(f"file-gzip-{what}", how, data, NOT_WHOLE, contract=GZIP)
            for what, how, data in damaged
        ),
        refused("file-gzip-truncated", "JSON Lines, to nothing", b"", NOT_WHOLE, contract=lines),
        refused(
            "file-gzip-plain-text", "gzip in gzip", gzip.compress(whole, mtime=0), contract=GZIP
        ),
        refused("file-gzip-bomb", "1:1000", bomb, "more than 200 times its size", contract=GZIP),
    ]


def columnar() -> list[Hostile]:
    """Parquet of another schema, damaged, or with values no text could hold."""
    whole = parquet_of()
    doubles = contract_of("parquet", columns=value_of("number", "double"))
    one = {"id": (["1", "2", "3"], pa.string())}
    odd = parquet_of(one, v=([1.5, float("nan"), float("-inf")], pa.float64()))
    other: list[tuple[str, str, Any]] = [
        ("wider", "quantity", ([1, 2], pa.int64())),
        ("wider", "amount", ([Decimal(1), None], pa.decimal128(38, 2))),
        ("retyped", "quantity", ([1.0, 2.0], pa.float64())),
        ("retyped", "quantity", (["1", "2"], pa.string())),
        ("retyped", "quantity", ([True, False], pa.bool_())),
        ("retyped", "quantity", ([1, 2], pa.uint32())),
        ("retyped", "order_id", ([1, 2], pa.int64())),
        ("retyped", "order_id", ([b"a", b"b"], pa.binary())),
        ("retyped", "amount", ([2.5, 1.0], pa.float64())),
        ("retyped", "amount", ([Decimal(1), None], pa.decimal128(18, 3))),
        ("retyped", "ordered_at", (["x", "y"], pa.string())),
        ("retyped", "ordered_at", ([NOON.date(), None], pa.date32())),
        ("retyped", "ordered_at", ([NOON, NOON], pa.timestamp("ns"))),
        ("nested", "order_id", ([["a"], ["b"]], pa.list_(pa.string()))),
        ("nested", "order_id", ([{"a": "x"}, None], pa.struct([("a", pa.string())]))),
    ]
    twice = [*COLUMNS.values(), COLUMNS["amount"]]
    doubled = pa.table([pa.array(*pair) for pair in twice], names=[*COLUMNS, "amount"])
    return [
        loaded("parquet-narrower", "none, as the contract says", whole, rows=2, contract=PARQUET),
        loaded(
            "parquet-narrower",
            "int8",
            parquet_of(quantity=([1, 2], pa.int8())),
            rows=2,
            contract=PARQUET,
        ),
        loaded(
            "parquet-columns-reordered",
            "backwards",
            parquet_of(dict(reversed(COLUMNS.items()))),
            rows=2,
            contract=PARQUET,
        ),
        loaded(
            "parquet-no-rows",
            "a schema alone",
            parquet_of({name: ([], kind) for name, (_, kind) in COLUMNS.items()}),
            rows=0,
            contract=PARQUET,
        ),
        loaded(
            "parquet-zoned",
            "Berlin",
            parquet_of(ordered_at=([NOON, NOON], pa.timestamp("us", "Europe/Berlin"))),
            rows=2,
            values=("2025-03-01 12:00:00", "2025-03-01 12:00:00"),
            contract=PARQUET,
        ),
        *(
            refused(
                f"parquet-{what}",
                f"{name} as {pair[1]}",
                parquet_of(**{name: pair}),
                "columns of another type",
                contract=PARQUET,
            )
            for what, name, pair in other
        ),
        refused(
            "parquet-column-missing",
            "amount",
            parquet_of(amount=None),
            "missing columns: 'amount'",
            contract=PARQUET,
        ),
        refused(
            "parquet-column-extra",
            "note",
            parquet_of(note=([1, 2], pa.int8())),
            "does not know: 'note'",
            contract=PARQUET,
        ),
        refused(
            "parquet-column-case",
            "Amount",
            parquet_of(amount=None, Amount=COLUMNS["amount"]),
            "missing columns: 'amount'",
            contract=PARQUET,
        ),
        refused("parquet-column-twice", "amount", _written(doubled), contract=PARQUET),
        refused("parquet-truncated", "the last byte", whole[:-1], NOT_PARQUET, contract=PARQUET),
        refused(
            "parquet-truncated", "a half", whole[: len(whole) // 2], NOT_PARQUET, contract=PARQUET
        ),
        refused("parquet-truncated", "to nothing", b"", NOT_PARQUET, contract=PARQUET),
        refused("parquet-truncated", "the magic alone", b"PAR1PAR1", NOT_PARQUET, contract=PARQUET),
        refused(
            "parquet-bit-flipped",
            "in a value",
            _flipped(whole, whole.index(b"bob")),
            NOT_PARQUET,
            contract=PARQUET,
        ),
        refused(
            "parquet-bit-flipped",
            "in the magic",
            _flipped(whole, len(whole) - 1),
            NOT_PARQUET,
            contract=PARQUET,
        ),
        refused("parquet-not-parquet", "CSV", ORDERS, NOT_PARQUET, contract=PARQUET),
        refused(
            "parquet-not-parquet",
            "gzip",
            gzip.compress(whole, mtime=0),
            NOT_PARQUET,
            contract=PARQUET,
        ),
        Hostile(
            case="parquet-nan",
            what="and an infinity",
            data=odd,
            verdict="quarantine",
            rows=3,
            aside=(2, 3),
            because=("v: not finite",),
            contract=doubles,
            values=("1.5",),
        ),
        Hostile(
            case="parquet-nul",
            what="in a text",
            verdict="quarantine",
            rows=2,
            aside=(2,),
            data=parquet_of(order_id=(["ada", "b\x00b"], pa.string())),
            because=("order_id: holds NUL",),
            contract=PARQUET,
        ),
    ]


def cases() -> list[Hostile]:
    """Return all of them."""
    return [*manifests(), *names(), *packed(), *columnar()]

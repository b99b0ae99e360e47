"""Damage: files cut short, bits flipped, bytes shuffled; with a manifest and without one."""

import gzip
import json
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from include.landing.errors import ExtractRefusedError
from tests.landing.door import HEADER, MONDAY, Door
from tests.landing.hostile import contract_of, manifest_of
from tests.landing.hostile_files import COLUMNS, parquet_of

FORMATS = ("csv", "csv.gz", "jsonl", "jsonl.gz", "parquet")
ROWS = 300
GROUP = 50  # damaged files a landing: enough to share its cost, few enough to find a crash in

# A landed file that says nothing against itself and does not hold the whole file's rows.
SILENT = """
SELECT count(*) FROM ops.batches AS b
WHERE status = 'landed' AND path NOT LIKE '%whole.%' AND rows_quarantined = 0 AND (
    rows_delivered <> $rows OR b.batch_id IN (
        SELECT _batch_id FROM (
            SELECT _batch_id, _row_number, order_id, quantity, amount, ordered_at
            FROM raw_shop.orders
            EXCEPT
            SELECT b._batch_id, w._row_number, w.order_id, w.quantity, w.amount, w.ordered_at
            FROM (SELECT DISTINCT _batch_id FROM raw_shop.orders) AS b, raw_shop.orders AS w
            WHERE w._batch_id = (SELECT batch_id FROM ops.batches WHERE path LIKE '%whole.%')
        )
    )
)
"""


@dataclass(frozen=True, kw_only=True)
class Damage:
    """What became of damaged files."""

    tried: int
    accepted: int  # landed, if only in part
    silent: int  # landed without a word, and wrong
    crashes: tuple[str, ...]
    uncounted: int


def whole(form: str) -> bytes:
    """Return a good file of a format."""
    began = datetime(2025, 2, 1)  # noqa: DTZ001 - a column without a zone
    times = [began + timedelta(minutes=n) for n in range(ROWS)]
    if form == "parquet":
        values = (
            [f"order-{n}" for n in range(ROWS)],
            [n % 7 for n in range(ROWS)],
            [Decimal(n) / 4 for n in range(ROWS)],
            times,
        )
        kinds = (kind for _, kind in COLUMNS.values())
        return parquet_of(dict(zip(COLUMNS, zip(values, kinds, strict=True), strict=True)))
    if form.startswith("csv"):
        lines = [f"order-{n},{n % 7},{n / 4:.2f},{time}\n" for n, time in enumerate(times)]
        text = HEADER + "".join(lines)
    else:
        text = "".join(
            json.dumps(
                {
                    "order_id": f"order-{n}",
                    "quantity": n % 7,
                    "amount": n / 4,
                    "ordered_at": str(time),
                }
            )
            + "\n"
            for n, time in enumerate(times)
        )
    return gzip.compress(text.encode(), mtime=0) if form.endswith(".gz") else text.encode()


def cut_short(data: bytes, *, every: int) -> list[bytes]:
    """Return the file cut at every so many hundredths, from nothing on."""
    return [data[: len(data) * share // 100] for share in range(0, 100, every)]


def flip_bits(data: bytes, *, flips: int, seed: int) -> list[bytes]:
    """Return files with one bit changed each, at places that do not repeat."""
    bits = random.Random(seed).sample(range(len(data) * 8), flips)  # noqa: S311 - repeatable
    return [_flipped(data, bit) for bit in bits]


def _flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def shuffle_bytes(data: bytes, *, files: int, seed: int) -> list[bytes]:
    """Return files with a stretch of bytes cut out, doubled, moved or overwritten with noise."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    found = []
    for _ in range(files):
        a, b, c = sorted(chance.randrange(len(data)) for _ in range(3))
        noise = chance.randbytes(chance.randrange(1, 40))
        found.append(
            chance.choice(
                (
                    data[:a] + data[b:],
                    data[:b] + data[a:],
                    data[:a] + data[b:c] + data[a:b] + data[c:],
                    data[:a] + noise + data[a + len(noise) :],
                    data[:a] + noise + data[a:],
                )
            )
        )
    return found


def land_damaged(home: Path, form: str, damaged: Iterable[bytes], *, has_manifest: bool) -> Damage:
    """Deliver damaged files beside the whole one, land them, and say what became of them."""
    data, files = whole(form), list(damaged)
    contract = contract_of(form, mode="append", key_conflict="quarantine")
    manifest = manifest_of(data, rows=ROWS) if has_manifest else None
    groups = [files[n : n + GROUP] for n in range(0, len(files), GROUP)]
    accepted = silent = uncounted = 0
    crashes: list[str] = []
    for number, group in enumerate(groups):
        door = Door(home / f"{form}-{number}", contract=contract, name=f"whole.{form}")
        door.file(MONDAY).write_bytes(data)
        for n, content in enumerate(group):
            file = door.file(MONDAY, f"damaged-{n}.{form}")
            file.write_bytes(content)
            if manifest:
                file.with_name(f"{file.name}.manifest.json").write_text(manifest)
        crashes += _crashes(door.land)
        if not door.raw.exists():
            continue
        [(landed, lost)] = door.ask(
            "SELECT count(*), coalesce(sum(abs(rows_delivered - rows_landed - rows_quarantined)), "
            "0)::bigint FROM ops.batches WHERE status = 'landed' AND path NOT LIKE '%whole.%'"
        )
        accepted, uncounted = accepted + landed, uncounted + lost
        silent += door.ask(SILENT.replace("$rows", str(ROWS)))[0][0]
    return Damage(
        tried=len(files),
        accepted=accepted,
        silent=silent,
        crashes=tuple(crashes),
        uncounted=uncounted,
    )


def _crashes(land: Callable[[], object]) -> list[str]:
    """Land; return what it fell over, if it was anything but a refusal."""
    try:
        land()
    except ExtractRefusedError:
        return []
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a crash
        return [f"{type(error).__name__}: {error}"[:200]]
    return []

"""Memory: a longer file takes no more of it, and a file that needs more than a stream gets it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from include.landing import land
from include.settings import CHECKOUT
from tests.landing.door import HEADER, MONDAY, TUESDAY, Door

MEASURED = """
import json, re, sys
from pathlib import Path
from tests.landing.door import Door
done = Door(Path(sys.argv[1])).land()
status = Path("/proc/self/status").read_text()  # getrusage would begin with the parent's peak
print(json.dumps([done["landed"], int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) / 1024]))
"""


def peak_megabytes(home: Path, rows: int) -> float:
    """Land so many rows that can hardly be packed; return what the process took at most."""
    noise = np.random.default_rng(0).integers(0, 2**63, (rows, 5)).astype(str)
    texts = pl.DataFrame(noise).select(pl.concat_str(pl.all(), separator="-"))
    door = Door(home)
    with door.file(MONDAY).open("wb") as file:
        texts.with_columns(
            quantity=1, amount=pl.lit("1.00"), ordered_at=pl.lit("2025-03-01 10:00:00")
        ).rename({"column_0": "order_id"}).write_csv(file)
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(home)],
        env=os.environ | {"TESSERA_THREADS": "1", "TESSERA_HOME": str(home)},
        cwd=CHECKOUT,
        check=True,
        capture_output=True,
        text=True,
    )
    landed, peak = json.loads(done.stdout.splitlines()[-1])
    assert landed == rows
    return float(peak)


def test_ten_times_the_file_takes_no_more_than_a_quarter_more_memory(tmp_path: Path) -> None:
    """Without a limit of its own DuckDB would keep all it has written, up to gigabytes."""
    small, large = (peak_megabytes(tmp_path / f"{rows}", rows) for rows in (150_000, 1_500_000))
    assert large <= 1.25 * small


def test_what_needs_more_memory_than_a_stream_lands_with_all_there_is(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(land, "THREAD_BYTES", 4 << 20)
    door.deliver(MONDAY, HEADER + "first,1,1.00,2025-03-01 10:00:00\n", rows=1)
    rows = "".join(f"o{n},{n % 7},1.00,2025-03-01 10:00:00\n" for n in range(200_000))
    door.deliver(TUESDAY, HEADER + rows, rows=200_000)
    assert door.land() == {
        "files": 2,
        "delivered": 200_001,
        "landed": 200_001,
        "quarantined": 0,
        "skipped": 0,
    }
    assert caplog.text.count("tried again with all that TESSERA_MEMORY_LIMIT allows") == 1
    assert door.ask("SELECT DISTINCT verdict, times_delivered FROM ops.deliveries") == [
        ("landed", 1)
    ]
    assert door.ask("SELECT count(*) FROM ops.rebuilds") == [(0,)]

"""Every hostile delivery gets the verdict that stands beside it, and in docs/landing.md."""

import re
from pathlib import Path

import pytest

from tests.landing.hostile import LOAD, QUARANTINE, REFUSE, Hostile, all_cases, judge

TABLE = Path(__file__).parents[2] / "docs" / "landing.md"
VERDICTS = {"load": LOAD, "quarantine row": QUARANTINE, "refuse file": REFUSE}
CASES = all_cases()


@pytest.mark.parametrize("hostile", CASES, ids=str)
def test_a_hostile_delivery_gets_its_verdict(hostile: Hostile, tmp_path: Path) -> None:
    assert judge(hostile, tmp_path) == []


def test_the_table_of_verdicts_and_the_hostile_deliveries_are_the_same() -> None:
    rows = re.findall(r"^\| `([a-z0-9-]+)` \|.*?\| ([a-z ]+) \|", TABLE.read_text(), re.MULTILINE)
    table = {case: VERDICTS[verdict] for case, verdict in rows}
    assert len(table) == len(rows) > 100
    assert sorted(table.keys() - {hostile.case for hostile in CASES}) == []
    assert sorted({h.case for h in CASES if table.get(h.case) != h.verdict}) == []


def test_the_deliveries_are_the_same_on_every_run() -> None:
    assert all_cases() == CASES

"""A source that delivers nothing recent is warned about or stops the run, as its contract says."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from include.landing.__main__ import main
from include.landing.alarms import Staleness
from include.landing.contract import CONTRACTS, load_contract
from include.landing.errors import ContractError, ExtractMissingError, ExtractRefusedError
from tests.landing.door import ADA, FRIDAY, HEADER, MONDAY, TUESDAY, Door

SATURDAY, SUNDAY = date(2025, 3, 8), date(2025, 3, 9)
WRITTEN = "SELECT as_of, newest_on, days_old, verdict, note FROM ops.freshness ORDER BY as_of"
OLD = "the newest delivery is of 2025-03-04, more than"
GOOD = (CONTRACTS / "shop__order_lines.odcs.yaml").read_text(encoding="utf-8")
LATENCY = GOOD[GOOD.index("slaProperties:") : GOOD.index("customProperties:\n  - {property: del")]
OTHER = "  - {property: timeZone, value: UTC}\n"


@pytest.fixture
def late(make_door: Callable[..., Door]) -> Door:
    """A source that is warned about after three days and stops the run after four."""
    door = make_door(staleness=Staleness(warn=3, stop=4))
    door.deliver(TUESDAY, HEADER + ADA)
    return door


def test_the_day_the_limit_is_reached_is_fresh_the_next_is_warned_about_then_it_stops(
    late: Door, caplog: pytest.LogCaptureFixture
) -> None:
    late.land(FRIDAY)
    assert "newest delivery" not in caplog.text
    late.land(SATURDAY)
    assert f"{OLD} 3 days before the run of 2025-03-08" in caplog.text
    assert "goes on with what has landed" in caplog.text
    with pytest.raises(ExtractMissingError, match=r"more than 4 days.*correct staleAfterDays"):
        late.land(SUNDAY)
    assert late.ask(WRITTEN) == [
        (FRIDAY, TUESDAY, 3, "fresh", None),
        (SATURDAY, TUESDAY, 4, "warned", f"{OLD} 3 days before"),
        (SUNDAY, TUESDAY, 5, "stopped", f"{OLD} 4 days before"),
    ]


def test_a_delivery_that_comes_ends_it_and_the_days_line_is_written_anew(late: Door) -> None:
    with pytest.raises(ExtractMissingError):
        late.land(SUNDAY)
    late.deliver(FRIDAY, HEADER + ADA.replace("ada", "eve"))
    late.land(SUNDAY)
    assert late.ask(WRITTEN) == [(SUNDAY, FRIDAY, 2, "fresh", None)]


def test_a_refused_file_is_no_recent_delivery(late: Door) -> None:
    late.deliver(SATURDAY, "broken\n")
    with pytest.raises(ExtractRefusedError):
        late.land(SATURDAY)
    assert late.ask(WRITTEN)[0][1:4] == (TUESDAY, 4, "warned")


def test_nothing_at_all_is_written_down_too(make_door: Callable[..., Door]) -> None:
    door = make_door(is_required=False)
    door.land(MONDAY)
    assert door.ask(WRITTEN) == [(MONDAY, None, None, "warned", "nothing was delivered for")]


@pytest.mark.parametrize(
    ("terms", "required", "expected"),
    [
        (LATENCY, True, Staleness(stop=32)),
        (LATENCY, False, Staleness(warn=32)),
        ("", True, Staleness()),
        ("{warn: 2, stop: 10}", False, Staleness(warn=2, stop=10)),
        ("{warn: 0}", True, Staleness(warn=0)),
    ],
)
def test_the_contract_says_when(
    tmp_path: Path, terms: str, *, required: bool, expected: Staleness
) -> None:
    assert load_contract(written(tmp_path, terms, required=required)).staleness == expected


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ("{warn: 3, stop: 2}", "would stop before it warns"),
        ("{warn: 0.5}", "each a whole number of days"),
        ("{stop: true}", "each a whole number of days"),
        ("{stop: -1}", "each a whole number of days"),
        ("{after: 3}", "takes warn and stop"),
        ("32", "staleAfterDays must be dict, not int"),
        (LATENCY + "customProperties:\n  - {property: staleAfterDays, value: {stop: 9}}\n", "one"),
    ],
)
def test_a_contract_that_contradicts_itself_is_wrong(tmp_path: Path, terms: str, said: str) -> None:
    with pytest.raises(ContractError, match=rf"odcs.yaml:\d+: .*{said}"):
        load_contract(written(tmp_path, terms, required=True))


def written(folder: Path, terms: str, *, required: bool) -> Path:
    """Write the orders' contract with other ``terms`` of staleness."""
    answer = str(required).lower()
    text = GOOD.replace("requiredSource, value: true", f"requiredSource, value: {answer}")
    if terms.startswith("slaProperties") and "customProperties" in terms:
        text = text.replace(LATENCY + "customProperties:\n", terms)
    elif not terms.startswith("slaProperties"):
        custom = f"  - {{property: staleAfterDays, value: {terms}}}\n" if terms else ""
        text = text.replace(LATENCY, "").replace(OTHER, OTHER + custom)
    file = folder / "shop__order_lines.odcs.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_check_and_status_say_it_before_and_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    contracts, day = tmp_path / "contracts", tmp_path / "landing/marketing/coupon_redemptions"
    contracts.mkdir()
    name = "marketing__coupon_redemptions.odcs.yaml"
    (contracts / name).write_text((CONTRACTS / name).read_text(encoding="utf-8"))
    monkeypatch.setenv("TESSERA_CONTRACTS", str(contracts))
    file = day / "2025-01-03" / "coupon_redemptions.jsonl"
    file.parent.mkdir(parents=True)
    file.write_text(
        '{"customer_id":"1","coupon_id":"9","campaign_id":"8","redeemed_date":"2025-01-01"}\n'
    )
    assert main(["check", name, str(file)]) == 0
    assert main(["land", "--as-of", "2025-03-04"]) == 0
    assert main(["status"]) == 0
    said = capsys.readouterr().out
    assert "The newest delivery is warned about when it is over 32 days old." in said
    assert "Sources that are late" in said
    assert "2025-01-03, more than 32 days before the run of 2025-03-04. The run went on." in said

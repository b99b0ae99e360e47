"""Keys that come again are counted the same by sorting their hashes and by a set of them."""

import pytest

from include.landing import repeats
from include.landing.repeats import count_repeats
from include.warehouse import Error, connect

ROWS = 300_000  # more than one part of a result


@pytest.mark.parametrize(("at_once", "most"), [(ROWS, ROWS), (ROWS // 2 - 1, ROWS), (1, ROWS - 1)])
@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("n", 0),
        ("n // 2", ROWS // 2),
        ("least(n, 299998)", 1),
        ("CASE WHEN n % 3 > 0 THEN n END", ROWS // 3 - 1),  # no value is a key like any other
        ("'same'", ROWS - 1),
    ],
)
def test_rows_with_the_key_of_one_before_are_counted(
    monkeypatch: pytest.MonkeyPatch, at_once: int, most: int, key: str, expected: int
) -> None:
    monkeypatch.setattr(repeats, "AT_ONCE", at_once)
    monkeypatch.setattr(repeats, "MOST", most)
    with connect(None, keeps_order=False) as connection:
        connection.execute(
            "CREATE TABLE rows AS SELECT 'this' AS batch, range AS n, 'x' AS part "
            f"FROM range({ROWS}) UNION ALL SELECT 'other', 0, 'x' FROM range(5)"
        )
        counted = count_repeats(connection, "rows", f"hash({key}, part)", where="batch = 'this'")
        assert counted == (ROWS, expected)
        nobody = count_repeats(connection, "rows", "hash(n)", where="batch = 'nobody'")
    assert nobody == (0, 0)


def test_what_goes_wrong_halfway_is_the_warehouses_own_error() -> None:
    with connect(None) as connection:
        connection.execute(f"CREATE TABLE rows AS SELECT range AS n FROM range({ROWS})")
        late = f"hash(CASE WHEN n = {ROWS - 1} THEN error('no more') ELSE n END)"
        with pytest.raises(Error, match="no more"):
            count_repeats(connection, "rows", late, where="true")

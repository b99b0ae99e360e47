"""What becomes of CSV: each malformation has one verdict: load, set the row aside, refuse."""

from collections.abc import Callable

import pytest

from include.landing import records
from include.landing.errors import ExtractRefusedError
from tests.landing.door import ADA, BOB, HEADER, MONDAY, Door, column

TEXT = (column("a", "string", required=True), column("b", "string"))


@pytest.mark.parametrize(
    "content",
    [
        HEADER + ADA,
        "\ufeff" + HEADER + ADA,
        (HEADER + ADA).replace("\n", "\r\n"),
        HEADER + ADA.replace("\n", "\r\n"),
        HEADER.replace("\n", "\r\n") + ADA,
        'order_id,"quantity",amount,ordered_at\n"ada","1","2.50","2025-03-01 10:00:00"\n',
        "ordered_at,amount,order_id,quantity\n2025-03-01 10:00:00,2.50,ada,1\n",
    ],
    ids=["plain", "BOM", "CRLF", "CRLF rows", "CRLF header", "quoted", "other order"],
)
def test_what_means_the_same_loads_the_same(door: Door, content: str) -> None:
    door.deliver(MONDAY, content)
    assert door.land()["quarantined"] == 0
    found = door.ask(
        "SELECT order_id, quantity, amount::varchar, ordered_at::varchar FROM raw_shop.orders"
    )
    assert found == [("ada", 1, "2.50", "2025-03-01 10:00:00")]


def test_a_last_line_without_a_break_needs_a_manifest_to_vouch_for_it(door: Door) -> None:
    door.deliver(MONDAY, HEADER + ADA + BOB.rstrip())
    door.land()
    assert door.values("order_id") == ["ada"]
    assert door.reasons() == [
        ["line: the last has no line break, and no manifest vouches for the file"]
    ]

    door.deliver(MONDAY, HEADER + BOB + ADA.rstrip(), rows=2)
    door.land()
    assert door.values("order_id") == ["bob", "ada"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"bob,2", "line: 2 fields instead of 4"),
        (b"bob,2,0.99,2025-03-01 11:00:00,", "line: 5 fields instead of 4"),
        (b"", "line: blank"),
        (b'"bob,2,0.99,2025-03-01 11:00:00', "line: quotes that do not pair up"),
        (b'b"o"b,2,0.99,2025-03-01 11:00:00', "line: quotes that do not pair up"),
        (b'"bo"b,2,0.99,2025-03-01 11:00:00', "line: quotes that do not pair up"),
        (b"b\x00b,2,0.99,2025-03-01 11:00:00", "line: a control character"),
        (b"b\x1ab,2,0.99,2025-03-01 11:00:00", "line: a control character"),
        (b"bob,2,0.99\r,2025-03-01 11:00:00", "line: a control character"),
        (b"b\xf6b,2,0.99,2025-03-01 11:00:00", "line: not valid UTF-8"),
        (b"b\xed\xa0\x80b,2,0.99,2025-03-01 11:00:00", "line: not valid UTF-8"),
    ],
    ids=lambda case: case if isinstance(case, str) else repr(case)[:24],
)
def test_a_broken_line_is_set_aside_and_its_neighbours_land_with_their_numbers(
    door: Door, line: bytes, reason: str
) -> None:
    eve = "eve,3,,2025-03-01 12:00:00\n"
    door.deliver(MONDAY, (HEADER + ADA).encode() + line + b"\n" + eve.encode(), rows=3)
    assert door.land() == {
        "files": 1,
        "delivered": 3,
        "landed": 2,
        "quarantined": 1,
        "skipped": 0,
    }
    assert door.values("order_id") == ["ada", "eve"]
    assert door.values("_row_number") == [1, 3]
    [(row_number, raw_text, reasons)] = door.aside()
    assert row_number == 2
    assert reason in reasons
    is_text = reason != "line: not valid UTF-8"
    assert raw_text == (line.decode() if is_text else "\\x" + (line + b"\n").hex())


def test_all_reasons_of_a_line_are_kept(door: Door) -> None:
    door.deliver(MONDAY, HEADER + "a\x01,x\n" + 'b"\x01,x\n')
    door.land()
    assert door.reasons() == [
        ["line: 2 fields instead of 4", "line: a control character"],
        ["line: a control character", "line: quotes that do not pair up"],
    ]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("order_id,quantity,amount", "missing columns: 'ordered_at'"),
        (
            "order_id,qty,amount,ordered_at",
            "missing columns: 'quantity'; columns the contract does not know: 'qty'",
        ),
        ("order_id,quantity,amount,ordered_at,note", "does not know: 'note'"),
        ("order_id,quantity,amount,amount,ordered_at", "given twice: 'amount'"),
        ("Order_ID,quantity,amount,ordered_at", "does not know: 'Order_ID'"),
        ("order_id;quantity;amount;ordered_at", "parted by ';'; its contract says ','"),
        ("ada,1,2.50,2025-03-01 10:00:00", "missing columns"),
        ("\ufeff\ufefforder_id,quantity,amount,ordered_at", "missing columns: 'order_id'"),
    ],
)
def test_a_header_that_is_not_the_contracts_refuses_the_file(
    door: Door, header: str, said: str
) -> None:
    door.deliver(MONDAY, header + "\n" + ADA)
    with pytest.raises(ExtractRefusedError, match=said):
        door.land()
    assert door.values("order_id") == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        ((HEADER + ADA).encode("utf-16"), "UTF-16"),
        (
            HEADER.replace("\n", "\r").encode() + ADA.replace("\n", "\r").encode(),
            "missing columns|header",
        ),
    ],
    ids=["empty", "UTF-16", "CR only"],
)
def test_a_file_without_lines_we_can_tell_apart_is_refused(
    door: Door, content: bytes, said: str
) -> None:
    door.deliver(MONDAY, content)
    with pytest.raises(ExtractRefusedError, match=said):
        door.land()


def test_a_day_without_rows_lands_as_none(door: Door) -> None:
    door.deliver(MONDAY, HEADER, rows=0)
    assert door.land() == {
        "files": 1,
        "delivered": 0,
        "landed": 0,
        "quarantined": 0,
        "skipped": 0,
    }


def test_a_file_with_no_good_row_lands_none_of_them(door: Door) -> None:
    door.deliver(MONDAY, HEADER + "a\n" * 50)
    assert door.land()["quarantined"] == 50


def test_quotes_hold_delimiters_and_quotes(make_door: Callable[..., Door]) -> None:
    door = make_door(columns=TEXT)
    door.deliver(MONDAY, 'a,b\n"x,""y"" z",""\n"""",w\n')
    door.land()
    assert door.values("a") == ['x,"y" z', '"']
    assert door.values("b") == [None, "w"]


def test_line_breaks_in_fields_load_only_where_the_contract_has_them(
    make_door: Callable[..., Door],
) -> None:
    content = 'a,b\n"x\ny",1\nz,2\n'
    door = make_door(columns=TEXT)
    door.deliver(MONDAY, content)
    door.land()
    assert door.values("a") == ["z"]
    assert [row for row, _, _ in door.aside()] == [1, 2]

    multiline = make_door(columns=TEXT, has_line_breaks_in_fields=True, entity="notes")
    multiline.deliver(MONDAY, content + 'short\n"u\r\nv",3\n')
    multiline.land()
    assert multiline.values("a") == ["x\ny", "z", "u\r\nv"]
    assert multiline.values("_row_number") == [1, 2, 4]


def test_a_quote_that_is_never_closed_refuses_a_file_with_line_breaks_in_fields(
    make_door: Callable[..., Door],
) -> None:
    door = make_door(columns=TEXT, has_line_breaks_in_fields=True)
    door.deliver(MONDAY, 'a,b\nx,1\n"y,2\nz,3\n')
    with pytest.raises(ExtractRefusedError, match="a quote opened in row 2 is never closed"):
        door.land()


def test_the_contracts_dialect_and_encoding_are_followed(make_door: Callable[..., Door]) -> None:
    door = make_door(
        columns=TEXT,
        delimiter=";",
        quote="'",
        encoding="WINDOWS-1252",
        null_tokens=("", "NULL", "n/a"),
    )
    door.deliver(MONDAY, "b;a\nNULL;'caf\u00e9 \u20ac; \"x\"'\nn/a;y\n".encode("cp1252"))
    door.land()
    assert door.values("a") == ['caf\u00e9 \u20ac; "x"', "y"]
    assert door.values("b") == [None, None]


def test_records_are_cut_the_same_wherever_the_blocks_end(
    make_door: Callable[..., Door], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "BLOCK_BYTES", 7)
    door = make_door(columns=TEXT, has_line_breaks_in_fields=True)
    door.deliver(MONDAY, 'a,b\n"one\ntwo",\u00e9\nbroken\n"th""ree",4\nfive,\u00fc\n', rows=4)
    door.land()
    assert door.values("a") == ["one\ntwo", 'th"ree', "five"]
    assert door.values("_row_number") == [1, 3, 4]
    assert door.aside()[0][:2] == (2, "broken")


def test_a_line_without_end_is_refused_at_the_cap(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "MAX_RECORD_BYTES", 1000)
    monkeypatch.setattr(records, "BLOCK_BYTES", 500)
    door.deliver(MONDAY, HEADER + "x" * 1200 + "\n" + ADA)
    with pytest.raises(ExtractRefusedError, match="row 1 is longer than 1,000 bytes"):
        door.land()
    door.deliver(MONDAY, HEADER + ADA + "x" * 5000)
    with pytest.raises(ExtractRefusedError, match="row 2 is longer than 1,000 bytes"):
        door.land()

"""What becomes of values: those of the contract's types land, all else is set aside by name."""

from collections.abc import Callable

import pytest

from tests.landing.door import HEADER, MONDAY, Door, column

KEY = column("id", "string", required=True, key_position=1)


@pytest.fixture
def verdict(make_door: Callable[..., Door]) -> Callable[..., object]:
    """Land one value in a column of a type; return it, or the reasons it was set aside."""

    def judge(
        value: str, logical_type: str, physical_type: str | None = None, **terms: object
    ) -> object:
        door = make_door(columns=(KEY, column("v", logical_type, physical_type, **terms)))
        door.deliver(MONDAY, f"id,v\n1,{value}\n")
        done = door.land()
        assert done["delivered"] == done["landed"] + done["quarantined"] == 1
        return door.reasons()[0] if done["quarantined"] else str(door.values("v")[0])

    return judge


@pytest.mark.parametrize(
    ("value", "physical_type", "landed"),
    [
        ("0", "integer", "0"),
        ("-7", "integer", "-7"),
        ("007", "integer", "7"),
        ("2147483647", "integer", "2147483647"),
        ("9007199254740993", "bigint", "9007199254740993"),
        ("2.5", "decimal(18,2)", "2.50"),
        ("-0.05", "decimal(18,2)", "-0.05"),
        ("9999999999999999.99", "decimal(18,2)", "9999999999999999.99"),
        ("12", "decimal(18,2)", "12.00"),
        ("2.5", "double", "2.5"),
        ("true", "boolean", "True"),
        ("FALSE", "boolean", "False"),
        ("2024-02-29", "date", "2024-02-29"),
        ("2025-03-01T10:00:00Z", "timestamp", "2025-03-01 10:00:00"),
        ("2025-03-01 10:00:00.123456", "timestamp", "2025-03-01 10:00:00.123456"),
        (" padded ", "varchar", " padded "),
        ("NaN", "varchar", "NaN"),
        ("", "integer", "None"),
    ],
)
def test_a_value_of_its_type_lands_exactly(
    verdict: Callable[..., object], value: str, physical_type: str, landed: str
) -> None:
    logical = {
        "bigint": "integer",
        "decimal(18,2)": "number",
        "double": "number",
        "varchar": "string",
    }
    assert verdict(value, logical.get(physical_type, physical_type), physical_type) == landed


@pytest.mark.parametrize(
    "value",
    [
        "1.5",
        "1e3",
        " 1",
        "1_000",
        "\u0663",
        "2147483648",
        "0x10",
        "+1",
        "-",
        "NULL",
        "one",
        "1;000",
    ],
)
def test_what_is_no_whole_number_is_set_aside(verdict: Callable[..., object], value: str) -> None:
    assert verdict(value, "integer") == ["v: not a whole number"]


@pytest.mark.parametrize(
    "value",
    [
        "NaN",
        "inf",
        "-Infinity",
        "1e309",
        "1.234",
        "\u0661.\u0665",
        "99999999999999999",
        ".5",
        "5.",
        "1.2.3",
        "$5",
    ],
)
def test_what_is_no_decimal_is_set_aside_never_rounded(
    verdict: Callable[..., object], value: str
) -> None:
    assert verdict(value, "number") == ["v: not a decimal(18,2)"]


@pytest.mark.parametrize("value", ["nan", "inf", "1e309", "1e5", "9" * 400])
def test_a_double_is_finite_and_written_in_digits(
    verdict: Callable[..., object], value: str
) -> None:
    reasons = verdict(value, "number", "double")
    assert isinstance(reasons, list)
    assert set(reasons) <= {"v: not a double", "v: not finite"}
    assert reasons


@pytest.mark.parametrize(
    "value",
    [
        "2025-02-29",
        "01/02/2025",
        "2025-2-3",
        "20250203",
        "infinity",
        "epoch",
        "2025-03-01 10:00:00",
        "45000",
    ],
)
def test_what_is_no_date_is_set_aside(verdict: Callable[..., object], value: str) -> None:
    assert verdict(value, "date") == ["v: not a date (YYYY-MM-DD)"]


@pytest.mark.parametrize(
    "value",
    [
        "2025-03-01",
        "2025-03-01 24:00:00",
        "2025-03-01 10:00:60",
        "2025-03-01 10:00:00+02:00",
        "2025-03-01 10:00:00.1234567",
        "1740823200",
        "1740823200000",
        "infinity",
    ],
)
def test_what_is_no_time_in_the_contracts_zone_is_set_aside(
    verdict: Callable[..., object], value: str
) -> None:
    assert verdict(value, "timestamp") == ["v: not a time (YYYY-MM-DD HH:MM:SS)"]


@pytest.mark.parametrize(
    ("value", "terms", "reason"),
    [
        ("", {"required": True}, "v: missing"),
        ("red", {"enum": ("blue", "green")}, "v: not one of the contract's values"),
        ("xyz", {"pattern": "[a-c]+"}, "v: not of the pattern"),
        ("abcdef", {"max_length": 5}, "v: longer than 5"),
    ],
)
def test_text_is_held_to_the_contracts_terms(
    verdict: Callable[..., object], value: str, terms: dict[str, object], reason: str
) -> None:
    assert verdict(value, "string", **terms) == [reason]


def test_the_ends_of_a_range_belong_to_it(verdict: Callable[..., object]) -> None:
    terms = {"minimum": "0", "maximum": "9.99"}
    assert verdict("0", "number", **terms) == "0.00"
    assert verdict("9.99", "number", **terms) == "9.99"
    assert verdict("-0.01", "number", **terms) == ["v: below 0"]
    assert verdict("10.00", "number", **terms) == ["v: above 9.99"]


def test_a_file_holds_what_was_before_its_day(verdict: Callable[..., object]) -> None:
    assert (
        verdict("2025-03-02 23:59:59", "timestamp", before_delivery=True) == "2025-03-02 23:59:59"
    )
    late = ["v: not before the delivery date"]
    assert verdict("2025-03-03 00:00:00", "timestamp", before_delivery=True) == late


def test_all_reasons_of_a_row_are_kept_without_its_values(door: Door) -> None:
    door.deliver(MONDAY, HEADER + ",-2,secret,2031-01-01 00:00:00\n")
    door.land()
    assert door.aside() == [
        (
            1,
            ",-2,secret,2031-01-01 00:00:00",
            [
                "order_id: missing",
                "quantity: below 0",
                "amount: not a decimal(18,2)",
                "ordered_at: not before the delivery date",
            ],
        )
    ]


def test_a_row_given_twice_lands_once(door: Door) -> None:
    row = "ada,1,2.50,2025-03-01 10:00:00\n"
    door.deliver(MONDAY, HEADER + row + "bob,1,,\n" + row + row)
    door.land()
    assert door.values("_row_number") == [1, 2]
    assert [(row, reasons) for row, _, reasons in door.aside()] == [
        (3, ["order_id: the row is given twice"]),
        (4, ["order_id: the row is given twice"]),
    ]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_a_key_given_twice_with_other_values_lands_in_no_order(
    door: Door, order: tuple[int, ...]
) -> None:
    rows = ["ada,1,1.00,\n", "ada,2,1.00,\n", "ada,1,1.00,\n"]
    door.deliver(MONDAY, HEADER + "bob,1,,\n" + "".join(rows[i] for i in order))
    door.land()
    assert door.values("order_id") == ["bob"]
    assert door.reasons() == [["order_id: the key is given twice, with other values"]] * 3


def test_an_extract_without_a_key_keeps_its_repeats(make_door: Callable[..., Door]) -> None:
    door = make_door(columns=(column("v", "string"),))
    door.deliver(MONDAY, "v\nx\nx\n")
    assert door.land()["landed"] == 2

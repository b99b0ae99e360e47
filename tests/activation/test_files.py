"""Files: what a spreadsheet would execute leaves as text, and what has a type leaves as it is."""

from decimal import Decimal

import polars as pl
import pytest

from include.activation.files import escape


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+49 30 1234",
        "-2",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "\x00=1",
        "  =1+1",
        "\N{FULLWIDTH EQUALS SIGN}1",
        "\N{FULLWIDTH PLUS SIGN}1",
        "\N{FULLWIDTH HYPHEN-MINUS}1",
        "\N{FULLWIDTH COMMERCIAL AT}a",
        "\N{NO-BREAK SPACE}=1",
    ],
)
def test_a_text_a_spreadsheet_would_execute_starts_with_an_apostrophe(cell: str) -> None:
    assert escape(pl.DataFrame({"reason": [cell]}))["reason"].to_list() == ["'" + cell]


@pytest.mark.parametrize(
    "cell", ["ada@example.com", "Loyal - at risk", "1 = 1", "", None, "'quoted", "a\t=1"]
)
def test_any_other_text_is_left_alone(cell: str | None) -> None:
    frame = pl.DataFrame({"reason": [cell]}, schema={"reason": pl.String})

    assert escape(frame)["reason"].to_list() == [cell]


def test_a_negative_number_stays_a_number() -> None:
    frame = pl.DataFrame({"customer_id": ["ada"], "amount": [Decimal("-3.50")], "change": [-2]})

    assert escape(frame).write_csv() == "customer_id,amount,change\nada,-3.50,-2\n"

"""The questions analysts ask most: every block of SQL in docs/questions.md answers."""

import re

import pytest

from include.settings import CHECKOUT, Settings
from include.warehouse import connect, read_query

PAGE = (CHECKOUT / "docs" / "questions.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^## \d+\. ([^\n]+)\n.*?^```sql\n(.+?)^```", re.MULTILINE | re.DOTALL)
QUESTIONS = dict(BLOCK.findall(PAGE))


def test_there_are_ten_questions_and_each_has_its_sql() -> None:
    asked = re.findall(r"^## \d+\. (.+)$", PAGE, re.MULTILINE)
    assert len(asked) == 10
    assert list(QUESTIONS) == asked


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_question_is_answered_from_what_is_published(july: Settings, question: str) -> None:
    sql = QUESTIONS[question].strip().removesuffix(";")
    assert re.findall(r"\b(?:FROM|JOIN) (?!marts\.)[a-z_]+\.", sql) == []
    with connect(july.marts, read_only=True) as marts:
        answer = read_query(marts, sql)
    assert answer.height > 0
    assert answer.width > 2

"""JSON grammar: what strict JSON may hold on a line of plain values, as regular expressions.

They are RE2's and Python's alike. A line without nesting is a regular language, so they are exact.
"""

from include.landing.contract import Column

_HEX = "[0-9a-fA-F]"
_ESCAPE = (  # no NUL, and no half of a surrogate pair
    r'\\(?:["\\/bfnrt]|u(?:'
    f"[1-9a-ce-fA-CE-F]{_HEX}{{3}}|0(?:[1-9a-fA-F]{_HEX}{{2}}|0(?:[1-9a-fA-F]{_HEX}|0[1-9a-fA-F]))"
    f"|[dD](?:[0-7]{_HEX}{{2}}|[89abAB]{_HEX}{{2}}\\\\u[dD][c-fC-F]{_HEX}{{2}})))"
)
STRING = f'"(?:[^"\\\\\\x00-\\x1f]|{_ESCAPE})*"'
NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
SPACE = r"[ \t]*"
END = r"[ \t]*\r?\n?"
SCALAR = f"(?:{STRING}|{NUMBER}|true|false|null)"
PAIR = f"{STRING}{SPACE}:{SPACE}{SCALAR}"
OBJECT = f"{SPACE}{{{SPACE}(?:{PAIR}(?:{SPACE},{SPACE}{PAIR})*)?{SPACE}}}"
_BARE = {  # values without quotes; 15 digits are what a JSON number keeps
    "boolean": "true|false",
    "integer": "-?(?:0|[1-9][0-9]{0,18})",
    "number": r"-?(?:0|[1-9][0-9]{0,10})(?:\.[0-9]{1,4})?",
}
_KINDS = {
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number in plain digits (up to 15 keep exact; else send a string)",
}


def kind(column: Column) -> str:
    """Return what JSON writes the value as: a count since 1970 is a whole number."""
    return "integer" if column.epoch else column.logical_type


def said(column: Column) -> str:
    """Return the words for what JSON writes the value as."""
    return _KINDS.get(kind(column), "a string")


def bare(column: Column) -> str | None:
    """Return what a value of the column may be without quotes; None where it has to have them."""
    return _BARE.get(kind(column))


def may_be_quoted(column: Column) -> bool:
    """Say whether a value of the column may be a string; a number may, to keep all its digits."""
    return bare(column) is None or kind(column) == "number"


def value(column: Column) -> str:
    """Return what a value of the column may be, but for null."""
    return "|".join(filter(None, [bare(column), STRING if may_be_quoted(column) else None]))

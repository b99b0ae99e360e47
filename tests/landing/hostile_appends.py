"""Hostile appends: events that come twice, with a key and without one."""

from tests.landing.door import column
from tests.landing.hostile import Hostile, contract_of, loaded, value_of


def cases() -> list[Hostile]:
    """Events: a key is judged within its delivery, and without one every row is an event."""
    first, other = "e1,view\n", "e1,buy\n"
    append = contract_of(columns=value_of("string"), mode="append")
    no_key = contract_of(columns=(column("v", "string"),), mode="append")
    return [
        Hostile(
            case="append-row-twice",
            what="an event sent again in the same file",
            data=f"id,v\n{first}e2,view\n{first}".encode(),
            verdict="quarantine",
            rows=3,
            aside=(3,),
            because=("the row is given twice",),
            contract=append,
        ),
        Hostile(
            case="append-key-conflict",
            what="an event with two values",
            data=f"id,v\n{first}{other}e2,view\n".encode(),
            verdict="quarantine",
            rows=3,
            aside=(1, 2),
            because=("the key is given twice, with other values",),
            contract=append,
        ),
        loaded(
            "append-no-key-row-twice",
            "two events that look alike",
            "v\nview\nview\n",
            rows=2,
            values=("view", "view"),
            contract=no_key,
        ),
    ]

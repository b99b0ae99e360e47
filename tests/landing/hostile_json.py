"""Hostile JSON Lines: what strict JSON forbids, what is no flat object, keys lost and unknown."""

from tests.landing.hostile import Hostile, contract_of, loaded, refused, value_of

ORDER = '{"order_id":"@","quantity":1,"amount":2.5,"ordered_at":"2025-03-01 10:00:00"}'
ADA, BOB = ORDER.replace("@", "ada"), ORDER.replace("@", "bob")
JSONL = contract_of("jsonl")
NOT_AN_OBJECT = "line: not a flat JSON object of plain values"
MEGABYTE = 1_000_000


def _line(case: str, what: str, line: str | bytes, because: str = NOT_AN_OBJECT) -> Hostile:
    """Return three lines of which the second must be set aside."""
    line = line.encode() if isinstance(line, str) else line
    data = ADA.encode() + b"\n" + line + b"\n" + BOB.encode() + b"\n"
    return Hostile(
        case=case,
        what=what,
        data=data,
        verdict="quarantine",
        rows=3,
        aside=(2,),
        because=(because,),
        contract=JSONL,
    )


def syntax() -> list[Hostile]:
    """Lines that some JSON reader or other takes."""
    forbidden = {
        "jsonl-trailing-comma": [
            '{"order_id":"b","quantity":1,}',
            '{"order_id":"b",,"quantity":1}',
            '{,"order_id":"b"}',
            '{"order_id":"b"},',
        ],
        "jsonl-nan": [
            '{"order_id":"b","quantity":@}'.replace("@", x) for x in ("NaN", "-NaN", "nan", "+NaN")
        ],
        "jsonl-infinity": [
            '{"order_id":"b","quantity":@}'.replace("@", x)
            for x in ("Infinity", "-Infinity", "+Infinity", "inf", "-inf")
        ],
        "jsonl-bad-number": [
            '{"order_id":"b","quantity":@}'.replace("@", x)
            for x in (
                "+1",
                ".5",
                "5.",
                "0x1F",
                "1e",
                "1e+",
                "-",
                "1_000",
                "1,000",
                "--1",
                "1 000",
                "\uff11",
                "1.2.3",
                "0b1",
                "- 1",
            )
        ],
        "jsonl-leading-zero": [
            '{"order_id":"b","quantity":@}'.replace("@", x) for x in ("01", "-01", "00", "01.5")
        ],
        "jsonl-single-quotes": ["{'order_id':'b'}", "{\"order_id\":'b'}"],
        "jsonl-unquoted": [
            '{order_id:"b"}',
            '{"order_id":b}',
            '{"order_id":True}',
            '{"order_id":None}',
            '{"order_id":undefined}',
        ],
        "jsonl-comment": [
            '{"order_id":"b"} // note',
            '/* note */ {"order_id":"b"}',
            '{"order_id":"b" /* note */}',
            '{"order_id":"b"} # note',
        ],
        "jsonl-truncated": [
            '{"order_id":"b","quantity":1',
            '{"order_id":"b',
            '{"order_id":',
            "{",
            '"order_id":"b"}',
            '{"order_id"}',
            '{"order_id":"b",',
        ],
        "jsonl-two-objects": [
            '{"order_id":"b"}}',
            '{"order_id":"b"}x',
            '{"order_id":"b"};',
            '{"order_id":"b"}{"order_id":"c"}',
            '{"order_id":"b"}]',
        ],
        "jsonl-no-separator": [
            '{"order_id":"b" "quantity":1}',
            '{"order_id" "b"}',
            '{"order_id";"b"}',
            '{"order_id"="b"}',
            '{"order_id"::"b"}',
        ],
        "jsonl-bad-escape": [
            '{"order_id":"@"}'.replace("@", x)
            for x in ("\\x41", "\\'", "\\a", "\\u12", "\\u12G4", "\\U00000041", "\\", "\\u", "\\0")
        ],
        "jsonl-surrogate-escape": [
            '{"order_id":"@","quantity":1}'.replace("@", x)
            for x in (
                "\\ud800",
                "\\udc00",
                "\\udc00\\ud800",
                "\\ud800x",
                "\\ud800\\u0041",
                "\\uD83D\\n",
            )
        ],
        "jsonl-nul-escape": ['{"order_id":"\\u0000","quantity":1}', '{"order_id":"a\\u0000b"}'],
        "jsonl-nested": [
            '{"order_id":{"id":"b"},"quantity":1}',
            '{"order_id":["b"],"quantity":1}',
            '{"order_id":"b","quantity":1,"note":{}}',
            '{"order_id":[]}',
        ],
        "jsonl-deep": [
            "[" * 500 + "]" * 500,
            '{"order_id":' * 500 + "1" + "}" * 500,
            "[" * 9999,
            '{"order_id":' + "[" * 100_000,
        ],
        "jsonl-array": [
            '["order_id","b"]',
            '"order_id"',
            "null",
            "true",
            "7",
            "[]",
            "order_id,b",
            '[{"order_id":"b"}]',
        ],
        "jsonl-bad-space": [
            '\u00a0{"order_id":"b"}',
            '{"order_id":\u2003"b"}',
            '\ufeff{"order_id":"b"}',
        ],
    }
    bytes_wrong = {
        "a tab in a string": (b'{"order_id":"b\tc","quantity":1}', NOT_AN_OBJECT),
        "a control character": (b'{"order_id":"b\x01","quantity":1}', "line: a control character"),
        "a carriage return": (b'{"order_id":"b\r","quantity":1}', "line: a control character"),
        "NUL": (b'{"order_id":"b\x00","quantity":1}', "line: a control character"),
        "a form feed as space": (b'\x0c{"order_id":"b"}', "line: a control character"),
        "Latin-1": (b'{"order_id":"b\xf6b","quantity":1}', "line: not valid UTF-8"),
        "a surrogate in UTF-8": (b'{"order_id":"\xed\xa0\x80","quantity":1}', "not valid UTF-8"),
        "a blank line": (b"", "line: blank"),
    }
    return [
        *(_line(case, line[:40], line) for case, lines in forbidden.items() for line in lines),
        *(_line("jsonl-bad-bytes", what, *pair) for what, pair in bytes_wrong.items()),
        _line(
            "jsonl-key-twice",
            "at once",
            '{"order_id":"b","order_id":"c","quantity":1}',
            "line: a key given twice",
        ),
        _line(
            "jsonl-key-twice",
            "by an escape",
            '{"order_id":"b","order\\u005fid":"c","quantity":1}',
            "line: ",
        ),
        _line(
            "jsonl-key-twice",
            "in another order",
            '{"quantity":1,"order_id":"b","quantity":2}',
            "line: a key given twice",
        ),
    ]


def values() -> list[Hostile]:
    """Values of another JSON type than the contract's, or beyond what a JSON number keeps."""
    number, whole = "amount: not a number in plain digits", "quantity: not a whole number in JSON"
    text = "order_id: not a string in JSON"
    wrong = {
        "jsonl-number-for-string": {
            '{"order_id":7,"quantity":1}': text,
            '{"order_id":true,"quantity":1}': text,
            '{"order_id":"b","quantity":1,"ordered_at":1740823200}': "ordered_at: not a string",
        },
        "jsonl-string-for-integer": {
            '{"order_id":"b","quantity":"1"}': whole,
            '{"order_id":"b","quantity":true}': whole,
        },
        "jsonl-leading-zero": {'{"order_id":"b","quantity":-01}': NOT_AN_OBJECT},
        "jsonl-fraction-for-integer": {
            '{"order_id":"b","quantity":1.0}': whole,
            '{"order_id":"b","quantity":1e2}': whole,
        },
        "jsonl-number-exponent": {
            '{"order_id":"b","quantity":1,"amount":1e400}': number,
            '{"order_id":"b","quantity":1,"amount":1e5}': number,
            '{"order_id":"b","quantity":1,"amount":1E-2}': number,
        },
        "jsonl-number-too-precise": {
            '{"order_id":"b","quantity":1,"amount":0.12345}': number,
            '{"order_id":"b","quantity":1,"amount":123456789012.5}': number,
        },
        "value-nan": {'{"order_id":"b","quantity":1,"amount":"NaN"}': "amount: not a decimal"},
        "value-too-precise": {'{"order_id":"b","quantity":1,"amount":0.123}': "amount: not a dec"},
        "value-too-large": {'{"order_id":"b","quantity":2147483648}': "quantity: not a whole"},
        "jsonl-key-left-out-required": {
            '{"quantity":1}': "order_id: missing",
            "{}": "order_id: missing",
        },
        "value-missing": {'{"order_id":null,"quantity":1}': "order_id: missing"},
    }
    ids = contract_of("jsonl", columns=value_of("integer", "bigint"))
    big = "".join(f'{{"id":"{n}","v":{n}}}\n' for n in (9007199254740993, -9007199254740993))
    return [
        *(
            _line(case, line[:60], line, because)
            for case, lines in wrong.items()
            for line, because in lines.items()
        ),
        loaded(
            "jsonl-number-as-string",
            "17 digits",
            '{"id":"1","v":"9999999999999999.99"}\n',
            rows=1,
            contract=contract_of("jsonl", columns=value_of("number")),
            values=("9999999999999999.99",),
        ),
        loaded(
            "value-exact",
            "JSON's zeros",
            '{"id":"1","v":-0}\n{"id":"2","v":-0.0}\n{"id":"3","v":2.50}\n{"id":"4","v":"2.5"}\n',
            rows=4,
            contract=contract_of("jsonl", columns=value_of("number")),
            values=("0.00", "0.00", "2.50", "2.50"),
        ),
        loaded(
            "value-id-beyond-2-53",
            "whole numbers",
            big,
            rows=2,
            contract=ids,
            values=("9007199254740993", "-9007199254740993"),
        ),
    ]


def files() -> list[Hostile]:
    """Whole files: keys no line has, keys the contract does not know, other line ends, sizes."""
    missing = ADA.replace('"amount":2.5,', "")
    unknown = ADA.replace("}", ',"note":"x"}')
    same = {
        "jsonl-key-order": '{"quantity":1,"order_id":"b","ordered_at":null,"amount":null}',
        "jsonl-key-left-out": '{"order_id":"b","quantity":1}',
        "jsonl-spaces": '\t{ "order_id" : "b" ,"quantity":1 } \r',
        "jsonl-control-escape": '{"order_id":"\\u0001\\u001f\\u007f\\b\\n","quantity":1}',
        "jsonl-escapes": '{"order_id":"\\ud83d\\ude00\\/\\"\\\\","quantity":1}',
    }
    return [
        *(
            loaded(case, "in the second line", f"{ADA}\n{line}\n", rows=2, contract=JSONL)
            for case, line in same.items()
        ),
        refused("jsonl-key-in-no-line", "in every line", missing + "\n", "amount", contract=JSONL),
        refused("jsonl-key-unknown", "in the first line", unknown + "\n", "note", contract=JSONL),
        refused(
            "jsonl-key-unknown", "in a later line", f"{ADA}\n{unknown}\n", "note", contract=JSONL
        ),
        refused(
            "jsonl-key-case",
            "in the first line",
            ADA.replace("amount", "Amount") + "\n",
            "amount",
            contract=JSONL,
        ),
        refused(
            "jsonl-key-case",
            "in a later line",
            f"{ADA}\n{ADA.replace('amount', 'Amount')}\n",
            "keys the contract does not know: 'Amount'",
            contract=JSONL,
        ),
        refused(
            "jsonl-not-jsonl",
            "pretty printed",
            f"[\n  {ADA},\n  {BOB}\n]\n".replace('"amount":2.5,', ""),
            contract=JSONL,
        ),
        refused("jsonl-not-jsonl", "CSV", "order_id,quantity\nada,1\n", contract=JSONL),
        refused("jsonl-not-jsonl", "UTF-16", f"{ADA}\n".encode("utf-16"), contract=JSONL),
        refused("jsonl-not-jsonl", "deep in its first line", "[" * 100_000 + "\n", contract=JSONL),
        refused(
            "jsonl-not-jsonl", "a number of 10,000 digits", "9" * 10_000 + "\n", contract=JSONL
        ),
        refused("jsonl-not-jsonl", "two lines", f"{missing}\r{missing}\r", contract=JSONL),
        refused(
            "file-line-too-long",
            "5 MB",
            f'{ADA}\n{{"order_id":"{"x" * 5 * MEGABYTE}"}}\n',
            "row 2 is longer than",
            contract=JSONL,
        ),
        refused(
            "file-mostly-bad",
            "a million blank lines",
            f"{ADA}\n" + "\n" * MEGABYTE + "\n",
            "1,000,001 of its first 1,000,002 rows cannot land",
            contract=JSONL,
        ),
        loaded("file-empty-jsonl", "no bytes", b"", rows=0, contract=JSONL),
        loaded(
            "file-line-long",
            "just under the cap",
            f'{ADA}\n{{"order_id":"{"x" * (2 * MEGABYTE - 100)}","quantity":1}}\n',
            rows=2,
            contract=JSONL,
        ),
    ]


def cases() -> list[Hostile]:
    """Return all of them."""
    return [*syntax(), *values(), *files()]

"""Hostile CSV: encodings, line ends, ragged rows, quotes, headers, dialects, sizes."""

from tests.landing.door import ADA, BOB, HEADER, column
from tests.landing.hostile import (
    Hostile,
    contract_of,
    csv_of,
    loaded,
    manifest_of,
    refused,
    spoiled,
)

NOT_UTF_8, CONTROL = "line: not valid UTF-8", "line: a control character"
QUOTES, BLANK = "line: quotes that do not pair up", "line: blank"
REST = b",2,0.99,2025-03-01 11:00:00"
TEXT = (column("a", "string", required=True), column("b", "string"))
MULTILINE = contract_of(columns=TEXT, has_line_breaks_in_fields=True)
NAMES = HEADER.strip()
MEGABYTE = 1_000_000


def encodings() -> list[Hostile]:
    """Bytes that are not what the contract says, and some that only look odd."""
    latin, windows = contract_of(encoding="ISO-8859-1"), contract_of(encoding="WINDOWS-1252")
    cafe = HEADER + ADA.replace("ada", "caf\u00e9")
    two = HEADER + ADA + BOB
    bad_bytes = {
        "a byte of Latin-1": b"b\xf6b",
        "a character cut short": b"bob\xc3",
        "a lone continuation": b"\x80bob",
        "above the last character": b"\xf4\x90\x80\x80",
        "a byte that is never UTF-8": b"bob\xff",
    }
    odd = {
        "mojibake": "caf\u00c3\u00a9",
        "line separators of Unicode": "a\u2028b\u2029c\u0085d",
        "right-to-left and zero width": "\u202eada\u200b\ufeff",
        "combining marks": "Z\u0351\u036b\u0343a\u0328",
        "emoji beyond the first plane": "\U0001f469\u200d\U0001f4bb",
        "noncharacters": "\ufffe\uffff",
        "SQL": "'; DROP TABLE raw_shop.orders; --",
        "a template": "{{ 7 * 7 }} ${jndi:x} %s%n",
    }
    return [
        *(
            spoiled("encoding-invalid-utf-8", what, raw + REST, NOT_UTF_8)
            for what, raw in bad_bytes.items()
        ),
        *(
            loaded("encoding-odd-text", what, HEADER + ADA.replace("ada", text), rows=1)
            for what, text in odd.items()
        ),
        *(
            spoiled("encoding-surrogate", what, raw + REST, NOT_UTF_8)
            for what, raw in (
                ("a lone one", b"b\xed\xa0\x80b"),
                ("a pair", b"\xed\xa0\xbd\xed\xb8\x80"),
            )
        ),
        *(
            spoiled("encoding-overlong", repr(raw), raw + REST, NOT_UTF_8)
            for raw in (b"b\xc0\xafb", b"\xe0\x80\xaf", b"\xc1\x81")
        ),
        *(
            loaded("csv-formula", text[:9], HEADER + ADA.replace("ada", text), rows=1)
            for text in ("=cmd|' /C calc'!A0", "@SUM(1)", "+1+1", "-2+3", "\t=1+1", "\uff1d1+1")
        ),
        loaded("encoding-bom", "one", "\ufeff" + two, rows=2),
        refused("encoding-bom-twice", "two", "\ufeff\ufeff" + two, "missing columns: 'order_id'"),
        refused("encoding-utf-16-undeclared", "with its mark", two.encode("utf-16"), "UTF-16"),
        refused(
            "encoding-utf-16-undeclared",
            "big-endian",
            b"\xfe\xff" + two.encode("utf-16-be"),
            "UTF-16",
        ),
        refused("encoding-utf-16-undeclared", "without a mark", two.encode("utf-16-le")),
        refused("encoding-utf-16-undeclared", "UTF-32", two.encode("utf-32")),
        loaded(
            "encoding-legacy-declared",
            "by contract",
            cafe.encode("latin-1"),
            rows=1,
            contract=latin,
        ),
        loaded(
            "encoding-legacy-declared",
            "by contract, Windows",
            cafe.encode("cp1252"),
            rows=1,
            contract=windows,
        ),
        refused(
            "encoding-legacy-undecodable",
            "a byte Windows-1252 has not",
            b"\x81" + cafe.encode("cp1252"),
            "WINDOWS-1252",
            contract=windows,
        ),
        refused(
            "encoding-utf-16-cut",
            "by a byte",
            two.encode("utf-16")[:-1],
            "UTF-16: truncated data",
            contract=contract_of(encoding="UTF-16"),
        ),
        spoiled("encoding-nul", "in a field", b"b\x00b" + REST, CONTROL),
        spoiled("encoding-nul", "a line of them", b"\x00" * 20, CONTROL),
        *(
            spoiled("encoding-control", repr(code), b"b" + code + b"b" + REST, CONTROL)
            for code in (b"\x01", b"\x0b", b"\x0c", b"\x1a", b"\x1b[31m", b"\x1f")
        ),
    ]


def line_ends() -> list[Hostile]:
    """Line ends of other systems, of several systems, of none."""
    plain = HEADER + ADA + BOB
    return [
        loaded("csv-crlf", "throughout", plain.replace("\n", "\r\n"), rows=2),
        loaded(
            "csv-mixed-line-ends",
            "CRLF in the rows",
            HEADER + ADA.replace("\n", "\r\n") + BOB,
            rows=2,
        ),
        loaded(
            "csv-mixed-line-ends", "CRLF in the header", HEADER.replace("\n", "\r\n") + ADA, rows=1
        ),
        refused("csv-cr-only", "throughout", plain.replace("\n", "\r")),
        spoiled("encoding-control", "in a field", b"b\rob" + REST, CONTROL),
        spoiled("encoding-control", "two before the line feed", b"bob" + REST + b"\r\r", CONTROL),
        spoiled("csv-blank-line", "between rows", b"", BLANK),
        spoiled("csv-blank-line", "with CRLF", b"\r", BLANK),
        Hostile(
            case="csv-blank-line",
            what="at the end",
            data=(plain + "\n").encode(),
            verdict="quarantine",
            rows=3,
            aside=(3,),
            because=(BLANK,),
        ),
        Hostile(
            case="csv-no-last-break",
            what="without a manifest",
            data=plain.rstrip().encode(),
            verdict="quarantine",
            rows=2,
            aside=(2,),
            because=("no line break",),
        ),
    ]


def shapes() -> list[Hostile]:
    """Rows with other fields than the header, and quotes where none may be."""
    ragged = {
        "one field less": ("bob,2,0.99", 3),
        "one field more": ("bob,2,0.99,2025-03-01 11:00:00,x", 5),
        "a trailing delimiter": ("bob,2,0.99,2025-03-01 11:00:00,", 5),
        "spaces alone": ("   ", 1),
        "a total": ("Total,2", 2),
        "a comment": ("# the end", 1),
        "the delimiter alone": (",", 2),
        "another delimiter": ("bob;2;0.99;2025-03-01 11:00:00", 1),
        "a decimal comma": ("bob,2,0,99,2025-03-01 11:00:00", 5),
        "a thousand fields": ("," * 999, 1000),
    }
    quotes = {
        "in mid-field": 'b"o"b,2,0.99,2025-03-01 11:00:00',
        "text after it": '"bo"b,2,0.99,2025-03-01 11:00:00',
        "escaped by a backslash": '"b\\"ob",2,0.99,2025-03-01 11:00:00',
        "an odd one": 'bob",2,0.99,2025-03-01 11:00:00',
        "a space before it": ' "bob",2,0.99,2025-03-01 11:00:00',
        "three": '"""bob",2,0.99,2025-03-01 11:00:00"',
    }
    return [
        *(
            spoiled(
                "csv-fields-missing" if fields < 4 else "csv-fields-extra",
                what,
                line,
                f"line: {fields} fields instead of 4",
            )
            for what, (line, fields) in ragged.items()
        ),
        *(spoiled("csv-quote-stray", what, line, QUOTES) for what, line in quotes.items()),
        spoiled(
            "csv-quote-unclosed", "to the line's end", '"bob,2,0.99,2025-03-01 11:00:00', QUOTES
        ),
        spoiled("csv-quote-unclosed", "in the last field", 'bob,2,0.99,"2025-03-01', QUOTES),
        spoiled("csv-header-repeated", "in mid-file", NAMES, "quantity: not a whole number"),
        Hostile(
            case="csv-line-break-undeclared",
            what="against the contract",
            data=csv_of('"b', 'ob",2,0.99,'),
            verdict="quarantine",
            rows=4,
            aside=(2, 3),
            because=(QUOTES,),
        ),
        loaded(
            "csv-line-break-declared",
            "LF and CRLF",
            'a,b\n"x\ny","1\r\n2"\nz,2\n',
            rows=2,
            contract=MULTILINE,
            values=("1\r\n2", "2"),
        ),
        refused(
            "csv-quote-unclosed-multiline",
            "to the end",
            'a,b\nx,1\n"y,2\nz,3\n',
            "a quote opened in row 2 is never closed",
            contract=MULTILINE,
        ),
        loaded(
            "csv-quote-doubled",
            "a quote alone",
            'a,b\n"x ""y"" z",""""\n',
            rows=1,
            contract=contract_of(columns=TEXT),
            values=('"',),
        ),
        loaded(
            "csv-quote-delimiter",
            "in both fields",
            'a,b\n"x,y",",,"\n',
            rows=1,
            contract=contract_of(columns=TEXT),
            values=(",,",),
        ),
        loaded(
            "csv-dialect-declared",
            "semicolons and apostrophes",
            "b;a\n'x;''y';\"\n",
            rows=1,
            contract=contract_of(columns=TEXT, delimiter=";", quote="'"),
            values=("x;'y",),
        ),
        Hostile(
            case="csv-column-retyped",
            what="texts for numbers",
            verdict="quarantine",
            rows=2,
            data=(HEADER + ADA.replace(",1,", ",one,") + BOB.replace(",2,", ",two,")).encode(),
            aside=(1, 2),
            because=("quantity: not a whole number",),
        ),
    ]


def headers() -> list[Hostile]:
    """Headers that are not the contract's, and files with nothing but a header."""
    missing, unknown, twice = "missing columns", "columns the contract does not know", "twice"
    rows, parted = ADA + BOB, "its columns are parted by"
    wrong = [
        ("csv-column-missing", "the last", "order_id,quantity,amount", (missing, "ordered_at")),
        ("csv-column-extra", "at the end", f"{NAMES},note", (unknown, "note")),
        ("csv-column-extra", "without a name", f"{NAMES},", (unknown,)),
        ("csv-column-renamed", "quantity", "order_id,qty,amount,ordered_at", (missing, unknown)),
        ("csv-column-twice", "amount", f"{NAMES},amount", (twice, "amount")),
        ("csv-column-case", "one", NAMES.replace("order_id", "Order_ID"), (missing,)),
        ("csv-column-case", "all", NAMES.upper(), (missing, unknown)),
        ("csv-column-case", "spaces", NAMES.replace(",", ", "), (missing, unknown)),
        ("csv-column-case", "a look-alike letter", NAMES.replace("o", "\u043e"), (missing,)),
        ("csv-other-delimiter", "semicolons", NAMES.replace(",", ";"), (parted,)),
        ("csv-other-delimiter", "tabs", NAMES.replace(",", "\t"), (parted,)),
        ("csv-other-delimiter", "pipes", NAMES.replace(",", "|"), (parted,)),
        ("csv-header-missing", "a row in its place", ADA.strip(), (missing,)),
        ("csv-header-missing", "a blank line first", "\n" + NAMES, ()),
        ("csv-header-missing", "a spreadsheet's sep=", "sep=,\n" + NAMES, (missing,)),
        ("csv-header-missing", "a comment first", "# orders\n" + NAMES, (missing,)),
        ("csv-header-broken", "a quote never closed", '"' + NAMES, ()),
        ("csv-header-broken", "NUL in it", NAMES.replace("_", "\x00"), ()),
    ]
    return [
        *(refused(case, what, f"{head}\n{rows}", *said) for case, what, head, said in wrong),
        refused("csv-header-broken", "Latin-1 in it", NAMES.encode() + b"\xf6\n" + rows.encode()),
        loaded(
            "csv-columns-reordered",
            "another",
            "ordered_at,amount,order_id,quantity\n,2.50,ada,1\n",
            rows=1,
        ),
        loaded(
            "csv-columns-reordered",
            "none, one name quoted",
            HEADER.replace("amount", '"amount"') + rows,
            rows=2,
        ),
        loaded("file-header-only", "LF", HEADER, rows=0),
        refused("csv-header-cut", "at its line break", NAMES, "its header has no line break"),
        loaded(
            "file-header-only",
            "vouched",
            NAMES,
            rows=0,
            manifest=manifest_of(NAMES.encode(), rows=0),
        ),
        loaded("file-header-only", "CRLF", HEADER.replace("\n", "\r\n"), rows=0),
        refused("file-empty-csv", "no bytes", b"", "empty"),
        refused("file-empty-csv", "a line feed", b"\n"),
        refused("file-empty-csv", "a byte order mark", b"\xef\xbb\xbf"),
        refused("file-empty-csv", "zeros", b"\x00" * 4096),
        refused("csv-not-text", "a PNG", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"),
        refused("csv-not-text", "a ZIP", b"PK\x03\x04\x14\x00\x00\x00\x08\x00\n"),
        refused("csv-not-text", "HTML", "<!DOCTYPE html>\n<html><body>404</body></html>\n"),
        refused("csv-not-text", "JSON", '{"order_id": "ada"}\n'),
    ]


def sizes() -> list[Hostile]:
    """Lines and files of absurd size."""
    vouched = HEADER + ADA + BOB.rstrip()
    wide = ",".join(f"c{n}" for n in range(100_000))
    return [
        loaded(
            "csv-no-last-break-vouched",
            "by a manifest",
            vouched,
            rows=2,
            manifest=manifest_of(vouched.encode(), rows=2),
        ),
        loaded(
            "file-line-long",
            "CSV, just under the cap",
            csv_of(b"x" * (2 * MEGABYTE - 100) + REST),
            rows=3,
        ),
        refused(
            "file-line-too-long",
            "a field of 5 MB",
            csv_of(b"x" * 5 * MEGABYTE + REST),
            "row 2 is longer than",
        ),
        refused(
            "file-line-endless",
            "12 MB without a break",
            HEADER.encode() + b"x" * 12 * MEGABYTE,
            f"the line that begins at byte {len(HEADER)} is longer than 8,388,608 bytes",
        ),
        refused(
            "file-line-too-long",
            "quotes that swallow 3 MB",
            b'a,b\n"' + b"x\n" * 3 * MEGABYTE,
            contract=MULTILINE,
        ),
        refused("csv-columns-100000", "in the header", f"{wide}\n{wide}\n", "missing columns"),
        spoiled(
            "csv-fields-extra", "100,000 fields", b"," * 99_999, "line: 100000 fields instead of 4"
        ),
    ]


def cases() -> list[Hostile]:
    """Return all of them."""
    return [*encodings(), *line_ends(), *shapes(), *headers(), *sizes()]

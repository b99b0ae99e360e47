"""Other people's hostile files, from packages of the npm registry: csv-spectrum and blns.

Neither is in PyPI in a version that is kept, so npm brings them to the test, each known by its
digest. Without npm or its registry the tests are skipped, and say so.
"""

import csv
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.landing.door import MONDAY, Door, column
from tests.landing.hostile import contract_of

PACKAGES = {
    "csv-spectrum-2.0.0.tgz": "002a6a938bf51ceb26af7b760f5c1b54baca4820b0e9142f135619210c93d021",
    "blns-2.0.4.tgz": "07defd1e4ac44024cec61c668696afed8353ee01d2fcaeca2a174d5220c24d9d",
}
SPECTRUM = (
    "comma_in_quotes",
    "empty",
    "empty_crlf",
    "escaped_quotes",
    "json",
    "newlines",
    "newlines_crlf",
    "quotes_and_newlines",
    "simple",
    "simple_crlf",
    "utf8",
)


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Every file of the packages by its path in them."""
    npm, folder = shutil.which("npm"), tmp_path_factory.mktemp("corpora")
    if npm is None:
        pytest.skip("no npm on this machine, which brings csv-spectrum and blns")
    names = [name.removesuffix(".tgz") for name in PACKAGES]
    asked = ["@".join(name.rsplit("-", 1)) for name in names]
    packed = subprocess.run(
        [npm, "pack", "--silent", *asked], cwd=folder, check=False, capture_output=True, timeout=120
    )
    if packed.returncode:
        pytest.skip("npm cannot reach its registry, which has csv-spectrum and blns")
    found: dict[str, bytes] = {}
    for name, sha256 in PACKAGES.items():
        data = (folder / name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == sha256
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for member in archive:
                file = archive.extractfile(member)
                found[member.name.removeprefix("package/")] = file.read() if file else b""
    return found


def landed(home: Path, data: bytes, names: list[str], *, rows: int) -> Door:
    """Land a CSV of texts that a manifest vouches for."""
    columns = tuple(column(name, "string") for name in names)
    contract = contract_of(columns=columns, has_line_breaks_in_fields=True, null_tokens=())
    door = Door(home, contract=contract)
    door.deliver(MONDAY, data, rows=rows)
    door.land()
    return door


@pytest.mark.parametrize("name", SPECTRUM)
def test_csv_spectrum_comes_back_as_its_json_says(
    packages: dict[str, bytes], name: str, tmp_path: Path
) -> None:
    rows = json.loads(packages[f"json/{name}.json"])
    door = landed(tmp_path, packages[f"csvs/{name}.csv"], list(rows[0]), rows=len(rows))
    assert door.aside() == []
    for key in rows[0]:
        assert door.values(key) == [row[key] for row in rows]


def test_csv_spectrum_is_known_whole(packages: dict[str, bytes]) -> None:
    there = {Path(path).stem for path in packages if path.startswith("csvs/")}
    assert there == {*SPECTRUM, "location_coordinates"}


def test_the_one_row_with_a_bare_quote_in_it_is_set_aside_as_it_came(
    packages: dict[str, bytes], tmp_path: Path
) -> None:
    data = packages["csvs/location_coordinates.csv"]
    header, _, row = data.partition(b"\n")
    door = landed(tmp_path, data, header.decode().split(","), rows=1)
    assert door.aside() == [(1, row.decode(), ["line: quotes that do not pair up"])]


def test_naughty_strings_come_back_as_they_are_and_those_with_control_characters_are_set_aside(
    packages: dict[str, bytes], tmp_path: Path
) -> None:
    strings = [*json.loads(packages["resources/blns.json"]), "the last"]
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(
        [["id", "v"], *enumerate(strings)]
    )
    data = text.getvalue().encode()
    door = landed(tmp_path / "csv", data, ["id", "v"], rows=len(strings))
    controls = {n for n, s in enumerate(strings) if any(c < " " and c not in "\t\n" for c in s)}
    good = [string for n, string in enumerate(strings) if n not in controls]
    assert len(good) > 400
    assert door.values("v") == good
    assert {row - 1 for row, _, _ in door.aside()} == controls

    columns = (column("id", "integer"), column("v", "string"))
    contract = contract_of("jsonl", columns=columns, null_tokens=())
    lines = [json.dumps({"id": n, "v": string}) for n, string in enumerate(strings)]
    door = Door(tmp_path / "jsonl", contract=contract, name="orders.jsonl")
    door.deliver(MONDAY, "".join(f"{line}\n" for line in lines))
    door.land()
    assert door.values("v") == strings

"""API: fetch page after page of JSON, patiently, and hand the records over as text columns.

httpx and tenacity, because both are in the lock already; dlt would bring a second pipeline.
"""

import json
import logging
from collections.abc import Generator, Iterator
from typing import Any

import httpx
import polars as pl
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_base, wait_random_exponential

from include.extraction.cursor import Window
from include.extraction.describe import Api, ByCursor, ByLink, ByPage
from include.extraction.errors import SourceError
from include.settings import Settings

logger = logging.getLogger(__name__)

TRIES = 5
PATIENCE = wait_random_exponential(multiplier=0.5, max=30)  # jitter: clients do not return in step
LONGEST_WAIT = 60.0  # seconds a server's Retry-After may ask for
TIMEOUT = 30.0
MAX_PAGE_BYTES = 64 << 20  # a page is held in memory
MAX_PAGES = 100_000  # a server that never ends must not fill the disk
PASSING = {408, 425, 429, 500, 502, 503, 504}


def fetch(
    asked: Api, window: Window, *, columns: list[str], patience: wait_base = PATIENCE
) -> Generator[pl.DataFrame]:
    """Yield the records of each page as a frame of ``columns``, all text, exactly as written.

    Raises :class:`SourceError` where a page cannot be had or is not what was described.
    """
    paths = {name: asked.columns.get(name, name) for name in columns}
    headers = {"Accept": "application/json"}
    if asked.token_from:
        token = Settings.secret(asked.token_from).get_secret_value()
        headers["Authorization"] = f"Bearer {token}"
    ends = {"{since}": window.since.isoformat(), "{until}": window.until.isoformat()}
    parameters = {name: _filled(value, ends) for name, value in asked.parameters.items()}
    with httpx.Client(headers=headers, timeout=TIMEOUT) as client:
        for page in _pages(client, asked, parameters, patience):
            records = _at(page, asked.records)
            if not isinstance(records, list) or not all(isinstance(r, dict) for r in records):
                where = repr(asked.records) if asked.records else "its top"
                raise _wrong(asked, f"a page has no list of objects at {where}")
            if not records:
                if isinstance(asked.paging, ByPage):
                    return
                continue
            yield _frame(asked, records, paths)


def _filled(value: str, ends: dict[str, str]) -> str:
    for mark, day in ends.items():
        value = value.replace(mark, day)
    return value


def _frame(asked: Api, records: list[Any], paths: dict[str, str]) -> pl.DataFrame:
    """Return the records' columns by their paths; a record without one has null there."""
    schema = pl.Schema(dict.fromkeys(paths.values(), pl.String()))
    try:
        flat = pl.json_normalize(records, separator=".", schema=schema)
    except pl.exceptions.PolarsError as error:
        problem = f"a column of a record holds a list ({type(error).__name__})"
        raise _wrong(asked, problem) from None
    return flat.select(pl.col(path).alias(name) for name, path in paths.items())


def _pages(
    client: httpx.Client, asked: Api, parameters: dict[str, str], patience: wait_base
) -> Iterator[object]:
    """Yield each page's JSON; the caller stops pages with a number."""
    paging, url, seen = asked.paging, httpx.URL(asked.url), set()
    for number in range(MAX_PAGES):
        if isinstance(paging, ByPage):
            parameters[paging.parameter] = str(paging.first + number)
        wanted = url.copy_merge_params(parameters) if parameters else url
        if wanted in seen:
            raise _wrong(asked, "a page names itself, or one before it, as the next")
        seen.add(wanted)
        body, link = _get(client, asked, wanted, patience)
        page = _parse(asked, body)
        yield page
        if isinstance(paging, ByCursor):
            following = _at(page, paging.next)
            if following in (None, ""):
                return
            parameters[paging.parameter] = str(following)
        elif isinstance(paging, ByLink):
            if not link:
                return
            url, parameters = url.join(link), {}
            if (url.scheme, url.host, url.port) != (wanted.scheme, wanted.host, wanted.port):
                raise _wrong(asked, "the next page is at another server, which gets no token")
        elif paging is None:
            return
    raise _wrong(asked, f"it has more than {MAX_PAGES:,} pages")


class _Passing(httpx.HTTPError):
    """A status that another try may not see."""

    def __init__(self, status: int, retry_after: str) -> None:
        super().__init__(f"status {status}")
        self.wait = float(retry_after) if retry_after.isdigit() else 0.0


def _get(
    client: httpx.Client, asked: Api, url: httpx.URL, patience: wait_base
) -> tuple[bytes, str]:
    """Return a page's bytes and the address of the next from its header, trying some times."""

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked_for = error.wait if isinstance(error, _Passing) else 0.0
        return max(patience(state), min(asked_for, LONGEST_WAIT))

    tries = Retrying(
        stop=stop_after_attempt(TRIES),
        wait=wait,
        retry=retry_if_exception(lambda e: isinstance(e, httpx.TransportError | _Passing)),
        before_sleep=lambda state: logger.warning(
            "%s: try %d failed (%s); trying again", asked.url, state.attempt_number, _why(state)
        ),
        reraise=True,
    )
    try:
        return tries(_get_once, client, asked, url)
    except httpx.HTTPError as error:
        raise _wrong(
            asked, f"no page after {TRIES} tries: {type(error).__name__} {error}"
        ) from None


def _why(state: RetryCallState) -> str:
    error = state.outcome.exception() if state.outcome else None
    return str(error) or type(error).__name__


def _get_once(client: httpx.Client, asked: Api, url: httpx.URL) -> tuple[bytes, str]:
    with client.stream("GET", url) as response:
        if response.status_code in PASSING:
            raise _Passing(response.status_code, response.headers.get("Retry-After", ""))
        if response.status_code != httpx.codes.OK:
            raise _wrong(asked, f"it answered with status {response.status_code}")
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > MAX_PAGE_BYTES:
                raise _wrong(asked, f"a page is longer than {MAX_PAGE_BYTES >> 20} MB")
        return bytes(body), response.links.get("next", {}).get("url", "")


def _parse(asked: Api, body: bytes) -> object:
    """Return the JSON of a page, its numbers as the text they are: no digit is lost."""

    def refuse(constant: str) -> object:
        raise ValueError(constant)

    try:
        page: object = json.loads(body, parse_float=str, parse_int=str, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise _wrong(asked, f"a page is not JSON ({type(error).__name__})") from None
    return page


def _at(page: object, path: str) -> object:
    """Return what is at ``path`` in a page, steps parted by dots; None where nothing is."""
    for step in path.split(".") if path else ():
        page = page.get(step) if isinstance(page, dict) else None
    return page


def _wrong(asked: Api, problem: str) -> SourceError:
    return SourceError(
        f"{asked.url}: {problem}. Nothing was delivered; see that the API is as described, then "
        f"clear this task."
    )

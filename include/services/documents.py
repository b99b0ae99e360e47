"""Documents: reports, dbt docs and Data Docs, served read-only to this machine."""

from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote, unquote, urlsplit

from jinja2 import Environment

INDEX = Environment(autoescape=True).from_string("""\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Tessera: documents</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.6 system-ui, sans-serif; }
  body { max-width: 40rem; margin: 3rem auto; padding: 0 1rem; }
  h2 { margin-bottom: .2rem; }
  .empty { opacity: .7; }
</style>
<h1>Documents</h1>
{% for shelf, pages in shelves.items() %}
<h2>{{ shelf }}</h2>
{% if pages %}
<ul>
{% for page in pages %}  <li><a href="{{ page.address }}">{{ page.title }}</a></li>
{% endfor %}</ul>
{% else %}
<p class="empty">Nothing yet. A run writes them: <code>make demo</code>.</p>
{% endif %}
{% endfor %}
</html>
""")


def serve_documents(folders: dict[str, Path], *, port: int) -> ThreadingHTTPServer:
    """Return a server of ``folders`` (first part of the address: folder), bound to 127.0.0.1."""

    class Handler(_Documents):
        shelves = folders

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


def pages(folder: Path, shelf: str) -> list[dict[str, str]]:
    """Return the pages of one folder, newest name first: each ``index.html`` stands for its own."""
    found = sorted(folder.glob("*.html")) + sorted(folder.glob("*/index.html"), reverse=True)
    return [
        {
            "title": file.parent.name if file.name == "index.html" else file.stem,
            "address": quote(f"/{shelf}/{file.relative_to(folder)}"),
        }
        for file in found
    ]


class _Documents(SimpleHTTPRequestHandler):
    """Reads only, answers this machine's own names only, and lets pages load nothing from afar."""

    shelves: ClassVar[dict[str, Path]]

    def do_GET(self) -> None:
        if self._is_foreign():
            return
        if urlsplit(self.path).path == "/":
            self.wfile.write(self._start_index())
            return
        super().do_GET()

    def do_HEAD(self) -> None:
        if self._is_foreign():
            return
        if urlsplit(self.path).path == "/":
            self._start_index()
            return
        super().do_HEAD()

    def _is_foreign(self) -> bool:
        """Refuse a name that only looks like this machine: another site's page, rebound."""
        host = self.headers.get("Host", "").rsplit(":", 1)[0]
        if host in {"127.0.0.1", "localhost"}:
            return False
        self.send_error(403, "Ask for 127.0.0.1 or localhost")
        return True

    def _start_index(self) -> bytes:
        """Send the first page's headers, and return the page."""
        shelves = {shelf: pages(folder, shelf) for shelf, folder in self.shelves.items()}
        body = INDEX.render(shelves=shelves).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return body

    def translate_path(self, path: str) -> str:
        """Return the file an address means; an unknown shelf means one that does not exist."""
        _, shelf, *rest = unquote(urlsplit(path).path).split("/", 2)
        self.directory = str(self.shelves.get(shelf, Path("/nonexistent")))
        return super().translate_path(quote("/" + "/".join(rest)))

    def list_directory(self, path: str) -> None:  # type: ignore[override]  # never lists
        """Refuse: folders are listed on the first page only."""
        del path
        self.send_error(404, "No such page")

    def end_headers(self) -> None:
        """Add what keeps a page to itself."""
        self.send_header(
            "Content-Security-Policy",
            "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; frame-ancestors 'self'",
        )
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Say nothing: the terminal shows the address and stays quiet."""

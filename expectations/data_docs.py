"""Data Docs: one self-contained page a day of what the gates found.

Great Expectations' own pages load seventeen files from other hosts and show sample values; this
page is one file of ours that loads nothing, and shows counts alone.
"""

from datetime import date
from pathlib import Path

from jinja2 import Environment

from include.warehouse import Connection, make_private_folder, read_table

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Data quality, {{ as_of }}</title>
<style>
:root { color-scheme: light dark; --line: #8884; --good: #1a7f4b; --warn: #b26a00; --bad: #c0342b; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
h1 { margin-bottom: 0; } h2 { margin: 2.5rem 0 0; } h3 { margin: 1.5rem 0 .3rem; }
p.lead { margin-top: .2rem; opacity: .75; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .6rem; text-align: left;
  vertical-align: top; }
th { font-weight: 600; font-size: .85em; opacity: .75; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.state { white-space: nowrap; font-weight: 600; }
.held { color: var(--good); } .warning { color: var(--warn); } .critical { color: var(--bad); }
.why { opacity: .75; font-size: .92em; }
</style>
</head>
<body>
<h1>Data quality, {{ as_of }}</h1>
<p class="lead">What was promised of the data before models and channels used it.
Counts only: no value of any row is on this page.</p>
{% for gate in gates %}
<h2>Gate: {{ gate.name }}</h2>
<p class="lead">{{ gate.held }} of {{ gate.total }} promises held,
{{ gate.warnings }} warned, {{ gate.broken }} stopped the day.</p>
{% for suite in gate.suites %}
<h3>{{ suite.name }}</h3>
<table>
<tr><th>State</th><th>Promise, and why</th><th>Column</th><th>Rows</th><th>Unexpected</th></tr>
{% for row in suite.rows %}
<tr>
<td class="state {{ 'held' if row.success else row.severity }}">
{{- 'held' if row.success else ('warning' if row.severity == 'warning' else 'STOPPED') -}}
</td>
<td>{{ row.expectation | replace('_', ' ') }}<br><span class="why">{{ row.notes }}</span></td>
<td>{{ row.column_name or '' }}</td>
<td class="number">{{ row.observed_count | count }}</td>
<td class="number">{{ row.unexpected_count | count }}</td>
</tr>
{% endfor %}
</table>
{% endfor %}
{% endfor %}
</body>
</html>
"""


def write(connection: Connection, folder: Path, *, as_of: date) -> Path:
    """Write the page of ``as_of`` from the gates' results so far, whole or not at all."""
    results = read_table(
        connection,
        "ops.gate_results",
        where=f"as_of = DATE '{as_of}'",
        order_by="gate, suite, success, severity, expectation, column_name, notes",
    )
    gates = []
    for (name,), found in results.group_by(["gate"], maintain_order=True):
        held = found["success"].sum()
        broken = found.filter(~found["success"] & (found["severity"] == "critical")).height
        gates.append(
            {
                "name": name,
                "total": found.height,
                "held": held,
                "broken": broken,
                "warnings": found.height - held - broken,
                "suites": [
                    {"name": suite, "rows": rows.to_dicts()}
                    for (suite,), rows in found.group_by(["suite"], maintain_order=True)
                ],
            }
        )
    pages = Environment(autoescape=True)
    pages.filters["count"] = lambda count: "" if count is None else f"{count:,}"
    page = pages.from_string(PAGE).render(as_of=as_of, gates=gates)
    target = folder / as_of.isoformat() / "index.html"
    make_private_folder(target.parent)
    draft = target.with_name(".index.html.draft")
    draft.write_text(page, encoding="utf-8")
    draft.replace(target)
    return target

"""Health: is a part of Airflow well? Asked of the API server, because asking the CLI costs 5 s.

``python include/services/health.py <health URL> <part>...`` exits 0 when every part is well.
"""

import json
import sys
from collections.abc import Iterable
from urllib.request import ProxyHandler, build_opener

PARTS = ("metadatabase", "scheduler", "dag_processor", "triggerer")
PATH = "/api/v2/monitor/health"
TIMEOUT_SECONDS = 5


def unwell(url: str, parts: Iterable[str] = PARTS) -> list[str]:
    """Return which of ``parts`` are not healthy; all of them where the server gives no answer."""
    try:
        # A proxy of the machine knows nothing of this machine's own ports.
        with build_opener(ProxyHandler({})).open(url, timeout=TIMEOUT_SECONDS) as answer:
            health = json.load(answer)
    except (OSError, ValueError):
        return list(parts)
    return [part for part in parts if health.get(part, {}).get("status") != "healthy"]


if __name__ == "__main__":
    sick = unwell(sys.argv[1], sys.argv[2:] or PARTS)
    sys.exit(f"Not healthy: {', '.join(sick)}" if sick else 0)

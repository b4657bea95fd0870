"""Checks of the receiver: whether it is ready, what it refused, and who can see its metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

from prometheus_client.parser import text_string_to_metric_families

from workers.clients import errors
from workers.clients.http import HttpApi, Timeouts
from workers.config.secure_urls import is_loopback
from workers.config.settings import Settings
from workers.operations.jobs.checks.finding import Finding, ok, warning, wrong
from workers.operations.rules.wording import pluralise

WITHIN_S = 5.0
# Counters by workspace and status, and what they count.
COUNTED = {"cention_callbacks": "callback", "cention_pushed_answers": "push of answers"}
WILDCARDS = ("", "0.0.0.0", "::")  # noqa: S104  # not bound here
REASONS = {
    "400": "not JSON, or cut",
    "401": "a wrong secret",
    "404": "an unknown address",
    "405": "a method other than POST",
    "413": "too large",
    "422": "an unknown shape; stored as a problem",
    "503": "could be stored nowhere",
}


def receiver_findings(settings: Settings) -> Iterator[Finding]:
    """Check who can see the metrics and, if its address is configured, the receiver itself."""
    if bind := _open_bind(settings):
        yield warning(
            "metrics",
            f"Whoever reaches the receiver at {bind} can read them, and the details of its health.",
            "Set METRICS_BIND to an address that only your own monitoring reaches.",
        )
    if not settings.receiver_url:
        return
    try:
        _get(settings.receiver_url, "health/ready")
    except errors.Busy:
        yield wrong(
            "receiver",
            "It answers, but is not ready: it cannot store callbacks.",
            "Check its DATABASE_URL and its logs.",
        )
    except errors.ApiError as error:
        yield wrong(
            "receiver",
            f"It does not answer as it should ({error}).",
            "Check RECEIVER_URL, and whether the receiver runs.",
        )
        return
    else:
        yield ok("receiver", "It is ready for callbacks.")
    if settings.metrics_bind.startswith("unix:"):
        yield warning(
            "refused callbacks",
            f"The metrics that count them are at {settings.metrics_bind}: a Unix socket is not"
            " read from here.",
            "Read the metrics there, or set METRICS_BIND to host:port.",
        )
        return
    yield _refused(metrics_url(settings))


def metrics_url(settings: Settings) -> str:
    """Return the address below which the receiver serves ``/metrics``."""
    host, separator, port = settings.metrics_bind.rpartition(":")
    if not separator:
        return settings.receiver_url
    if host.strip("[]") in WILDCARDS:
        host = urlsplit(settings.receiver_url).hostname or "127.0.0.1"
        host = f"[{host}]" if ":" in host else host
    return f"http://{host}:{port}"


def _refused(url: str) -> Finding:
    try:
        text = _get(url, "metrics")
    except errors.ApiError as error:
        return warning(
            "refused callbacks",
            f"The metrics that count them cannot be read at {url} from here ({error}).",
            "Check METRICS_BIND, or run this on the machine of the receiver.",
        )
    try:
        found = counts_of_refused(text)
    except ValueError:
        return warning(
            "refused callbacks",
            f"What {url}/metrics answers is something else than metrics.",
            "Check RECEIVER_URL and METRICS_BIND, and what a proxy in between answers.",
        )
    if not found:
        return ok("refused callbacks", "The receiver has refused none since it started.")
    lines = [
        f"{pluralise(number, COUNTED[name])} of {workspace or 'no workspace'} with {status}"
        + (f" ({REASONS[status]})" if status in REASONS else "")
        for (name, workspace, status), number in sorted(found.items())
    ]
    return warning(
        "refused callbacks",
        f"Since it started, the receiver has refused {', '.join(lines)}.",
        "Its log has a line a minute for each. Correct the sender: see the runbook, Callbacks are"
        " refused.",
    )


def counts_of_refused(metrics: str) -> Counter[tuple[str, str, str]]:
    """Return how many requests were refused, by kind, workspace and status.

    Raises ``ValueError`` if ``metrics`` are none.
    """
    found: Counter[tuple[str, str, str]] = Counter()
    for family in text_string_to_metric_families(metrics):
        for sample in family.samples:
            if family.name in COUNTED and sample.name.endswith("_total"):
                status = sample.labels["status"]
                if status >= "400" and sample.value:
                    found[family.name, sample.labels["workspace"], status] += int(sample.value)
    return found


def _get(url: str, path: str) -> str:
    timeouts = Timeouts(connect_s=WITHIN_S, read_s=WITHIN_S, total_s=WITHIN_S)
    api = HttpApi("receiver", url, timeouts=timeouts)
    return api.request("GET", path, headers={}).body.decode("utf-8", "replace")


def _open_bind(settings: Settings) -> str:
    """Return the address at which anybody can read the metrics, "" if there is none.

    A METRICS_BIND of a single address is taken for one that only the monitoring reaches.
    """
    if not settings.metrics_bind:
        return "" if _are_local(settings.receiver_bind) else settings.receiver_bind
    host = settings.metrics_bind.rpartition(":")[0].strip("[]")
    return settings.metrics_bind if host in WILDCARDS else ""


def _are_local(binds: str) -> bool:
    """Return whether nobody but this machine reaches these binds of gunicorn."""
    hosts = [one.strip().rpartition(":")[0].strip("[]") for one in binds.split(",") if one.strip()]
    return all(host in ("unix", "fd") or is_loopback(host) for host in hosts)

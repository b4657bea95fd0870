"""Checks of the receiver: whether it is ready, what it refused, and who can see its metrics."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

from prometheus_client.parser import text_string_to_metric_families

from workers.clients import errors
from workers.clients.http import HttpApi, Timeouts
from workers.config.secure_urls import is_loopback
from workers.config.settings import Settings
from workers.operations.jobs.checks.finding import Finding, ok, warning, wrong
from workers.operations.jobs.sentences import Sentence, joined

WITHIN_S = 5.0
REFUSED = Sentence("about.refused")
# Counters by workspace and status, and the text of what they count.
COUNTED = {
    "cention_callbacks": "refused.callbacks",
    "cention_pushed_answers": "refused.pushes",
}
LOOPBACK = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # not bound here
EXPLAINED = ("400", "401", "404", "405", "413", "422", "503")  # statuses whose reason is known


def receiver_findings(settings: Settings) -> Iterator[Finding]:
    """Check who can see the metrics and, if its address is configured, the receiver itself."""
    if binds := [one for one in _open_binds(settings) if _listens(one)]:
        yield warning(
            Sentence("about.metrics"),
            Sentence("check.metrics_open", bind=", ".join(binds)),
            Sentence("remedy.metrics_open"),
        )
    if not settings.receiver_url:
        return
    about = Sentence("about.receiver")
    try:
        _get(settings.receiver_url, "health/ready")
    except errors.Busy:
        not_ready = Sentence("check.receiver_not_ready")
        yield wrong(about, not_ready, Sentence("remedy.receiver_not_ready"))
    except errors.ApiError as error:
        away = Sentence("check.receiver_away", error=str(error))
        yield wrong(about, away, Sentence("remedy.receiver_away"))
        return
    else:
        yield ok(about, Sentence("check.receiver"))
    if settings.metrics_bind.startswith("unix:"):
        yield warning(
            REFUSED,
            Sentence("check.metrics_socket", bind=settings.metrics_bind),
            Sentence("remedy.metrics_socket"),
        )
        return
    yield _refused(metrics_url(settings))


def metrics_url(settings: Settings) -> str:
    """Return the address below which the receiver serves ``/metrics``."""
    host, separator, port = settings.metrics_bind.rpartition(":")
    if not separator:
        return settings.receiver_url
    if host.strip("[]") in LOOPBACK:
        host = urlsplit(settings.receiver_url).hostname or "127.0.0.1"
        host = f"[{host}]" if ":" in host else host
    return f"http://{host}:{port}"


def _refused(url: str) -> Finding:
    try:
        text = _get(url, "metrics")
    except errors.ApiError as error:
        return warning(
            REFUSED,
            Sentence("check.metrics_away", url=url, error=str(error)),
            Sentence("remedy.metrics_away"),
        )
    try:
        found = counts_of_refused(text)
    except ValueError:
        return warning(
            REFUSED, Sentence("check.no_metrics", url=url), Sentence("remedy.no_metrics")
        )
    if not found:
        return ok(REFUSED, Sentence("check.none_refused"))
    lines = [
        _line(COUNTED[name], workspace, status, number)
        for (name, workspace, status), number in sorted(found.items())
    ]
    return warning(
        REFUSED, Sentence("check.refused", lines=joined(lines)), Sentence("remedy.refused")
    )


def _line(counted: str, workspace: str, status: str, number: int) -> Sentence:
    """Return how many requests were refused with a status, and why if that is known."""
    of = workspace or Sentence("refused.no_workspace")
    line = Sentence(counted, count=number, workspace=of, status=status)
    if status not in EXPLAINED:
        return line
    return Sentence("refused.because", line=line, reason=Sentence(f"refused.{status}"))


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


def _open_binds(settings: Settings) -> list[str]:
    """Return the addresses at which anybody can read the metrics of a receiver.

    A METRICS_BIND of a single address is taken for one that only the monitoring reaches.
    """
    if settings.metrics_bind:
        return [settings.metrics_bind] if _host_of(settings.metrics_bind) in LOOPBACK else []
    binds = [one.strip() for one in settings.receiver_bind.split(",") if one.strip()]
    return [one for one in binds if not _is_local(_host_of(one))]


def _host_of(bind: str) -> str:
    return bind.rpartition(":")[0].strip("[]")


def _is_local(host: str) -> bool:
    """Return whether nobody but this machine reaches a bind of gunicorn with this host."""
    return host in ("unix", "fd") or is_loopback(host)


def _listens(bind: str) -> bool:
    """Return whether a receiver may be there: not if this machine refuses a connection to it.

    All containers have the RECEIVER_BIND of their image, and some have no receiver.
    """
    host, port = _host_of(bind), int(bind.rpartition(":")[2])
    try:
        socket.create_connection((LOOPBACK.get(host, host), port), WITHIN_S).close()
    except ConnectionRefusedError:
        return False
    except (OSError, UnicodeError):  # such as no answer, or a name that no host can have
        pass
    return True

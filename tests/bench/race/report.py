"""The result of a run, and the tables of the race."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from tests.bench.usage import Usage

MAX_OTHER_LOAD = 0.05  # of the machine; a run with more is discarded
CLOCK_S = 0.05  # how exact the sum of all CPU times is, in any run


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One run of one contestant."""

    per_s: float
    own_cpu_s: float  # this and the next two: for 1,000 errands or callbacks
    postgres_cpu_s: float
    load_cpu_s: float  # of the source, or of the load generator
    rss_mib: float
    pss_mib: float
    other_load: float
    is_disturbed: bool
    rows: str  # "right", "-" if there are none, or "WRONG table: …"
    p50_ms: float = 0.0
    p99_ms: float = 0.0


def result_of(
    usage: Usage, count: int, *, load_cpu_s: float, rows: str, per_s: float, **latencies: float
) -> Result:
    """Return the result of a run of ``count`` errands or callbacks.

    ``usage`` names the CPU times ``own`` and ``postgres``.
    """
    thousands = max(count, 1) / 1000
    return Result(
        per_s=per_s,
        own_cpu_s=usage.cpu_s["own"] / thousands,
        postgres_cpu_s=usage.cpu_s["postgres"] / thousands,
        load_cpu_s=load_cpu_s / thousands,
        rss_mib=usage.rss_bytes / 2**20,
        pss_mib=usage.pss_bytes / 2**20,
        other_load=usage.other_load,
        is_disturbed=is_disturbed(usage),
        rows=rows,
        **latencies,
    )


def is_disturbed(usage: Usage) -> bool:
    """Return whether others used too much of the machine during a run."""
    return usage.other_load > MAX_OTHER_LOAD and usage.other_cpu_s > CLOCK_S


def counted(runs: Sequence[Result]) -> Sequence[Result]:
    """Return the runs that count: those without too much other load, or all if there is none."""
    return [run for run in runs if not run.is_disturbed] or runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its heading, and its cell of the runs that count and of all runs."""

    heading: str
    cell: Callable[[Sequence[Result], Sequence[Result]], str]


def table(
    results: Mapping[str, Sequence[Result]],
    *,
    what: str,
    load: str,
    floor: str,
    bridge: str,
    latencies: bool = False,
) -> Iterable[str]:
    """Yield the table of a discipline, a line for each contestant that has a result.

    ``results`` are by title, ``what`` is counted, ``load`` makes the load, and rates are compared
    with those of the titles ``floor`` and ``bridge``.
    """
    shown = {title: runs for title, runs in results.items() if runs}
    floor_rate, bridge_rate = (
        _median(counted(shown[title]), "per_s") if title in shown else 0.0
        for title in (floor, bridge)
    )
    columns = [
        Column(heading=f"{what}/s, median (min-max)", cell=lambda runs, _: _span(runs)),
        *([_milliseconds("p50_ms"), _milliseconds("p99_ms")] if latencies else []),
        _cpu("own", "own_cpu_s"),
        _cpu("Postgres", "postgres_cpu_s"),
        _cpu(load, "load_cpu_s"),
        Column(heading="peak RSS (PSS), MiB", cell=lambda runs, _: _memory(runs)),
        Column(
            heading=f"x {floor}", cell=lambda runs, _: _ratio(_median(runs, "per_s"), floor_rate)
        ),
        Column(
            heading="bridge x", cell=lambda runs, _: _ratio(bridge_rate, _median(runs, "per_s"))
        ),
        Column(heading="other load", cell=_other_load),
        Column(heading="rows", cell=lambda _, runs: _rows(runs)),
    ]
    if not shown:
        return
    yield f"| contestant | {' | '.join(column.heading for column in columns)} |"
    yield f"|---{'|---' * len(columns)}|"
    for title, runs in shown.items():
        cells = (column.cell(counted(runs), runs) for column in columns)
        yield f"| {title} | {' | '.join(cells)} |"


def _median(runs: Sequence[Result], field: str) -> float:
    return median(getattr(run, field) for run in runs)


def _cpu(name: str, field: str) -> Column:
    heading = f"{name} CPU s / 1,000"
    return Column(heading=heading, cell=lambda runs, _: f"{_median(runs, field):.3f}")


def _milliseconds(field: str) -> Column:
    heading = field.replace("_", " ")
    return Column(heading=heading, cell=lambda runs, _: f"{_median(runs, field):.1f}")


def _span(runs: Sequence[Result]) -> str:
    rates = [run.per_s for run in runs]
    return f"{median(rates):,.0f} ({min(rates):,.0f}-{max(rates):,.0f})"


def _memory(runs: Sequence[Result]) -> str:
    rss, pss = max(run.rss_mib for run in runs), max(run.pss_mib for run in runs)
    return f"{rss:,.0f} ({pss:,.0f})"


def _ratio(rate: float, other: float) -> str:
    return f"{rate / other:.2f}" if rate and other else "-"


def _other_load(runs: Sequence[Result], all_runs: Sequence[Result]) -> str:
    """Return the median load, and how many runs were discarded or had to be taken all the same."""
    text = f"{100 * _median(runs, 'other_load'):.0f} %"
    if all(run.is_disturbed for run in runs):
        return f"**{text}, too much**"
    discarded = len(all_runs) - len(runs)
    return f"{text}, {discarded} discarded" if discarded else text


def _rows(runs: Sequence[Result]) -> str:
    """Return whether the rows of all runs are right, also of those that are discarded."""
    wrong = [run.rows for run in runs if run.rows not in ("right", "-")]
    return f"**{wrong[0].partition(':')[0]}**" if wrong else runs[0].rows

"""The questions of deploy/docs/analysts.md, and their answers in a small generated centre.

``python -m tests.support.questions`` writes the answers into the document.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg

from deploy.embedded import Postgres
from deploy.embedded.data_dir import installed_distribution
from tests.bench import centre as filling
from tests.support.centre import Centre
from tests.support.figure_job import compute_figures
from workers.database.migrate import migrate

DOCUMENT = Path(__file__).parents[2] / "deploy" / "docs" / "analysts.md"
ZONE = ZoneInfo("Europe/Stockholm")
# Five weeks, the last of which begins with a change of clocks; a campaign runs in the second.
CENTRE = Centre(errands=3_600, days=35, until=datetime(2025, 4, 7, tzinfo=ZONE))
QUESTION = re.compile(
    r"\*\*(?P<title>\d+\. .+\?)\*\*\n\n(?P<query>(?:    .*\n)+)(?:\n(?P<answer>(?:    .*\n)+))?"
)


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question, its query, and the answer that the document gives; "" for none yet."""

    title: str
    query: str
    answer: str


def questions(text: str) -> Iterator[Question]:
    """Yield the questions of the document."""
    for found in QUESTION.finditer(text):
        yield Question(
            title=found["title"],
            query=_outdented(found["query"]),
            answer=_outdented(found["answer"] or ""),
        )


def renewed(text: str, url: str) -> str:
    """Return the document with the answers of this database."""

    def replace(found: re.Match[str]) -> str:
        answer = answer_of(url, _outdented(found["query"]))
        lines = "".join(f"    {line}".rstrip() + "\n" for line in answer.splitlines())
        return f"**{found['title']}**\n\n{found['query']}\n{lines}"

    return QUESTION.sub(replace, text)


def answer_of(url: str, query: str) -> str:
    """Return what psql prints for an analyst. Raises ``CalledProcessError``."""
    done = subprocess.run(
        [
            installed_distribution() / "bin" / "psql",
            "-X",
            "-v",
            "ON_ERROR_STOP=1",
            "-P",
            "footer=off",
            url,
        ],
        input=query,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PGCLIENTENCODING": "UTF8", "PGOPTIONS": "-c role=cention_analyst"},
    )
    return "\n".join(line.rstrip() for line in done.stdout.splitlines()).strip("\n")


def fill(url: str) -> None:
    """Write the centre and its figures into an empty, migrated database."""
    with psycopg.connect(url) as conn:
        list(filling.fill(conn, CENTRE))
        conn.execute("ANALYZE")
    compute_figures(partial(psycopg.connect, url, autocommit=True))


def _outdented(block: str) -> str:
    return "\n".join(line[4:] for line in block.splitlines())


def main() -> None:
    """Renew the answers of the document."""
    with tempfile.TemporaryDirectory(prefix="cention-questions-") as name:
        Path(name).chmod(0o711)
        postgres = Postgres(Path(name) / "postgres")
        postgres.start()
        try:
            with psycopg.connect(postgres.url) as conn:
                migrate(conn)
            fill(postgres.url)
            DOCUMENT.write_text(renewed(DOCUMENT.read_text("utf-8"), postgres.url), "utf-8")
        finally:
            postgres.remove()


if __name__ == "__main__":
    main()

"""Coverage-guided fuzzing of one target: needs ``pip install atheris`` in a venv of its own.

``python -m tests.hostile.fuzz callback CORPUS_FOLDER -max_total_time=120``; the targets are those
of ``targets.py``. A crash leaves a file: fix it, and keep the file as ``cases/<target>-<why>``.
"""

from __future__ import annotations

import json
import random
import sys
import time
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["schemas", "receiver", "workers", "marshmallow_jsonapi"]):
    from tests.hostile.targets import TARGETS

SLOW_S = 0.5
DOCUMENTS = [
    path.read_text("utf-8")
    for path in (Path(__file__).parents[1] / "support" / "documents").glob("*.json")
]
ERRORS = '{"errors": [{"title": "No", "detail": "//x/y?t=a Bearer eyJhb s3cr3t-token c?d=e"}]}'
ODD = [
    *(None, True, False, 0, -1, 1.5, 2**63, -(2**64), 10**400, 1e300, "", "x", "0", "9" * 5000),
    *("\0\ud800", "No Date", "2015/07/16 20:47", "0000/00/00 00:00", "123456", "<img src=/a.png>"),
    *([], [[]], [None], {}, {"": {}}, {"type": "x", "id": "1"}, {"data": None}, "YWJj", "a?b=c"),
]


def mutate(data: bytes, max_size: int, seed: int) -> bytes:
    """Change one place of a JSON text, or some of its bytes."""
    rng = random.Random(seed)
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        document = json.loads(rng.choice([*DOCUMENTS, *[ERRORS] * 4]))
    if rng.random() < 0.3 or not isinstance(document, dict):
        return atheris.Mutate(data, max_size)
    document = {"": document}
    holder, step = rng.choice(list(places(document)))
    source, key = rng.choice(list(places(document)))
    holder[step] = rng.choice([rng.choice(ODD), json.loads(json.dumps(source[key]))])
    return json.dumps(document[""], ensure_ascii=rng.random() < 0.5).encode(
        "utf-8", "surrogatepass"
    )[:max_size]


def places(value):
    waiting = [value]
    while waiting:
        one = waiting.pop()
        for step in list(one) if isinstance(one, dict) else range(len(one)):
            yield one, step
            if isinstance(one[step], dict | list):
                waiting.append(one[step])


def timed(target):
    def run(data: bytes) -> None:
        began = time.process_time()  # does not count other processes
        target(data)
        if time.process_time() - began > SLOW_S and len(data) < 100_000:
            raise TimeoutError("slow")

    return run


if __name__ == "__main__":
    name = sys.argv.pop(1)
    atheris.Setup(sys.argv, timed(TARGETS[name]), custom_mutator=mutate)
    atheris.Fuzz()

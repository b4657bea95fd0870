from __future__ import annotations

from tests.support.web import HOSTILE, add_errand


def test_pages(operator, database):
    for path in ("/", "/errands", "/troubles"):
        operator.text(path)
    add_errand(database, subject=HOSTILE)
    for path in ("/", "/errands?q=parcel", "/errands/demo/7", "/errands/demo/7/body","/errands?q=7-1", "/errands?q=kim@customer.example", "/errands?day=2026-01-01&state=open"):
        operator.text(path)

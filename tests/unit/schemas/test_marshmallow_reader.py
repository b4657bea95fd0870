from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from marshmallow import ValidationError

from schemas.errors import MAX_FAULTS, DocumentError
from schemas.jsonapi.document import open_document
from schemas.jsonapi.fields import ListOf, Scalar
from schemas.jsonapi.marshmallow_reader import ResourceSchema, read
from schemas.jsonapi.scalars import optional_id


def resource(**attributes):
    return open_document({"data": {"type": "x", "id": "1", "attributes": attributes}}).primary


def test_each_thread_creates_one_instance_of_a_schema_and_reuses_it():
    """They are slow to make, and not thread-safe."""
    made = []
    together = Barrier(2)

    class Counted(ResourceSchema):
        id = Scalar(optional_id)

        def __init__(self):
            super().__init__()
            made.append(self)

    def work():
        together.wait(timeout=10)
        return [read(Counted, resource()) for _ in range(3)]

    with ThreadPoolExecutor(2) as threads:
        for future in [threads.submit(work) for _ in range(2)]:
            assert future.result() == [{"id": 1}] * 3

    assert len(made) == 2


def test_reading_a_list_stops_after_the_maximum_number_of_faults():
    looked_at = []

    def refuse(element):
        looked_at.append(element)
        raise ValidationError("never")

    class Listing(ResourceSchema):
        id = Scalar(optional_id)
        elements = ListOf(refuse)

    with pytest.raises(DocumentError):
        read(Listing, resource(elements=[{}] * 1000))

    assert len(looked_at) == 1 + MAX_FAULTS  # at the first, reading straight has ended

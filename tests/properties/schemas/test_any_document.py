"""For any JSON, a reader returns a record or reports the faults."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.cention.attachments import AttachmentKind, read_attachment
from schemas.cention.callbacks import read_callback
from schemas.cention.errand_reports import (
    action_offsets,
    read_changed_errands,
    read_errand_report,
)
from schemas.cention.facebook_ratings import read_changed_facebook_ratings, read_facebook_rating
from schemas.cention.library import Kind, Node, read_library, read_related
from schemas.errors import DocumentError
from tests.properties.changed_documents import ANY_JSON, ODD, UNPRINTABLE, changed, paths, sample

MAX_EXAMPLES = settings().max_examples * 3 // 2  # 150; fewer in `make test-fast`
READERS = {
    "callback_answer_errand": [read_callback],
    "errand_report_33": [
        lambda document: read_errand_report(document, zone=ZoneInfo("Europe/Stockholm")),
        action_offsets,
    ],
    "facebook_rating_3": [read_facebook_rating],
    "dirty_errand_list": [read_changed_errands],
    "dirty_facebook_ratings": [read_changed_facebook_ratings],
    "libraries": [read_library],
    "library_question_4": [
        lambda document: read_related(document, Node(Kind.LIBRARY, 3), Kind.QUESTION)
    ],
    "response_attachment_1270": [
        lambda document: read_attachment(document, AttachmentKind.RESPONSE)
    ],
}
SAMPLES = {name: sample(name) for name in READERS}


def refusal_by(reader, document):
    try:
        reader(document)
    except DocumentError as error:
        return error
    return None


def read_or_refuse(name, document):
    for reader in READERS[name]:
        error = refusal_by(reader, document)
        if error is not None:
            assert error.faults
            assert all(fault.pointer == "" or fault.pointer[0] == "/" for fault in error.faults)
            assert "\0" not in str(error)
            assert str(error).encode()


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
def test_a_sample_changed_at_any_one_place_is_read_or_refused(name):
    for path in paths(SAMPLES[name]):
        for value in [*ODD, UNPRINTABLE, [{"id": UNPRINTABLE}], {"deep": [UNPRINTABLE]}]:
            read_or_refuse(name, changed(SAMPLES[name], path, value))


@pytest.mark.parametrize("name", READERS)
@given(drawn=st.data())
@settings(max_examples=MAX_EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_sample_changed_at_several_places_is_read_or_refused(name, drawn):
    document = SAMPLES[name]
    for _ in range(drawn.draw(st.integers(1, 3))):
        path = drawn.draw(st.sampled_from(list(paths(document))))
        document = changed(document, path, drawn.draw(ANY_JSON | st.sampled_from(ODD)))

    read_or_refuse(name, document)


@pytest.mark.parametrize("name", READERS)
@given(document=ANY_JSON)
@settings(max_examples=MAX_EXAMPLES, deadline=None)
def test_any_json_is_read_or_refused(name, document):
    read_or_refuse(name, document)

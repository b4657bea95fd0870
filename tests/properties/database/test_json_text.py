"""What is kept of a document is the same, whether it had to be walked or not."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from schemas.strict_json import InvalidJson, read_json
from schemas.text.unstorable import replace_unstorable
from tests.properties.json_texts import json_texts
from workers.database.json_text import storable


@given(st.dictionaries(st.sampled_from(["a", "\0", "\ufffd", "\\u0000"]) | st.text(), json_texts))
def test_a_document_and_its_text_lose_only_what_postgres_cannot_hold(texts):
    document = {}
    for name, text in texts.items():
        try:
            document[name] = read_json(text)
        except InvalidJson:
            document[name] = text
    expected = replace_unstorable(document)

    stored, text = storable(document)

    assert repr(stored) == repr(expected)
    assert json.loads(text) == expected
    text.encode()
    assert "\0" not in repr(json.loads(text, object_pairs_hook=list))

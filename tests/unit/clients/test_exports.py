from __future__ import annotations

import json
from datetime import date

import pytest
import responses

from schemas.cention.exports import ExportOrder
from workers.clients import errors
from workers.clients.cention.exports import ExportsApi

URL = "https://api.example.test/s/demo/capi/json/c3_trigger_exports"
ORDER = ExportOrder(preset_id="316", from_day=date(2024, 1, 1), to_day=date(2024, 1, 31))


@pytest.fixture
def exports(http):
    return ExportsApi(http, token="t0ken-of-the-workspace")


@responses.activate
def test_an_export_is_requested_without_an_id_and_returned_unchanged(exports, document):
    answer = document("export_of_one")
    responses.post(URL, json=answer, status=201)

    assert exports.run(ORDER) == answer

    [call] = responses.calls
    assert json.loads(call.request.body) == {
        "data": {
            "type": "c3_trigger_exports",
            "attributes": {
                "use_closure_date": False,
                "errand_from_date": "2024/01/01",
                "errand_to_date": "2024/01/31",
            },
            "relationships": {"export": {"data": {"type": "c3_exports", "id": "316"}}},
        }
    }


@responses.activate
def test_an_export_is_requested_only_once_after_any_failure(exports):
    request = responses.post(URL, status=500)

    with pytest.raises(errors.IncompleteResponse):
        exports.run(ORDER)

    assert request.call_count == 1


@responses.activate
def test_an_answer_without_a_document_is_not_an_export(exports):
    responses.post(URL, status=204)

    with pytest.raises(errors.InvalidResponse, match="no document"):
        exports.run(ORDER)


@responses.activate
def test_an_export_above_the_limit_is_not_read_completely(exports):
    responses.post(URL, status=201, body=b"{" + b" " * 20_000)

    with pytest.raises(errors.TooLarge):
        exports.run(ORDER)

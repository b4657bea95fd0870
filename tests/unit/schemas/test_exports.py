"""The request for an export, and the rows read from its answer."""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from schemas.cention.exports import ExportOrder, attributes_of, read_export, relationships_of
from schemas.errors import DocumentError

STOCKHOLM = ZoneInfo("Europe/Stockholm")
JANUARY = {"from_day": date(2024, 1, 1), "to_day": date(2024, 1, 31)}


@pytest.fixture
def sample(document):
    return document("export_of_one")


def read(document):
    return read_export(document, zone=STOCKHOLM)


def with_content(sample, content):
    changed = copy.deepcopy(sample)
    changed["data"]["attributes"]["content"] = content
    return changed


def row_of(sample, **changes):
    row = sample["data"]["attributes"]["content"] | changes
    return read(with_content(sample, [{k: v for k, v in row.items() if v is not ...}])).errands[0]


def test_an_order_has_its_days_with_slashes_and_the_kind_of_date():
    order = ExportOrder(preset_id="316", **JANUARY)

    assert attributes_of(order) == {
        "use_closure_date": False,
        "errand_from_date": "2024/01/01",
        "errand_to_date": "2024/01/31",
    }


def test_an_order_may_select_days_of_closing():
    order = ExportOrder(preset_id="316", **JANUARY, by_closure=True)

    assert attributes_of(order)["use_closure_date"] is True


def test_a_day_that_is_not_set_is_not_sent():
    order = ExportOrder(preset_id="316", from_day=None, to_day=None)

    assert attributes_of(order) == {"use_closure_date": False}


def test_the_preset_is_one_object_and_its_id_a_text():
    order = ExportOrder(preset_id="316", **JANUARY)

    assert relationships_of(order) == {"export": {"data": {"type": "c3_exports", "id": "316"}}}


@pytest.mark.parametrize("preset", ["", "  ", "3\n16", "x" * 101])
def test_an_invalid_preset_is_refused(preset):
    with pytest.raises(ValueError, match="preset"):
        ExportOrder(preset_id=preset, **JANUARY)


def test_a_first_day_after_the_last_is_refused():
    with pytest.raises(ValueError, match="after its last"):
        ExportOrder(preset_id="3", from_day=date(2024, 2, 1), to_day=date(2024, 1, 31))


def test_every_field_of_the_content_is_read(sample):
    export = read(sample)

    [errand] = export.errands
    assert export.export_id == 71
    values = {name: getattr(errand, name) for name in errand.__dataclass_fields__}
    assert values == {
        "errand_id": 4711,
        "from_address": "ann@example.org",
        "to_address": "support@example.org",
        "subject": "Where is my parcel?",
        "question": "It was due on Monday.",
        "answer": "It is on its way.",
        "errand_notes": "Called the depot.",
        "timestamp_arrived": "2024/01/08 09:15",
        "timestamp_opened": None,
        "timestamp_answered": "2024-01-08 10:00:30",
        "timestamp_closed": "last week",
        "arrived_at": datetime(2024, 1, 8, 8, 15, tzinfo=UTC),
        "opened_at": None,
        "answered_at": datetime(2024, 1, 8, 9, 0, 30, tzinfo=UTC),
        "closed_at": None,
        "agent_id": 7,
        "agent_name": "Jürgen",
        "area_id": 5,
        "area_name": "Deliveries",
        "area_external_id": "D-5",
        "tag_names": "parcel, late",
        "client_id": None,
        "priority": "High",
        "channel": "Email",
        "satisfaction_1": 4,
        "satisfaction_2": 3,
        "satisfaction_3": 2,
        "satisfaction_4": 1,
        "satisfaction_5": None,
        "document": None,
        "problem": None,
    }


def test_digits_that_are_no_date_are_named_as_a_problem(sample):
    row = sample["data"]["attributes"]["content"] | {"timestamp_closed": "08.01.2024 10:00"}

    [errand] = read(with_content(sample, row)).errands

    assert errand.timestamp_closed == "08.01.2024 10:00"
    assert errand.closed_at is None
    assert errand.problem == (
        "timestamp_closed must be a date with a time, such as 2015/07/16 20:47"
    )
    assert errand.document["timestamp_closed"] == "08.01.2024 10:00"


def test_content_may_be_a_list_one_object_null_or_absent(sample):
    row = sample["data"]["attributes"]["content"]
    absent = copy.deepcopy(sample)
    del absent["data"]["attributes"]["content"]

    assert len(read(with_content(sample, [row, row])).errands) == 2
    assert len(read(with_content(sample, row)).errands) == 1
    assert read(with_content(sample, [])).errands == ()
    assert read(with_content(sample, None)).errands == ()
    assert read(absent).errands == ()


@pytest.mark.parametrize("errand_id", [4711, "4711"])
def test_an_errand_id_is_a_number_or_its_digits(sample, errand_id):
    assert row_of(sample, errand_id=errand_id).errand_id == 4711


@pytest.mark.parametrize("errand_id", [None, "", "E-4711", 0, True, [], ...])
def test_a_row_without_an_errand_id_is_returned_unchanged_with_a_problem(sample, errand_id):
    row = row_of(sample, errand_id=errand_id)

    assert row.errand_id is None
    assert row.subject == "Where is my parcel?"
    assert row.problem.startswith("errand_id must be")
    assert row.document["subject"] == "Where is my parcel?"


def test_a_faulty_member_affects_no_other(sample):
    row = row_of(sample, agent_id="x", satisfaction_meter_answer_1={}, subject=["x"])

    assert (row.agent_id, row.satisfaction_1, row.subject) == (None, None, None)
    assert (row.errand_id, row.area_id) == (4711, 5)
    assert [part.split()[0] for part in row.problem.split("; ")] == [
        "subject",
        "agent_id",
        "satisfaction_meter_answer_1",
    ]


def test_an_unknown_member_stays_in_the_document_of_its_row(sample):
    row = row_of(sample, language="sv")

    assert row.problem is None
    assert row.document["language"] == "sv"


@pytest.mark.parametrize("element", ["text", 5, None, []])
def test_a_row_that_is_not_an_object_is_returned_with_a_problem(sample, element):
    [row] = read(with_content(sample, [element])).errands

    assert row.problem.startswith("must be an object")
    assert row.document == element


def test_characters_that_postgres_rejects_are_replaced(sample):
    row = row_of(sample, question="a\x00b\ud800c", **{"odd\x00": "\x00"})

    assert row.question == "a\ufffdb\ufffdc"
    assert row.document["odd\ufffd"] == "\ufffd"


@pytest.mark.parametrize("members", [{"id": "71"}, {"attributes": {"c3_id": 71}}])
def test_the_id_of_the_generated_export_is_read_from_either_place(members):
    assert read({"data": {"type": "c3_trigger_exports", **members}}).export_id == 71


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"data": {"type": "c3_exports", "id": "1"}}, "/data/type"),
        (
            {"data": {"type": "c3_trigger_exports", "attributes": {"content": "x"}}},
            "/data/attributes/content",
        ),
        ({"data": "x"}, "/data"),
        ({"data": ["x"]}, "/data"),
        ({"data": [{"type": "c3_exports", "id": "1"}]}, "/data/type"),
        ({}, "/data"),
    ],
)
def test_a_document_that_is_not_an_export_is_refused_with_a_pointer(document, pointer):
    with pytest.raises(DocumentError) as raised:
        read(document)

    assert raised.value.faults[0].pointer == pointer


@pytest.mark.parametrize("nothing", [None, [], [None]])
def test_an_answer_without_a_resource_is_an_export_without_errands(nothing):
    export = read({"data": nothing})

    assert (export.export_id, export.errands) == (None, ())


def test_the_rows_of_several_resources_are_combined(sample):
    one = sample["data"]
    other = with_content(sample, [{"errand_id": 1}, {"errand_id": 2}])["data"] | {"id": "72"}

    alone, both = read({"data": [one]}), read({"data": [one, other]})

    assert (alone.export_id, [row.errand_id for row in alone.errands]) == (71, [4711])
    assert (both.export_id, [row.errand_id for row in both.errands]) == (71, [4711, 1, 2])

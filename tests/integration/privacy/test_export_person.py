"""`cention export-person`: all stored data of one person, as one document."""

from __future__ import annotations

import base64
import json

from tests.integration.privacy import centre as data
from tests.integration.privacy.centre import ADDRESS, MENTIONED, STRANGERS, UNREADABLE, WRITTEN


def export(terminal, *words):
    return json.loads(terminal.run("export-person", "--address", ADDRESS.upper(), *words).stdout)


def test_all_data_of_the_person_is_exported_by_table(centre, terminal):
    tables = export(terminal, "--reviewer", "Marker Zuckermann")["tables"]

    assert {row["errand_id"] for row in tables["cention.errand"]} == {WRITTEN, MENTIONED}
    assert {row["errand_id"] for row in tables["cention.errand_version"]} == {WRITTEN}
    assert {row["answer_id"] for row in tables["cention.answer"]} == {1, 2}
    assert {row["remote_id"] for row in tables["intake.landed"]} >= {
        WRITTEN,
        MENTIONED,
        UNREADABLE,
        3,
    }
    assert len(tables["intake.callback"]) == 3
    assert [row["rating_id"] for row in tables["cention.facebook_rating"]] == [3]
    assert {row["name"] for row in tables["cention.attachment"]} == {"MARKER.txt", "anybody.txt"}
    assert STRANGERS not in {row.get("errand_id") for rows in tables.values() for row in rows}


def test_contents_are_exported_only_on_request(centre, terminal):
    plain = export(terminal)["tables"]["cention.attachment"]
    full = export(terminal, "--contents")["tables"]["cention.attachment"]

    assert not any("content_base64" in row for row in plain)
    assert b"what MARKER wrote" in [base64.b64decode(row["content_base64"]) for row in full]


def test_an_attachment_whose_content_is_not_here_is_exported_without_it(centre, terminal):
    centre.bridge.execute(
        "UPDATE cention.attachment SET state = 'gone', sha256 = NULL WHERE name = 'MARKER.txt'"
    )

    rows = export(terminal, "--contents")["tables"]["cention.attachment"]

    contents = {row["name"]: row["content_base64"] for row in rows}
    assert contents["MARKER.txt"] is None
    assert contents["anybody.txt"] is not None


def test_the_spool_is_exported_as_well(centre, terminal, document, spool):
    sample = document("callback_answer_errand")
    callback = data.callback_of(sample, WRITTEN, answer=6, files=[], to=[])
    data.spool(spool, callback)

    assert [one["document"] for one in export(terminal)["spool"]] == [callback]


def test_an_export_changes_nothing_and_is_empty_for_an_unknown_address(centre, terminal):
    before = centre.texts()

    export(terminal)
    unknown = json.loads(terminal.run("export-person", "--address", "nobody@example.org").stdout)

    assert unknown["tables"] == {}
    assert centre.texts() == before

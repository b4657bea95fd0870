"""Files of questions and images in their HTML are wanted, and fetched once."""

from __future__ import annotations

import pytest

from tests.support.library import file, listed, question
from workers.clients.errors import IncompleteResponse
from workers.config.names import Family
from workers.mirrors.jobs import library as library_job
from workers.privacy.store import erased, retention
from workers.privacy.store.attachment_blobs import AttachmentKey
from workers.sync.store import attachments, wanted

FILES, IMAGES = Family.LIBRARY_ATTACHMENTS, Family.AREA_ARCHIVES
HTML_WITH_IMAGE = 'See <img src="archive/9"/>'


def stored(bridge):
    return {
        (row["kind"], row["attachment_id"])
        for row in bridge.rows("SELECT * FROM cention.attachment WHERE state = 'stored'")
    }


def image(number, **attributes):
    return file(number, type_="c3_area_archives", **attributes)


def store(bridge, kind, number):
    """Pretend that a content was fetched."""
    bridge.execute(
        "INSERT INTO cention.attachment (workspace, kind, attachment_id, name, state, fetched_at)"
        " VALUES ('demo', %s, %s, 'a.txt', 'stored', now())"
        " ON CONFLICT (workspace, kind, attachment_id) DO UPDATE SET state = 'stored'",
        kind,
        number,
    )
    bridge.execute("DELETE FROM intake.wanted")


def test_files_and_images_of_the_sandbox_are_stored_byte_for_byte(bridge, cention, refresh_now):
    cention.control("library/change", {"kind": "attach", "count": 4})
    cention.control("library/change", {"kind": "embed", "count": 4})
    refresh_now()
    for family in (FILES, IMAGES):
        while bridge.drain(family).more:
            pass

    expected = cention.control("truth/library")["questions"]
    rows = bridge.rows(
        "SELECT kind, attachment_id, encode(sha256, 'hex') AS sha256 FROM cention.attachment"
    )
    here = {(row["kind"], row["attachment_id"]): row["sha256"] for row in rows}
    assert here == {
        (kind, one["id"]): one["sha256"]
        for question in expected
        for kind, name in (("library", "attachments"), ("area_archive", "archives"))
        for one in question[name]
    }
    assert bridge.wanted_ids() == []


def test_stored_and_unchanged_files_are_not_fetched_again(bridge, cention, refresh_now):
    refresh_now()
    for family in (FILES, IMAGES):
        bridge.drain(family)
    assert stored(bridge)

    refresh_now()

    assert bridge.wanted_ids() == []


def test_a_new_file_is_wanted_and_shown_as_wanted(mirror, source, bridge):
    source.questions_document = listed(question(1, attachments=[5]), included=(file(5),))

    mirror.refresh()

    assert bridge.wanted_ids(FILES) == [5]
    assert bridge.rows("SELECT kind, attachment_id, state FROM cention.attachment") == [
        {"kind": "library", "attachment_id": 5, "state": "wanted"}
    ]


def test_a_renamed_file_is_fetched_again(mirror, source, bridge):
    source.questions_document = listed(question(1, attachments=[5]), included=(file(5),))
    mirror.refresh()
    store(bridge, "library", 5)

    source.questions_document = listed(
        question(1, attachments=[5]), included=(file(5, name="b.txt"),)
    )
    mirror.refresh()
    assert bridge.wanted_ids(FILES) == [5]
    store(bridge, "library", 5)

    mirror.refresh()
    assert bridge.wanted_ids(FILES) == []


@pytest.mark.parametrize(
    ("state", "again"), [("wanted", [5]), ("gone", [5]), ("refused", []), ("removed", [])]
)
def test_the_state_of_a_file_decides_whether_it_is_wanted_again(
    mirror, source, bridge, state, again
):
    source.questions_document = listed(question(1, attachments=[5]), included=(file(5),))
    mirror.refresh()
    bridge.execute("DELETE FROM intake.wanted")
    bridge.execute("UPDATE cention.attachment SET state = %s", state)

    mirror.refresh()

    assert bridge.wanted_ids(FILES) == again


def test_a_file_that_is_parked_stays_parked(mirror, source, bridge):
    source.questions_document = listed(question(1, attachments=[5]))
    mirror.refresh()
    bridge.execute("UPDATE intake.wanted SET parked_at = now(), tries = 12, due_at = now()")

    mirror.refresh()

    assert bridge.rows("SELECT parked_at IS NOT NULL AS parked FROM intake.wanted") == [
        {"parked": True}
    ]


def test_images_are_fetched_once_where_the_html_may_have_some(mirror, source, bridge):
    source.questions_document = listed(
        question(1, answer=HTML_WITH_IMAGE), question(2, answer="<b>x</b>")
    )
    source.related["embedded_archives_of", 1] = listed(image(9))
    for _ in range(3):
        mirror.refresh()

    assert source.requested == [("embedded_archives_of", 1)]
    assert mirror.files() == [(1, "area_archive", 9)]
    assert bridge.wanted_ids(IMAGES) == [9]


def test_images_are_fetched_again_when_the_html_changes(mirror, source):
    source.questions_document = listed(question(1, answer=HTML_WITH_IMAGE))
    source.related["embedded_archives_of", 1] = listed(image(9))
    mirror.refresh()

    source.questions_document = listed(
        question(1, answer=f"{HTML_WITH_IMAGE} and {HTML_WITH_IMAGE}")
    )
    source.related["embedded_archives_of", 1] = listed(image(8))
    mirror.refresh()
    assert mirror.files() == [(1, "area_archive", 8)]

    source.questions_document = listed(question(1, answer="no more"))
    mirror.refresh()
    assert mirror.files() == []
    assert len(source.requested) == 2


def test_images_that_took_too_long_are_fetched_by_the_next_refresh(mirror, source, monkeypatch):
    source.questions_document = listed(question(1, answer=HTML_WITH_IMAGE))
    source.related["embedded_archives_of", 1] = listed(image(9))
    with monkeypatch.context() as patch:
        patch.setattr(library_job, "FETCH_IMAGES_S", 0.0)
        mirror.refresh()
    assert (mirror.there(), source.requested, mirror.files()) == ([1], [], [])

    mirror.refresh()

    assert mirror.files() == [(1, "area_archive", 9)]


def test_images_that_cannot_be_fetched_hide_no_others_and_are_retried(mirror, source):
    source.questions_document = listed(
        question(1, answer=HTML_WITH_IMAGE), question(2, answer=HTML_WITH_IMAGE)
    )
    source.related["embedded_archives_of", 1] = IncompleteResponse(
        "failed", api="cention", status=500
    )
    source.related["embedded_archives_of", 2] = listed(image(9))
    mirror.refresh()
    assert mirror.files() == [(2, "area_archive", 9)]

    source.related["embedded_archives_of", 1] = listed(image(8))
    mirror.refresh()

    assert mirror.files() == [(1, "area_archive", 8), (2, "area_archive", 9)]


def test_an_image_of_the_library_survives_retention_and_erasure_of_an_answer(
    mirror, source, bridge
):
    source.questions_document = listed(question(1, answer=HTML_WITH_IMAGE))
    source.related["embedded_archives_of", 1] = listed(image(9))
    mirror.refresh()
    answer_with_the_same_image(bridge)

    assert attachments_to_remove(bridge) == []

    source.questions_document = listed(question(1, answer="no more"))
    mirror.refresh()
    assert [key.attachment_id for key in attachments_to_remove(bridge)] == [9]


def answer_with_the_same_image(bridge):
    store(bridge, "area_archive", 9)
    bridge.execute("UPDATE cention.attachment SET sha256 = sha256('x'), fetched_at = now()")
    bridge.execute(
        "INSERT INTO intake.erased (workspace, family, remote_id)"
        " VALUES ('demo', 'errand_reports', 33)"
    )
    bridge.execute(
        "INSERT INTO cention.answer (workspace, errand_id, answer_id, response_id, received_at,"
        " callback_id) VALUES ('demo', 33, 1, 1, now(), 1)"
    )
    bridge.execute(
        "INSERT INTO cention.answer_attachment (workspace, answer_id, kind, attachment_id)"
        " VALUES ('demo', 1, 'area_archive', 9)"
    )


def attachments_to_remove(bridge) -> list[AttachmentKey]:
    """Return what erasing the writer of errand 33 removes; retention removes the same."""
    with bridge.context.transaction() as conn:
        by_erasure = erased.attachments_of(conn, [("demo", 33)])
    by_retention = bridge.rows(retention_query())
    assert [row["attachment_id"] for row in by_retention] == [
        key.attachment_id for key in by_erasure
    ]
    return by_erasure


def retention_query() -> str:
    query = retention.SQL["attachments_with_old_contents"]
    return query.replace("%(before)s", "now() + interval '1 day'").replace("%(limit)s", "10")


def test_the_wanted_list_is_locked_before_the_tables(mirror, source, bridge, monkeypatch):
    order = []
    monkeypatch.setattr(wanted, "want", lambda *_: order.append("wanted"))
    monkeypatch.setattr(attachments, "record_wanted", lambda *_: order.append("attachments"))
    source.questions_document = listed(question(1, attachments=[5]))

    mirror.refresh()

    assert order == ["wanted", "attachments"]

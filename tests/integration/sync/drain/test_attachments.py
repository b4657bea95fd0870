from __future__ import annotations

import base64
import hashlib
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Barrier, Thread

import pytest

from tests.integration.bridge import answering, answering_with_file, raising
from workers.clients import errors
from workers.clients.cention.attachments import AttachmentsApi
from workers.clients.http import HttpApi, Timeouts
from workers.config.names import Family

FILES = Family.RESPONSE_ATTACHMENTS
IMAGES = Family.AREA_ARCHIVES
MIB = 1024 * 1024
LARGE = 25 * MIB
GONE = errors.NotFound("not found", api="cention", status=404)


def make_file(cention, *, size: int = 1000, type_: str = "c3_response_attachments") -> dict:
    return cention.control("attachments", {"bytes": size, "type": type_})


def attachments(bridge) -> list[dict]:
    return bridge.rows("SELECT * FROM cention.attachment ORDER BY kind, attachment_id")


def contents(bridge) -> list[dict]:
    return bridge.rows(
        "SELECT encode(sha256, 'hex') AS named, encode(sha256(content), 'hex') AS is,"
        " length(content) AS length FROM cention.blob ORDER BY 1"
    )


@pytest.mark.parametrize("size", [0, 1, 300_000])
def test_a_file_is_stored_unchanged_with_its_description(bridge, cention, size):
    made = make_file(cention, size=size)
    attributes = cention.api(f"{made['type']}/{made['id']}").json()["data"]["attributes"][
        "attachment"
    ]
    bridge.want(FILES, made["id"])

    bridge.drain(FILES)

    [row] = attachments(bridge)
    assert row.pop("fetched_at") is not None
    assert row == {
        "workspace": "demo",
        "kind": "response",
        "attachment_id": made["id"],
        "name": attributes["name"],
        "content_type": attributes["content_type"],
        "content_cid": attributes.get("content_id") or None,
        "size_bytes": size,
        "sha256": bytes.fromhex(made["sha256"]),
        "state": "stored",
        "reason": None,
    }
    assert contents(bridge) == [{"named": made["sha256"], "is": made["sha256"], "length": size}]
    [stored] = bridge.rows("SELECT content FROM cention.blob")
    assert base64.b64encode(stored["content"]).decode() == "".join(attributes["content"].split())


def test_an_image_inside_html_is_stored_as_well(bridge, cention):
    made = make_file(cention, type_="c3_area_archives")
    bridge.want(IMAGES, made["id"])

    bridge.drain(IMAGES)

    assert [(row["kind"], row["state"]) for row in attachments(bridge)] == [
        ("area_archive", "stored")
    ]


def test_the_document_is_stored_without_the_content(bridge, cention):
    made = make_file(cention, size=300_000)
    bridge.want(FILES, made["id"])

    bridge.drain(FILES)

    [landed] = bridge.rows("SELECT document, length(document::text) AS length FROM intake.landed")
    assert landed["document"]["data"]["attributes"]["attachment"]["content"] is None
    assert landed["length"] < 2000


def test_two_attachments_of_equal_content_share_it(offline_bridge):
    offline_bridge.want(FILES, 5, 6)

    offline_bridge.drain(FILES, fetch=lambda id_: answering_with_file(b"logo", id_=id_)(id_))

    assert [row["state"] for row in attachments(offline_bridge)] == ["stored", "stored"]
    assert len(contents(offline_bridge)) == 1


def test_attachments_of_equal_content_may_arrive_at_the_same_time(offline_bridge):
    bridge = offline_bridge
    bridge.want(FILES, *range(1, 9))
    bridge.want(IMAGES, *range(1, 9))
    together = Barrier(2)

    def fetch(id_):
        return answering_with_file(f"logo {id_ % 4}".encode(), id_=id_)(id_)

    def drain(family):
        together.wait(10)
        image = {"type": "c3_area_archives"} if family == IMAGES else {}

        def fetch_kind(id_):
            fetched = fetch(id_)
            fetched.document["data"].update(image)
            return fetched

        return bridge.drain(family, fetch=fetch_kind)

    with ThreadPoolExecutor(2) as executor:
        list(executor.map(drain, [FILES, IMAGES]))

    assert {row["state"] for row in attachments(bridge)} == {"stored"}
    assert len(attachments(bridge)) == 16
    assert len(contents(bridge)) == 4


def test_a_content_that_has_changed_is_stored_beside_the_old_one(offline_bridge):
    bridge = offline_bridge
    for content in (b"first", b"second"):
        bridge.want(FILES, 5)
        bridge.drain(FILES, fetch=answering_with_file(content))

    [row] = attachments(bridge)
    assert row["sha256"] == hashlib.sha256(b"second").digest()
    assert row["size_bytes"] == 6


def test_a_deleted_attachment_is_marked_gone_after_two_fetches(offline_bridge):
    bridge = offline_bridge
    bridge.want(FILES, 5)
    for _ in range(2):
        bridge.make_due()
        bridge.drain(FILES, fetch=raising(GONE))

    [row] = attachments(bridge)
    assert (row["state"], row["reason"]) == ("gone", "no longer exists at Cention")
    assert bridge.wanted_ids() == []


def test_a_content_stays_when_cention_deletes_its_attachment(offline_bridge):
    bridge = offline_bridge
    bridge.want(FILES, 5)
    bridge.drain(FILES, fetch=answering_with_file(b"content"))
    bridge.want(FILES, 5)
    for _ in range(2):
        bridge.make_due()
        bridge.drain(FILES, fetch=raising(GONE))

    [row] = attachments(bridge)
    assert (row["state"], row["sha256"]) == ("gone", hashlib.sha256(b"content").digest())
    assert len(contents(bridge)) == 1


def test_a_file_that_is_too_large_is_refused_with_the_reason(bridge, cention):
    made = make_file(cention, size=2 * MIB)
    bridge.want(FILES, made["id"])

    bridge.drain(FILES)

    [row] = attachments(bridge)
    assert row["state"] == "refused"
    assert "too large" in row["reason"] or "larger" in row["reason"]
    assert bridge.wanted_ids() == []
    assert contents(bridge) == []


def test_a_content_that_is_no_base64_is_refused_with_the_reason(offline_bridge):
    error = errors.BadContent(
        "attachment: the file is missing or is not valid Base64", api="cention", status=200
    )
    offline_bridge.want(FILES, 5)

    offline_bridge.drain(FILES, fetch=raising(error))

    [row] = attachments(offline_bridge)
    assert (row["state"], row["reason"]) == ("refused", str(error))


def test_an_unparseable_document_is_stored_and_its_attachment_is_refused(offline_bridge):
    """Otherwise it would be shown as wanted for ever and never be fetched."""
    offline_bridge.want(FILES, 5)

    offline_bridge.drain(FILES, fetch=answering({"data": {"type": "c3_odd", "id": "5"}}))

    [row] = attachments(offline_bridge)
    assert row["state"] == "refused"
    assert row["reason"] == "/data/type: must be c3_response_attachments"
    assert [r["problem"] for r in offline_bridge.rows("SELECT problem FROM intake.landed")] == [
        row["reason"]
    ]


def test_of_a_document_that_is_too_deep_the_text_is_kept_and_its_attachment_is_refused(
    offline_bridge,
):
    error = errors.TooDeep("too deep", api="cention", status=200, body="[[[")
    offline_bridge.want(FILES, 5)

    offline_bridge.drain(FILES, fetch=raising(error))

    [row] = attachments(offline_bridge)
    assert (row["state"], row["reason"]) == ("refused", str(error))
    [landed] = offline_bridge.rows("SELECT document, problem FROM intake.landed")
    assert landed == {"document": {"body": "[[["}, "problem": str(error)}
    assert offline_bridge.wanted_ids() == []


def test_an_attachment_that_was_refused_can_be_fetched_later(offline_bridge):
    bridge = offline_bridge
    error = errors.TooLarge("too large", api="cention", status=200)
    bridge.want(FILES, 5)
    bridge.drain(FILES, fetch=raising(error))
    bridge.want(FILES, 5)

    bridge.drain(FILES, fetch=answering_with_file(b"small"))

    [row] = attachments(bridge)
    assert (row["state"], row["reason"]) == ("stored", None)


PIECE = b"0123456789abcdef" * 3072  # 48 KiB, which base64 leaves without padding


class _LargeFiles(BaseHTTPRequestHandler):
    """Answers every request with a file of 25 MiB, made while it is sent."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"data":{"type":"c3_response_attachments","id":"5","attributes":')
        self.wfile.write(b'{"attachment":{"name":"a","content":"')
        for left in range(LARGE, 0, -len(PIECE)):
            self.wfile.write(base64.b64encode(PIECE[:left]))
        self.wfile.write(b'"}}}}')

    def log_message(self, *_args: object) -> None: ...


@pytest.fixture
def large_files() -> Iterator[AttachmentsApi]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _LargeFiles)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    timeouts = Timeouts(connect_s=5, read_s=60, total_s=120)
    http = HttpApi("cention", f"http://127.0.0.1:{server.server_port}", timeouts=timeouts)
    yield AttachmentsApi(http, token="sandbox-token")
    server.shutdown()
    thread.join(10)
    server.server_close()


def test_files_of_25_mib_pass_through_in_small_pieces(offline_bridge, large_files):
    bridge = offline_bridge
    bridge.want(FILES, 5, 6)

    def fetch(id_):
        return large_files.fetch("c3_response_attachments", id_, max_bytes=LARGE)

    tracemalloc.start()
    bridge.drain(FILES, fetch=fetch)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert [row["size_bytes"] for row in attachments(bridge)] == [LARGE, LARGE]
    assert [(c["length"], c["named"] == c["is"]) for c in contents(bridge)] == [(LARGE, True)]
    assert peak_bytes < 4 * MIB

from __future__ import annotations

import pytest

from schemas.cention.attachments import (
    RESOURCE_TYPES,
    AttachmentKind,
    AttachmentMeta,
    read_attachment,
)
from schemas.errors import DocumentError, NullResource


@pytest.fixture
def attachment(document):
    return document("response_attachment_1270")


def inner(attachment):
    return attachment["data"]["attributes"]["attachment"]


def read(attachment):
    return read_attachment(attachment, AttachmentKind.RESPONSE)


def test_the_documented_attachment_is_read(attachment):
    assert read(attachment) == AttachmentMeta(
        attachment_id=1270, name="tst1_1.txt", content_type="text/plain", content_cid=None
    )


def test_an_attachment_without_content_is_read(attachment):
    del inner(attachment)["content"]

    assert read(attachment).attachment_id == 1270


def test_the_content_id_is_read(attachment):
    inner(attachment)["content_id"] = "attachment_1270"

    assert read(attachment).content_cid == "attachment_1270"


def test_a_malicious_name_is_read_as_any_other(attachment):
    inner(attachment)["name"] = "../../etc/passwd"

    assert read(attachment).name == "../../etc/passwd"


def test_empty_values_are_none(attachment):
    inner(attachment).update(name="", content_type="", content_id="")

    meta = read(attachment)

    assert (meta.name, meta.content_type, meta.content_cid) == (None, None, None)


def test_without_a_resource_id_the_inner_id_is_used(attachment):
    del attachment["data"]["id"]

    assert read(attachment).attachment_id == 1270


def test_an_attachment_without_any_id_is_read(attachment):
    del attachment["data"]["id"]
    del inner(attachment)["c3_id"]

    assert read(attachment).attachment_id is None


@pytest.mark.parametrize("kind", AttachmentKind)
def test_each_kind_has_its_resource_type(attachment, kind):
    attachment["data"]["type"] = RESOURCE_TYPES[kind]

    assert read_attachment(attachment, kind).attachment_id == 1270


@pytest.mark.parametrize(
    ("old_type", "kind"),
    [
        ("c3_responseattachment", AttachmentKind.RESPONSE),
        ("c3_areaarchive", AttachmentKind.AREA_ARCHIVE),
    ],
)
def test_names_of_older_versions_of_cention_are_accepted(attachment, old_type, kind):
    attachment["data"]["type"] = old_type

    assert read_attachment(attachment, kind).attachment_id == 1270


def test_an_attachment_of_another_kind_is_refused(attachment):
    with pytest.raises(DocumentError, match=r"^/data/type: "):
        read_attachment(attachment, AttachmentKind.LIBRARY)


def test_a_document_that_describes_no_file_is_refused(attachment):
    del attachment["data"]["attributes"]["attachment"]

    with pytest.raises(DocumentError, match=r"^/data/attributes/attachment: "):
        read(attachment)


def test_an_attachment_of_null_is_a_null_resource():
    with pytest.raises(NullResource):
        read({"data": None})

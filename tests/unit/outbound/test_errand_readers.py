"""Records of import files: each is an order, or a problem with its line or number."""

from __future__ import annotations

import json
import mimetypes
from unittest import mock

import pytest

from schemas.mails import read_mail
from workers.outbound.jobs.csv_errands import COLUMNS
from workers.outbound.jobs.deduplication import identify
from workers.outbound.jobs.errand_readers import reader_for
from workers.outbound.jobs.errors import UnreadableFile

MAX = 10_000


@pytest.fixture
def read(tmp_path):
    """Write a file and read its records; each is an order, or the text of its problem."""

    def records(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        reader = reader_for(path)
        found = list(reader.records(path, MAX))
        assert reader.count(path) == len(found)
        return {one.place: one.order or one.problem for one in found}

    return records


def content_of(attachment):
    with attachment.content.open() as file:
        return file.read()


def test_a_line_of_json_is_an_errand_as_cention_documents_it(read, document):
    attributes = document("new_errand_request")["data"]["attributes"]

    found = read("a.jsonl", json.dumps(attributes))

    order = found["line 1"]
    assert order.errand.message_id == "msgid_1485096554"
    assert order.errand.integration_data["queueName"] == "EHS"
    assert [content_of(one) for one in order.errand.attachments] == [
        b"Apple Pen Pineapple Pen",
        b"Orange Juice!",
    ]


def test_bad_lines_are_reported_by_number_and_do_not_hide_good_ones(read):
    found = read(
        "a.jsonl",
        '{"msg": {"subject": "1"}}\n'
        "\n"
        "{broken\n"
        "[1, 2]\n"
        '{"msg": {"htmlBody": "x"}}\n'
        '{"msg": {"subject": "6"}, "extradata": NaN}\n'
        f'{{"msg": {{"subject": "{"x" * MAX * 3}"}}}}\n'
        '{"msg": {"subject": "8"}}',
    )

    assert found["line 1"].errand.subject == "1"
    assert found["line 3"] == "is not JSON"
    assert found["line 4"] == "is not a JSON object"
    assert found["line 5"].startswith("/msg/htmlBody")
    assert found["line 6"] == "is not JSON"
    assert "longer than" in found["line 7"]
    assert found["line 8"].errand.subject == "8"
    assert "line 2" not in found


def test_json_that_nests_too_deep_is_reported_and_does_not_hide_good_lines(read):
    def nested(levels):
        return '{"extradata": ' + "[" * (levels - 1) + "]" * (levels - 1) + "}"

    found = read("a.jsonl", f'{nested(250)}\n{nested(251)}\n{nested(1_024)}\n{{"from": "a@b"}}\n')

    assert "nests deeper than 64 levels" in found["line 1"]
    assert found["line 2"] == found["line 3"] == "nests deeper than 250 levels"
    assert "nests" not in str(found["line 4"])


def test_json_in_a_column_that_nests_too_deep_is_reported(read):
    deep = "[" * 251 + "]" * 251

    found = read("a.csv", f"from,extradata\na@b,{deep}\na@b,\n")

    assert found["line 2"].endswith("nests deeper than 250 levels")
    assert not isinstance(found["line 3"], str)


def test_an_attachment_may_be_in_the_folder_of_the_list(read, tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "räkning.pdf").write_bytes(b"%PDF")
    file = {"file": "files/räkning.pdf", "content_id": "c", "name": "other.bin"}

    found = read("a.jsonl", json.dumps({"msg": {"attachments": [file]}}))

    [attachment] = found["line 1"].errand.attachments
    assert (attachment.name, attachment.content_type, attachment.content_id) == (
        "other.bin",
        "application/octet-stream",
        "c",
    )
    assert content_of(attachment) == b"%PDF"


@pytest.mark.parametrize("way", ["/etc/passwd", "../secret", "link", "a\0b", "folder/../../secret"])
def test_a_list_reads_no_file_outside_its_folder(read, tmp_path, way):
    (tmp_path.parent / "secret").write_text("secret")
    (tmp_path / "link").symlink_to(tmp_path.parent / "secret")

    of_json = read("a.jsonl", json.dumps({"msg": {"attachments": [{"file": way}]}}))
    of_csv = read("a.csv", f"from,attach\na@b,{way}\n")

    assert "in the folder of this list" in of_json["line 1"]
    assert "in the folder of this list" in of_csv["line 2"]


@pytest.mark.parametrize(
    ("attachment", "pointer"),
    [
        ({"file": "gone.txt"}, "/msg/attachments/0/file"),
        ({"content": "no base64!", "name": "a"}, "/msg/attachments/0/content"),
        ({"content": "data:text/plain;base64,QQ==", "name": "a"}, "/msg/attachments/0/content"),
        ({"content": "QQ==", "name": 5}, "/msg/attachments/0/name"),
        ({"content": "QQ==", "name": "a", "c3_id": "5"}, "/msg/attachments/0/c3_id"),
        ({"content": "QQ=="}, "/msg/attachments/0/name"),
        ({"content": "QQ==", "file": "a"}, "/msg/attachments/0"),
        ({"name": "a"}, "/msg/attachments/0"),
        ("QQ==", "/msg/attachments/0"),
    ],
)
def test_a_wrong_attachment_is_reported_by_its_field(read, attachment, pointer):
    found = read("a.jsonl", json.dumps({"msg": {"attachments": [attachment]}}))

    assert found["line 1"].startswith(f"{pointer}: ")


def test_attachments_are_a_list(read):
    assert read("a.jsonl", '{"msg": {"attachments": {}}}')["line 1"].startswith("/msg/attachments")


HEAD = "from,name,subject,body,message_id,attach,cuid,extradata,answer.user_type,answer.user_id"


def test_a_row_is_an_errand_with_its_columns_named_as_cention_names_fields(read, tmp_path):
    (tmp_path / "a.txt").write_text("A")
    (tmp_path / "b.txt").write_text("B")
    row = 'a@b,Åsa,"Hej, hej","två\nrader",m1,a.txt | b.txt,55-1,"{""case"": 5}",cention,12'

    found = read("a.csv", f"{HEAD}\n{row}\n".encode("utf-8-sig"))

    order = found["line 2"]
    errand = order.errand
    assert (errand.from_address, errand.name, errand.subject) == ("a@b", "Åsa", "Hej, hej")
    assert (errand.body, errand.message_id, errand.cuid) == ("två\nrader", "m1", "55-1")
    assert errand.extradata == {"case": 5}
    assert [content_of(one) for one in errand.attachments] == [b"A", b"B"]
    assert (order.answer.user_type, order.answer.user_id) == ("cention", "12")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_columns_may_be_separated_as_spreadsheets_do(read, separator):
    found = read("a.csv", f"from{separator}subject\na@b{separator}Hej\n")

    assert found["line 2"].errand.subject == "Hej"


def test_headings_are_known_in_any_case(read):
    found = read("a.csv", "FROM;Body;Message_ID\na@b;Hej;1\n")

    errand = found["line 2"].errand
    assert (errand.from_address, errand.body, errand.message_id) == ("a@b", "Hej", "1")


def test_numbers_and_booleans_in_a_row_get_their_type(read):
    names = [
        "from", "integrationData.integrationName", "integrationData.deviceId",
        "integrationData.extensionId", "integrationData.destNumber", "integrationData.queueName",
        "integrationData.queueNumber", "integrationData.endSession",
        "integrationData.extraData.appointmentTimestamp",
    ]  # fmt: skip
    row = "a@b,aventa,1000,17,60374571234,EHS,0123,false,1593047865"

    found = read("a.csv", ",".join(names) + "\n" + row)

    assert found["line 2"].errand.integration_data == {
        "integrationName": "aventa",
        "deviceId": 1000,
        "extensionId": 17,
        "destNumber": "60374571234",
        "queueName": "EHS",
        "queueNumber": "0123",
        "endSession": False,
        "extraData": {"appointmentTimestamp": "1593047865"},
    }


def test_a_template_in_a_row_has_its_params_as_json(read):
    head = "from,watemplate.elementname,watemplate.namespace,watemplate.params"
    user = ",answer.user_type,answer.user_id"

    found = read("a.csv", f'{head}{user}\na@b,e,n,"[{{""a"": 1}}]",cention,7\n')

    assert found["line 2"].template.params == ({"a": 1},)


def test_bad_rows_are_reported_by_line_and_do_not_hide_good_ones(read):
    found = read("a.csv", "from,extradata,subject\na@b,{,x\na@b,1,x,more\na@b\na@b,,good\n")

    assert found["line 2"] == "/extradata: is not JSON"
    assert found["line 3"] == "4 cells instead of 3"
    assert found["line 4"] == "1 cells instead of 3"
    assert found["line 5"].errand.subject == "good"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"from,Subjects,htmlBody\n", "unknown columns: Subjects, htmlBody"),
        ("a.csv", b"from,body,Body\n", "two columns called body"),
        ("a.csv", b"body;Body\n", "two columns called body"),
        ("a.csv", b"subject\nx\n", "no column called from"),
        ("a.csv", b"", "no column called from"),
        ("a.csv", b'from,"body\n', "a quotation mark is not closed"),
        ("a.xlsx", b"PK", ".jsonl .csv .eml .mbox"),
        ("a.mbox", b"no mail at all\n", "is not mbox"),
        ("a.mbox", b"\n\nSubject: x\n\nFrom a\n", "is not mbox"),
    ],
)
def test_a_file_that_cannot_be_read_as_a_whole_says_why(read, name, content, message):
    with pytest.raises(UnreadableFile, match=message.replace(".", r"\.")):
        read(name, content)


def test_an_empty_row_is_not_an_errand(read):
    assert read("a.csv", "from;subject;body\n;;\n") == {}


def test_a_row_that_is_not_csv_or_not_utf8_does_not_hide_good_ones(read):
    found = read("a.csv", b'From, body\na@b,"5" screen"\nb@c,R\xe4kning\nc@d,good\n')

    assert found["line 2"].startswith("column 2: a quotation mark within a cell must be doubled")
    assert found["line 3"] == "column 'body': is not UTF-8; save the file as UTF-8"
    assert found["line 4"].errand.body == "good"


def test_a_table_in_utf16_is_read(read):
    found = read("a.csv", "from\tbody\na@b\tHå\n".encode("utf-16"))

    assert found["line 2"].errand.body == "Hå"


def test_a_value_below_no_heading_is_a_problem(read):
    found = read("a.csv", "from,body,\na@b,x,\nb@c,x,y\n")

    assert found["line 2"].errand.body == "x"
    assert found["line 3"] == "has a value in a column without a heading"


def test_every_documented_field_has_a_column_but_the_contents_of_attachments(document):
    attributes = document("new_errand_request")["data"]["attributes"]
    columns = set(COLUMNS)

    named = set(attributes["msg"]) - {"attachments"}
    data = attributes["integrationData"]
    named |= {f"integrationData.{name}" for name in data if name != "extraData"}
    named |= {f"integrationData.extraData.{name}" for name in data["extraData"]}
    assert named | {"cuid", "extradata"} <= columns


MAIL = "Message-ID: <{0}@x>\nFrom: a@b.example\nTo: c@d\nSubject: {0}\n\nbody of {0}\n"


def test_an_mbox_is_as_many_mails_as_begin_after_an_empty_line(read):
    found = read(
        "a.mbox",
        "From a@b Sun Jan 22 22:49:14 2017\n" + MAIL.format("one") + "From here on it rains.\n"
        "\nFrom a@b Sun Jan 22 22:49:15 2017\n"
        + MAIL.format("two")
        + "\n>From quoted\n>>From twice\n",
    )

    one, two = found.values()
    assert list(found) == ["message 1 (line 1)", "message 2 (line 10)"]
    assert one.errand.body == "body of one\nFrom here on it rains.\n"
    assert two.errand.body == "body of two\n\nFrom quoted\n>From twice\n"
    assert one.errand.message_id == "one@x"
    assert one.errand.extradata == {"to": "c@d"}


def test_bad_mails_are_reported_by_number_and_line_and_do_not_hide_good_ones(read):
    found = read(
        "a.mbox",
        "From x\nSubject: nobody\n\nhm\n\nFrom x\n" + MAIL.format("good") + "\nFrom x\n"
        + MAIL.format("x" * MAX * 2),
    )  # fmt: skip

    assert "no From" in found["message 1 (line 1)"]
    assert found["message 2 (line 6)"].errand.subject == "good"
    assert "too large" in found["message 3 (line 14)"]


@pytest.mark.parametrize("error", [RecursionError, MemoryError, AttributeError, UnicodeError])
def test_any_error_of_one_mail_is_reported_and_does_not_hide_the_next(read, error):
    def fail_once(content):
        if b"bad" in content:
            raise error
        return read_mail(content)

    with mock.patch("workers.outbound.jobs.mails.read_mail", fail_once):
        found = read("a.mbox", "".join(f"From x\n{MAIL.format(one)}\n" for one in ("bad", "good")))

    bad, good = found.values()
    assert isinstance(bad, str)
    assert good.errand.subject == "good"


NESTED = "From: a@b.example\nContent-Type: {0}\n\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    "bad",
    [
        f"From: {'(' * 5000}\n\nx\n",
        f"From: {'(' * 5000}{')' * 5000}\n\nx\n",
        f"From: {'=?utf-8?B?' * 5000}\n\nx\n",
        f"From: a@{'b' * 400}.example\n\nx\n",
        NESTED.format("message/rfc822") * 3000,
        "".join(NESTED.format(f"multipart/mixed; boundary=B{n}") + f"--B{n}\n" for n in range(900)),
        "".join(
            NESTED.format(f"multipart/mixed; boundary=B{n}") + f"--B{n}\n" for n in range(2000)
        ),
        "X: y\n" * 50_000,
        "From: a@b.example\nContent-Type: text/html\n\n" + "<div>" * 50_000,
    ],
    ids=range(9),
)
def test_no_mail_ends_the_import_of_those_that_follow(tmp_path, bad):
    path = tmp_path / "a.mbox"
    good = MAIL.format("good")
    path.write_text(f"From x\n{good}\nFrom x\nMessage-ID: <b@x>\n{bad}\n\nFrom x\n{good}\n")

    records = list(reader_for(path).records(path, 2**20))

    assert len(records) == 3
    assert [one.order.errand.subject for one in (records[0], records[2])] == ["good", "good"]
    assert records[1].order or records[1].problem


def test_an_eml_is_one_mail(read):
    assert read("a.eml", MAIL.format("one"))["message 1"].errand.subject == "one"


def test_where_mails_begin_with_a_date_a_paragraph_that_begins_with_from_is_text(read):
    found = read(
        "a.mbox",
        "From - Sun Jan 22 22:49:14 2017\n" + MAIL.format("one") + "\nFrom here on it rains.\n"
        "\nFrom 9@xxx Sun Jan 22 22:49:15 +0000 2017\n" + MAIL.format("two"),
    )

    one, two = found.values()
    assert one.errand.body == "body of one\n\nFrom here on it rains.\n"
    assert two.errand.subject == "two"


def test_an_mbox_without_mail_has_none(read):
    assert read("a.mbox", "") == {}


def fingerprint(read, line):
    [order] = read("a.jsonl", line).values()
    return identify(order, max_bytes=MAX)


def test_a_message_id_is_derived_from_the_whole_content(read, tmp_path):
    (tmp_path / "f").write_text("one")
    lines = [
        '{"msg": {"subject": "a"}}',
        '{"msg": {"subject": "b"}}',
        '{"msg": {"subject": "a"}, "cuid": "1"}',
        '{"msg": {"subject": "a"}, "answer": {}}',
        '{"msg": {"subject": "a", "attachments": [{"file": "f"}]}}',
        '{"msg": {"subject": "a", "attachments": [{"name": "f", "content": "QQ=="}]}}',
    ]

    ids = {fingerprint(read, line).order.errand.message_id for line in lines}
    (tmp_path / "f").write_text("two")
    ids.add(fingerprint(read, lines[4]).order.errand.message_id)

    assert len(ids) == len(lines) + 1
    assert all(one.startswith("bridge-") for one in ids)


def test_a_machine_that_guesses_other_file_types_derives_the_same_message_id(read, tmp_path):
    line = '{"msg": {"subject": "a", "attachments": [{"file": "letter.zzq"}]}}'
    (tmp_path / "letter.zzq").write_text("one")
    here = fingerprint(read, line)

    with mock.patch.dict(mimetypes.types_map, {".zzq": "application/x-odd"}):
        there = fingerprint(read, line)

    types = [one.order.errand.attachments[0].content_type for one in (here, there)]
    assert types == ["application/octet-stream", "application/x-odd"]
    assert here.message_sha256 == there.message_sha256
    assert here.content_sha256 == there.content_sha256


def test_a_given_message_id_stays_and_other_content_is_detected(read):
    first = fingerprint(read, '{"msg": {"message_id": "m", "subject": "a"}}')
    second = fingerprint(read, '{"msg": {"message_id": "m", "subject": "b"}}')

    assert first.order.errand.message_id == "m"
    assert first.message_sha256 == second.message_sha256
    assert first.content_sha256 != second.content_sha256


def test_an_attachment_above_the_limit_is_refused_by_its_field(read, tmp_path):
    (tmp_path / "big").write_bytes(bytes(MAX + 1))

    with pytest.raises(ValueError, match=f"/msg/attachments/0/content: is larger than {MAX}"):
        fingerprint(read, '{"msg": {"attachments": [{"file": "big"}]}}')


def test_an_attachment_that_has_gone_since_it_was_listed_is_refused_by_its_field(read, tmp_path):
    (tmp_path / "file").write_text("one")
    [order] = read("a.jsonl", '{"msg": {"attachments": [{"file": "file"}]}}').values()
    (tmp_path / "file").unlink()

    with pytest.raises(ValueError, match="/msg/attachments/0/content: cannot be read: No such"):
        identify(order, max_bytes=MAX)

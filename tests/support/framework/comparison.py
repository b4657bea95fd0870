"""Sends the recorded requests to a server, and describes its answers as the recorded ones are.

``answers.jsonl`` has one request a line. ``label`` names it and says which headers it has. ``body``
has one character for each byte; ``{levels}`` is an array as deep as the label says. ``flag`` says
whether errand 1001 was still marked as changed afterwards. ``answer`` is the shape of the answer:
no ids and no texts, only what a client sees of the framework.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import Any

ANSWERS = Path(__file__).with_name("answers.jsonl")
JSON_API = "application/vnd.api+json"
TOKEN = "sandbox-token"
SHOWN_CHARACTERS = 60  # of a text
Headers = list[tuple[str, str]]

AUTHORIZATIONS: Mapping[str, str | None] = {
    "none": None,
    "empty": "",
    "Bearer alone": "Bearer",
    "Bearer space": "Bearer ",
    "lower case": f"bearer {TOKEN}",
    "two spaces": f"Bearer  {TOKEN}",
    "Basic": "Basic c2FuZGJveA==",
    "raw token": TOKEN,
    "wrong": "Bearer wrong",
    "trailing": f"Bearer {TOKEN}x",
    "JWT prefix": f"JWT {TOKEN}",
    "latin1": "Bearer \xe5\xe4\xf6",
    "quoted": f'Bearer "{TOKEN}"',
}
HEADERS: Mapping[str, tuple[str, str]] = {
    "Accept */*": ("Accept", "*/*"),
    "Accept html": ("Accept", "text/html"),
    "Accept two": ("Accept", f"text/html, {JSON_API}"),
    "Accept-Encoding gzip": ("Accept-Encoding", "gzip"),
    "CT charset": ("Content-Type", f"{JSON_API}; charset=utf-8"),
    "CT ext": ("Content-Type", f'{JSON_API}; ext="bulk"'),
    "CT form": ("Content-Type", "application/x-www-form-urlencoded"),
    "CT json": ("Content-Type", "application/json"),
    "CT junk": ("Content-Type", "junk"),
    "CT multipart": ("Content-Type", "multipart/form-data; boundary=x"),
    "CT text": ("Content-Type", "text/plain"),
    "CT vnd": ("Content-Type", JSON_API),
    "Content-Encoding identity": ("Content-Encoding", "identity"),
    "Cookie": ("Cookie", "session=1"),
    "Expect": ("Expect", "100-continue"),
    "If-Modified-Since": ("If-Modified-Since", "Sat, 01 Jan 2050 00:00:00 GMT"),
    "If-None-Match": ("If-None-Match", "*"),
    "Origin": ("Origin", "https://other.example"),
    "Range": ("Range", "bytes=0-9"),
    "Upgrade": ("Upgrade", "h2c"),
    "X-Forwarded": ("X-Forwarded-Host", "other.example"),
    "deflate announced, plain body": ("Content-Encoding", "deflate"),
    "gzip body": ("Content-Encoding", "gzip"),
    "host": ("Host", "other.example"),
    "override DELETE": ("X-HTTP-Method-Override", "DELETE"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A request and the framework's answer."""

    kind: str
    label: str
    method: str
    path: str
    body: bytes
    status: int | str
    media_type: str
    answer: str
    flag: str | None


def recorded() -> Iterator[Recorded]:
    """Return all recorded requests, in their order."""
    with ANSWERS.open(encoding="utf-8") as lines:
        for one in map(json.loads, lines):
            method, _, path = one["request"].partition(" ")
            yield Recorded(
                kind=one["class"],
                label=one["label"],
                method=method,
                path=path,
                body=_body(one["body"], one["label"]),
                status=one["status"],
                media_type=one["type"],
                answer=one["answer"],
                flag=one["flag"],
            )


def _body(text: str, label: str) -> bytes:
    depth = re.search(r"(\d+) levels", label)
    levels = int(depth[1]) if depth else 0
    return text.replace("{levels}", "[" * levels + "]" * levels).encode("latin-1")


def headers_of(one: Recorded) -> Headers:
    """Return the headers that the label of a request names."""
    said = re.split(r"[:,] ", one.label, maxsplit=1)[-1]
    if one.label == "two headers, wrong first":
        return [("Authorization", "Bearer wrong"), ("Authorization", f"Bearer {TOKEN}")]
    if said.startswith("Authorization "):
        value = AUTHORIZATIONS[said.removeprefix("Authorization ")]
        return [] if value is None else [("Authorization", value)]
    if "(no token)" in one.label:
        return []
    named = HEADERS.get(said) if one.kind.startswith("headers") else None
    token = ("Authorization", f"Bearer {TOKEN}")
    return [token] if named is None else [token, named]


def send(connection: HTTPConnection, one: Recorded) -> tuple[int | str, str, str]:
    """Send a request; return status, media type and shape of the answer."""
    headers = headers_of(one)
    named = {name for name, _ in headers}
    chunked = one.label.endswith("chunked")
    try:
        connection.putrequest(
            one.method, one.path, skip_host="Host" in named, skip_accept_encoding=True
        )
        for name, value in headers:
            connection.putheader(name, value.encode("latin-1"))
        if chunked:
            connection.putheader("Transfer-Encoding", "chunked")
        elif one.body or one.method in ("POST", "PATCH", "PUT"):
            connection.putheader("Content-Length", str(len(one.body)))
        connection.endheaders(
            iter([one.body]) if chunked else one.body or None, encode_chunked=chunked
        )
        response = connection.getresponse()
        content = response.read()
    except (OSError, HTTPException) as error:
        connection.close()
        return f"no answer {type(error).__name__}", "", "empty"
    return response.status, _media_type(response), shape_of(content, _media_type(response))


def _media_type(response: HTTPResponse) -> str:
    return (response.headers.get("Content-Type") or "").partition(";")[0]


def shape_of(content: bytes, media_type: str) -> str:
    """Return the shape of an answer, as in ``answers.jsonl``."""
    if media_type.startswith("text/"):
        text = re.sub(r"/\d+", "/N", content.decode()[:SHOWN_CHARACTERS].strip())
        return f"text:{text}" if text else "empty"
    if not content.strip() or content == b"null":
        return "empty"
    document = json.loads(content)
    if "errors" in document:
        return "errors:" + json.dumps([_error(one) for one in document["errors"]])
    included = sorted({one["type"] for one in document.get("included", ())})
    top = sorted(document.keys() - {"data", "included"})
    return f"data={_data(document['data'])} top={top} included={included}"


def _error(error: Mapping[str, str]) -> dict[str, str]:
    return {
        key: value if key in ("status", "code") else "*" for key, value in sorted(error.items())
    }


def _data(data: Any) -> str:
    if data is None:
        return "null"
    if isinstance(data, list):
        return f"list of {data[0]['type']} attrs {sorted(data[0].get('attributes', ()))}"
    return json.dumps(
        {
            "attrs": sorted(data.get("attributes", ())),
            "links": "links" in data,
            "rels": sorted(data.get("relationships", ())),
            "type": data["type"],
        }
    )

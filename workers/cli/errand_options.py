"""The options of ``cention errands create``, and the request attributes built from them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from schemas.cention.errands import USER_TYPES, NewAttachment
from schemas.cention.senders import NO_ADDRESS, is_address
from schemas.strict_json import TOO_DEEP, TooDeep
from workers.clients.cention.outgoing_files import attachment_of
from workers.clients.json_bodies import read_json

Command = TypeVar("Command", bound=Callable[..., Any])

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _json(_context: click.Context, _option: click.Parameter, text: str | None) -> Any:
    """Parse JSON, or the JSON file of ``@FILE``. Raises ``click.BadParameter``."""
    if text is None:
        return None
    try:
        return read_json(Path(text[1:]).read_bytes() if text[:1] == "@" else text.encode())
    except OSError as error:
        raise click.BadParameter(f"{text[1:]!r} cannot be read: {error.strerror}.") from error
    except TooDeep:
        raise click.BadParameter(f"{TOO_DEEP}.") from None
    except ValueError:
        raise click.BadParameter("is not JSON.") from None


def _sender(_context: click.Context, _option: click.Parameter, text: str) -> str:
    """Return the address of a sender. Raises ``click.BadParameter``."""
    if not is_address(text):
        raise click.BadParameter(f"{text!r} {NO_ADDRESS}.")
    return text


def _inline(
    _context: click.Context, _option: click.Parameter, texts: tuple[str, ...]
) -> tuple[tuple[str, Path], ...]:
    """Split ``CID=FILE``. Raises ``click.BadParameter``."""
    pairs = [text.partition("=") for text in texts]
    if any(not cid or not path for cid, _, path in pairs):
        raise click.BadParameter("must look like logo=logo.png.")
    return tuple((cid, Path(path)) for cid, _, path in pairs)


JSON: dict[str, Any] = {"metavar": "JSON|@FILE", "callback": _json}
USER_TYPE = click.Choice(USER_TYPES, case_sensitive=False)
OPTIONS = (
    click.option(
        "--from",
        "from_address",
        required=True,
        metavar="ADDRESS",
        callback=_sender,
        help="Sender's address or number.",
    ),
    click.option("--name", default="", help="Sender's name."),
    click.option("--subject", required=True),
    click.option("--body", default="", help="Plain text."),
    click.option("--body-file", type=FILE, help="Plain text, in UTF-8."),
    click.option("--html-body", default="", help="HTML; for e-mail and form channels."),
    click.option("--html-file", type=FILE, help="HTML, in UTF-8."),
    click.option("--attach", multiple=True, type=FILE, help="Attach a file; repeatable."),
    click.option(
        "--inline",
        multiple=True,
        metavar="CID=FILE",
        callback=_inline,
        help="Attach an image that the HTML shows as cid:CID; repeatable.",
    ),
    click.option("--message-id", default="", help="Default: computed from the content."),
    click.option("--user-type", type=USER_TYPE, help="Kind of the agent who answers."),
    click.option("--user-id", default="", help="Agent who answers; creates a closed errand."),
    click.option(
        "--answer-subject", default="", help="Subject of the answer; creates a closed errand."
    ),
    click.option("--answer-body", default="", help="Plain text; creates a closed errand."),
    click.option("--answer-html-body", default="", help="HTML; creates a closed errand."),
    click.option("--template", help="Name of a WhatsApp template; needs a user."),
    click.option("--template-namespace", help="Namespace of the template, from WhatsApp."),
    click.option("--template-params", **JSON, help="A list of objects, one for each parameter."),
    click.option("--extradata", **JSON, help="Any JSON value but a bare number."),
    click.option("--integration-data", **JSON, help="An object that describes a call."),
    click.option(
        "--cuid",
        help="Customer's id in another system. Other users of this machine can see it in the list "
        "of processes; --cuid-file avoids that.",
    ),
    click.option("--cuid-file", type=FILE, help="A file that contains only the customer's id."),
)


def errand_options(command: Command) -> Command:
    """Add the options that describe an errand."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def attributes_of(given: dict[str, Any]) -> dict[str, Any]:
    """Return ``data.attributes`` as Cention names them, without options that were not given."""
    message = {
        "from": given["from_address"],
        "name": given["name"],
        "subject": given["subject"],
        "body": _text_or_file(given, "body", "body_file"),
        "html_body": _text_or_file(given, "html_body", "html_file"),
        "message_id": given["message_id"],
    }
    template = {
        "elementname": given["template"],
        "namespace": given["template_namespace"],
        "params": given["template_params"],
    }
    answer = {
        "user_type": given["user_type"] or "",
        "user_id": given["user_id"],
        "subject": given["answer_subject"],
        "body": given["answer_body"],
        "html_body": given["answer_html_body"],
    }
    attributes = {
        "msg": message,
        "answer": answer if any(answer.values()) else None,
        "watemplate": template if any(template.values()) else None,
        "extradata": given["extradata"],
        "integrationData": given["integration_data"],
        "cuid": _text_or_file(given, "cuid", "cuid_file"),
    }
    return {name: value for name, value in attributes.items() if value is not None}


def attachments_of(given: dict[str, Any]) -> tuple[NewAttachment, ...]:
    """Read the attached and inline files. Raises ``OSError``."""
    plain = [attachment_of(path) for path in given["attach"]]
    inline = [attachment_of(path, content_id=cid) for cid, path in given["inline"]]
    return (*plain, *inline)


def _text_or_file(given: dict[str, Any], text: str, file: str) -> Any:
    path: Path | None = given[file]
    if path is None:
        return given[text]
    if given[text]:
        raise click.UsageError(f"--{text.replace('_', '-')} or its file option, not both.")
    try:
        return path.read_text("utf-8").rstrip("\n")
    except (OSError, UnicodeDecodeError):
        raise click.UsageError(f"{str(path)!r} cannot be read as UTF-8.") from None

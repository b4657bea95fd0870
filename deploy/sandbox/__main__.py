"""Starts the sandbox: ``python -m deploy.sandbox``."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from deploy.sandbox.http.faults import MEANING, Fault, FaultName, read_fault_option
from deploy.sandbox.server import Options, sandbox
from deploy.sandbox.surveys import alvaria, centracx, customer_radar, digidesk
from deploy.sandbox.surveys.messages import WITHIN_S
from deploy.sandbox.surveys.page_robots import CHATS_EVERY_S

HELP = """
Simulate a workspace of Cention on this machine, for trials and tests.

The sandbox serves the lists of changed errands and Facebook ratings, their reports, ratings
and attachments, the library, exports and the log of agents, and it accepts new errands and
contact cards. It POSTs a callback whenever an errand is answered. Errands are created and
changed at a steady rate, and agents log in and out. Nothing is stored: a restart begins with
new data and with ids that were never used before.

With --history-days, there are errands of the months before, the same after each restart, of
which what changed in the last 36 hours is on the list of changes. All others are found by
exports ("cention backfill").

Some thousands of customers write the errands, some of them again and again, with their address
or number in another notation. Beside Cention are two survey vendors, DigiDesk and Customer
Radar. They write to nobody; some of those they would have written to answer, which their
results show, and which is POSTed to --answers-url/VENDOR until it is answered with 200. A mail
server takes mails with links to surveys, and delivers none.

CentraCX asks its questions one by one, in surveys 2 and 3; the second question of survey 3 is
of a type that its API cannot answer. Alvaria has chats that show a page of ours. The truth has
what was replied to CentraCX ("sessions"), and the variables that Alvaria was given ("dialogs").

With --survey-url, robots answer surveys on the pages of the bridge, question by question: some of
those who got a mail with a link, and whoever is in a chat that they begin. The truth has what
they answered ("visits").

SANDBOX_TOKEN is the bearer token (default: sandbox-token). SANDBOX_CALLBACK_SECRET is the
secret in callbacks (default: sandbox-callback-secret; empty: callbacks have no secret).
SANDBOX_SURVEY_PASSWORD is the password of the user "sandbox" at the survey vendors and the mail
server (default: sandbox-survey-password), the secret of the key "sandbox" at CentraCX and of
the client "sandbox" at Alvaria. The client of Customer Radar is "sandbox-client"; organisation
and x-api-key of Alvaria are "sandbox" and "sandbox-api-key".
SANDBOX_ANSWERS_SECRET is the bearer token of pushed answers (default: sandbox-answers-secret).

\b
Example: five changes a second, and one report in twenty is lost on the way:
  python -m deploy.sandbox --port 8390 --rate 5 \\
      --callback-url http://127.0.0.1:8000/callbacks/demo \\
      --fault dropped=0.05,types=c3_errand_reports

\b
Control routes (they need no token; keep them on the loopback address):
  GET    /sandbox/truth           state of every errand, rating, file and callback
  GET    /sandbox/truth/fetches   every answer about an errand, and whether it was sent whole
  GET    /sandbox/stats           counts of changes, requests, faults and callbacks
  POST   /sandbox/quiet           stop changes        POST /sandbox/resume  start them
  POST   /sandbox/errands         create errands      {"count": 10000, "actions": 10}
  POST   /sandbox/errands/ID/change                   {"kind": "close"}
  POST   /sandbox/ratings         create ratings      {"count": 3}
  POST   /sandbox/attachments     create a file       {"bytes": 26214400}
  POST   /sandbox/callbacks       answer an errand    {"errand_id": ID, "attachments": 2}
  POST   /sandbox/logons          add a log entry     {"name": "joe", "action": "Login"}
  GET    /sandbox/truth/surveys   every message of a survey vendor, and to whom
  GET    /sandbox/surveys/results/VENDOR             ?format=csv or json
  GET    /sandbox/surveys/mail    port of the mail server
  POST   /sandbox/surveys/centracx                   shape of replies: {"shape": "bare"};
                                                     in_data, as_start or bare (no quotes)
  POST   /sandbox/surveys/dialogs begin a chat        {"errand_id": ID, "language": "sv"}
  POST   /sandbox/surveys/dialogs/end                {"session_id": ID}
  POST   /sandbox/surveys/robots  who answers         {"share": 0.5, "within_s": 60,
                                                       "chats_every_s": 30}
  POST   /sandbox/faults          set faults          {"error_500": {"probability": 0.1}}
  DELETE /sandbox/faults          clear all faults

\b
Faults:
"""
FAULT_KEYS = """
\b
A fault is NAME=PROBABILITY, followed by any of ,seconds=S ,types=A+B ,ids=1+2 ,times=N.
Types are Cention's, such as c3_errand_reports, and of the survey vendors
digidesk.survey_requests, customer_radar.login, customer_radar.invitation, centracx.surveys,
centracx.start, centracx.reply, centracx.status, alvaria.token, alvaria.context and
alvaria.outcome. For a vendor, "the flag stays" means that nothing is done and nobody is written
to; nor is anything with error_500 and dropped.
The mail server answers 4xx with busy, 550 with not_found and 530 with unauthorised, to the
recipient (type mail.recipient) or after the mail (mail.message), late with latency; with slow_body
it has the mail long before it says so.
"""


def _zone(_context: click.Context, _option: click.Parameter, text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise click.BadParameter(f"{text!r} is not a time zone such as Europe/Stockholm") from None


def _faults(
    _context: click.Context, _option: click.Parameter, texts: tuple[str, ...]
) -> tuple[tuple[FaultName, Fault], ...]:
    try:
        return tuple(map(read_fault_option, texts))
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _address(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    if text is not None and not text.startswith(("http://", "https://")):
        raise click.BadParameter(f"{text!r} does not begin with http:// or https://")
    return text


def _help() -> str:
    listed = "".join(f"  {name.value:<18}{meaning}\n" for name, meaning in MEANING.items())
    return HELP + listed + FAULT_KEYS


@click.command(help=_help(), context_settings={"show_default": True, "max_content_width": 100})
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option("--port", default=8390, help="Port to listen on; 0 for any free port.")
@click.option("--smtp-port", default=0, help="Port of the mail server; 0 for any free port.")
@click.option("--workspace", default="demo", help="Name of the workspace, as in /s/demo.")
@click.option(
    "--callback-url",
    callback=_address,
    help="URL for answer callbacks. Without it, none are sent.",
)
@click.option(
    "--odd-links",
    is_flag=True,
    help="In callbacks, a third of the files have a text as link, and a third none.",
)
@click.option(
    "--answers-url",
    callback=_address,
    help="URL for answers to surveys, without the vendor. Without it, none are sent.",
)
@click.option(
    "--answers-within",
    "answers_within_s",
    default=WITHIN_S,
    type=click.FloatRange(0),
    help="Seconds within which robots answer surveys.",
)
@click.option(
    "--survey-url",
    callback=_address,
    help="URL before /s/ and /survey/alvaria/ of survey pages. Without it, robots open none.",
)
@click.option(
    "--chats-every",
    "chats_every_s",
    default=CHATS_EVERY_S,
    type=click.FloatRange(0),
    help="Seconds from one chat whose page a robot opens to the next; 0 for none.",
)
@click.option("--rate", default=1.0, type=click.FloatRange(0), help="Changes a second.")
@click.option("--errands", default=50, type=click.IntRange(0), help="Errands at the start.")
@click.option(
    "--history-days",
    default=0,
    type=click.IntRange(0, 2_000),
    help="Days of errands before the start, which arrived some 5,000 a month.",
)
@click.option(
    "--timezone", "zone", default="Europe/Stockholm", callback=_zone, help="Time zone of dates."
)
@click.option(
    "--sla-delay", "sla_delay_s", default=60.0, help="Seconds an SLA stays null after some changes."
)
@click.option(
    "--first-id", type=click.IntRange(1), help="First id of each kind; default: the time."
)
@click.option("--seed", type=int, help="Seed of all random choices.")
@click.option("--fault", "faults", multiple=True, callback=_faults, help="See above; repeatable.")
def main(**chosen: Any) -> None:
    """Run the sandbox until SIGTERM or SIGINT."""
    options = Options(
        # From the environment, because every user can read the command line.
        token=os.environ.get("SANDBOX_TOKEN") or "sandbox-token",
        callback_secret=os.environ.get("SANDBOX_CALLBACK_SECRET", "sandbox-callback-secret"),
        survey_password=os.environ.get("SANDBOX_SURVEY_PASSWORD") or "sandbox-survey-password",
        answers_secret=os.environ.get("SANDBOX_ANSWERS_SECRET") or "sandbox-answers-secret",
        **chosen,
    )
    try:
        asyncio.run(_serve(options))
    except OSError as error:
        raise click.ClickException(f"cannot listen: {error.strerror}") from error


async def _serve(options: Options) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with sandbox(options) as port:
        click.echo(_greeting(options, port))
        await stopped.wait()


def _greeting(options: Options, port: int) -> str:
    root = f"http://{options.host}:{port}"
    base = f"{root}/s/{quote(options.workspace)}"
    return f"""Cention sandbox, workspace {options.workspace}
  Workspace  {base}
  Callbacks  {options.callback_url or "none (see --callback-url)"}
  Answers    {options.answers_url or "none (see --answers-url)"}
  Pages      {options.survey_url or "none (see --survey-url)"}
  Surveys    {root}{digidesk.PATH}
             {root}{customer_radar.PREFIX}
             {root}{centracx.PREFIX}
             {root}{alvaria.PREFIX}
  Control    {root}/sandbox/stats

Try:
  curl -H "Authorization: Bearer ${{SANDBOX_TOKEN:-sandbox-token}}" \\
    {base}/capi/json/c3_dirty_errand_list
"""


if __name__ == "__main__":
    main()

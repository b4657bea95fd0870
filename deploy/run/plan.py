"""The plan of a run: which servers and processes, decided from the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from deploy.embedded import Postgres, Server, StartupError, Valkey
from deploy.embedded.ports import LOOPBACK, choose_port
from deploy.run import processes
from deploy.run.ports import (
    RECEIVER_PORT,
    WILDCARD_HOSTS,
    Address,
    choose_addresses,
    choose_web_address,
)
from deploy.run.processes import ProcessSpec

SANDBOX_WORKSPACE = "sandbox"
HISTORY_DAYS = 182  # before today
MAX_HISTORY_DAYS = 2_000
SURVEY_PASSWORD = "sandbox-survey-password"  # noqa: S105  # it guards nothing
ANSWERS_SECRET = "sandbox-answers-secret"  # noqa: S105  # it guards nothing either
WHO_MAY_SIGN_IN = {"WEB_PASSWORD_HASH", "WEB_USERS_FILE", "WEB_TRUSTED_HEADER"}
# Variables of accounts with which real customers could be reached.
ACCOUNTS = ("DIGIDESK_", "CUSTOMER_RADAR_", "CENTRACX_", "ALVARIA_", "SMTP_")
# With the sandbox, everything that is refreshed on a schedule arrives within a minute.
SANDBOX_SETTINGS = {
    "LIBRARY_EVERY_S": "60",
    "AGENT_LOGONS_EVERY_S": "60",
    "EXPORTS_EVERY_S": "3600",  # the first is due at once, and each stores its days again
    "CENTION_EXPORT_PRESET": "1",
    "SURVEY_COUNTRY": "SE",  # of the numbers that its customers write without a prefix
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The servers and processes of one run.

    The URLs of embedded servers are valid once the servers are prepared.
    """

    var: Path
    data: Path  # of servers, spool and beat; the sandbox has its own
    postgres: Postgres | None  # None: DATABASE_URL is set
    valkey: Valkey | None  # None: BROKER_URL is set
    receiver: Address
    web: Address | None  # None: the web face listens on a Unix socket, as WEB_BIND says
    sandbox: Address | None  # None: a real Cention
    smtp_port: int  # of the sandbox's mail server
    history_days: int  # of the sandbox; 0: none
    given: Mapping[str, str] = field(repr=False)  # the environment without empty variables

    @property
    def logs(self) -> Path:
        return self.var / "log"

    @property
    def analyst_password(self) -> Path:
        """The file with the password of the role for BI tools."""
        return self.data / "analyst.password"

    @property
    def web_password(self) -> Path | None:
        """The file with the operator's password; ``None`` if it is set who may sign in."""
        return None if self.given.keys() & WHO_MAY_SIGN_IN else self.var / "web.password"

    @property
    def web_key(self) -> Path | None:
        """The file with the key of the web face; ``None`` if one is set."""
        return None if "WEB_SECRET_KEY" in self.given else self.var / "web.key"

    @property
    def embedded(self) -> tuple[Server, ...]:
        return tuple(server for server in (self.postgres, self.valkey) if server)

    @property
    def database_url(self) -> str:
        return self.postgres.url if self.postgres else self.given["DATABASE_URL"]

    @property
    def broker_url(self) -> str:
        return self.valkey.url if self.valkey else self.given["BROKER_URL"]

    @property
    def cention_url(self) -> str | None:
        """The URL of the workspace; ``None`` if CENTION_WORKSPACES_FILE is used instead."""
        if self.sandbox:
            return f"{self.sandbox.url}/s/{SANDBOX_WORKSPACE}"
        return self.given.get("CENTION_URL")

    @property
    def callback_url(self) -> str:
        """The URL to which the sandbox sends callbacks."""
        return f"{self.receiver.url}/callbacks/{self.workspace}"

    @property
    def workspace(self) -> str:
        """The name of the sandbox's workspace in rows and routes."""
        return self.given.get("CENTION_WORKSPACE", SANDBOX_WORKSPACE)

    @property
    def invites_simulated_customers(self) -> bool:
        """Whether nobody but the sandbox's customers can be invited.

        Not in a database of the user's, which other processes may use with other accounts.
        """
        accounts = [name for name in self.given if name.startswith(ACCOUNTS)]
        chosen = any(not name.endswith("_PER_MINUTE") for name in accounts)
        return self.sandbox is not None and self.postgres is not None and not chosen

    def process_specs(self) -> tuple[ProcessSpec, ...]:
        first = [processes.server(server) for server in self.embedded]
        if self.sandbox:
            first.append(
                processes.sandbox(
                    port=self.sandbox.port,
                    smtp_port=self.smtp_port,
                    workspace=SANDBOX_WORKSPACE,
                    callback_url=self.callback_url,
                    answers_url=f"{self.receiver.url}/answers/{self.workspace}",
                    survey_url=self.receiver.url,
                    timezone=self.given.get("CENTION_TIMEZONE", "UTC"),
                    history_days=self.history_days,
                )
            )
        last = [processes.sandbox_history(self.history_days)] if self.history_days else []
        return (
            *first,
            processes.receiver(),
            processes.web(),
            processes.worker("callbacks", concurrency=1),
            processes.worker("polls", concurrency=1),
            processes.worker("fetch", concurrency=2),
            processes.worker("surveys", concurrency=3),
            processes.beat(),
            *last,
        )

    def variables(self) -> dict[str, str]:
        """Return the variables that every process gets in addition to ``given``, with secrets."""
        found = {
            "DATABASE_URL": self.database_url,
            "BROKER_URL": self.broker_url,
            "RECEIVER_BIND": self.receiver.bind,
            "WEB_BIND": self.web.bind if self.web else self.given["WEB_BIND"],
            "PROMETHEUS_MULTIPROC_DIR": str(self.var / "prometheus"),
            "SPOOL_DIR": self.given.get("SPOOL_DIR", str(self.data / "spool")),
        }
        if self.sandbox:
            found |= {"CENTION_URL": str(self.cention_url)} | sandbox_secrets(self.given)
            found |= {n: self.given.get(n, value) for n, value in SANDBOX_SETTINGS.items()}
            found |= self.survey_vendors() | push_secrets(self.given)
        return found

    def survey_vendors(self) -> dict[str, str]:
        """Return the accounts at the sandbox's survey vendors that are not set to others."""
        root = self.sandbox.url if self.sandbox else ""
        password = self.given.get("SANDBOX_SURVEY_PASSWORD", SURVEY_PASSWORD)
        login = {"USER": "sandbox", "PASSWORD": password}
        accounts = {
            "DIGIDESK": {"URL": f"{root}/digidesk/api/survey_requests/", **login},
            "CUSTOMER_RADAR": {
                "URL": f"{root}/customer-radar",
                "CLIENT": "sandbox-client",
                **login,
            },
            "CENTRACX": {"URL": f"{root}/centracx", "KEY": "sandbox", "SECRET": password},
            "ALVARIA": {
                "ORG": "sandbox",
                "URL": f"{root}/alvaria",
                "TOKEN_URL": f"{root}/alvaria/tokenservice/oauth2/access_token",
                "CLIENT_ID": "sandbox",
                "SECRET": password,
                "API_KEY": "sandbox-api-key",
            },
            "SMTP": {
                "URL": f"smtp://sandbox:{quote(password, safe='')}@127.0.0.1:{self.smtp_port}",
                "FROM": "Nordkust <surveys@nordkust.example>",
            },
        }
        return self._survey_pages() | {
            f"{vendor}_{name}": value
            for vendor, account in accounts.items()
            # A limit alone is no account.
            if not self.given.keys() & {f"{vendor}_{name}" for name in account}
            for name, value in account.items()
        }

    def _survey_pages(self) -> dict[str, str]:
        """Return where the customers find our pages, if nothing is set: on this machine."""
        is_here = self.receiver.host in (LOOPBACK, *WILDCARD_HOSTS)
        if "SURVEY_PUBLIC_URL" in self.given or not is_here:
            return {}
        return {"SURVEY_PUBLIC_URL": self.receiver.url}


def make_plan(environment: Mapping[str, str], *, var: Path) -> Plan:
    """Return the plan: servers whose URL is set are used, the others are embedded.

    The receiver of a real workspace gets no other port than the one that Cention sends to.

    Raises ``StartupError`` if RECEIVER_BIND or METRICS_BIND is no address, or is in use.
    """
    given = {name: value for name, value in environment.items() if value.strip()}
    sandboxed = "CENTION_URL" not in given and "CENTION_WORKSPACES_FILE" not in given
    bind = given.get("RECEIVER_BIND") or (None if sandboxed else f"{LOOPBACK}:{RECEIVER_PORT}")
    receiver, sandbox = choose_addresses(bind, given.get("METRICS_BIND"))
    user = given.get("EMBEDDED_POSTGRES_USER", "nobody")
    # Invented rows and those of a real workspace never share a database, a broker or a spool.
    data = var / "sandbox" if sandboxed else var
    own = None if "DATABASE_URL" in given else Postgres(data / "postgres", user=user, tcp=True)
    smtp_port = choose_port()
    taken = (receiver.port, sandbox.port, smtp_port, own.known_port if own else None)
    web_bind = given.get("WEB_BIND")
    on_socket = web_bind is not None and web_bind.startswith("unix:")
    return Plan(
        var=var,
        data=data,
        postgres=own,
        valkey=None if "BROKER_URL" in given else Valkey(data / "valkey"),
        receiver=receiver,
        sandbox=sandbox if sandboxed else None,
        web=None if on_socket else choose_web_address(web_bind, taken=taken),
        smtp_port=smtp_port,
        history_days=history_days(given) if sandboxed else 0,
        given=given,
    )


def history_days(given: Mapping[str, str]) -> int:
    """Return how many days of the sandbox's past are fetched. Raises ``StartupError``."""
    text = given.get("SANDBOX_HISTORY_DAYS", str(HISTORY_DAYS)).strip()
    if not re.fullmatch("[0-9]{1,4}", text) or int(text) > MAX_HISTORY_DAYS:
        raise StartupError(
            f"SANDBOX_HISTORY_DAYS is {text!r}.",
            remedy=f"Write a number of days, from 0 to {MAX_HISTORY_DAYS}.",
        )
    return int(text)


def sandbox_secrets(given: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets that bridge and sandbox share: from ``given``, or the public defaults."""
    token = given.get("CENTION_TOKEN") or given.get("SANDBOX_TOKEN") or "sandbox-token"
    secret = given.get("SANDBOX_CALLBACK_SECRET") or "sandbox-callback-secret"
    secrets = given.get("CENTION_CALLBACK_SECRETS") or secret
    return {
        "CENTION_TOKEN": token,
        "CENTION_CALLBACK_SECRETS": secrets,
        "SANDBOX_TOKEN": token,
        "SANDBOX_CALLBACK_SECRET": secrets.split(",")[0].strip(),
    }


def push_secrets(given: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets of pushed answers: from ``given``, or the public default."""
    secrets = given.get("SURVEY_PUSH_SECRETS") or given.get("SANDBOX_ANSWERS_SECRET")
    chosen = secrets or ANSWERS_SECRET
    return {
        "SURVEY_PUSH_SECRETS": chosen,
        "SANDBOX_ANSWERS_SECRET": chosen.split(",")[0].strip(),
    }

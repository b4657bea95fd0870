"""A bridge on several hosts: database, broker, Cention and a balancer in the centre, and around it
hosts with receivers, and hosts with workers and a beat."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from unittest.mock import patch

from deploy.embedded import Postgres, Valkey
from deploy.embedded.ports import LOOPBACK
from deploy.embedded.postgres import HBA
from deploy.embedded.server import exec_as_command
from deploy.run import run_env, startup
from deploy.run.lock import take_lock
from deploy.run.output import Output
from deploy.run.plan import Plan
from deploy.run.ports import Address
from deploy.run.processes import ProcessSpec
from deploy.run.startup import prepare, start_all
from deploy.run.supervisor import Supervisor
from tests.acceptance.running_bridge import BRIDGE_VARIABLES, ROOT
from tests.chaos.hosts.network import (
    CENTRE,
    NETWORK,
    Host,
    Packets,
    build_clock,
    connected_host,
    make_centre,
)

RECEIVER_PORT, SANDBOX_PORT, SMTP_PORT, BROKER_PORT = 8000, 8001, 8025, 6379
EVERYWHERE = "0.0.0.0"
# Whoever is in these networks was started here, so that no password is needed.
ACCESS = f"{HBA}host all all {NETWORK} trust\n"
READY_WITHIN_S = 300.0  # more processes than those of `make run` start at once
OF_WORKERS = ("worker-", "beat")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostsRun:
    """The processes of all hosts, which one supervisor keeps running."""

    folder: Path
    plan: Plan = field(repr=False)
    supervisor: Supervisor = field(repr=False)
    hosts: tuple[Host, ...]

    @property
    def data(self) -> Path:
        return self.plan.data

    @property
    def spools(self) -> tuple[Path, ...]:
        return tuple(map(self._spool, self.hosts))

    def addresses(self) -> dict[str, str]:
        """Return the variables of a process in the centre."""
        return run_env.addresses(self.plan) | self.plan.variables()

    def pid(self, name: str) -> int:
        """Return the main process of this name, of any host that has one; 0 while there is none."""
        names = (f":{name}", f"-{name}")
        found = [p.pid for p in self.supervisor.running() if p.name.endswith(names)]
        return random.choice(found or [0])

    def pids_on(self, host: Host) -> list[int]:
        """Return the main processes of a host."""
        mark = f":{host.name}-"
        return [p.pid for p in self.supervisor.running() if mark in p.name and p.pid]

    def packets(self) -> Packets:
        """Have all links clear, and return what became of the packets of them all."""
        found = [asdict(host.set_link()) for host in self.hosts]
        return Packets(**{name: sum(one[name] for one in found) for name in asdict(Packets())})

    def _spool(self, host: Host) -> Path:
        return self.plan.var / host.name / "spool"


@contextmanager
def running_hosts(folder: Path, hosts: int, **variables: str) -> Iterator[HostsRun]:
    """Run a bridge on so many hosts, of which half receive and half work; stop it at the end.

    This process is in the centre's network from now on, for good.
    """
    make_centre()
    var = folder / "var"
    var.mkdir(mode=0o711)
    plan = _plan(var, variables)
    with ExitStack() as stack:
        clock = build_clock(var)
        connected = (connected_host(number, clock=clock) for number in range(hosts))
        made = tuple(map(stack.enter_context, connected))
        prepare(plan)
        receiving, working = made[: hosts // 2], made[hosts // 2 :]
        supervisor = Supervisor(var, tuple(_specs(plan, receiving, working)))
        run = HostsRun(folder=folder, plan=plan, supervisor=supervisor, hosts=made)
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(BRIDGE_VARIABLES)}
        assert plan.postgres
        servers = {
            "DATABASE_URL": database_url(plan.postgres),
            "BROKER_URL": f"redis://{CENTRE}:{BROKER_PORT}/0",
        }
        given = {**plan.given, **plan.variables(), **servers, "PYTHONPATH": str(ROOT)}
        stack.enter_context(patch.dict(os.environ, inherited | given, clear=True))
        stack.callback(supervisor.stop)
        stack.enter_context(patch.object(startup, "READY_WITHIN_S", READY_WITHIN_S))
        start_all(plan, supervisor, Output.to_stderr(), lock=take_lock(var / "run.lock"))
        yield run


def _plan(var: Path, variables: Mapping[str, str]) -> Plan:
    data = var / "sandbox"
    return Plan(
        var=var,
        data=data,
        postgres=postgres_for_hosts(data / "postgres", access=var / "pg_hba.conf"),
        valkey=Valkey(data / "valkey"),
        receiver=Address(host=LOOPBACK, port=RECEIVER_PORT),
        web=None,
        sandbox=Address(host=LOOPBACK, port=SANDBOX_PORT),
        smtp_port=SMTP_PORT,
        history_days=0,
        given={**variables, "WEB_BIND": f"unix:{var / 'web.sock'}"},
    )


def postgres_for_hosts(state: Path, *, access: Path) -> Postgres:
    """Return a server that lets all hosts in; ``access`` is the file that says so."""
    access.write_text(ACCESS, "ascii")
    access.chmod(0o644)
    settings = {"listen_addresses": CENTRE, "hba_file": str(access)}
    return Postgres(state, settings=settings, tcp=True)


def database_url(postgres: Postgres) -> str:
    """Return the address that hosts have for a server; it has its port once it is prepared."""
    return f"postgresql://cention@{CENTRE}:{postgres.port}/cention"


def _specs(
    plan: Plan, receiving: tuple[Host, ...], working: tuple[Host, ...]
) -> Iterator[ProcessSpec]:
    """Yield the processes of ``make run``, each where it belongs, and the balancer."""
    broker = ("--port", str(BROKER_PORT), "--bind", CENTRE, "--protected-mode", "no")
    more = {"postgres": (), "valkey": broker, "sandbox": ("--host", EVERYWHERE)}
    for spec in plan.process_specs():
        if spec.name in more:
            yield replace(spec, command=(*spec.command, *more[spec.name]))
        elif spec.name == "receiver":
            yield from (_on(plan, host, spec) for host in receiving)
        elif spec.name.startswith(OF_WORKERS):
            yield from (_on(plan, host, spec) for host in working)
    receivers = ",".join(f"{host.address}:{RECEIVER_PORT}" for host in receiving)
    yield _balancer("balancer", f"{plan.receiver.bind}={receivers}")
    # Addresses without TLS must be loopback ones, also those of Cention and of the vendors.
    ports = (SANDBOX_PORT, SMTP_PORT)
    to_centre = _balancer("to-centre", *(f"{LOOPBACK}:{one}={CENTRE}:{one}" for one in ports))
    yield from (_on(plan, host, to_centre) for host in working)


def _balancer(name: str, *rules: str) -> ProcessSpec:
    command = exec_as_command(
        [sys.executable, "-m", "tests.chaos.hosts.balancer", *rules], bare=False
    )
    return ProcessSpec(name=name, command=tuple(command))


def _on(plan: Plan, host: Host, spec: ProcessSpec) -> ProcessSpec:
    own = plan.var / host.name
    own.mkdir(mode=0o711, exist_ok=True)
    metrics = own / "prometheus"
    metrics.mkdir(mode=0o700, exist_ok=True)
    variables = {
        "RECEIVER_BIND": f"{host.address}:{RECEIVER_PORT}",
        "SPOOL_DIR": str(own / "spool"),
        "PROMETHEUS_MULTIPROC_DIR": str(metrics),
    }
    command = (*host.inside(variables), *spec.command)
    return replace(spec, name=f"{host.name}-{spec.name}", command=command)

"""The manifests of Kubernetes name settings, commands, queues, pages and each other as they are."""

from __future__ import annotations

import pytest
from flask import Flask

from receiver import health
from tests.architecture.deployment import (
    ROOT,
    image,
    problems_of_command,
    queues,
)
from tests.architecture.manifests import (
    BASE,
    KUBERNETES,
    OVERLAYS,
    common_pod,
    container,
    documents,
    kustomization,
    named,
    pod,
    resources,
    workloads,
)
from tests.support.env_example import SETTING, settings
from workers.config.names import Queue
from workers.web.access import access

FOLDERS = [BASE, *OVERLAYS]
SECRETS = {"cention", "cention-web"}  # which the documents say how to make
WORKLOADS = pytest.mark.parametrize(
    "workload", workloads(BASE), ids=lambda one: one["metadata"]["name"]
)


@WORKLOADS
def test_a_workload_names_settings_and_commands_that_exist(workload):
    bridge = container(workload)
    variables = bridge.get("env", []) + common_pod()["containers"][0]["env"]

    assert {one["name"] for one in variables} - settings() == set()
    assert problems_of_command(bridge["command"]) == []


@WORKLOADS
def test_a_file_of_a_secret_is_in_a_volume_of_the_pod(workload):
    parts = (pod(workload), common_pod())
    mounts = [one for part in parts for one in part["containers"][0].get("volumeMounts", [])]
    volumes = [one for part in parts for one in part.get("volumes", [])]
    claims = workload["spec"].get("volumeClaimTemplates", [])
    files = [one["value"] for part in parts for one in part["containers"][0].get("env", [])]

    names = {one["name"] for one in volumes} | {one["metadata"]["name"] for one in claims}
    assert {one["name"] for one in mounts} == names
    folders = {one["mountPath"] for one in mounts}
    assert [
        one for one in files if one.startswith("/run/") and one.rpartition("/")[0] not in folders
    ] == []
    assert {one["secret"]["secretName"] for one in volumes if "secret" in one} <= SECRETS


def pages_of(application):
    """Return the pages of an application that its probes may ask for."""
    checks = dict.fromkeys(("database", "broker", "spool"), lambda: None)
    blueprints = {
        "wsgi:app": health.blueprint(**checks, shows_details=lambda: False),
        "wsgi:web": access,  # nobody has to sign in
    }
    app = Flask(__name__, static_folder=None)
    app.register_blueprint(blueprints[application])
    return {rule.rule for rule in app.url_map.iter_rules() if "GET" in rule.methods}


@pytest.mark.parametrize("name", ["cention-receiver", "cention-web"])
def test_probes_ask_for_pages_that_the_application_has(name):
    [bridge] = [container(one) for one in workloads(BASE) if one["metadata"]["name"] == name]

    probes = {key: value["httpGet"] for key, value in bridge.items() if key.endswith("Probe")}
    assert set(probes) == {"startupProbe", "livenessProbe", "readinessProbe"}
    assert {probe["path"] for probe in probes.values()} <= pages_of(bridge["command"][-1])
    assert {probe["port"] for probe in probes.values()} <= {one["name"] for one in bridge["ports"]}


def test_every_queue_has_a_worker():
    commands = [container(one)["command"] for one in workloads(BASE)]

    assert {queue for words in commands for queue in queues(words)} == set(Queue)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_the_settings_of_all_pods_exist(folder):
    text = (folder / "settings.env").read_text("utf-8")

    assert set(SETTING.findall(text)) - settings() == set()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_patches_replicas_and_images_name_what_exists(folder):
    known, given = named(folder), kustomization(folder)
    patches = [documents(folder / one["path"])[0] for one in by_name(given)]

    assert {(one["kind"], one["metadata"]["name"]) for one in patches} - known == set()
    assert {container(one)["name"] for one in patches} <= {"bridge"}
    assert {one["name"] for one in given.get("replicas", [])} <= {name for _, name in known}
    assert {one["name"] for one in given.get("images", [])} <= {
        common_pod()["containers"][0]["image"]
    }


def by_name(given):
    """Return the patches of a kustomization that name what they change."""
    return [one for one in given.get("patches", []) if "target" not in one]


def test_the_common_patch_changes_every_workload():
    [patch] = kustomization(BASE)["patches"]

    assert set(patch["target"]["kind"].split("|")) == {one["kind"] for one in workloads(BASE)}
    assert [one for one in workloads(BASE) if container(one)["name"] != "bridge"] == []


def test_services_policies_and_budgets_select_pods_that_exist():
    labels = [one["spec"]["template"]["metadata"]["labels"] for one in workloads(BASE)]
    of_all = kustomization(BASE)["labels"][0]["pairs"]
    pods = [{**one, **of_all} for one in labels]

    for one in resources(BASE):
        spec = one["spec"]
        selector = spec.get("selector") or spec.get("podSelector") or {}
        wanted = selector.get("matchLabels", selector)
        assert wanted.items() == {} or any(wanted.items() <= each.items() for each in pods)


def test_what_is_scaled_and_the_metric_that_decides_exist():
    [scaler] = documents(KUBERNETES / "overlays" / "large" / "autoscaling.yaml")
    target = scaler["spec"]["scaleTargetRef"]
    [metric] = [one["external"]["metric"]["name"] for one in scaler["spec"]["metrics"]]
    gauges = (ROOT / "workers" / "operations" / "store" / "gauges.py").read_text("utf-8")

    assert (target["kind"], target["name"]) in named(BASE)
    assert f'"{metric.removeprefix("cention_")}"' in gauges


@pytest.mark.parametrize("folder", OVERLAYS, ids=lambda path: path.name)
def test_an_overlay_runs_the_image_of_this_version(folder):
    [used] = kustomization(folder)["images"]

    assert f"{used['name']}:{used['newTag']}" == image()


def test_pods_have_no_rights_and_a_root_that_cannot_be_written():
    found, [bridge] = common_pod(), common_pod()["containers"]

    assert found["securityContext"]["runAsNonRoot"] is True
    assert found["automountServiceAccountToken"] is False
    assert bridge["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_the_folder_of_the_spool_is_not_opened_to_its_group_at_each_start():
    assert common_pod()["securityContext"]["fsGroupChangePolicy"] == "OnRootMismatch"

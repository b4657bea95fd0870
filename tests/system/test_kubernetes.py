"""The manifests of deploy/kubernetes against the schemas of Kubernetes, as kustomize builds them.

Nothing is sent to a cluster.
"""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.architecture.manifests import BASE, OVERLAYS, container, pod, resources

KUBERNETES = "1.32"
KUBECTL = shutil.which("kubectl")
BY_OVERLAY = pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)


def problem_of(resource: dict[str, Any]) -> str:
    """Return what is wrong with a resource, empty if nothing."""
    try:
        kubernetes_validate.validate(resource, KUBERNETES, strict=True)
    except kubernetes_validate.ValidationError as error:
        return f"{resource['kind']} {resource['metadata']['name']}: {error.message}"
    return ""


@pytest.fixture
def built(overlay):
    """What kustomize makes of an overlay."""
    if KUBECTL is None:
        pytest.skip("kubectl, which has kustomize, is missing")
    command = [KUBECTL, "kustomize", overlay]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if "unknown field" in done.stderr or "invalid Kustomization" in done.stderr:
        pytest.skip("the kustomize of this kubectl is too old: version 5 is needed")
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


@pytest.mark.parametrize("folder", [BASE, *OVERLAYS], ids=lambda path: path.name)
def test_every_resource_fits_the_schemas(folder):
    assert [problem for one in resources(folder) if (problem := problem_of(one))] == []


def test_a_field_that_does_not_exist_is_found():
    [service, *_] = [one for one in resources(BASE) if one["kind"] == "Service"]

    assert "clusterIPP" in problem_of({**service, "spec": {**service["spec"], "clusterIPP": "x"}})


@BY_OVERLAY
def test_what_kustomize_builds_fits_the_schemas(built):
    assert [problem for one in built if (problem := problem_of(one))] == []


@BY_OVERLAY
def test_every_pod_that_kustomize_builds_has_an_image_secrets_and_no_rights(built):
    with_pods = [one for one in built if "template" in one.get("spec", {})]

    assert len(with_pods) == len([one for one in resources(BASE) if "template" in one["spec"]])
    for one in with_pods:
        bridge = container(one)
        assert bridge["image"].startswith("registry.example.com/cention-bridge:")
        assert bridge["securityContext"]["readOnlyRootFilesystem"]
        assert pod(one)["securityContext"]["runAsUser"] == 10001
        assert {"DATABASE_URL_FILE", "BROKER_URL_FILE", "CENTION_WORKSPACES_FILE"} <= {
            variable["name"] for variable in bridge["env"]
        }
        assert bridge["envFrom"][0]["configMapRef"]["name"].startswith("cention-settings-")

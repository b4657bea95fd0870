"""The manifests of ``deploy/kubernetes``: what kustomize puts together, read without it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.architecture.deployment import DEPLOY

KUBERNETES = DEPLOY / "kubernetes"
BASE = KUBERNETES / "base"
OVERLAYS = sorted(path for path in (KUBERNETES / "overlays").iterdir())

Document = dict[str, Any]


def documents(path: Path) -> list[Document]:
    return list(yaml.safe_load_all(path.read_text("utf-8")))


def kustomization(folder: Path) -> Document:
    """Return the kustomization in a folder."""
    [found] = documents(folder / "kustomization.yaml")
    return found


@cache
def resources(folder: Path) -> tuple[Document, ...]:
    """Return all resources of a folder, without what its patches change."""
    found: list[Document] = []
    for name in kustomization(folder)["resources"]:
        path = (folder / name).resolve()
        found += resources(path) if path.is_dir() else documents(path)
    return tuple(found)


def named(folder: Path) -> set[tuple[str, str]]:
    """Return kind and name of each resource of a folder."""
    return {(one["kind"], one["metadata"]["name"]) for one in resources(folder)}


def workloads(folder: Path) -> list[Document]:
    """Return the resources that have pods."""
    return [one for one in resources(folder) if "template" in one.get("spec", {})]


def pod(workload: Document) -> Document:
    """Return the specification of the pods of a workload, or of a patch of one."""
    found: Document = workload["spec"]["template"]["spec"]
    return found


def common_pod() -> Document:
    """Return what the patch of all workloads gives their pods."""
    return pod(documents(BASE / "pod.yaml")[0])


def container(workload: Document) -> Document:
    """Return the one container of the pods of a workload."""
    [found] = pod(workload)["containers"]
    return dict(found)

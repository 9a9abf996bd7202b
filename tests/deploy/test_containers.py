"""The image, the compose file and the manifests: what is in them fits together, and builds."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from chaos_llm.server.admin.operations import OPERATIONS

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def parsed(*parts):
    return yaml.safe_load(DEPLOY.joinpath(*parts).read_text(encoding="utf-8"))


def has_docker():
    docker = shutil.which("docker")
    if docker is None:
        return False
    return subprocess.run([docker, "info"], capture_output=True, check=False).returncode == 0


def test_the_image_runs_as_nobody_special_from_pinned_packages():
    assert re.search(r"^USER 10001$", DOCKERFILE, re.MULTILINE)
    assert "--require-hashes" in DOCKERFILE
    assert re.search(r"^HEALTHCHECK ", DOCKERFILE, re.MULTILINE)
    assert not re.search(r":latest\b", DOCKERFILE)


def test_what_the_image_copies_exists_and_is_sent_to_the_build():
    sent = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    copied = re.findall(r"^COPY (?!--)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    assert copied
    for path in " ".join(copied).split():
        assert (ROOT / path).exists(), path
        assert f"!{path}" in sent, path


def test_every_dependency_is_pinned_within_the_range_of_the_project():
    text = (DEPLOY / "requirements.txt").read_text(encoding="utf-8")
    pins = dict(re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE))
    server = PROJECT["optional-dependencies"]["server"]
    for written in (*PROJECT["dependencies"], *server):
        wanted = Requirement(written)
        assert wanted.specifier.contains(pins[canonicalize_name(wanted.name)]), written
    assert text.count("--hash=sha256:") >= len(pins)
    assert SpecifierSet(PROJECT["requires-python"]).contains(
        re.search(r"ARG PYTHON=python:([\d.]+)", DOCKERFILE)[1] + ".0"
    )


def test_every_service_of_the_compose_file_is_confined_to_this_machine():
    services = parsed("compose.yaml")["services"]
    for port in services["providers"]["ports"]:
        assert port.startswith("127.0.0.1:")
    assert services["toxiproxy"]["network_mode"] == "service:providers"
    for name in ("providers", "app"):
        assert services[name]["read_only"]
        assert services[name]["cap_drop"] == ["ALL"]


def test_the_manifests_name_files_ports_and_keys_that_exist():
    made = parsed("kubernetes", "kustomization.yaml")
    kinds = [parsed("kubernetes", name)["kind"] for name in made["resources"]]
    assert kinds == ["Deployment", "Service", "NetworkPolicy"]
    assert made["images"][0]["newTag"] == PROJECT["version"]
    (container,) = parsed("kubernetes", "deployment.yaml")["spec"]["template"]["spec"]["containers"]
    assert (
        container["ports"][0]["name"]
        == parsed("kubernetes", "service.yaml")["spec"]["ports"][0]["targetPort"]
    )
    keys = {literal.partition("=")[0] for literal in made["configMapGenerator"][0]["literals"]}
    used = {
        each["valueFrom"]["configMapKeyRef"]["key"]
        for each in container["env"]
        if "configMapKeyRef" in each["valueFrom"]
    }
    assert used == keys


def test_the_service_and_the_policy_select_the_pods_of_the_deployment():
    deployment, service, policy = (
        parsed("kubernetes", f"{name}.yaml")["spec"]
        for name in ("deployment", "service", "network-policy")
    )
    labels = deployment["template"]["metadata"]["labels"]
    assert deployment["selector"]["matchLabels"] == labels
    assert service["selector"] == labels
    assert policy["podSelector"]["matchLabels"] == labels


@pytest.mark.timeout(1800)
@pytest.mark.skipif(not has_docker(), reason="no container runtime is there")
def test_the_image_builds_and_answers(tmp_path):
    tag = "chaos-llm-test"
    build = ["docker", "build", "-q", "-f", "deploy/Dockerfile", "-t", tag, "."]
    subprocess.run(build, cwd=ROOT, check=True)
    run = ["docker", "run", "--rm", "-e", "CHAOS_LLM_ADMIN_TOKEN=t", "--entrypoint", "chaos-llm"]
    said = subprocess.run([*run, tag, "doctor"], capture_output=True, text=True, check=True).stdout
    assert "Outages work here." in said


def test_probes_ask_paths_that_the_server_has():
    names = {operation.name for operation in OPERATIONS}
    for folder in ("kubernetes", "haproxy"):
        (container,) = parsed(folder, "deployment.yaml")["spec"]["template"]["spec"]["containers"]
        for probe in ("readinessProbe", "livenessProbe"):
            if "httpGet" in container[probe]:
                assert container[probe]["httpGet"]["path"].removeprefix("/__chaos/") in names


def test_several_pods_stand_behind_haproxy():
    scaled = parsed("kubernetes-scaled", "kustomization.yaml")
    for path in (*scaled["resources"], *scaled["components"]):
        assert (DEPLOY / "kubernetes-scaled" / path).resolve().exists()
    made = parsed("haproxy", "kustomization.yaml")
    for name in (*made["resources"], *made["configMapGenerator"][0]["files"]):
        assert (DEPLOY / "haproxy" / name).is_file()
    pods = (DEPLOY / "haproxy" / "pods.cfg").read_text(encoding="utf-8")
    autoscaler = parsed("kubernetes-scaled", "autoscaler.yaml")["spec"]
    service = parsed("kubernetes-scaled", "pods-service.yaml")
    port, name = service["spec"]["ports"][0]["port"], service["metadata"]["name"]
    assert f"server-template pod {autoscaler['maxReplicas']} {name}:{port} " in pods
    target = parsed("kubernetes", "deployment.yaml")["metadata"]["name"]
    assert autoscaler["scaleTargetRef"]["name"] == target
    labels = parsed("haproxy", "deployment.yaml")["spec"]["template"]["metadata"]["labels"]
    selectors = [each["patch"] for each in scaled["patches"] if each["target"]["kind"] == "Service"]
    assert labels["app.kubernetes.io/name"] in selectors[0]

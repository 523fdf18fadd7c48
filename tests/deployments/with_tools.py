"""The generated files in the hands of the tools they are for: helm, kubectl, compose, schemas.

`make deployments` installs these and runs this file; `make test` doesn't.
"""

import json
import os
import subprocess

import pytest

from generated import COMBINATIONS, Project
from manifests import check_manifests, check_no_circle, documents, hooks_of, named

TOOLS = os.environ.get("TIDEGATE_DEPLOYMENT_TOOLS", "")
HERE = os.path.dirname(os.path.abspath(__file__))


def run(*command, cwd=None, text=None):
    done = subprocess.run(command, cwd=cwd, input=text, capture_output=True, text=True,
                          check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(params=COMBINATIONS, name="project")
def project_fixture(request, tmp_path):
    project = Project(tmp_path, COMBINATIONS[request.param])
    project.kind = request.param
    return project


def check_schemas(manifests):
    run("node", os.path.join(HERE, "schemas.js"), os.path.join(TOOLS, "node_modules"),
        text=json.dumps(manifests))


def rendered(project, *values, release="shop"):
    chart = os.path.join(project.path, "deploy/helm/orders")
    settings = [word for value in values for word in ("--set-string", value)]
    return documents(run(os.path.join(TOOLS, "helm/helm"), "template", release, chart, *settings))


def test_helm_finds_nothing_to_complain_about(project):
    project.generate("helm")
    chart = os.path.join(project.path, "deploy/helm/orders")
    told = run(os.path.join(TOOLS, "helm/helm"), "lint", "--strict", chart)
    assert "1 chart(s) linted, 0 chart(s) failed" in told and "[WARNING]" not in told, told


# Every value that changes what is rendered.
VALUES = [(), ("migration.hook=true",), ("migration.contract=1.0.0",),
          ("image.tag=2.0.0", "migration.contract=1.0.0"), ("gate.tag=9", "migration.secret=owner")]


@pytest.mark.parametrize("values", VALUES, ids=" ".join)
def test_what_helm_renders_is_confined_bounded_and_of_kubernetes_schema(project, values):
    project.generate("helm")
    manifests = rendered(project, *values)
    check_manifests(manifests)
    check_schemas(manifests)


@pytest.mark.parametrize("values", VALUES, ids=" ".join)
def test_S45_no_rendered_hook_waits_for_pods_that_wait_for_the_hook(project, values):
    project.generate("helm")
    manifests = rendered(project, *values)
    check_no_circle(manifests)
    hooks = [one["metadata"]["name"] for one in manifests if hooks_of(one)]
    wanted = "migration.hook=true" in values and "job" in project.kind
    assert len(hooks) == (1 if wanted else 0)


def test_S45_a_circle_would_be_found(project):
    """A hook after the release that brings what the pods wait for, and one that comes too early."""
    project.generate("helm")
    manifests = rendered(project, "migration.hook=true")
    hooks = [one for one in manifests if hooks_of(one)]
    if not hooks:
        return
    secret = {"kind": "Secret", "metadata": {"name": "orders-database"}}
    with pytest.raises(AssertionError, match="comes after it"):
        check_no_circle(manifests + [secret])
    hooks[0]["metadata"]["annotations"]["helm.sh/hook"] = "post-install,post-upgrade"
    with pytest.raises(AssertionError):
        check_no_circle(manifests)


def test_contract_migrations_run_for_the_tag_that_was_named_only(project):
    project.generate("helm")
    for tag, expected in (("1.0.0", "phases" in project.kind), ("2.0.0", False)):
        names = [name for kind, name in named(
            rendered(project, f"image.tag={tag}", "migration.contract=1.0.0")) if kind == "Job"]
        assert any("contract" in name for name in names) == expected


def test_two_tags_make_two_jobs(project):
    project.generate("helm")
    seen = [{name for kind, name in named(rendered(project, f"image.tag={tag}", "replicas=1"))
             if kind == "Job"} for tag in ("1.0.0", "1.0.1", "a" * 60)]
    assert not seen[0] & seen[1] and not seen[1] & seen[2]
    longest = "a-release-with-a-name-of-fifty-three-characters-long1"
    check_manifests(rendered(project, release=longest))


def test_manifests_are_of_kubernetes_schema(project):
    files = project.generate("kubernetes")
    manifests = [one for name in files if not name.endswith("kustomization.yaml")
                 for one in documents(project.read(name))]
    check_schemas(manifests)
    deployment = next(one for one in manifests if one["kind"] == "Deployment")
    deployment["spec"]["template"]["spec"]["initContainerz"] = []
    with pytest.raises(AssertionError, match="initContainerz is no field"):
        check_schemas(manifests)


def test_kubectl_puts_together_all_but_the_contract(project):
    project.generate("kubernetes")
    folder = os.path.join(project.path, "deploy/kubernetes")
    manifests = documents(run(os.path.join(TOOLS, "kubectl/kubectl"), "kustomize", folder))
    check_manifests(manifests)
    assert not any("contract" in one["metadata"]["name"] for one in manifests)


def test_compose_understands_the_file(project):
    project.generate("compose")
    project.write(".env", "DATABASE_URL=postgres://bob@db/orders\nSECRET_KEY_BASE=x\n")
    run("docker-compose", "config", "--quiet", cwd=project.path)

"""The files of `tidegate generate`, read the way their users read them."""

import os
import re
import stat
import subprocess

import pytest

from generated import COMBINATIONS, KINDS, Project
from manifests import check_manifests, containers_of, documents, named, pod_of

HERE = {"migrations/20260101000000_create_orders.sql": "CREATE TABLE orders (id INTEGER);\n",
        "migrations/20260102000000_drop_orders.sql":
            "-- tidegate: phase contract\nDROP TABLE orders;\n"}


@pytest.fixture(params=COMBINATIONS, name="project")
def project_fixture(request, tmp_path):
    project = Project(tmp_path, COMBINATIONS[request.param])
    project.kind = request.param
    project.is_phoenix = request.param.startswith("phoenix")
    for name, text in HERE.items():
        project.write(name, text)
    return project


def kubernetes_of(project):
    files = project.generate("kubernetes")
    resources = [name for name in files if not name.endswith("kustomization.yaml")]
    return [one for name in resources for one in documents(project.read(name))]


def test_manifests_are_confined_and_bounded(project):
    manifests = kubernetes_of(project)
    check_manifests(manifests)
    kinds = [one["kind"] for one in manifests]
    jobs = [one["metadata"]["name"] for one in manifests if one["kind"] == "Job"]
    assert sorted(set(kinds) - {"Job"}) == ["Deployment", "PodDisruptionBudget", "Service"]
    assert jobs == (["orders-migrate-1-0-0"] if "job" in project.kind else []) + (
        ["orders-contract-1-0-0"] if "phases" in project.kind else [])


def test_what_is_applied_at_once_leaves_the_contract_out(project):
    project.generate("kubernetes")
    folder = os.path.join(project.path, "deploy/kubernetes")
    listed = documents(project.read("deploy/kubernetes/kustomization.yaml"))[0]["resources"]
    there = set(os.listdir(folder)) - {"kustomization.yaml", "contract.yaml"}
    assert set(listed) == there


def test_a_new_tag_makes_another_job(tmp_path):
    project = Project(tmp_path)
    names = set()
    for tag in ("1.0.0", "1.0.1", "2026.11_rc1", "v" + "9" * 60):
        project.generate("kubernetes", "--image", f"registry.example/orders:{tag}", "--force")
        job = documents(project.read("deploy/kubernetes/migrate.yaml"))[0]
        check_manifests([job])
        names.add(job["metadata"]["name"])
    assert len(names) == 4


def test_the_containers_of_our_own_do_what_they_are_for(project):
    """The Job's words migrate, the gate's words open then and not before."""
    if project.is_phoenix:
        project.write("priv/repo/migrations/20260101000000_create_orders.exs", "defmodule M do\n")
    environment = {"DATABASE_URL": "sqlite:orders.db"}
    assert project.run("create", environment=environment).returncode == 0
    manifests = named(kubernetes_of(project))
    gate = pod_of(manifests["Deployment", "orders"])["initContainers"][-1]["args"]
    waits = gate[0] == "wait"
    assert waits == ("job" in project.kind or project.is_phoenix)
    if waits:
        early = project.run(*gate[:-1], "1s", *folder_of(project), environment=environment)
        assert early.returncode == 4, early.stderr
    if project.is_phoenix:
        return
    for (kind, name), manifest in manifests.items():
        if kind == "Job" and "migrate" in name:
            words = pod_of(manifest)["containers"][0]["args"]
            assert project.run(*words, environment=environment).returncode == 0
    opened = project.run(*gate, environment=environment)
    assert opened.returncode == 0, opened.stderr
    if "phases" in project.kind:
        assert "orders" in tables_of(project)
        words = pod_of(manifests["Job", "orders-contract-1-0-0"])["containers"][0]["args"]
        assert project.run(*words, environment=environment).returncode == 0
    assert "orders" not in tables_of(project)


def folder_of(project):
    return ["--dir", "priv/repo/migrations"] if project.is_phoenix else []


def tables_of(project):
    database = os.path.join(project.path, "orders.db")
    return subprocess.run(["sqlite3", database, ".tables"], capture_output=True, text=True,
                          check=True).stdout.split()


def test_only_who_migrates_runs_another_image(project):
    """In a Phoenix release only Elixir can migrate, and only the gate needs no Elixir."""
    for manifest in kubernetes_of(project):
        if manifest["kind"] not in ("Deployment", "Job"):
            continue
        for container in containers_of(pod_of(manifest)):
            own = container["image"] == "orders:1.0.0"
            if container["name"] == "gate":
                assert not own
            elif container["name"] == "migrate":
                assert own == project.is_phoenix
                assert container.get("command") == (["/app/bin/migrate"] if own else None)
            else:
                assert own


def test_compose_starts_the_service_after_the_migrations(project):
    project.generate("compose")
    services = documents(project.read("compose.yaml"))[0]["services"]
    for service in services.values():
        assert service["read_only"] is True and service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert not service["user"].startswith("0")
        assert service["environment"]["DATABASE_URL"].startswith("${DATABASE_URL:?")
        for name, after in service.get("depends_on", {}).items():
            assert name in services and after == {"condition": "service_completed_successfully"}
            assert services[name]["restart"] == "no"
    if "job" in project.kind:
        assert services["orders"]["depends_on"]
    elif not project.is_phoenix:
        words = services["orders"]["entrypoint"]
        assert words[:2] == ["/tidegate", "migrate"] and words[-1] == "--"
    assert ("contract" in services) == ("phases" in project.kind)
    if "contract" in services:
        assert services["contract"]["profiles"] == ["contract"]


def test_the_image_is_made_from_nothing_and_has_the_migrations(project):
    project.write("tidegate.toml", 'history-table = "orders_history"\n')
    project.generate("docker")
    lines = [line for line in project.read("Dockerfile.gate").splitlines()
             if line and not line.startswith("#")]
    last = lines[max(i for i, line in enumerate(lines) if line.startswith("FROM ")):]
    assert last[0] == "FROM scratch"
    folder = "priv/repo/migrations" if project.is_phoenix else "migrations"
    assert f"COPY {folder} ./{folder}" in last
    assert "COPY tidegate.toml ./tidegate.toml" in last
    assert any(re.fullmatch(r"USER [1-9]\d*:[1-9]\d*", line) for line in last)
    assert 'ENTRYPOINT ["/tidegate"]' in last
    sent = project.read("Dockerfile.gate.dockerignore").splitlines()
    assert sent[1] == "*" and f"!{folder}" in sent and "!tidegate.toml" in sent


def test_every_file_is_sealed_and_made_anew_when_nobody_edited_it(project):
    for kind in KINDS:
        files = project.generate(kind)
        assert files
        for name in files:
            assert "untouched while this fits" in project.read(name).splitlines()[-1]
        again = project.run("generate", kind, *project.flags)
        assert again.stdout.split("\n")[:-1] == [f"unchanged {name}" for name in files]
        other = project.run("generate", kind, *project.flags, "--name", "shop")
        assert other.returncode == 0, other.stderr
        assert "replaced" in other.stdout or "helm" in kind or "systemd" in kind


def test_nothing_is_half_done(tmp_path):
    project = Project(tmp_path)
    project.write("deploy/kubernetes/service.yaml", "kind: Service\n")
    refused = project.run("generate", "kubernetes")
    assert refused.returncode == 2
    assert "deploy/kubernetes/service.yaml is there" in refused.stderr
    assert os.listdir(os.path.join(project.path, "deploy/kubernetes")) == ["service.yaml"]

    project.write("deploy/helm", "a file where a folder should be")
    refused = project.run("generate", "helm")
    assert refused.returncode == 2 and "deploy/helm" in refused.stderr
    os.remove(os.path.join(project.path, "deploy/helm"))

    os.makedirs(os.path.join(project.path, "deploy/systemd/orders@.service.d/gate.conf"))
    refused = project.run("generate", "systemd")
    assert refused.returncode == 2 and "gate.conf: it is no file" in refused.stderr
    assert os.listdir(os.path.join(project.path, "deploy/systemd")) == ["orders@.service.d"]


def test_a_release_waits_with_its_own_migrations(tmp_path):
    project = Project(tmp_path, ["--phoenix"])
    project.generate("docker")
    script = os.path.join(project.path, "rel/overlays/bin/wait_for_migrations")
    assert os.stat(script).st_mode & stat.S_IXUSR
    release = Project(tmp_path / "release")
    release.write("bin/wait_for_migrations",
                  project.read("rel/overlays/bin/wait_for_migrations"))
    release.write("releases/start_erl.data", "14.2.5 0.2.0")
    for version in ("0.1.0", "0.2.0"):
        release.write(f"lib/orders-{version}/priv/repo/migrations/20260101000000_a.exs", "")
    release.write("lib/orders-0.2.0/priv/repo/migrations/20260202000000_b.exs", "")
    os.symlink(os.path.abspath(os.environ.get("TIDEGATE", "build/dev/tidegate")),
               os.path.join(release.path, "bin/tidegate"))
    database = os.path.join(release.path, "orders.db")
    environment = {"DATABASE_URL": f"sqlite:{database}",
                   "PATH": os.path.join(release.path, "bin") + ":" + os.environ["PATH"]}
    script = ["bin/wait_for_migrations", "--timeout", "1s"]

    def wait():
        return release.run(*script, program="/bin/sh", environment=environment)

    sql = ("CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY, inserted_at TEXT);"
           "INSERT INTO schema_migrations VALUES (20260101000000, '2026-01-01T00:00:00');")
    subprocess.run(["sqlite3", database, sql], check=True)
    early = wait()
    assert early.returncode == 4 and "20260202000000" in early.stderr, early.stderr
    sql = "INSERT INTO schema_migrations VALUES (20260202000000, '2026-02-02T00:00:00');"
    subprocess.run(["sqlite3", database, sql], check=True)
    opened = wait()
    assert opened.returncode == 0, opened.stderr

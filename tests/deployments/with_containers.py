"""The image that Dockerfile.gate makes, built from nothing and run.

`make deployments` installs what builds and runs it, and names the released archive and the settings
for podman; `make test` doesn't run this file.
"""

import os
import subprocess

import pytest

from generated import Project

ARCHIVE = os.environ.get("TIDEGATE_ARCHIVE", "")


def run(*command, code=0, cwd=None):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False,
                          timeout=300)
    assert done.returncode == code, f"{command}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture(scope="module", name="project")
def project_fixture(tmp_path_factory):
    """The image orders-gate:1.0.0, made the way that Dockerfile.gate itself says."""
    project = Project(tmp_path_factory.mktemp("image"))
    project.write("migrations/20260101000000_create_orders.sql",
                  "CREATE TABLE orders (id integer);\n")
    project.write("tidegate.toml", 'history-table = "orders_history"\n')
    project.write("secret.txt", "this stays outside")
    project.generate("docker")
    text = project.read("Dockerfile.gate")
    base = next(line.split("=")[1] for line in text.splitlines() if line.startswith("ARG "))
    run("podman", "import", "-c", 'ENTRYPOINT ["/tidegate"]', ARCHIVE, base)
    run("buildah", "bud", "--isolation", "chroot", "-f", "Dockerfile.gate", "-t",
        "orders-gate:1.0.0", ".", cwd=project.path)
    yield project
    run("podman", "rmi", "--force", "orders-gate:1.0.0", base)


def gate(*words, code=0, flags=()):
    """The container as the generated manifests confine it."""
    return run("podman", "run", "--rm", "--network", "host", "--read-only", "--cap-drop", "ALL",
               "--security-opt", "no-new-privileges", "--memory", "128m", *flags,
               "orders-gate:1.0.0", *words, code=code)


def test_nothing_is_in_it_but_the_program_and_the_migrations(project, tmp_path):
    archive = tmp_path / "image.tar"
    container = run("podman", "create", "orders-gate:1.0.0").strip()
    run("podman", "export", "-o", str(archive), container)
    run("podman", "rm", container)
    listed = run("tar", "-tf", str(archive)).split()
    files = {name for name in listed if not name.endswith("/")}
    runtime = {name for name in files if name.split("/")[0] in ("dev", "etc", "proc", "run", "sys")}
    assert files - runtime == {"tidegate", "gate/tidegate.toml",
                               "gate/migrations/20260101000000_create_orders.sql"}


def test_it_runs_as_nobody_and_by_default_changes_nothing(project):
    told = run("podman", "inspect", "--format", "{{.Config.User}} {{.Config.Cmd}}",
               "orders-gate:1.0.0")
    assert told.split() == ["65532:65532", "[wait]"]
    assert "no database" in gate("wait", code=2)


def test_it_waits_migrates_and_opens(project, postgres):
    """As in a rollout: the gate is shut, the Job migrates, the gate opens."""
    url = ("--env", f"DATABASE_URL=postgres://postgres@localhost:{postgres.port}/postgres")
    assert "no_history" in gate("wait", "--timeout", "1s", code=4, flags=url)
    assert "applied 20260101000000 create_orders" in gate("migrate", flags=url)
    assert "open" in gate("wait", "--timeout", "10m", flags=url)
    assert "nothing to do" in gate("migrate", flags=url)
    tables = run("psql", "-XAtq", "-h", "127.0.0.1", "-p", str(postgres.port), "-U", "postgres",
                 "-c", "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    assert "orders_history" in tables.split()

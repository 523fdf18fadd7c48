"""The generated units, as systemd itself understands them."""

import os
import shutil
import subprocess

import pytest

from generated import COMBINATIONS, Project

PROGRAMS = ("usr/bin/tidegate", "opt/orders/bin/orders", "opt/orders/bin/server",
            "opt/orders/bin/migrate", "opt/orders/bin/wait_for_migrations")

# Tenths of what `systemd-analyze security` gives: 0 is safest, below 20 it says OK.
WORST_EXPOSURE = "20"


class Root:
    """A system's root with the generated units and the programs that they start."""

    def __init__(self, place, flags):
        project = Project(place, flags)
        project.generate("systemd")
        self.path = os.path.join(place, "root")
        self.units = os.path.join(self.path, "etc/systemd/system")
        shutil.copytree(os.path.join(project.path, "deploy/systemd"), self.units)
        # Targets of systemd's own, which the units name.
        own = next(folder for folder in ("/usr/lib/systemd/system", "/lib/systemd/system")
                   if os.path.isdir(folder))
        shutil.copytree(own, os.path.join(self.path, "usr/lib/systemd/system"), symlinks=True)
        for program in PROGRAMS:
            path = os.path.join(self.path, program)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write("#!/bin/sh\n")
            os.chmod(path, 0o755)

    def names(self):
        """The units, an instance in the place of the template."""
        return sorted(name.replace("@.", "@8080.") for name in os.listdir(self.units)
                      if name.endswith(".service"))

    def analyze(self, verb, *flags):
        done = subprocess.run(["systemd-analyze", verb, f"--root={self.path}", *flags,
                               *self.names()], cwd=self.units, capture_output=True, text=True,
                              check=False, timeout=120)
        return done.returncode, done.stdout + done.stderr

    def verify(self):
        return self.analyze("verify", "--man=no", "--recursive-errors=yes")


@pytest.fixture(params=COMBINATIONS, name="root")
def root_fixture(request, tmp_path):
    root = Root(str(tmp_path), COMBINATIONS[request.param])
    root.kind = request.param
    return root


def test_systemd_understands_every_line(root):
    code, told = root.verify()
    assert (code, told.strip()) == (0, "")
    # It reads the gate too: a drop-in is found beside its unit only.
    gate = os.path.join(root.units, "orders@.service.d/gate.conf")
    with open(gate, "a", encoding="utf-8") as file:
        file.write("ExecStartPref=/usr/bin/tidegate wait\n")
    _, told = root.verify()
    assert "gate.conf" in told and "ExecStartPref" in told


def test_units_have_few_rights(root):
    code, told = root.analyze("security", "--offline=yes", "--no-pager",
                              f"--threshold={WORST_EXPOSURE}")
    assert code == 0, told


def test_an_instance_may_wait_as_long_as_a_migration_may_take(root):
    """Time in ExecStartPre counts as time to start."""
    with open(os.path.join(root.units, "orders@.service.d/gate.conf"), encoding="utf-8") as file:
        gate = dict(line.split("=", 1) for line in file.read().splitlines() if "=" in line)
    assert int(gate["TimeoutStartSec"]) > 600
    if "job" in root.kind:
        with open(os.path.join(root.units, "orders-migrate.service"), encoding="utf-8") as file:
            lines = file.read().splitlines()
        assert "Type=oneshot" in lines and "TimeoutStartSec=600" in lines
        # Or the next build's instances wouldn't start it again.
        assert not any(line.startswith("RemainAfterExit") for line in lines)
        assert gate["After"] == gate["Wants"] == "orders-migrate.service"

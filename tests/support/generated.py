"""Makes what `tidegate generate` writes, in every combination of its settings."""

import os
import subprocess

from tidegate import binary, clean_environment

KINDS = ("docker", "kubernetes", "helm", "systemd", "compose")

# The settings that change the files' structure. Ecto's migrations have no phases.
COMBINATIONS = {
    "job": [],
    "job-phases": ["--phases"],
    "replicas": ["--pattern", "replicas"],
    "replicas-phases": ["--pattern", "replicas", "--phases"],
    "phoenix-job": ["--phoenix"],
    "phoenix-replicas": ["--phoenix", "--pattern", "replicas"],
}


class Project:
    """A folder named `orders` with generated files."""

    def __init__(self, place, flags=()):
        self.path = os.path.join(str(place), "orders")
        self.flags = list(flags)
        os.makedirs(self.path, exist_ok=True)

    def write(self, name, text):
        path = os.path.join(self.path, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, name):
        with open(os.path.join(self.path, name), encoding="utf-8") as file:
            return file.read()

    def run(self, *words, environment=None, program=None):
        """Runs the program here, to its end."""
        return subprocess.run([program or os.path.abspath(binary()), *words], cwd=self.path,
                              env=clean_environment(environment), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False, timeout=120)

    def generate(self, kind, *flags):
        """The names of the files of that kind, written."""
        done = self.run("generate", kind, *self.flags, *flags)
        assert done.returncode == 0, done.stderr
        return [line.split(" ", 1)[1] for line in done.stdout.splitlines()]

"""Runs the program as a person or a container would: as a process of its own."""

import json
import os
import re
import signal
import subprocess
import tempfile
import time

from limits import LIMIT_S, until

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def binary():
    """The program under test: what TIDEGATE names, else the newest build of this tree."""
    named = os.environ.get("TIDEGATE")
    built = [path for path in (os.path.join(ROOT, "build", "dev", "tidegate"),
                               os.path.join(ROOT, "build", "tidegate")) if os.path.isfile(path)]
    if not named and not built:
        raise FileNotFoundError("there is no tidegate to test: run make build, or set TIDEGATE")
    return named or max(built, key=os.path.getmtime)


def clean_environment(extra=None):
    """The environment without anything that the program would read its settings from."""
    ours = re.compile(r"^(TIDEGATE_.*|DATABASE_URL|PG[A-Z_]+|NO_COLOR|FORCE_COLOR|COLUMNS|EDITOR)$")
    environment = {key: value for key, value in os.environ.items() if not ours.match(key)}
    environment["TZ"] = "UTC"
    environment.update(extra or {})
    return environment


class Replica:
    """One running process; its output goes to two files that may be read at any time."""

    def __init__(self, command, cwd, environment, name="replica"):
        self.name = name
        self.command = command
        self.folder = tempfile.mkdtemp(prefix=f"{name}-", dir=cwd)
        self._out_path = os.path.join(self.folder, "out")
        self._err_path = os.path.join(self.folder, "err")
        self.started_at = time.monotonic()
        with open(self._out_path, "wb") as out, open(self._err_path, "wb") as err:
            self.process = subprocess.Popen(command, cwd=cwd, env=environment, stdout=out,
                                            stderr=err, stdin=subprocess.DEVNULL)

    @property
    def pid(self):
        return self.process.pid

    @property
    def code(self):
        """The exit code as a shell sees it: 128 + n for signal n. None while it runs."""
        code = self.process.poll()
        return code if code is None or code >= 0 else 128 - code

    @property
    def out(self):
        return _read(self._out_path)

    @property
    def err(self):
        return _read(self._err_path)

    @property
    def text(self):
        return self.out + self.err

    def events(self, kind=None):
        """The events that `--log-format json` printed so far, of one kind or all."""
        found = []
        for line in (self.out + "\n" + self.err).splitlines():
            if line.startswith("{") and line.endswith("}"):
                event = json.loads(line)
                if kind is None or event.get("event") == kind:
                    found.append(event)
        return found

    def wait(self, limit_s=LIMIT_S):
        """Waits for the end; returns itself. A replica that doesn't end fails the test."""
        try:
            self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"didn't end within {limit_s} s:\n{self}") from None
        return self

    def wait_for(self, text, limit_s=LIMIT_S):
        """Waits until its output has `text` (a part of a line); returns itself."""
        def seen():
            if text in self.text:
                return True
            if self.process.poll() is not None and text not in self.text:
                raise AssertionError(f"ended without saying {text!r}:\n{self}")
            return False

        until(seen, f"{text!r} in the output of\n{self}", limit_s)
        return self

    def running(self):
        return self.process.poll() is None

    def signal(self, number):
        if self.running():
            self.process.send_signal(number)
        return self

    def kill(self):
        """kill -9."""
        self.signal(signal.SIGKILL)
        self.process.wait()
        return self

    def expect(self, code, limit_s=LIMIT_S):
        """Waits for the end and checks the exit code; shows all of the output if it's another."""
        self.wait(limit_s)
        assert self.code == code, f"expected exit {code}:\n{self}"
        return self

    def __str__(self):
        return (f"{self.name}: {' '.join(self.command)}\nexit {self.code}\n"
                f"-- out\n{self.out}-- err\n{self.err}--")

    __repr__ = __str__


def _read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


class Service:
    """One build of a service: its folder of migrations and its database."""

    def __init__(self, place, database, folder, environment=None, command_prefix=()):
        self.place = str(place)
        self.database = database
        self.folder = folder
        self.environment = environment or {}
        self.command_prefix = list(command_prefix)
        self.replicas = []

    def other_build(self, folder):
        """The same service's other build: another folder, the same database."""
        other = Service(self.place, self.database, folder, self.environment, self.command_prefix)
        other.replicas = self.replicas
        return other

    def command(self, *arguments, database=None, folder=None):
        target = [] if database is False else ["--database", database or self.database.url]
        place = [] if folder is False else ["--dir", folder or self.folder.path]
        return [*self.command_prefix, binary(), *target, *place, *map(str, arguments)]

    def start(self, *arguments, environment=None, name=None, **where):
        """Starts a replica and returns it at once."""
        replica = Replica(self.command(*arguments, **where), self.place,
                          clean_environment({**self.environment, **(environment or {})}),
                          name or f"{arguments[0]}-{len(self.replicas) + 1}")
        self.replicas.append(replica)
        return replica

    def run(self, *arguments, **options):
        """Runs one to its end."""
        return self.start(*arguments, **options).wait()

    def migrate(self, *arguments, **options):
        """`migrate`, which must succeed."""
        return self.start("migrate", *arguments, **options).expect(0)

    def status(self, *arguments, **options):
        """What `status --json` says, as a value; its exit code isn't looked at."""
        replica = self.start("status", *arguments, "--json", **options).wait()
        try:
            return json.loads(replica.out)
        except ValueError:
            raise AssertionError(f"not JSON:\n{replica}") from None

    def verdict(self, *arguments, **options):
        return verdict_of(self.status(*arguments, **options))

    def applied(self, table="tidegate_migrations"):
        """The recorded versions, in order, one entry a row: a version twice is seen."""
        rows = self.database.query(f"SELECT version FROM {table}")
        return sorted(int(version) for (version,) in rows)

    def end(self):
        for replica in self.replicas:
            if replica.running():
                replica.signal(signal.SIGCONT)
                replica.kill()


# -- the shape of the JSON, in one place --------------------------------------------------------


def databases_of(status):
    """The part for each database of a `status --json`."""
    return status["databases"]


def verdict_of(status):
    """The verdict of the only database."""
    (database,) = databases_of(status)
    return database["verdict"]

#!/usr/bin/python3
"""Private PostgreSQL servers for tests.

As a module: `Postgres` is one server, `PostgresDatabase` (databases.py) one database in it.
As a program, for ctest: `postgres.py start STATE` and `postgres.py stop STATE`.
Where a server runs and when it ends: private_server.py.
"""

import contextlib
import glob
import os
import shutil
import signal
import subprocess
import sys

import private_server
from private_server import LIMIT_S, PrivateServer, free_port, user_among

SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "log_line_prefix": "%m [%p] %d %a: ",
    "logging_collector": "off",
    "timezone": "UTC",
}


def program(name):
    """The path of one of the server's programs; the newest version that is installed."""
    def version(path):
        return float(path.split("/")[4])

    found = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), key=version)
    path = found[-1] if found else shutil.which(name)
    if not path:
        raise FileNotFoundError(f"{name} isn't installed: run tools/setup test")
    return path


class Postgres(PrivateServer):
    """One private server. `start()` it, and `destroy()` it at the end (also done at exit)."""

    PROGRAM = os.path.abspath(__file__)
    NAME = "PostgreSQL"
    PREFIX = "tidegate-pg-"
    USERS = ("postgres", "nobody")
    VARIABLE = "TIDEGATE_TEST_POSTGRES"

    def __init__(self, settings=None, **where):
        super().__init__(**where)
        self.settings = {**SETTINGS, **(settings or {})}

    program = staticmethod(program)

    # -- where it is --------------------------------------------------------------------------

    def url(self, database="postgres", user="postgres", password=None, **parameters):
        """A URL over TCP, as a deployment has it."""
        who = user if password is None else f"{user}:{password}"
        query = "&".join(f"{key}={value}" for key, value in parameters.items())
        return f"postgres://{who}@{self.address}:{self.port}/{database}" + (query and "?" + query)

    # -- its life -----------------------------------------------------------------------------

    def start(self, guarded_by=None):
        """Makes the cluster if there is none, and starts it. Returns itself."""
        if self.directory is None:
            self.make_directory(guarded_by)
        if not os.path.exists(self.data):
            self.run_program("initdb", "-D", self.data, "-U", "postgres", "-A", "trust",
                             "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
        for attempt in range(5):
            if self.port is None or attempt:
                self.port = free_port()
            try:
                self.run_program("pg_ctl", "-D", self.data, "-l", self.log_path, "-w",
                                 "-t", str(LIMIT_S), "-o", self._options(), "start")
                return self
            except RuntimeError:
                if "could not create any TCP/IP sockets" not in self.log():
                    raise
        raise RuntimeError("five ports in a row were taken")

    def _options(self):
        settings = {"port": self.port, "listen_addresses": "127.0.0.1",
                    "unix_socket_directories": self.directory, **self.settings}
        return " ".join(f"-c {key}='{value}'" for key, value in settings.items())

    def stop(self, mode="immediate"):
        """Stops it, if it runs: `immediate` is a crash, `fast` ends sessions, `smart` waits."""
        if self.directory and os.path.exists(os.path.join(self.data, "postmaster.pid")):
            self.thaw()
            try:
                self.run_program("pg_ctl", "-D", self.data, "-w", "-t", str(LIMIT_S), "-m", mode,
                                 "stop")
            except RuntimeError:
                if os.path.exists(os.path.join(self.data, "postmaster.pid")):
                    raise

    def restart(self, mode="fast"):
        self.stop(mode)
        self.start()

    def postmaster(self):
        with open(os.path.join(self.data, "postmaster.pid"), encoding="ascii") as file:
            return int(file.readline())

    def processes(self):
        """The postmaster and its children: every process of this server, of no other."""
        postmaster = self.postmaster()
        listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(postmaster)], check=False,
                                capture_output=True, text=True).stdout
        return [postmaster, *map(int, listed.split())]

    def freeze(self):
        """Stops every process of the server where it stands: connected, and silent for ever."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self):
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number):
        for pid in self.processes():
            # A worker may have ended since it was listed.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    # -- talking to it ------------------------------------------------------------------------

    def let_everybody_in(self):
        """From other hosts, too."""
        with open(os.path.join(self.data, "pg_hba.conf"), "a", encoding="ascii") as rules:
            rules.write("host all all 0.0.0.0/0 trust\n")
        self.psql("SELECT pg_reload_conf()")

    def psql(self, sql, database="postgres", user="postgres"):
        """Runs `sql` in psql; returns what it prints, unaligned and without headings."""
        done = subprocess.run(
            ["psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-h", self.directory,
             "-p", str(self.port), "-U", user, "-d", database, "-c", sql],
            capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"psql: {done.stderr.strip()}")
        return done.stdout.strip()

    def connect(self, database="postgres", user="postgres"):
        """A psycopg2 connection in autocommit mode, over the socket."""
        import psycopg2  # Only tests that talk to the server themselves need it.

        connection = psycopg2.connect(host=self.directory, port=self.port, dbname=database,
                                      user=user, application_name="test")
        connection.autocommit = True
        return connection


def server_user():
    return user_among(Postgres.USERS)


if __name__ == "__main__":
    private_server.main(Postgres, sys.argv[1:])

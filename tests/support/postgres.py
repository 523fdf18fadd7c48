#!/usr/bin/python3
"""Private PostgreSQL servers for tests.

As a module: `Postgres` is one server, `PostgresDatabase` (databases.py) one database in it.
As a program, for ctest: `postgres.py start STATE` and `postgres.py stop STATE`.

A server runs as a user who isn't root, in a directory of its own below /tmp (a socket's path must
be short), on a free port below 32768 (above it, ports collide with outgoing connections). It dies
with whoever started it: a guard process watches that one's pid.
"""

import atexit
import glob
import json
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

LIMIT_S = 120

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


def free_port():
    """A port that nobody listens on now. TIDEGATE_TEST_PORTS=FIRST-LAST narrows the choice."""
    first, last = map(int, os.environ.get("TIDEGATE_TEST_PORTS", "20000-32000").split("-"))
    for port in random.sample(range(first, last + 1), last - first + 1):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise RuntimeError(f"no free port between {first} and {last}")


def server_user():
    """Whom the server runs as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("there is no user that PostgreSQL could run as")


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class Postgres:
    """One private server. `start()` it, and `destroy()` it at the end (also done at exit)."""

    def __init__(self, settings=None, directory=None, port=None, command_prefix=()):
        self.settings = {**SETTINGS, **(settings or {})}
        self.user = server_user()
        self.directory = directory
        self.port = port
        # What each of the server's programs is run with, for a server in a network of its own.
        self.command_prefix = list(command_prefix)

    # -- where it is --------------------------------------------------------------------------

    @property
    def data(self):
        return os.path.join(self.directory, "data")

    @property
    def log_path(self):
        return os.path.join(self.directory, "log")

    def url(self, database="postgres", user="postgres", password=None, **parameters):
        """A URL over TCP, as a deployment has it."""
        who = user if password is None else f"{user}:{password}"
        query = "&".join(f"{key}={value}" for key, value in parameters.items())
        return f"postgres://{who}@127.0.0.1:{self.port}/{database}" + (query and "?" + query)

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

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

    def make_directory(self, guarded_by=None):
        self.directory = tempfile.mkdtemp(prefix="tidegate-pg-", dir="/tmp")
        os.chown(self.directory, self.user.pw_uid, self.user.pw_gid)
        atexit.register(self.destroy)
        self._guard(guarded_by or os.getpid())

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

    def destroy(self):
        """Stops it and removes its directory. May be called again."""
        if self.directory:
            self.stop()
            shutil.rmtree(self.directory, ignore_errors=True)
            atexit.unregister(self.destroy)

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
        for pid in self.processes():
            os.kill(pid, signal.SIGSTOP)

    def thaw(self):
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                continue

    # -- talking to it ------------------------------------------------------------------------

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

    # -- inside -------------------------------------------------------------------------------

    def run_program(self, name, *arguments):
        """Runs one of the server's programs as the server's user; fails with what it said."""
        as_user = {}
        if os.geteuid() == 0 and not self.command_prefix:
            as_user = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
        elif self.command_prefix:
            arguments = ("--reuid", str(self.user.pw_uid), "--regid", str(self.user.pw_gid),
                         "--clear-groups", program(name), *arguments)
        command = [program(name)] if not self.command_prefix else [*self.command_prefix, "setpriv"]
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith("PG") and key not in ("LC_ALL", "LANG")}
        # Output goes to a file: a daemon would keep a pipe open for ever.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run([*command, *arguments], stdin=subprocess.DEVNULL, stdout=output,
                                  stderr=output, cwd=self.directory, check=False, env=environment,
                                  **as_user)
            if done.returncode:
                output.seek(0)
                log = self.log() if os.path.exists(self.log_path) else ""
                raise RuntimeError(f"{name} failed: {output.read()}\n{log[-2000:]}")

    def _guard(self, pid):
        # Its own session, so that the signal which ends the tests doesn't end the guard first.
        subprocess.Popen([sys.executable, __file__, "guard", str(pid), self.directory],
                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL, start_new_session=True, cwd="/")


# -- as a program -----------------------------------------------------------------------------


def is_server_directory(directory):
    return os.path.basename(directory).startswith("tidegate-pg-") and os.path.isdir(directory)


def remove(directory):
    """Ends the server of that directory, if any, by its own pid file."""
    if is_server_directory(directory):
        Postgres(directory=directory).destroy()


def guard(pid, directory):
    """Waits until `pid` is gone, then makes sure that its server is, too."""
    while alive(pid) and os.path.isdir(directory):
        time.sleep(0.5)
    remove(directory)


def state_of(path):
    try:
        with open(path + ".json", encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def start_for_ctest(path):
    stop_for_ctest(path)  # What a killed run left behind.
    os.makedirs(os.path.dirname(path), exist_ok=True)
    server = Postgres().start(guarded_by=os.getppid())
    atexit.unregister(server.destroy)
    with open(path + ".json", "w", encoding="utf-8") as file:
        json.dump({"directory": server.directory, "port": server.port}, file)
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"export TIDEGATE_TEST_POSTGRES='{server.url()}'\n"
                   f"export TIDEGATE_TEST_POSTGRES_DIRECTORY='{server.directory}'\n")
    print(f"PostgreSQL for the tests: {server.url()}, in {server.directory}")


def stop_for_ctest(path):
    state = state_of(path)
    if state:
        remove(state["directory"])
    for name in (path, path + ".json"):
        if os.path.exists(name):
            os.remove(name)


def shared():
    """The server that ctest started, or None."""
    directory = os.environ.get("TIDEGATE_TEST_POSTGRES_DIRECTORY")
    url = os.environ.get("TIDEGATE_TEST_POSTGRES")
    if not directory or not url:
        return None
    return Postgres(directory=directory, port=int(url.rsplit(":", 1)[1].split("/")[0]))


def main(arguments):
    if len(arguments) == 2 and arguments[0] in ("start", "stop"):
        {"start": start_for_ctest, "stop": stop_for_ctest}[arguments[0]](
            os.path.abspath(arguments[1]))
    elif len(arguments) == 3 and arguments[0] == "guard":
        guard(int(arguments[1]), arguments[2])
    else:
        sys.exit("usage: postgres.py start|stop STATE-FILE")


if __name__ == "__main__":
    main(sys.argv[1:])

"""What the private servers of the tests have in common: see postgres.py and mariadb.py.

A server runs as a user who isn't root, in a directory of its own below /tmp (a socket's path must
be short), on a free port below 32768 (above it, ports collide with outgoing connections). It dies
with whoever started it: a guard process watches that one's pid.
"""

import atexit
import json
import os
import pwd
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time

LIMIT_S = 120


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


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def user_among(names):
    """Whom a server runs as: none of them should be root, PostgreSQL refuses it."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    for name in names:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError(f"there is no user that a server could run as: {', '.join(names)}")


class PrivateServer:
    """One server in a directory of its own. Each kind says what is in capitals here, how to
    `start()` and `stop()` one, its `program(name)` and its `url()`."""

    PROGRAM = None  # The file of the kind: what its guard runs.
    NAME = None
    PREFIX = None  # Of its directories.
    USERS = ()
    VARIABLE = None  # Of the environment, where the tests find its URL.

    def __init__(self, directory=None, port=None, command_prefix=()):
        self.user = user_among(self.USERS)
        self.directory = directory
        self.port = port
        # Where it is reached, and what each of its programs is run with: both are others for a
        # server in a network of its own.
        self.address = "127.0.0.1"
        self.command_prefix = list(command_prefix)

    @classmethod
    def shared(cls):
        """The server of this kind that ctest started, or None."""
        directory = os.environ.get(f"{cls.VARIABLE}_DIRECTORY")
        url = os.environ.get(cls.VARIABLE)
        if not directory or not url:
            return None
        return cls(directory=directory, port=int(url.rsplit(":", 1)[1].split("/")[0]))

    @property
    def data(self):
        return os.path.join(self.directory, "data")

    @property
    def log_path(self):
        return os.path.join(self.directory, "log")

    def log(self):
        if not os.path.exists(self.log_path):
            return ""
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def make_directory(self, guarded_by=None):
        self.directory = tempfile.mkdtemp(prefix=self.PREFIX, dir="/tmp")
        os.chown(self.directory, self.user.pw_uid, self.user.pw_gid)
        atexit.register(self.destroy)
        # Its own session, so that the signal which ends the tests doesn't end the guard first.
        subprocess.Popen([sys.executable, self.PROGRAM, "guard", str(guarded_by or os.getpid()),
                          self.directory], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL, start_new_session=True, cwd="/")

    def destroy(self):
        """Stops it and removes its directory. May be called again."""
        if self.directory:
            self.stop()
            shutil.rmtree(self.directory, ignore_errors=True)
            atexit.unregister(self.destroy)

    def command(self, name, *arguments):
        """How one of the server's programs is run as the server's user: keywords for subprocess."""
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith(("PG", "MYSQL", "MARIADB"))
                       and key not in ("LC_ALL", "LANG")}
        how = {"args": [self.program(name), *arguments], "stdin": subprocess.DEVNULL,
               "cwd": self.directory, "env": environment}
        if self.command_prefix:
            how["args"] = [*self.command_prefix, "setpriv", "--reuid", str(self.user.pw_uid),
                           "--regid", str(self.user.pw_gid), "--clear-groups", *how["args"]]
        elif os.geteuid() == 0:
            how.update(user=self.user.pw_uid, group=self.user.pw_gid, extra_groups=[])
        return how

    def run_program(self, name, *arguments):
        """Runs one of the server's programs to its end; fails with what it said."""
        # Output goes to a file: a daemon would keep a pipe open for ever.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(**self.command(name, *arguments), stdout=output, stderr=output,
                                  check=False)
            if done.returncode:
                output.seek(0)
                raise RuntimeError(f"{name} failed: {output.read()}\n{self.log()[-2000:]}")


# -- as a program -----------------------------------------------------------------------------


def remove(kind, directory):
    """Ends the server of that directory, if any, by its own pid file."""
    if os.path.basename(directory).startswith(kind.PREFIX) and os.path.isdir(directory):
        kind(directory=directory).destroy()


def guard(kind, pid, directory):
    """Waits until `pid` is gone, then makes sure that its server is, too."""
    while alive(pid) and os.path.isdir(directory):
        time.sleep(0.5)
    remove(kind, directory)


def start_for_ctest(kind, path):
    stop_for_ctest(kind, path)  # What a killed run left behind.
    os.makedirs(os.path.dirname(path), exist_ok=True)
    server = kind().start(guarded_by=os.getppid())
    atexit.unregister(server.destroy)
    with open(path + ".json", "w", encoding="utf-8") as file:
        json.dump({"directory": server.directory, "port": server.port}, file)
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"export {kind.VARIABLE}='{server.url()}'\n"
                   f"export {kind.VARIABLE}_DIRECTORY='{server.directory}'\n")
    print(f"{kind.NAME} for the tests: {server.url()}, in {server.directory}")


def stop_for_ctest(kind, path):
    try:
        with open(path + ".json", encoding="utf-8") as file:
            remove(kind, json.load(file)["directory"])
    except (OSError, ValueError):
        pass
    for name in (path, path + ".json"):
        if os.path.exists(name):
            os.remove(name)


def main(kind, arguments):
    if len(arguments) == 2 and arguments[0] in ("start", "stop"):
        {"start": start_for_ctest, "stop": stop_for_ctest}[arguments[0]](
            kind, os.path.abspath(arguments[1]))
    elif len(arguments) == 3 and arguments[0] == "guard":
        guard(kind, int(arguments[1]), arguments[2])
    else:
        sys.exit(f"usage: {os.path.basename(kind.PROGRAM)} start|stop STATE-FILE")

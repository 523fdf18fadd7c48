#!/usr/bin/python3
"""Private MariaDB servers for tests.

As a module: `MariaDb` is one server.
As a program, for ctest: `mariadb.py start STATE` and `mariadb.py stop STATE`.
Where a server runs and when it ends: private_server.py.
"""

import os
import shutil
import signal
import subprocess
import sys
import time

import private_server
from private_server import LIMIT_S, PrivateServer, free_port

SETTINGS = {
    "aria_pagecache_buffer_size": "8M",
    "character_set_server": "utf8mb4",
    "default_time_zone": "+00:00",
    "innodb_buffer_pool_size": "32M",
    "innodb_doublewrite": "0",
    # A commit outlives the server's process, not the machine.
    "innodb_flush_log_at_trx_commit": "2",
    "innodb_log_file_size": "16M",
    "key_buffer_size": "1M",
    "max_connections": "200",
    "performance_schema": "off",
    "skip_name_resolve": "1",
}


class MariaDb(PrivateServer):
    """One private server. `start()` it, and `destroy()` it at the end (also done at exit)."""

    PROGRAM = os.path.abspath(__file__)
    NAME = "MariaDB"
    PREFIX = "tidegate-my-"
    USERS = ("mysql", "nobody")
    VARIABLE = "TIDEGATE_TEST_MARIADB"

    def __init__(self, settings=None, **where):
        super().__init__(**where)
        self.settings = {**SETTINGS, **(settings or {})}

    @staticmethod
    def program(name):
        path = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
        if not path:
            raise FileNotFoundError(f"{name} isn't installed: run tools/setup test")
        return path

    # -- where it is --------------------------------------------------------------------------

    @property
    def socket(self):
        return os.path.join(self.directory, "socket")

    @property
    def settings_path(self):
        return os.path.join(self.directory, "my.cnf")

    def url(self, database="", user="root", password=None, **parameters):
        """A URL over TCP, as a deployment has it."""
        who = user if password is None else f"{user}:{password}"
        query = "&".join(f"{key}={value}" for key, value in parameters.items())
        return f"mysql://{who}@{self.address}:{self.port}/{database}" + (query and "?" + query)

    # -- its life -----------------------------------------------------------------------------

    def start(self, guarded_by=None):
        """Makes the server's own tables if there are none, and starts it. Returns itself."""
        if self.directory is None:
            self.make_directory(guarded_by)
        if not os.path.exists(self.data):
            self.write_settings()
            self.run_program("mariadb-install-db", f"--defaults-file={self.settings_path}",
                             "--auth-root-authentication-method=normal", "--skip-test-db")
        for attempt in range(5):
            if self.port is None or attempt:
                self.port = free_port()
            self.write_settings()
            logged = len(self.log())
            if self.ready(self.launch()):
                return self
            if "Do you already have another server running on port" not in self.log()[logged:]:
                break
        raise RuntimeError(f"mariadbd didn't start:\n{self.log()[-4000:]}")

    def launch(self, *arguments):
        """Starts the server's process and returns it at once, before it is ready."""
        with open(self.log_path, "ab") as log:
            process = subprocess.Popen(
                **self.command("mariadbd", f"--defaults-file={self.settings_path}", *arguments),
                stdout=log, stderr=log, start_new_session=True)
        # Written here, not by the server: it must be known before the server is ready, too.
        with open(self._pid_path, "w", encoding="ascii") as file:
            file.write(f"{process.pid}\n")
        return process

    def ready(self, process):
        """Waits until the server answers. False when its process ended instead."""
        deadline = time.monotonic() + LIMIT_S
        while process.poll() is None:
            try:
                self.connect().close()
                return True
            except OSError as error:
                if time.monotonic() > deadline:
                    raise RuntimeError(f"not ready in time: {error}\n{self.log()}") from error
            time.sleep(0.02)
        return False

    def write_settings(self):
        settings = {"datadir": self.data, "socket": self.socket, "port": self.port or 0,
                    "bind_address": "127.0.0.1", "tmpdir": self.directory,
                    "lc_messages_dir": "/usr/share/mysql", **self.settings}
        with open(self.settings_path, "w", encoding="utf-8") as file:
            file.write("[mariadbd]\n" + "".join(f"{key}={value}\n"
                                                for key, value in settings.items()))

    def stop(self, mode="immediate"):
        """Stops it, if it runs: `immediate` is a crash, `fast` ends sessions and closes files."""
        pid = self.pid()
        if pid is None:
            return
        os.kill(pid, signal.SIGKILL if mode == "immediate" else signal.SIGTERM)
        self._signal(signal.SIGCONT)
        deadline = time.monotonic() + LIMIT_S
        while self.pid() is not None:
            if time.monotonic() > deadline:
                raise RuntimeError(f"mariadbd didn't stop:\n{self.log()[-4000:]}")
            time.sleep(0.02)
        os.remove(self._pid_path)

    def restart(self, mode="fast"):
        self.stop(mode)
        self.start()

    @property
    def _pid_path(self):
        return os.path.join(self.directory, "pid")

    def pid(self):
        """The server's process, or None when it doesn't run."""
        try:
            with open(self._pid_path, encoding="ascii") as file:
                pid = int(file.read())
            # One that ended and whose end nobody took note of isn't there any more, either; nor is
            # it ours when the number went to another program.
            with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                name, state = file.read().partition("(")[2].rpartition(")")[::2]
        except (OSError, ValueError):
            return None
        if state.split()[0] != "Z":
            return pid if name == "mariadbd" else None
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            pass
        return None

    def freeze(self):
        """Stops the server where it stands: connected, and silent for ever."""
        self._signal(signal.SIGSTOP)

    def thaw(self):
        self._signal(signal.SIGCONT)

    def _signal(self, number):
        pid = self.pid()
        try:
            if pid is not None:
                os.kill(pid, number)
        except ProcessLookupError:
            pass

    # -- talking to it ------------------------------------------------------------------------

    def let_everybody_in(self):
        """From other hosts, too."""
        self.query("CREATE USER root@'%'")
        self.query("GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION")

    def connect(self, database=None, user="root", **options):
        """A PyMySQL connection in autocommit mode, over the socket. Fails with an OSError."""
        import pymysql  # Only tests that talk to the server themselves need it.

        try:
            return pymysql.connect(**{"unix_socket": self.socket, "user": user,
                                      "database": database, "autocommit": True, **options})
        except pymysql.err.OperationalError as error:
            raise ConnectionError(*error.args) from error

    def query(self, sql, database=None):
        """Runs one statement; returns its rows as a tuple of tuples."""
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall()
        finally:
            connection.close()

    def client(self, *arguments, database="", script=""):
        """Runs the `mariadb` client on a script; returns what became of it."""
        return subprocess.run(
            [self.program("mariadb"), "--no-defaults", f"--socket={self.socket}", "--user=root",
             *arguments, *([database] if database else [])],
            input=script, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    private_server.main(MariaDb, sys.argv[1:])

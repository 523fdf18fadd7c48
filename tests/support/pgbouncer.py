"""A private PgBouncer in front of a test server, on a free port, in a directory of its own.

It runs as a user who isn't root, and its owner ends it: `with PgBouncer(port) as pooler:`.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import postgres

PROGRAM = shutil.which("pgbouncer", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


class PgBouncer:
    def __init__(self, server_port, pool_mode="transaction", pool_size=20, **settings):
        self.server_port = server_port
        self.settings = {"pool_mode": pool_mode, "default_pool_size": pool_size,
                         "max_client_conn": 1000, **settings}
        self.port = None

    def __enter__(self):
        if PROGRAM is None:
            raise RuntimeError("there is no pgbouncer: tools/setup test installs it")
        self.directory = tempfile.mkdtemp(prefix="tidegate-pooler-", dir="/tmp")
        self.as_user = {}
        if os.geteuid() == 0:
            user = postgres.server_user()
            self.as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            os.chown(self.directory, user.pw_uid, user.pw_gid)
        with open(os.path.join(self.directory, "users"), "w") as users:
            users.write('"postgres" ""\n"reader" ""\n')
        for _ in range(20):
            self.port = postgres.free_port()
            self._write_settings()
            if self._start():
                return self
        raise RuntimeError("pgbouncer doesn't start: " + self._log())

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def url(self, database, user="postgres"):
        return f"postgres://{user}@127.0.0.1:{self.port}/{database}"

    def _write_settings(self):
        settings = {"listen_addr": "127.0.0.1", "listen_port": self.port, "unix_socket_dir": "",
                    "auth_type": "trust", "auth_file": os.path.join(self.directory, "users"),
                    **self.settings}
        with open(os.path.join(self.directory, "settings.ini"), "w") as file:
            file.write(f"[databases]\n* = host=127.0.0.1 port={self.server_port}\n[pgbouncer]\n")
            file.writelines(f"{key} = {value}\n" for key, value in settings.items())

    def _start(self):
        log = open(os.path.join(self.directory, "log"), "w")
        self.process = subprocess.Popen(
            [PROGRAM, os.path.join(self.directory, "settings.ini")], stdout=log, stderr=log,
            stdin=subprocess.DEVNULL, **self.as_user)
        for _ in range(200):
            if self.process.poll() is not None:
                return False
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return True
            except OSError:
                time.sleep(0.02)
        return False

    def _log(self):
        with open(os.path.join(self.directory, "log")) as log:
            return log.read()

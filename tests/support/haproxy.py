"""A private HAProxy in front of replicas of a service, each on a port of its own.

It sends a request only to a replica whose health check is well. `with HAProxy(ports) as front:`.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time

import postgres

PROGRAM = shutil.which("haproxy", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")

CONFIG = """\
global
  maxconn 200
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  # Without it a check that takes longer than the pause between two has failed.
  timeout check 5s
  option httpchk GET {health_path}
  default-server inter 50ms fall 1 rise 1
frontend all
  bind 127.0.0.1:{port}
  default_backend replicas
backend replicas
{servers}
"""


class HAProxy:
    def __init__(self, ports, health_path="/readyz"):
        self.ports = ports
        self.health_path = health_path
        self.port = None

    def __enter__(self):
        if PROGRAM is None:
            raise RuntimeError("there is no haproxy: tools/setup test installs it")
        self.directory = tempfile.mkdtemp(prefix="tidegate-haproxy-", dir="/tmp")
        self.as_user = {}
        if os.geteuid() == 0:
            user = postgres.server_user()
            self.as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            os.chown(self.directory, user.pw_uid, user.pw_gid)
        for _ in range(20):
            self.port = postgres.free_port()
            if self._start():
                return self
        raise RuntimeError("haproxy doesn't start: " + self._log())

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _start(self):
        servers = "\n".join(f"  server replica{number} 127.0.0.1:{port} check"
                            for number, port in enumerate(self.ports, 1))
        config = os.path.join(self.directory, "haproxy.cfg")
        with open(config, "w") as file:
            file.write(CONFIG.format(port=self.port, servers=servers,
                                     health_path=self.health_path))
        log = open(os.path.join(self.directory, "log"), "w")
        self.process = subprocess.Popen([PROGRAM, "-db", "-f", config], stdout=log, stderr=log,
                                        stdin=subprocess.DEVNULL, cwd=self.directory,
                                        **self.as_user)
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
        with open(os.path.join(self.directory, "log")) as file:
            return file.read()

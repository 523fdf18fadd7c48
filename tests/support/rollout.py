"""A rolling update of the orders service: replicas behind a load balancer, replaced one by one.

Two ways to meet the schema: every replica migrates when it starts (`replicas`), or a Job migrates
and each replica waits at the gate (`job`). A third has neither, to show what breaks (`none`).
"""

import http.client
import os
import signal
import subprocess
import time

import postgres
from haproxy import HAProxy
from load import Load

HERE = os.path.dirname(os.path.abspath(__file__))
MIGRATIONS = os.path.join(HERE, "..", "..", "examples", "orders", "migrations")
TIDEGATE = os.path.abspath(os.environ.get("TIDEGATE", "build/tidegate"))
REPLICAS = 3
LIMIT_S = 120
DRAIN_MS = 400


def folders(version):
    return [flag for earlier in range(1, version + 1)
            for flag in ("--dir", os.path.join(MIGRATIONS, f"v{earlier}"))]


def service_program(version):
    return os.path.join(os.path.dirname(TIDEGATE), f"orders_v{version}")


def tidegate(url, version, *arguments):
    """Runs it and returns its exit code and what it said."""
    done = subprocess.run([TIDEGATE, "--database", url, *folders(version), *arguments],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=LIMIT_S)
    return done.returncode, done.stdout


class Replica:
    """One process of the service, at a port that stays when the process is replaced."""

    def __init__(self, port, directory):
        self.port = port
        self.log_path = os.path.join(directory, f"replica-{port}.log")
        self.process = None

    def start(self, url, version, way):
        service = [service_program(version), "--database", url, "--port", str(self.port),
                   "--drain-ms", str(DRAIN_MS)]
        command = {
            "replicas": [*service, "--start", "migrate"],
            "job": [TIDEGATE, "--database", url, *folders(version), "wait", "--timeout", "100s",
                    "--", *service, "--start", "none"],
            "none": [*service, "--start", "none"],
        }[way]
        with open(self.log_path, "a") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log)
        self.started = time.monotonic()

    def wait_until(self, path="/readyz"):
        """Until it is well; returns the seconds since its start."""
        while True:
            if self._status(path) == 200:
                return time.monotonic() - self.started
            if self.process.poll() is not None or time.monotonic() > self.started + LIMIT_S:
                raise RuntimeError("the replica doesn't start: " + self.log())
            time.sleep(0.005)

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(LIMIT_S)

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def log(self):
        with open(self.log_path) as file:
            return file.read()

    def _status(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()


class Fleet:
    """Three replicas behind HAProxy, on one database."""

    def __init__(self, url, directory, way):
        self.url = url
        self.way = way
        self.health_path = "/healthz" if way == "none" else "/readyz"
        self.replicas = [Replica(port, directory) for port in self._ports()]
        self.front = HAProxy([replica.port for replica in self.replicas], self.health_path)

    @staticmethod
    def _ports():
        ports = set()
        while len(ports) < REPLICAS:
            ports.add(postgres.free_port())
        return sorted(ports)

    def __enter__(self):
        code, said = tidegate(self.url, 1, "migrate")
        if code != 0:
            raise RuntimeError(said)
        for replica in self.replicas:
            replica.start(self.url, 1, "replicas")
        for replica in self.replicas:
            replica.wait_until()
        self.front.__enter__()
        time.sleep(0.3)  # The balancer's first checks.
        return self

    def __exit__(self, *_):
        for replica in self.replicas:
            replica.kill()
        self.front.__exit__()

    def load(self):
        return Load(self.front.port)

    def roll(self, version, migrate=True):
        """Replaces each replica; returns how long each was held, in seconds."""
        job = None
        held = []
        for replica in self.replicas:
            replica.stop()
            replica.start(self.url, version, self.way)
            if self.way == "job" and job is None and migrate:
                # The Job is late, as Jobs are: the first replica is at the gate by then.
                time.sleep(0.3)
                job = tidegate(self.url, version, "migrate", "--phase", "expand")
            held.append(replica.wait_until(self.health_path))
            time.sleep(0.3)  # The balancer sees it before the next one goes.
        if job is not None:
            code, said = tidegate(self.url, version, "migrate", "--phase", "contract")
            if job[0] != 0 or code != 0:
                raise RuntimeError(job[1] + said)
        return held

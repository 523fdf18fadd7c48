"""S18, S21: what ends at a time or at a signal, whatever the network and the server do."""

import os
import shutil
import signal
import socket
import subprocess
import time

import pytest

import postgres as postgres_module
from databases import PostgresDatabase
from folder import create_table, numbered_tables
from holds import BUSY_FOR_EVER, Hold, hold
from limits import until

TIMEOUT_S = 3


def expect_timeout(replica):
    """Exit 4 after the timeout, and nowhere near the time that a dead connection would take."""
    replica.expect(4)
    took_s = time.monotonic() - replica.started_at
    assert took_s >= TIMEOUT_S
    print(f"--timeout {TIMEOUT_S}s: exit 4 after {took_s:.2f} s")


def test_S18_the_server_stops_answering_under_wait(own_postgres, make_service):
    server = own_postgres()
    database = PostgresDatabase(server, "app")
    database.create()
    service = make_service(database, numbered_tables(2))

    waiter = service.start("wait", "--timeout", f"{TIMEOUT_S}s", "--interval", "50ms")
    until(lambda: [s for s in database.sessions()], "the waiter's session")
    server.freeze()
    expect_timeout(waiter)


def test_S18_the_server_is_silent_from_the_start(own_postgres, make_service):
    server = own_postgres()
    database = PostgresDatabase(server, "app")
    database.create()
    service = make_service(database, numbered_tables(2))
    server.freeze()

    expect_timeout(service.start("wait", "--timeout", f"{TIMEOUT_S}s"))


def test_S18_nobody_answers_when_it_connects(make_service):
    """A listener whose queue is full: the kernel drops each further request to connect."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", postgres_module.free_port()))
        listener.listen(0)
        port = listener.getsockname()[1]
        queue = []
        for _ in range(4):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
            queue.append(one)
        database = PostgresDatabase(postgres_module.Postgres(port=port), "app")
        service = make_service(database, numbered_tables(2))

        expect_timeout(service.start("wait", "--timeout", f"{TIMEOUT_S}s"))
        service.run("status").expect(6, limit_s=180)


class Network:
    """A network namespace of its own, in which packets can be dropped without harm to anyone."""

    def __init__(self):
        self.process = subprocess.Popen(["unshare", "--net", "sleep", "100000"])
        self.prefix = ["nsenter", "-t", str(self.process.pid), "-n"]
        own = os.readlink("/proc/self/ns/net")
        until(lambda: os.readlink(f"/proc/{self.process.pid}/ns/net") != own, "the namespace")

    def run(self, *command):
        return subprocess.run([*self.prefix, *command], check=True, capture_output=True)

    def up(self):
        # `ip link set lo up`, without the need for ip.
        self.run("/usr/bin/python3", "-c",
                 "import fcntl, socket, struct; fcntl.ioctl(socket.socket(), 0x8914, "
                 "struct.pack('16sh14x', b'lo', 1))")
        return self

    def drop_packets(self):
        self.run("iptables", "-w", "-A", "INPUT", "-i", "lo", "-j", "DROP")

    def end(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def network():
    network = Network()
    yield network
    network.end()


def may_make_networks():
    return os.geteuid() == 0 and shutil.which("iptables") and subprocess.run(
        ["unshare", "--net", "iptables", "-w", "-L"], check=False, capture_output=True,
    ).returncode == 0


# Dropping packets needs root. Without it, the three tests above show the same with other means.
if may_make_networks():

    def test_S18_the_network_drops_every_packet(network, make_service):
        server = postgres_module.Postgres(command_prefix=network.up().prefix).start()
        try:
            database = PostgresDatabase(server, "app")
            database.create()
            service = make_service(database, numbered_tables(2), command_prefix=network.prefix)
            waiter = service.start("wait", "--timeout", f"{TIMEOUT_S}s", "--interval", "50ms")
            until(database.sessions, "the waiter's session")

            network.drop_packets()

            expect_timeout(waiter)
            expect_timeout(service.start("wait", "--timeout", f"{TIMEOUT_S}s"))
        finally:
            server.destroy()


def test_S21_sigterm_in_migrate_on_postgres(pg_service):
    database = pg_service.database
    pg_service.folder.add("1_users.sql", create_table("users"))
    pg_service.folder.add("2_pets.sql", create_table("pets") + hold(1))

    with Hold(database) as held:
        holder = pg_service.start("migrate")
        held.wait_until_reached(holder)
        holder.signal(signal.SIGTERM).expect(143)
        # Cancelled, not just left: the server doesn't go on with it.
        until(lambda: not held.held_up(), "the statement's end")
        until(lambda: database.advisory_locks() == 1, "the lock to be free but for the test's own")
        assert pg_service.applied() == [1]
        assert "pets" not in database.tables()

    pg_service.migrate()
    assert pg_service.applied() == [1, 2]


def test_S21_sigterm_in_migrate_on_sqlite(sqlite_service):
    sqlite_service.folder.add("1_users.sql", create_table("users"))
    sqlite_service.folder.add("2_pets.sql", create_table("pets") + BUSY_FOR_EVER)
    holder = sqlite_service.start("migrate").wait_for("applied 1 users")

    holder.signal(signal.SIGTERM).expect(143)

    assert sqlite_service.applied() == [1]
    assert "pets" not in sqlite_service.database.tables()
    sqlite_service.folder.add("2_pets.sql", create_table("pets"))
    sqlite_service.migrate()
    assert sqlite_service.applied() == [1, 2]


def test_S21_sigterm_while_waiting_for_another_s_run(pg_service):
    pg_service.folder.add("1_users.sql", create_table("users") + hold(1))
    with Hold(pg_service.database) as held:
        holder = pg_service.start("migrate")
        held.wait_until_reached(holder)
        waiter = pg_service.start("migrate").wait_for("wait")
        waiter.signal(signal.SIGTERM).expect(143)
        assert holder.running()
    holder.expect(0)


@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_S21_a_signal_in_wait(service, number, code):
    service.folder.add("1_users.sql", create_table("users"))
    waiter = service.start("wait", "--timeout", "1h", "--interval", "1h")
    waiter.wait_for("nobody")
    waiter.signal(number).expect(code)

"""S17: the holder's network drops packets, resets connections, or is slow.

The holder and the server are each in a network namespace, which needs root. Without it, the frozen
and reset connections of the sweep in test_S12_sweep.py show what a proxy can show.
"""

import concurrent.futures
import itertools
import time

import pytest

from databases import PostgresDatabase
from folder import create_table
from holds import Hold, hold
from limits import until
from network import FAR, Wire, may_make_networks
from outcomes import note
from postgres import Postgres
from proxy import Proxy
from story import Findings

# What the scenario allows until the lock is free.
FREE_S = 15

FILES = {"1_counter.sql": "CREATE TABLE counter AS SELECT 0 AS value;\n",
         "2_count.sql": "UPDATE counter SET value = value + 1;\n" + hold(1) +
                        create_table("held"),
         "3_count_again.sql": "UPDATE counter SET value = value + 10;\n"}


def expect_right(service):
    assert service.applied() == [1, 2, 3]
    assert service.database.query("SELECT value FROM counter") == [(11,)]


def test_S17_a_slow_network(routed_service):
    service = routed_service({**FILES, "2_count.sql": "UPDATE counter SET value = value + 1;\n"})
    with Proxy(service.route.host, service.route.port, delay=0.1) as proxy:
        replicas = [service.start("migrate", database=service.route.url(
            service.database, port=proxy.port)) for _ in range(3)]
        for replica in replicas:
            replica.expect(0)
    expect_right(service)


if may_make_networks():

    @pytest.fixture(scope="module")
    def far_server():
        wire = Wire()
        server = Postgres({"listen_addresses": "*"}, command_prefix=wire.far.prefix).start()
        with open(f"{server.data}/pg_hba.conf", "a", encoding="ascii") as rules:
            rules.write("host all all 0.0.0.0/0 trust\n")
        server.psql("SELECT pg_reload_conf()")
        server.wire = wire
        yield server
        server.destroy()
        wire.end()

    @pytest.fixture
    def far_service(far_server, make_service):
        """Makes services whose replicas are on the wire's near end, and the server on the far."""
        numbers = itertools.count(1)

        def make():
            number = next(numbers)
            database = PostgresDatabase(far_server, f"app_{number}")
            database.drop()
            database.create()
            database.url = f"postgres://postgres@{FAR}:{far_server.port}/{database.name}"
            service = make_service(database, FILES, f"migrations_{number}",
                                   command_prefix=far_server.wire.near.prefix)
            service.wire = far_server.wire
            return service

        yield make
        far_server.wire.mend()

    def port_of(database, pid):
        return database.query(f"SELECT client_port FROM pg_stat_activity WHERE pid = {pid}")[0][0]

    def strike_in_a_statement(service, strike, lock_timeout="1h"):
        """Cuts the holder's connection off in a statement; another gets to that statement.

        Returns how long that took.
        """
        with Hold(service.database) as held:
            holder = service.start("migrate", "--lock-timeout", lock_timeout)
            first = held.wait_until_reached(holder)
            successor = service.start("migrate", "--lock-timeout", "1h").wait_for("wait")
            strike(port_of(service.database, first[0]))
            cut_at = time.monotonic()
            until(lambda: [pid for pid in held.held_up() if pid not in first],
                  "the successor at the hold")
            took_s = time.monotonic() - cut_at
        successor.expect(0)
        expect_right(service)
        # The one that was cut off notices too, and finds with a new connection that all is done.
        holder.expect(0)
        expect_right(service)
        return took_s

    STRIKES = {
        "packets of both ways are dropped": lambda wire, port: wire.drop(port),
        "packets to the server are dropped": lambda wire, port: wire.drop(port, "out"),
        "packets from the server are dropped": lambda wire, port: wire.drop(port, "in"),
        # Nothing is sent in a statement, so it is the server's keepalive that meets the reset.
        "the connection is reset": lambda wire, port: wire.reset(port),
    }

    def test_S17_the_holder_is_cut_off_in_a_statement(far_service):
        """In each way at once, each on a database of its own; the lock is free within 15 s."""
        cases = {what: (strike, "1h") for what, strike in STRIKES.items()}
        # What the server has to say just before it would have noticed makes it wait anew.
        cases["the server speaks into the void"] = (STRIKES["packets of both ways are dropped"],
                                                    "5s")

        def one(what):
            strike, lock_timeout = cases[what]
            service = far_service()
            took_s = strike_in_a_statement(service, lambda port: strike(service.wire, port),
                                           lock_timeout)
            return what, took_s

        with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool:
            for what, took_s in pool.map(one, cases):
                print(f"{what}: free after {took_s:.1f} s")
                note("postgres, direct", what, Findings(), 0, took_s)
                assert took_s <= FREE_S, what

    def test_S17_the_holder_s_whole_network_is_gone(far_service):
        """Nothing gets through at all; the successor is next to the server."""
        service = far_service()
        database = service.database
        with Hold(database) as held:
            holder = service.start("migrate", "--connect-timeout", "1h", "--lock-timeout", "1h")
            first = held.wait_until_reached(holder)
            service.wire.drop()
            cut_at = time.monotonic()
            near = service.other_build(service.folder)
            near.command_prefix = service.wire.far.prefix
            successor = near.start("migrate")
            until(lambda: [pid for pid in held.held_up() if pid not in first], "the successor")
            assert time.monotonic() - cut_at <= FREE_S
        successor.expect(0)
        assert holder.running()
        service.wire.mend()
        holder.expect(0)
        expect_right(service)

"""S17: the holder's network drops packets, resets connections, or is slow.

The holder and the server are each in a network namespace, which needs root. Without it, the frozen
and reset connections of the sweep in test_S12_sweep.py show what a proxy can show.
"""

import functools
import time

import pytest

from counter import counting, expect_counted
from databases import PostgresDatabase
from far_server import CUTS, FREE_S, FarServer, expect_free_in_time
from folder import create_table
from holds import Hold, hold
from limits import until
from network import may_make_networks
from postgres import Postgres
from proxy import Proxy

FILES = counting(hold(1) + create_table("held"))


def test_S17_a_slow_network(routed_service):
    service = routed_service(counting())
    with Proxy(service.route.host, service.route.port, delay=0.1) as proxy:
        replicas = [service.start("migrate", database=service.route.url(
            service.database, port=proxy.port)) for _ in range(3)]
        for replica in replicas:
            replica.expect(0)
    expect_counted(service)


if may_make_networks():

    @pytest.fixture(scope="module")
    def far_server():
        with FarServer(Postgres, PostgresDatabase, listen_addresses="*") as far:
            yield far

    def port_of(database, pid):
        return database.query(f"SELECT client_port FROM pg_stat_activity WHERE pid = {pid}")[0][0]

    def cut_in_a_statement(service, cut, lock_timeout="1h"):
        """Cuts the holder's connection off in a statement; another gets to that statement.

        Returns how long that took.
        """
        with Hold(service.database) as held:
            holder = service.start("migrate", "--lock-timeout", lock_timeout)
            first = held.wait_until_reached(holder)
            successor = service.start("migrate", "--lock-timeout", "1h").wait_for("wait")
            cut(service.wire, port_of(service.database, first[0]))
            cut_at = time.monotonic()
            until(lambda: [pid for pid in held.held_up() if pid not in first],
                  "the successor at the hold")
            took_s = time.monotonic() - cut_at
        successor.expect(0)
        expect_counted(service)
        # The one that was cut off notices too, and finds with a new connection that all is done.
        holder.expect(0)
        expect_counted(service)
        return took_s

    def test_S17_the_holder_is_cut_off_in_a_statement(far_service):
        """In each way at once, each on a database of its own; the lock is free within 15 s."""
        runs = {what: functools.partial(cut_in_a_statement, far_service(FILES), cut)
                for what, cut in CUTS.items()}
        # What the server has to say just before it would have noticed makes it wait anew.
        runs["the server speaks into the void"] = functools.partial(
            cut_in_a_statement, far_service(FILES), CUTS["packets of both ways are dropped"], "5s")
        expect_free_in_time("postgres, direct", runs)

    def test_S17_the_holder_s_whole_network_is_gone(far_service):
        """Nothing gets through at all; the successor is next to the server."""
        service = far_service(FILES)
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
        expect_counted(service)

"""S17 on MariaDB: the holder's network drops packets or resets connections."""

import functools
import time

import pytest

from counter import counting, expect_counted
from databases import MysqlDatabase
from far_server import CUTS, FarServer, expect_free_in_time
from holds import Hold, hold
from mariadb import MariaDb
from network import may_make_networks

if may_make_networks():

    @pytest.fixture(scope="module")
    def far_server():
        with FarServer(MariaDb, MysqlDatabase, bind_address="0.0.0.0") as far:
            yield far

    def cut_in_a_statement(service, cut):
        """Returns how long another takes to bring the work to its end, from when the server has
        finished the statement that it was at."""
        database = service.database
        with Hold(database) as held:
            holder = service.start("migrate", "--lock-timeout", "1h")
            pids = held.wait_until_reached(holder)
            successor = service.start("migrate").wait_for("wait")
            host = database.query("SELECT HOST FROM information_schema.PROCESSLIST WHERE ID = "
                                  f"{pids[0]}")[0][0]
            cut(service.wire, host.rpartition(":")[2])
        cut_at = time.monotonic()
        successor.expect(0)
        took_s = time.monotonic() - cut_at
        expect_counted(service)
        # The one that was cut off notices too, and finds with a new connection that all is done.
        holder.wait()
        assert holder.code in (0, 1), holder
        expect_counted(service)
        return took_s

    def test_S17_a_mariadb_holder_is_cut_off(far_service):
        """In each way at once, each on a database of its own; the lock is free within 15 s."""
        files = counting(hold(1, "mysql"))
        expect_free_in_time("mysql, direct", {
            what: functools.partial(cut_in_a_statement, far_service(files), cut)
            for what, cut in CUTS.items()})

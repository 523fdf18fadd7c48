"""S10, S17, S20, S38 on MariaDB: lost packets, a COMMIT without an answer, a crowd."""

import functools
import os
import time

import pytest

from counter import counting, expect_counted
from databases import MysqlDatabase
from far_server import CUTS, FarServer, expect_free_in_time
from folder import create_table
from holds import Hold, hold
from limits import until
from mariadb import MariaDb
from network import may_make_networks
from outcomes import note
from proxy import Proxy, Trap
from story import ENDINGS, Story
from sweep import slice_of
from test_S10_crowds import Watch, ticks_of

WAITERS = int(os.environ.get("TIDEGATE_CROWD", "40"))

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


# -- S20 ---------------------------------------------------------------------------------------


def places_of_commits(service):
    """Behind how many of the client's messages a COMMIT has been sent, in a run of the story."""
    with Proxy("127.0.0.1", service.database.server.port, count_messages=True,
               protocol="mysql") as proxy:
        service.run("migrate", database=through(proxy, service))
    service.database.empty()
    places = [number for number, kind in enumerate(proxy.kinds("client"), start=1)
              if kind.endswith("COMMIT")]
    assert len(places) >= 5
    return places


def through(proxy, service):
    return f"mysql://root@127.0.0.1:{proxy.port}/{service.database.name}"


# Sent, executed and not answered; or reset while it is on its way.
LOST = {"the answer is lost": lambda: time.sleep(0.3), "the connection is reset": "reset"}


@pytest.mark.parametrize("lost", LOST)
def test_S20_a_commit_on_mariadb_is_not_answered(mysql_service, lost):
    """What became of it is looked up, and nothing happens twice."""
    story = Story("mysql", ENDINGS[0])
    service = mysql_service
    service.folder.add_all(story.files)
    for place in slice_of(places_of_commits(service), 5):
        with Proxy("127.0.0.1", service.database.server.port, protocol="mysql",
                   trap=Trap("client", place, LOST[lost])) as proxy:
            replica = service.start("migrate", database=through(proxy, service)).wait()
            assert proxy.sprung.is_set()
        assert replica.code == story.code, (place, replica)
        findings = story.check(service)
        assert not findings, (place, findings, replica)
        note("mysql, direct", f"COMMIT: {lost}", findings, 0, None)
        service.database.empty()


def test_S20_the_answer_of_mariadb_is_lost_and_nobody_can_be_asked(mysql_service):
    """That is said, and nothing is claimed."""
    story = Story("mysql", ENDINGS[0])
    service = mysql_service
    service.folder.add_all(story.files)
    for place in places_of_commits(service)[1:3]:
        with Proxy("127.0.0.1", service.database.server.port, protocol="mysql",
                   trap=Trap("client", place, "reset", then_refuse=True)) as proxy:
            replica = service.start("migrate", "--connect-timeout", "1s",
                                    database=through(proxy, service)).wait()
        assert replica.code in (1, 6), replica
        assert "cannot connect" in replica.err, replica
        story.finish(service)
        assert not story.check(service), (place, story.check(service))
        service.database.empty()


# -- S10, S38 ----------------------------------------------------------------------------------


def crowd_at(server, make_service):
    database = MysqlDatabase(server, "app")
    server.query("CREATE USER app@'%'")
    server.query("GRANT ALL ON app.* TO app@'%'")
    database.create()
    database.url = server.url("app", "app")
    return make_service(database, {"1_held.sql": create_table("held") + hold(1, "mysql")})


def test_S10_many_replicas_at_a_mariadb_with_few_connections(own_mariadb, make_service):
    """Who waits leaves room: for the service, and for whoever takes over."""
    server = own_mariadb(max_connections=20)
    service = crowd_at(server, make_service)
    with Hold(service.database) as held:
        replicas = [service.start("migrate", "--lock-timeout", "1h") for _ in range(30)]
        until(held.held_up, "a holder")
        until(lambda: sum("waiting" in replica.text for replica in replicas) == 29, "the others")
        for connection in [server.connect("app", "app") for _ in range(4)]:
            connection.close()
        assert all(replica.running() for replica in replicas)
    for replica in replicas:
        replica.expect(0)
    assert service.applied() == [1]


def test_S38_a_crowd_waits_at_mariadb_and_costs_next_to_nothing(own_mariadb, make_service):
    """At most one connection each, few looks, no processor time to speak of."""
    server = own_mariadb(max_connections=4 * WAITERS)
    service = crowd_at(server, make_service)
    watched_s = float(os.environ.get("TIDEGATE_CROWD_S", "5"))

    def looks():
        return int(server.query("SHOW GLOBAL STATUS LIKE 'Com_select'")[0][1])

    def sessions():
        return server.query("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = "
                            "'app'")[0][0]

    with Hold(service.database) as held:
        holder = service.start("migrate", "--lock-timeout", "1h")
        held.wait_until_reached(holder)
        half = WAITERS // 2
        replicas = [service.start("wait", "--timeout", "1h") for _ in range(half)]
        replicas += [service.start("migrate") for _ in range(WAITERS - half)]
        until(lambda: sum("wait" in replica.text for replica in replicas) == WAITERS, "all to wait")
        time.sleep(3)  # Their first pauses are short.
        before, started = looks(), time.monotonic()
        ticks = sum(ticks_of(replica) for replica in replicas)
        with Watch(sessions) as watch:
            time.sleep(watched_s)
        took_s = time.monotonic() - started
        per_second = (looks() - before) / took_s
        processor = (sum(ticks_of(replica) for replica in replicas) - ticks) / took_s
    released = time.monotonic()
    for replica in [holder, *replicas]:
        replica.expect(0)
    print(f"{WAITERS} replicas: {max(watch.seen)} sessions at most, {per_second:.0f} reads a "
          f"second, {100 * processor / WAITERS:.2f} % of a processor each, all done within "
          f"{time.monotonic() - released:.1f} s of the end")
    # A look is about ten reads, and one of ours for each sample. However many replicas there are,
    # they look as often as a hundred would that look once a second.
    assert per_second < 10 * 100
    assert max(watch.seen) <= 1 + WAITERS
    assert processor / WAITERS < 0.02

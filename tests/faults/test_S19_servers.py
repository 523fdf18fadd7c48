"""S19: the server restarts in the middle, fails over, or is in recovery."""

import pytest

from databases import PostgresDatabase
from folder import create_table, numbered_tables
from holds import Hold, hold
from limits import until
from proxy import Proxy
from standby import make_synchronous, promote, standby_of, stop_following
from story import COMMON, INDEX, Story

PATIENT = ("--connect-timeout", "1h")
COUNTER = COMMON["1_counter.sql"]


def three_steps():
    """The second is where the server goes; what is committed before and after shows."""
    return {"1_counter.sql": COUNTER,
            "2_count.sql": "UPDATE counter SET value = value + 1;\n",
            "3_held.sql": "UPDATE counter SET value = value + 10;\n" + hold(1) +
                          create_table("held"),
            "4_users.sql": "CREATE TABLE users (id INTEGER, name TEXT);\n",
            "5_users_name.sql": INDEX["postgres"]}


def expect_three_steps(service):
    assert service.applied() == [1, 2, 3, 4, 5]
    assert service.database.query("SELECT value FROM counter") == [(11,)]
    assert "held" in service.database.tables()


@pytest.fixture
def standbys():
    """Makes standbys that are gone at the end: standbys(primary)."""
    made = []

    def make(primary, **settings):
        made.append(standby_of(primary, **settings))
        return made[-1]

    yield make
    for one in made:
        one.destroy()


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_S19_the_server_restarts_in_the_middle(own_postgres, routed_service, mode):
    server = own_postgres()
    service = routed_service(three_steps(), server=server)

    with Hold(service.database) as held:
        holder = service.start("migrate", *PATIENT)
        held.wait_until_reached(holder)
        others = [service.start("migrate", *PATIENT) for _ in range(3)]
        gates = [service.start("wait", "--timeout", "1h") for _ in range(2)]
        for replica in [*others, *gates]:
            replica.wait_for("wait")
        server.restart(mode)

    for replica in [holder, *others, *gates]:
        replica.expect(0)
    expect_three_steps(service)


def test_S19_the_server_restarts_again_and_again(own_postgres, routed_service):
    """Under a run with every kind of migration; each restart at another place of it."""
    server = own_postgres()
    story = Story("postgres")
    service = routed_service(story.files, server=server)
    for mode in ("immediate", "fast", "immediate", "fast"):
        replicas = [service.start("migrate", *PATIENT) for _ in range(3)]
        until(lambda: service.database.sessions() or not replicas[0].running(), "a session")
        server.restart(mode)
        for replica in replicas:
            replica.wait()
            assert replica.code in (0, 7), replica
        story.finish(service)
        assert not story.check(service), story.check(service)
        service.database.empty()


def test_S19_a_server_in_recovery_is_waited_out(own_postgres, make_service, standbys):
    """It answers that it isn't ready yet, to each who asks."""
    primary = own_postgres()
    database = PostgresDatabase(primary, "app")
    database.create()
    standby = standbys(primary, hot_standby="off")
    primary.stop()
    database = PostgresDatabase(standby, "app")
    service = make_service(database, numbered_tables(2))

    migrator = service.start("migrate", *PATIENT).wait_for("waiting")
    gate = service.start("wait", "--timeout", "1h").wait_for("not accepting connections")
    assert "not accepting connections" in migrator.err
    promote(standby)

    migrator.expect(0)
    gate.expect(0)
    assert service.applied() == [1, 2]


def several_hosts(servers, database):
    hosts = ",".join(f"127.0.0.1:{server.port}" for server in servers)
    return (f"postgres://postgres@{hosts}/{database.name}?target_session_attrs=read-write"
            "&connect_timeout=2")


def test_S19_failover_to_a_synchronous_standby(own_postgres, make_service, standbys):
    """What was committed is there; the run goes on with what was not."""
    primary = own_postgres()
    database = PostgresDatabase(primary, "app")
    database.create()
    standby = standbys(primary)
    make_synchronous(primary)
    service = make_service(database, three_steps())
    url = several_hosts([primary, standby], database)

    with Hold(database) as held:
        holder = service.start("migrate", *PATIENT, database=url)
        held.wait_until_reached(holder)
        others = [service.start("migrate", *PATIENT, database=url) for _ in range(2)]
        gate = service.start("wait", "--timeout", "1h", database=url)
        for replica in [*others, gate]:
            replica.wait_for("wait")
        primary.stop()
        service.database = PostgresDatabase(standby, "app")
        assert service.applied() == [1, 2]
        promote(standby)

    for replica in [holder, *others, gate]:
        replica.expect(0)
    expect_three_steps(service)
    applied = [replica.out.count("applied 2 count  (") for replica in [holder, *others]]
    assert sum(applied) == 1, "what was committed isn't done again"


def test_S19_failover_loses_a_commit(own_postgres, make_service, standbys):
    """The standby has 1 only. The second look sees that, whatever the holder had heard."""
    primary = own_postgres()
    database = PostgresDatabase(primary, "app")
    database.create()
    standby = standbys(primary)
    service = make_service(database, three_steps())
    url = several_hosts([primary, standby], database)
    service.migrate("--to", "1", database=url)
    until(lambda: standby.psql("SELECT to_regclass('counter')", "app") == "counter",
          "the replay of 1")
    stop_following(standby)

    with Hold(database) as held:
        holder = service.start("migrate", *PATIENT, database=url)
        held.wait_until_reached(holder)
        holder.wait_for("applied 2 count")
        other = service.start("migrate", *PATIENT, database=url).wait_for("wait")
        primary.stop()
        service.database = PostgresDatabase(standby, "app")
        assert service.applied() == [1]
        promote(standby)

    holder.expect(0)
    other.expect(0)
    expect_three_steps(service)


@pytest.mark.parametrize("switch", ["when_promoted", "too_early"])
def test_S19_failover_behind_a_balancer(own_postgres, make_service, standbys, switch):
    """One address, another server behind it; for a while that may still be a standby."""
    primary = own_postgres()
    database = PostgresDatabase(primary, "app")
    database.create()
    standby = standbys(primary)
    make_synchronous(primary)
    service = make_service(database, three_steps())

    with Proxy("127.0.0.1", primary.port) as balancer, Hold(database) as held:
        url = f"postgres://postgres@127.0.0.1:{balancer.port}/app"
        holder = service.start("migrate", *PATIENT, database=url)
        held.wait_until_reached(holder)
        other = service.start("migrate", *PATIENT, database=url).wait_for("wait")
        gate = service.start("wait", "--timeout", "1h", database=url).wait_for("wait")
        if switch == "too_early":
            balancer.lead_to("127.0.0.1", standby.port)
        primary.stop()
        balancer.reset()
        service.database = PostgresDatabase(standby, "app")
        if switch == "too_early":
            until(lambda: balancer.stats()["connections"] >= 6, "a look at the standby")
        promote(standby)
        balancer.lead_to("127.0.0.1", standby.port)
        for replica in [holder, other, gate]:
            replica.expect(0)
    expect_three_steps(service)


def test_S19_a_standby_is_refused_in_words(own_postgres, make_service, standbys):
    """Who is led to a standby from the start has the wrong URL, and is told so at once."""
    primary = own_postgres()
    database = PostgresDatabase(primary, "app")
    database.create()
    standby = standbys(primary)
    service = make_service(PostgresDatabase(standby, "app"), numbered_tables(1))
    refused = service.run("migrate").expect(7)
    assert "standby" in refused.err and "target_session_attrs=read-write" in refused.err, refused

"""S15: the server ends the holder's session in the middle of a run."""

import os
import time

import pytest

from counter import COUNT_UP, COUNTER, counting, expect_counted
from folder import create_table
from holds import Hold, hold
from limits import until
from outcomes import note
from proxy import Proxy, Trap
from routes import look_like_another
from story import Story


def end_sessions(database, pids):
    for pid in pids:
        database.query(f"SELECT pg_terminate_backend({pid}, 10000)")


@pytest.mark.parametrize("waiting", [0, 2], ids=["alone", "with_others_waiting"])
def test_S15_the_server_ends_the_session_in_a_statement(routed_service, waiting):
    service = routed_service(counting(hold(1) + create_table("pets")))
    database = service.database

    with Hold(database) as held:
        holder = service.start("migrate")
        held.wait_until_reached(holder)
        others = [service.start("migrate") for _ in range(waiting)]
        for other in others:
            other.wait_for("wait")
        ended = held.held_up()
        end_sessions(database, ended)
        # Whoever is at it now is another session, and nobody else is.
        until(lambda: [pid for pid in held.held_up() if pid not in ended], "the next at the hold")
        assert len(held.held_up()) == 1
        assert service.applied() == [1]
        held.release()

    for replica in [holder, *others]:
        replica.expect(0)
    expect_counted(service)
    assert database.query("SELECT count(*) FROM tidegate_runs WHERE state = 'done'") == [(1,)]


def test_S15_the_server_ends_the_session_of_a_lease_s_heart(routed_service):
    """It beats on, on a new one: nobody takes the lease of who is at a long statement."""
    service = routed_service({"1_counter.sql": COUNTER,
                              "2_long.sql": "-- tidegate: no-transaction\n" + hold(1) +
                              "UPDATE counter SET value = value + 1;\n"})
    database = service.database
    look_like_another(database)

    with Hold(database) as held:
        holder = service.start("migrate")
        work = held.wait_until_reached(holder)
        [heart] = [session["pid"] for session in database.sessions()
                   if session["pid"] not in work]
        [(expires_at,)] = database.query("SELECT expires_at FROM tidegate_lease WHERE id = 2")
        end_sessions(database, [heart])
        # A beat that was on its way brings 3 s at most.
        until(lambda: database.query("SELECT expires_at > %s + interval '5 s' FROM tidegate_lease "
                                     "WHERE id = 2", (expires_at,)) == [(True,)],
              f"further beats: {holder}")

    holder.expect(0)
    assert service.applied() == [1, 2]
    assert database.query("SELECT value FROM counter") == [(1,)]


def test_S15_the_server_ends_the_session_again_and_again(routed_service):
    """It isn't tried for ever: after a few times it ends, with nothing done and nothing claimed."""
    service = routed_service({"1_counter.sql": COUNTER,
                              "2_count.sql": COUNT_UP +
                              "SELECT pg_terminate_backend(pg_backend_pid());\n"})
    replica = service.start("migrate").wait()
    assert replica.code == 1, replica
    assert "2_count.sql" in replica.err, replica
    assert service.applied() == [1]
    assert service.database.query("SELECT value FROM counter") == [(0,)]


def test_S15_a_session_ended_at_any_moment(routed_service):
    """Every few messages of a run, the server ends every session that there is."""
    story = Story("postgres")
    service = routed_service(story.files)
    with Proxy(service.route.host, service.route.port, count_messages=True) as proxy:
        service.run("migrate", database=service.route.url(service.database, port=proxy.port))
    count = proxy.messages()["server"]
    service.database.empty()

    step = 1 if os.environ.get("TIDEGATE_SWEEP") == "all" else count // 12
    for after in range(60, count, step):
        def end_all():
            end_sessions(service.database, [s["pid"] for s in service.database.sessions()])

        trap = Trap("server", after, end_all, go_on=True)
        with Proxy(service.route.host, service.route.port, trap=trap) as proxy:
            replica = service.start("migrate", database=service.route.url(service.database,
                                                                          port=proxy.port)).wait()
        seconds = time.monotonic() - proxy.sprung_at
        assert replica.code in (0, 7), replica
        _, questions = story.finish(service)
        findings = story.check(service)
        note(f"postgres, {service.route_name}", "session ended by the server", findings, questions,
             None if questions else seconds)
        assert not findings, (after, findings)
        service.database.empty()


@pytest.mark.parametrize("whose", ["role", "database"])
def test_S15_idle_timeouts_of_role_and_database_end_no_run(own_postgres, routed_service, whose):
    """What is set for applications isn't meant for a migrator, whose own limits hold."""
    server = own_postgres()
    server.psql("CREATE ROLE app LOGIN")
    service = routed_service({"1_users.sql": create_table("users") + "SELECT pg_sleep(0.3);\n",
                              "2_pets.sql": create_table("pets") +
                              "COPY pets FROM stdin;\n1\n\\.\n" + "SELECT pg_sleep(0.3);\n"},
                             server=server, user="app")
    target = "ROLE app" if whose == "role" else f"DATABASE {service.database.name}"
    for name in ("idle_in_transaction_session_timeout", "statement_timeout", "lock_timeout"):
        server.psql(f"ALTER {target} SET {name} = '100ms'")
    service.migrate()
    assert service.applied() == [1, 2]


def test_S15_a_script_s_own_idle_timeout_ends_its_session(routed_service):
    """The script's timeout strikes in its own transaction: it is undone, and nobody records it."""
    service = routed_service({
        "1_counter.sql": COUNTER,
        # COPY goes by itself, so the transaction is idle for as long as an answer takes to arrive.
        "2_count.sql": COUNT_UP +
                       "SET idle_in_transaction_session_timeout = '20ms';\n"
                       "COPY counter FROM stdin;\n5\n\\.\n"})
    with Proxy(service.route.host, service.route.port, delay=0.1) as proxy:
        replica = service.start("migrate", database=service.route.url(service.database,
                                                                      port=proxy.port)).wait()
    assert replica.code == 1, replica
    assert service.applied() == [1]
    assert service.database.query("SELECT value FROM counter") == [(0,)]
    service.folder.add("2_count.sql", COUNT_UP)
    service.migrate()
    assert service.database.query("SELECT value FROM counter") == [(1,)]

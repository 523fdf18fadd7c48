"""S05: PgBouncer with transaction pooling in between, and what it must not be harmed by."""

import signal

import psycopg2
import pytest

from folder import create_table, numbered_tables
from holds import Hold, hold
from limits import until
from pgbouncer import PgBouncer
from proxy import Proxy, Trap


def guards(database):
    """The guard sessions of this database: in a transaction, and doing nothing."""
    return [session for session in database.sessions()
            if session["state"] == "idle in transaction"]


def test_S05_nothing_is_left_on_the_pooler_s_connections(pooled_service, pooler):
    database = pooled_service.database
    database.script("CREATE ROLE owner_of_it; GRANT ALL ON SCHEMA public TO owner_of_it")
    pooled_service.folder.add("1_settings.sql", create_table("users") +
                              "SET statement_timeout = '1s';\nSET search_path = pg_catalog;\n"
                              "SET TimeZone = 'Asia/Tokyo';\nSET ROLE owner_of_it;\n"
                              "LISTEN stray;\n")
    pooled_service.folder.add_all(numbered_tables(3, first=2))
    waiter = pooled_service.start("wait", "--timeout", "1h", "--interval", "50ms")
    waiter.wait_for("nobody")

    pooled_service.migrate()
    waiter.expect(0)

    assert pooled_service.applied() == [1, 2, 3, 4]
    assert database.advisory_locks() == 0
    client = psycopg2.connect(database.url)
    client.autocommit = True
    with client.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout'), "
                       "current_setting('search_path'), current_user, "
                       "current_setting('TimeZone') <> 'Asia/Tokyo'")
        assert cursor.fetchall() == [("0", '"$user", public', "postgres", True)]
        cursor.execute("SELECT * FROM pg_prepared_statements")
        assert cursor.fetchall() == []
    client.close()
    database.script("DROP OWNED BY owner_of_it; DROP ROLE owner_of_it")


def test_S05_the_guard_holds_no_snapshot_while_an_index_is_built(pooled_service):
    database = pooled_service.database
    pooled_service.folder.add("1_users.sql", create_table("users"))
    pooled_service.migrate()
    pooled_service.folder.add("2_users_id.sql", "-- tidegate: no-transaction\n"
                              "CREATE INDEX CONCURRENTLY users_id ON users (id);\n")
    writer = database.connect()
    writer.autocommit = False
    with writer.cursor() as cursor:
        cursor.execute("INSERT INTO users VALUES (1)")
    builder = pooled_service.start("migrate")
    until(lambda: [s for s in database.sessions() if "CONCURRENTLY" in (s["query"] or "")
                   and s["wait_event_type"] == "Lock"], "the index waits for the writer")
    assert [guard["backend_xmin"] for guard in guards(database)] == [None]

    writer.rollback()
    writer.close()

    builder.expect(0)
    assert database.query("SELECT indisvalid FROM pg_index WHERE indexrelid = "
                          "'users_id'::regclass") == [(True,)]


def lease_holder(database):
    [(holder,)] = database.query("SELECT holder FROM tidegate_lease WHERE id = 1")
    return holder


def test_S05_replicas_beside_the_pooler_and_behind_it_keep_each_other_out(pooled_service):
    database = pooled_service.database
    direct = database.server.url(database.name)
    pooled_service.folder.add("1_users.sql", create_table("users") + hold(1))
    pooled_service.folder.add("2_pets.sql", create_table("pets") + hold(2))

    with Hold(database, 1) as first, Hold(database, 2) as second:
        behind = pooled_service.start("migrate")
        first.wait_until_reached(behind)
        beside = pooled_service.start("migrate", database=direct).wait_for("wait")
        assert pooled_service.verdict() == "running"
        behind.kill()
        first.release()
        # The dead one's burst may stand there too, so it is the lock that says who holds it.
        until(lambda: lease_holder(database).endswith(f":{beside.pid}"), "the lock's next holder")
        second.wait_until_reached(beside)
        again = pooled_service.start("migrate").wait_for("wait")
        assert lease_holder(database).endswith(f":{beside.pid}")

    beside.expect(0)
    again.expect(0)
    assert pooled_service.applied() == [1, 2]
    until(lambda: database.advisory_locks() == 0, "the end of the server's sessions")


def test_S05_S15_a_guard_that_the_server_ends_fences_the_run(pooled_service):
    database = pooled_service.database
    pooled_service.folder.add("1_users.sql", create_table("users") + hold(1))

    with Hold(database, 1) as held:
        holder = pooled_service.start("migrate")
        held.wait_until_reached(holder)
        [guard] = guards(database)
        database.query(f"SELECT pg_terminate_backend({guard['pid']})")
        until(lambda: database.advisory_locks() == 0 or not guards(database), "the guard is gone")

    holder.expect(1)
    assert "another replica took over" in holder.text
    assert "users" not in database.tables()
    pooled_service.migrate()
    assert pooled_service.applied() == [1]


@pytest.mark.parametrize("route", ["pooled_service", "leased_service"])
def test_S05_S16_a_frozen_holder_loses_and_cannot_write_over_its_successor(request, route):
    service = request.getfixturevalue(route)
    database = service.database
    service.folder.add("1_users.sql", create_table("users") + hold(1))
    service.folder.add("2_pets.sql", create_table("pets"))

    with Hold(database, 1) as held:
        frozen = service.start("migrate")
        held.wait_until_reached(frozen)
        frozen.signal(signal.SIGSTOP)
        # What it has begun goes on at the server, to its end and no further.
        held.release()
        successor = service.start("migrate").expect(0, limit_s=60)
        frozen.signal(signal.SIGCONT)

    # Where the server had come to the end of what it was sent, there was nothing left to take over.
    assert frozen.wait().code != 0 or "applied" not in successor.out, frozen
    assert service.applied() == [1, 2]
    assert service.verdict() == "open"


def messages_around_the_lock(database, pooler, replica):
    """How many messages of the pooler's have gone to a migrator: with its guard's BEGIN, and with
    each of the next two answers, of which one says that it has the lock."""
    with Proxy("127.0.0.1", pooler.port, count_messages=True) as proxy:
        database.url = proxied(database, proxy)
        replica("measured").expect(0)
        kinds = proxy.kinds("server")
    begin = kinds.index("C BEGIN")
    answers = [at for at, kind in enumerate(kinds) if at > begin and kind.startswith("C ")]
    return [at + 1 for at in (begin, *answers[:2])]


def proxied(database, proxy):
    return f"postgres://postgres@127.0.0.1:{proxy.port}/{database.name}"


def test_S16_a_guard_frozen_around_the_lock_is_ended(make_service, new_postgres_database):
    """It would keep the lock, or one of the few connections that a pooler has."""
    with PgBouncer(new_postgres_database().server.port, pool_size=2) as pooler:
        measured = new_postgres_database()
        found = messages_around_the_lock(measured, pooler, lambda name: make_service(
            measured, numbered_tables(2), name).start("migrate"))
        cases = []
        for after in found:
            database = new_postgres_database()
            database.url = pooler.url(database.name)
            service = make_service(database, numbered_tables(2), f"frozen_{after}")
            stopped = Stopped(pooler, after)
            stopped.replica = service.start("migrate", database=proxied(database, stopped.proxy))
            until(stopped.proxy.sprung.is_set, f"message {after}")
            cases.append((service, stopped, service.start("migrate")))
        for service, stopped, successor in cases:
            successor.expect(0, limit_s=60)
            assert service.applied() == [1, 2]
            stopped.replica.signal(signal.SIGCONT).wait()
            stopped.proxy.close()


class Stopped:
    """A proxy that stops its client behind a message of the other side."""

    def __init__(self, pooler, after):
        self.replica = None
        self.proxy = Proxy("127.0.0.1", pooler.port,
                           trap=Trap("server", after, self.stop, go_on=True))

    def stop(self):
        until(lambda: self.replica, "its pid").signal(signal.SIGSTOP)


@pytest.mark.parametrize("verb", ["migrate", "status", "wait"])
def test_S05_a_pooler_is_asked_for_one_answer_at_a_time(pooled_service, pooler, verb):
    """PgBouncer takes a connection for free at the first of two answers, and whoever gets it then
    gets the second as well, when the one who asked is dead."""
    pooled_service.folder.add("1_users.sql", create_table("users"))
    pooled_service.folder.add("2_users_id.sql", "-- tidegate: no-transaction\n"
                              "CREATE INDEX CONCURRENTLY users_id ON users (id);\n")
    if verb != "migrate":
        pooled_service.migrate()
    with Proxy("127.0.0.1", pooler.port, count_messages=True) as proxy:
        url = f"postgres://postgres@127.0.0.1:{proxy.port}/{pooled_service.database.name}"
        pooled_service.run(verb, database=url).expect(0)
    asked = proxy.kinds("client").count("S")
    assert 0 < asked <= proxy.stats()["round_trips"]


def test_S05_a_pool_of_one_is_told_and_not_waited_for(make_service, new_postgres_database):
    database = new_postgres_database()
    with PgBouncer(database.server.port, pool_size=1) as pooler:
        database.url = pooler.url(database.name)
        service = make_service(database, numbered_tables(1))
        replica = service.start("migrate").expect(6)
        assert "at least 3 connections" in replica.text
        assert service.verdict() != "open"
    assert database.tables() == []


def test_S05_a_pooler_without_transactions_is_refused(make_service, new_postgres_database):
    database = new_postgres_database()
    with PgBouncer(database.server.port, pool_mode="statement") as pooler:
        database.url = pooler.url(database.name)
        service = make_service(database, numbered_tables(1))
        assert "pool_mode" in service.start("migrate").expect(2).text
        # Looking needs none.
        assert service.verdict() in ("no_history", "pending")
    assert database.tables() == []


def test_S05_session_pooling_is_one_more_pooler(make_service, new_postgres_database):
    database = new_postgres_database()
    with PgBouncer(database.server.port, pool_mode="session") as pooler:
        database.url = pooler.url(database.name)
        service = make_service(database, numbered_tables(3))
        replicas = [service.start("migrate") for _ in range(5)]
        for replica in replicas:
            replica.expect(0)
    assert service.applied() == [1, 2, 3]


def test_S05_a_session_s_lock_is_not_relied_on(pooled_service):
    pooled_service.folder.add_all(numbered_tables(1))

    refused = pooled_service.start("--lock", "session", "migrate").expect(2)

    assert "behind a pooler" in refused.text
    assert pooled_service.database.tables() == []


def test_S05_tenants_are_migrated_through_the_pooler(pooled_service):
    database = pooled_service.database
    pooled_service.folder.add("1_users.sql", create_table("users"))
    pooled_service.folder.add("2_more.sql", "INSERT INTO users VALUES (1);\n")

    for tenant in ("north", "south"):
        pooled_service.migrate("--schema", tenant)

    for tenant in ("north", "south"):
        assert database.query(f"SELECT * FROM {tenant}.users") == [(1,)]
    assert database.query("SELECT to_regclass('public.users') IS NULL") == [(True,)]


def test_S05_what_a_pooler_cannot_keep_is_refused_outside_a_transaction(pooled_service):
    pooled_service.folder.add("1_users.sql", create_table("users"))
    pooled_service.folder.add("2_users_id.sql", "-- tidegate: no-transaction\n"
                              "SET lock_timeout = '1s';\n"
                              "CREATE INDEX CONCURRENTLY users_id ON users (id);\n")

    refused = pooled_service.start("migrate").expect(5)

    assert "behind a pooler" in refused.text
    assert "2_users_id.sql:3" in refused.text
    assert pooled_service.applied() == [1]

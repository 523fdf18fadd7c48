"""S01 to S07: many replicas at one moment."""

import re
import time

from counter import COUNT_UP, COUNTER
from folder import Folder, create_table, numbered_tables
from holds import Hold, hold

REPLICAS = 20


def start_all(service, *arguments):
    return [service.start(*arguments) for _ in range(REPLICAS)]


def applied_lines(replicas):
    return sorted(line for replica in replicas for line in replica.out.splitlines()
                  if re.match(r"applied \d+ \w+  \(", line))


def expect_all(replicas, code=0):
    for replica in replicas:
        replica.expect(code)
        assert "error" not in replica.text.lower(), replica


def test_S01_S05_twenty_replicas_on_an_empty_database(any_service):
    service = any_service
    service.folder.add_all(numbered_tables(10))

    replicas = start_all(service, "migrate")

    expect_all(replicas)
    assert service.applied() == list(range(1, 11))
    assert len(applied_lines(replicas)) == 10
    assert [name for name in service.database.tables() if name.startswith("t") and
            name[1:].isdigit()] == sorted(f"t{number}" for number in range(1, 11))


def test_S02_S05_ten_pending_and_one_change_that_is_not_idempotent(any_service):
    service = any_service
    service.folder.add("1_counter.sql", COUNTER)
    service.migrate()
    service.folder.add_all(numbered_tables(9, first=2))
    service.folder.add("11_count_up.sql", COUNT_UP)

    replicas = start_all(service, "migrate")

    expect_all(replicas)
    assert service.database.query("SELECT value FROM counter") == [(1,)]
    assert service.applied() == list(range(1, 12))
    assert len(applied_lines(replicas)) == 10


def test_S03_S05_an_index_built_concurrently_by_one_of_twenty(routed_service):
    pg_service = routed_service
    database = pg_service.database
    pg_service.folder.add("1_users.sql", "CREATE TABLE users (id INTEGER);\n"
                          "INSERT INTO users SELECT generate_series(1, 1000);\n")
    pg_service.folder.add("2_users_id.sql", "-- tidegate: no-transaction\n"
                          "CREATE INDEX CONCURRENTLY users_id ON users (id);\n")
    pg_service.folder.add("3_pets.sql", create_table("pets"))

    replicas = start_all(pg_service, "migrate")

    expect_all(replicas)
    assert pg_service.applied() == [1, 2, 3]
    assert database.query("SELECT indisvalid FROM pg_index WHERE indexrelid = "
                          "'users_id'::regclass") == [(True,)]
    assert not [line for line in database.server.log().splitlines()
                if "deadlock detected" in line and f" {database.name} " in line]


def test_S04_who_waits_holds_no_snapshot_while_an_index_is_built(pg_service):
    database = pg_service.database
    pg_service.folder.add("1_users.sql", create_table("users"))
    pg_service.migrate()
    pg_service.folder.add("2_users_id.sql", "-- tidegate: no-transaction\n"
                          "CREATE INDEX CONCURRENTLY users_id ON users (id);\n")

    # The index waits for this transaction, which wrote to the table.
    writer = database.connect()
    writer.autocommit = False
    with writer.cursor() as cursor:
        cursor.execute("INSERT INTO users VALUES (1)")
    builder = pg_service.start("migrate")
    while not [s for s in database.sessions() if "CONCURRENTLY" in (s["query"] or "")]:
        assert builder.running(), builder
        time.sleep(0.05)
    waiters = ([pg_service.start("migrate") for _ in range(10)] +
               [pg_service.start("wait", "--timeout", "1h", "--interval", "50ms")
                for _ in range(10)])

    # A look takes a snapshot for a moment; a waiter that has the same one at two samples holds it.
    seen = {}
    samples = 0
    connected = 0
    deadline = time.monotonic() + 120
    while samples < 60 and time.monotonic() < deadline:
        sessions = [s for s in database.sessions() if "CONCURRENTLY" not in (s["query"] or "")]
        connected = max(connected, len(sessions))
        samples += connected >= 20
        now = {s["pid"]: (s["query_start"], s["backend_xmin"]) for s in sessions
               if s["backend_xmin"]}
        held = [pid for pid, snapshot in now.items() if seen.get(pid) == snapshot]
        assert not held, [s for s in sessions if s["pid"] in held]
        assert not [s for s in sessions if s["state"] == "idle in transaction"], sessions
        seen = now
        time.sleep(0.05)
    assert connected >= 20, "the waiters never were all there"

    writer.rollback()
    writer.close()
    expect_all([builder, *waiters])
    assert database.query("SELECT indisvalid FROM pg_index WHERE indexrelid = "
                          "'users_id'::regclass") == [(True,)]


def test_S06_two_histories_in_one_database_do_not_block_each_other(pg_service, make_service):
    database = pg_service.database
    shop = pg_service
    shop.folder.add("1_shop.sql", create_table("shop") + hold(1))
    blog = make_service(database, {"1_blog.sql": create_table("blog")}, "blog")

    with Hold(database, 1) as held:
        first = shop.start("migrate")
        held.wait_until_reached(first)
        blog.migrate("--history-table", "blog_migrations")
        assert first.running()

    first.expect(0)
    assert shop.applied() == [1]
    assert blog.applied("blog_migrations") == [1]


def test_S06_two_folders_on_one_history_do(pg_service, make_service):
    database = pg_service.database
    pg_service.folder.add("1_shop.sql", create_table("shop") + hold(1))
    other = make_service(database, {"2_blog.sql": create_table("blog")}, "blog")

    with Hold(database, 1) as held:
        first = pg_service.start("migrate")
        held.wait_until_reached(first)
        second = other.start("migrate")
        other.run("migrate", "--wait-timeout", "1s").expect(4)
        assert first.running() and second.running()
        assert "blog" not in database.tables()

    first.expect(0)
    second.expect(0)
    assert pg_service.applied() == [1, 2]


def test_S06_two_schemas_of_one_database_do_not_block_each_other(pg_service):
    database = pg_service.database
    pg_service.folder.add("1_shop.sql", create_table("shop") + hold(1))

    with Hold(database, 1) as held:
        first = pg_service.start("migrate", "--schema", "one")
        held.wait_until_reached(first)
        second = pg_service.start("migrate", "--schema", "two")
        while len(held.held_up()) < 2:
            assert second.running(), second
            time.sleep(0.02)

    first.expect(0)
    second.expect(0)
    assert pg_service.applied("one.tidegate_migrations") == [1]
    assert pg_service.applied("two.tidegate_migrations") == [1]


def test_S07_a_file_shared_by_several_processes(sqlite_service):
    check_shared_file(sqlite_service)


def test_S07_a_file_with_a_write_ahead_log_shared_by_several_processes(sqlite_service):
    assert sqlite_service.database.query("PRAGMA journal_mode = wal") == [("wal",)]
    check_shared_file(sqlite_service)


def check_shared_file(service):
    service.folder.add("1_counter.sql", COUNTER)
    for version in range(2, 8):
        service.folder.add(f"{version}_count_up.sql" if version == 2 else
                           f"{version}_count_up_{version}.sql", COUNT_UP)

    replicas = start_all(service, "migrate")

    expect_all(replicas)
    assert service.database.query("SELECT value FROM counter") == [(6,)]
    assert service.applied() == list(range(1, 8))
    assert len({replica.name for replica in replicas if applied_lines([replica])}) == 1


def test_S08_an_old_build_migrates_while_a_new_one_starts(service):
    service.folder.add_all(numbered_tables(6))
    old_build = service.other_build(service.folder.copy_to(service.place + "/old", up_to=3))

    replicas = [build.start("migrate") for _ in range(5) for build in (old_build, service)]

    expect_all(replicas)
    assert service.applied() == [1, 2, 3, 4, 5, 6]
    assert len(applied_lines(replicas)) == 6
    assert service.verdict() == "open"
    assert old_build.verdict() == "ahead"


def test_S09_two_folders_share_a_history(service):
    service.folder.add_all({"1_one.sql": create_table("one"), "3_three.sql": create_table("three")})
    other = service.other_build(Folder(service.place + "/other"))
    other.folder.add_all({"2_two.sql": create_table("two"), "4_four.sql": create_table("four")})

    replicas = [build.start("migrate") for _ in range(5) for build in (service, other)]

    for replica in replicas:
        replica.expect(0)
    assert service.applied() == [1, 2, 3, 4]
    assert service.verdict() == "ahead"
    assert other.verdict() == "ahead"
    service.run("wait", "--timeout", "1h").expect(0)

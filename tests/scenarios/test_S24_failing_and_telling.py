"""S24 to S32: what fails, and how it is told."""

import os

from databases import PostgresDatabase, SqliteDatabase
from folder import create_table, numbered_tables
from holds import BUSY_FOR_EVER, Hold, hold
from limits import until


def user_tables(service):
    return [name for name in service.database.tables() if not name.startswith("tidegate")]


def saw(replica, verdict):
    """Whether its JSON log named that verdict."""
    return any(f'"{verdict}"' in str(event).replace("'", '"') for event in replica.events())


# -- S24 ---------------------------------------------------------------------------------------


def test_S24_the_third_of_five_fails_and_each_waiter_hears_of_it(service):
    service.folder.add_all(numbered_tables(5))
    service.folder.add("3_t3.sql", "-- the third\nCREATE TABLE t3 (id INTEGER);\n"
                                   "  INSERT INTO nowhere VALUES (1);\n")
    waiters = [service.start("wait", "--timeout", "1h") for _ in range(3)]
    for waiter in waiters:
        waiter.wait_for("nobody")

    failed = service.start("migrate").expect(5)

    assert "applied 1 t1" in failed.out and "applied 2 t2" in failed.out
    assert "3_t3.sql:3:" in failed.err
    assert "INSERT INTO nowhere" in failed.err
    engine = service.database.engine
    code = {"postgres": "42P01", "sqlite": "SQLITE_ERROR", "mysql": "1146"}[engine]
    assert code in failed.err
    assert service.applied() == [1, 2]
    # MariaDB's tables are there as soon as they are made, and the summary says so.
    assert user_tables(service) == ["t1", "t2"] + (["t3"] if engine == "mysql" else [])
    assert ("what its earlier statements did stays" in failed.err) == (engine == "mysql")
    for waiter in waiters:
        waiter.expect(5)
        assert "3_t3.sql:3:" in waiter.text, waiter
    assert service.verdict() == "failed"
    service.run("wait", "--timeout", "1h").expect(5)
    # Told to go on waiting, it does.
    service.run("wait", "--timeout", "1s", "--no-fail-fast").expect(4)


def test_S24_replicas_that_waited_for_the_failing_run_end_with_it(routed_service):
    pg_service = routed_service
    pg_service.folder.add("1_users.sql", create_table("users") + hold(1) + "SELECT 1 / 0;\n")
    with Hold(pg_service.database) as held:
        first = pg_service.start("migrate")
        held.wait_until_reached(first)
        others = [pg_service.start("migrate").wait_for("wait") for _ in range(3)]
    first.expect(5)
    for other in others:
        other.expect(5)
        assert "22012" in other.text, other
    assert pg_service.database.tables() == [name for name in pg_service.database.tables()
                                            if name.startswith("tidegate")]


def test_S24_a_mended_migration_goes_on_from_there(service):
    service.folder.add_all(numbered_tables(3))
    service.folder.add("2_t2.sql", "CRATE TABLE t2 (id INTEGER);\n")
    service.run("migrate").expect(5)
    service.folder.add("2_t2.sql", create_table("t2"))

    service.migrate()

    assert service.applied() == [1, 2, 3]
    assert service.verdict() == "open"


# -- S25 ---------------------------------------------------------------------------------------


def test_S25_the_holder_crashed_then_another_starts(routed_service):
    pg_service = routed_service
    database = pg_service.database
    pg_service.folder.add("1_users.sql", create_table("users"))
    pg_service.folder.add("2_pets.sql", create_table("pets") + hold(1))
    with Hold(database) as held:
        holder = pg_service.start("migrate")
        held.wait_until_reached(holder)
        assert pg_service.verdict() == "running"
        waiter = pg_service.start("--log-format", "json", "wait", "--timeout", "1h",
                                  "--interval", "50ms")
        until(lambda: saw(waiter, "running"), "the waiter to say running")
        holder.kill()
        until(lambda: saw(waiter, "stalled"), f"the waiter to say stalled: {waiter}")
        assert pg_service.verdict() == "stalled"
        assert str(holder.pid) in pg_service.run("status").text
        assert str(holder.pid) in waiter.text

        said = len(waiter.events())
        successor = pg_service.start("migrate")
        held.wait_until_reached(successor)
        until(lambda: any('"running"' in str(event).replace("'", '"')
                          for event in waiter.events()[said:]), "the waiter to say running again")
    successor.expect(0)
    waiter.expect(0)


def test_S25_a_file_s_holder_crashed_then_another_starts(sqlite_service):
    sqlite_service.folder.add("1_users.sql", create_table("users"))
    sqlite_service.folder.add("2_pets.sql", create_table("pets") + BUSY_FOR_EVER)
    holder = sqlite_service.start("migrate").wait_for("applied 1 users")
    assert sqlite_service.verdict() == "running"

    holder.kill()

    assert sqlite_service.verdict() == "stalled"
    assert str(holder.pid) in sqlite_service.run("status").text
    successor = sqlite_service.start("migrate")
    until(lambda: sqlite_service.verdict() == "running", "the successor to be seen")
    successor.kill()


# -- S26 ---------------------------------------------------------------------------------------


def test_S26_wait_names_each_state_and_opens_when_it_is_mended(own_postgres, make_service):
    server = own_postgres()
    database = PostgresDatabase(server, "app", user="reader")
    service = make_service(database, numbered_tables(2))
    owner = PostgresDatabase(server, "app")
    migrator = make_service(owner)
    server.psql("CREATE ROLE reader LOGIN")
    server.stop("fast")

    waiter = service.start("--log-format", "json", "wait", "--timeout", "1h", "--no-fail-fast",
                           "--interval", "50ms")
    until(lambda: saw(waiter, "unreachable"), "unreachable")
    server.start()
    until(lambda: saw(waiter, "no_database"), "no_database")
    owner.create()
    until(lambda: saw(waiter, "no_history"), "no_history")
    migrator.migrate("--to", "1")
    until(lambda: saw(waiter, "blocked"), "blocked: no right on the table")
    server.psql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader", "app")
    until(lambda: saw(waiter, "pending"), "pending")
    assert waiter.running()
    migrator.run("rollback").expect(0)  # The table is there, and empty.
    assert service.verdict() == "pending"
    migrator.migrate()

    waiter.expect(0)
    assert saw(waiter, "open")


def test_S26_a_right_that_is_missing_is_told(pg_service, make_service):
    server = pg_service.database.server
    pg_service.folder.add_all(numbered_tables(2))
    pg_service.migrate()
    role = f"nobody_{pg_service.database.name}"
    server.psql(f"CREATE ROLE {role} LOGIN")
    try:
        reader = make_service(PostgresDatabase(server, pg_service.database.name, user=role))
        ended = reader.start("wait", "--timeout", "500ms").expect(7)
        assert "tidegate_migrations" in ended.err
        assert reader.verdict() == "blocked"
    finally:
        server.psql(f"DROP ROLE {role}")


def test_S26_a_file_that_comes_later(make_service, tmp_path):
    database = SqliteDatabase(tmp_path / "later" / "app.db")
    service = make_service(database, numbered_tables(2))

    waiter = service.start("--log-format", "json", "wait", "--timeout", "1h", "--interval", "50ms")
    until(lambda: saw(waiter, "no_database"), "no_database")
    os.mkdir(tmp_path / "later")
    database.create()
    until(lambda: saw(waiter, "no_history"), "no_history")
    service.migrate()

    waiter.expect(0)
    assert saw(waiter, "open")


# -- S27 ---------------------------------------------------------------------------------------


LOOKS = [
    ["status"], ["status", "--json"], ["status", "--check"], ["plan"], ["migrate", "--dry-run"],
    ["wait", "--timeout", "300ms"], ["wait", "--for", "1", "--timeout", "300ms"],
]


def test_S27_looking_needs_select_only_and_changes_nothing(pg_service, make_service):
    server = pg_service.database.server
    pg_service.folder.add_all(numbered_tables(2))
    pg_service.migrate()
    pg_service.folder.add_all(numbered_tables(1, first=3))
    role = f"reader_{pg_service.database.name}"
    server.psql(f"CREATE ROLE {role} LOGIN")
    server.psql(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}",
                pg_service.database.name)
    try:
        reader = make_service(PostgresDatabase(server, pg_service.database.name, user=role))
        before = written(pg_service.database)
        for arguments in LOOKS:
            ended = reader.run(*arguments)
            assert ended.code in {"status": (0, 3), "wait": (0, 4)}.get(arguments[0], (0,)), ended
            assert pg_service.database.advisory_locks() == 0
        assert reader.verdict() == "pending"
        reader.run("wait", "--for", "2", "--timeout", "1h").expect(0)
        assert written(pg_service.database) == before
    finally:
        server.psql(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
                    pg_service.database.name)
        server.psql(f"DROP ROLE {role}")


def written(database):
    """What any write would change: the schema, every row, and the counts of writes."""
    return (database.fingerprint(), database.query(
        "SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables ORDER BY 1"))


def test_S27_looking_makes_nothing_in_an_empty_database(service):
    service.folder.add_all(numbered_tables(2))
    before = service.database.fingerprint(), sorted(os.listdir(service.place))
    service.database.query("SELECT 1")
    for arguments in LOOKS:
        service.run(*arguments)
    assert service.database.tables() == []
    after = service.database.fingerprint(), sorted(
        name for name in os.listdir(service.place)
        if not any(name.startswith(os.path.basename(replica.folder))
                   for replica in service.replicas))
    assert after == before


def test_S27_looking_makes_no_file_where_there_is_no_database(make_service, tmp_path):
    database = SqliteDatabase(tmp_path / "absent" / "app.db")
    os.mkdir(tmp_path / "absent")
    service = make_service(database, numbered_tables(1))
    for arguments in LOOKS:
        service.run(*arguments)
    assert os.listdir(tmp_path / "absent") == []
    assert service.verdict() == "no_database"


# -- S28 ---------------------------------------------------------------------------------------


def test_S28_a_record_that_cannot_be_written_undoes_the_migration(service):
    service.folder.add_all(numbered_tables(3))
    service.migrate("--to", "1")
    if service.database.engine == "mysql":
        service.folder.add("2_t2.sql", "INSERT INTO t1 VALUES (7);\n")
        service.database.query(
            "CREATE TRIGGER refuse BEFORE INSERT ON tidegate_migrations FOR EACH ROW "
            "IF NEW.version = 2 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not recorded'; "
            "END IF")
    elif service.database.engine == "postgres":
        service.database.script(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE 'not recorded'; END $$;"
            "CREATE TRIGGER refuse BEFORE INSERT ON tidegate_migrations FOR EACH ROW "
            "WHEN (NEW.version::text = '2') EXECUTE FUNCTION refuse();")
    else:
        service.database.script(
            "CREATE TRIGGER refuse BEFORE INSERT ON tidegate_migrations WHEN NEW.version = 2 "
            "BEGIN SELECT RAISE(ABORT, 'not recorded'); END;")

    ended = service.run("migrate")

    assert ended.code in (1, 5) and "not recorded" in ended.err, ended
    assert service.applied() == [1]
    assert user_tables(service) == ["t1"]
    assert service.database.query("SELECT * FROM t1") == []


# -- S29 ---------------------------------------------------------------------------------------


def expect_refused(service, code, *texts):
    """`migrate` ends with that code and texts, and has changed nothing."""
    before = service.database.fingerprint()
    ended = service.run("migrate").expect(code)
    for text in texts:
        assert text in ended.err, ended
    assert service.database.fingerprint() == before, ended


def test_S29_a_broken_last_file_and_nothing_runs(service):
    service.folder.add_all(numbered_tables(2))
    service.folder.add("3_broken.sql", b"CREATE TABLE t3 (id INTEGER);\n-- \xff\xfe\n")
    expect_refused(service, 2, "3_broken.sql:2:4", "UTF-8")
    service.folder.add("3_broken.sql", "INSERT INTO t1 VALUES ('never closed);\n")
    expect_refused(service, 2, "3_broken.sql:1")


def test_S29_two_files_of_one_version_or_name(service):
    service.folder.add_all(numbered_tables(2))
    service.folder.add("2_other.sql", create_table("other"))
    expect_refused(service, 2, "2_t2.sql", "2_other.sql")
    service.folder.remove("2_other.sql")
    service.folder.add("3_t2.sql", create_table("other"))
    expect_refused(service, 2, "2_t2.sql", "3_t2.sql")


def test_S29_a_version_applied_under_another_name(service):
    service.folder.add_all(numbered_tables(2))
    service.migrate()
    service.folder.remove("2_t2.sql")
    service.folder.remove("2_t2.down.sql")
    service.folder.add_all({"2_other.sql": create_table("t2"), "3_t3.sql": create_table("t3")})
    expect_refused(service, 7, "t2", "other")
    assert service.verdict() == "blocked"


def test_S29_an_edited_applied_file(service):
    service.folder.add_all(numbered_tables(2))
    service.migrate()
    service.folder.add("2_t2.sql", "CREATE TABLE t2 (id INTEGER, name TEXT);\n")
    service.folder.add_all(numbered_tables(1, first=3))
    expect_refused(service, 7, "2_t2", "edited", "tidegate accept 2")

    service.run("accept", "2").expect(0)

    service.migrate()
    assert service.applied() == [1, 2, 3]


# -- S30 ---------------------------------------------------------------------------------------


def test_S30_a_file_older_than_the_newest_applied(service):
    service.folder.add_all({"1_t1.sql": create_table("t1"), "3_t3.sql": create_table("t3")})
    service.migrate()
    service.folder.add_all({"2_t2.sql": create_table("t2"), "4_t4.sql": create_table("t4")})

    before = service.database.fingerprint()
    refused = service.run("migrate", "--strict-order").expect(7)
    assert "2_t2 is older than 3_t3" in refused.err, refused
    assert service.database.fingerprint() == before

    warned = service.migrate()
    assert "2_t2 is older than 3_t3" in warned.text, warned
    assert service.applied() == [1, 2, 3, 4]


# -- S31 ---------------------------------------------------------------------------------------


def test_S31_an_applied_version_without_a_file(service):
    service.folder.add_all(numbered_tables(2))
    service.migrate()
    service.folder.remove("2_t2.sql")
    service.folder.remove("2_t2.down.sql")
    service.folder.add_all(numbered_tables(1, first=3))

    assert "missing" in service.run("status").out
    service.migrate()
    assert service.applied() == [1, 2, 3]

    before = service.database.fingerprint()
    refused = service.run("rollback", "--step", "2")
    assert refused.code == 7 and "2_t2 can't be reverted: its file is missing" in refused.err
    assert service.database.fingerprint() == before


# -- S32 ---------------------------------------------------------------------------------------


def test_S32_an_empty_folder_is_an_error_unless_asked_for(service):
    for arguments in (["migrate"], ["wait", "--timeout", "1h"], ["status", "--check"]):
        refused = service.run(*arguments).expect(2)
        assert service.folder.path in refused.err, refused
    service.run("--allow-empty", "migrate").expect(0)
    service.run("--allow-empty", "wait", "--timeout", "1h").expect(0)


def test_S32_no_database_is_an_error(service):
    service.folder.add_all(numbered_tables(1))
    for arguments in (["migrate"], ["wait", "--timeout", "1h"], ["status"]):
        refused = service.run(*arguments, database=False).expect(2)
        assert "--database" in refused.err, refused

"""MySQL's protocol: what commits by itself, what is locked by name, and what looks may do."""

import os
import signal

import pytest

from databases import MysqlDatabase
from folder import create_table, numbered_tables
from holds import Hold, hold
from limits import until


# -- S06 ---------------------------------------------------------------------------------------


def test_S06_one_history_in_two_databases_of_a_server(mysql_service, make_service,
                                                     new_mysql_database):
    """Locks by name are the whole server's; the database's name is a part of ours."""
    mysql_service.folder.add("1_shop.sql", create_table("shop") + hold(1, "mysql"))
    other = make_service(new_mysql_database(), {"1_shop.sql": create_table("shop")}, "other")
    with Hold(mysql_service.database) as held:
        first = mysql_service.start("migrate")
        held.wait_until_reached(first)
        other.migrate()
        assert first.running()
    first.expect(0)


def test_S06_two_histories_in_one_mysql_database(mysql_service, make_service):
    database = mysql_service.database
    mysql_service.folder.add("1_shop.sql", create_table("shop") + hold(1, "mysql"))
    blog = make_service(database, {"1_blog.sql": create_table("blog")}, "blog")
    same = make_service(database, {"2_more.sql": create_table("more")}, "same")
    with Hold(database) as held:
        first = mysql_service.start("migrate")
        held.wait_until_reached(first)
        blog.migrate("--history-table", "blog_migrations")
        same.run("migrate", "--wait-timeout", "1s").expect(4)
        assert first.running()
    first.expect(0)
    assert blog.applied("blog_migrations") == [1]


def test_S06_a_long_name_is_hashed(mariadb, make_service):
    """The server takes 64 characters; names that differ behind them must not meet."""
    databases = [MysqlDatabase(mariadb, f"{os.getpid()}_{'long_' * 10}{end}") for end in "ab"]
    try:
        for database in databases:
            database.create()
        one, two = [make_service(database, {"1_a.sql": create_table("a")}, database.name[-1])
                    for database in databases]
        one.folder.add("2_b.sql", hold(1, "mysql"))
        with Hold(databases[0]) as held:
            first = one.start("migrate")
            held.wait_until_reached(first)
            two.migrate()
            one.run("migrate", "--wait-timeout", "500ms").expect(4)
        first.expect(0)
    finally:
        for database in databases:
            database.drop()


# -- S12, S13 ----------------------------------------------------------------------------------

# Each is one file of its own with a place to stand still in front of it and behind it. What it
# makes is looked for in the definition of the whole database.
DEFINITIONS = [
    "CREATE TABLE pets (id INTEGER PRIMARY KEY AUTO_INCREMENT, name VARCHAR(20))",
    "INSERT INTO pets (name) VALUES ('Rex')",
    "CREATE INDEX pets_name ON pets (name)",
    "ALTER TABLE pets ADD COLUMN age INTEGER DEFAULT 3, ADD CONSTRAINT old CHECK (age < 99)",
    "CREATE VIEW `my pets` AS SELECT name FROM pets",
    "CREATE TABLE IF NOT EXISTS toys (id INTEGER, pet INTEGER REFERENCES pets (id))",
    "UPDATE pets SET age = age + 1",
    "ALTER TABLE toys ADD COLUMN (a INTEGER, b INTEGER)",
    "CREATE TRIGGER grow BEFORE INSERT ON toys FOR EACH ROW SET NEW.a = 1",
    "CREATE FUNCTION one() RETURNS INTEGER DETERMINISTIC RETURN 1",
    "RENAME TABLE toys TO `new toys`",
    "DROP INDEX pets_name ON pets",
    "ANALYZE TABLE pets",
    "DROP TRIGGER grow",
]


def definitions_with_places():
    text, place = "", 0
    for statement in DEFINITIONS:
        place += 1
        text += hold(place, "mysql") + statement + ";\n"
    return text + hold(place + 1, "mysql")


def dump_of(database):
    """Schema and rows that migrations made."""
    kept = {name: database.query(f"SHOW CREATE TABLE `{name}`")[0][1]
            for name in database.tables() if not name.startswith("tidegate")}
    return kept, database.query("SELECT id, name, age FROM pets"), database.query(
        "SELECT TABLE_NAME FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE()"
    ), database.query("SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE "
                      "ROUTINE_SCHEMA = DATABASE()"), database.query(
        "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()")


def test_S12_S13_the_holder_is_killed_between_all_statements(mysql_service, make_service,
                                                            new_mysql_database):
    """One file that commits at each statement; each place's holder is killed by its successor."""
    whole = make_service(new_mysql_database(), {
        "1_all.sql": ";\n".join(DEFINITIONS) + ";\n"}, "whole")
    whole.migrate()
    service, database = mysql_service, mysql_service.database
    service.folder.add("1_all.sql", definitions_with_places())
    places = [Hold(database, place) for place in range(1, len(DEFINITIONS) + 2)]
    for held in places:
        holder = service.start("migrate")
        held.wait_until_reached(holder)
        holder.kill()
        held.release()
    service.migrate()
    assert service.applied() == [1]
    assert dump_of(database) == dump_of(whole.database)
    assert database.query("SELECT * FROM tidegate_journal") == []


def interrupt_behind(service, statement):
    """Kills the holder behind the statement of `2_alone.sql`, before that is noted."""
    database = service.database
    database.query(
        "CREATE TRIGGER hold BEFORE INSERT ON tidegate_migrations FOR EACH ROW IF NEW.version = 2 "
        "THEN DO GET_LOCK(CONCAT(DATABASE(), '.hold.1'), 3600); END IF")
    if statement in ASKED:  # What the catalog can't tell is noted before anything else.
        database.query(
            "CREATE TRIGGER hold_too BEFORE UPDATE ON tidegate_journal FOR EACH ROW IF NEW.state = "
            "'done' THEN DO GET_LOCK(CONCAT(DATABASE(), '.hold.1'), 3600); END IF")
    service.folder.add("2_alone.sql", statement + ";\n")
    with Hold(database) as held:
        holder = service.start("migrate")
        until(lambda: database.query(
            "SELECT 1 FROM information_schema.PROCESSLIST WHERE DB = DATABASE() "
            "AND STATE = 'User lock'") or not holder.running(), f"the journal's entry: {holder}")
        assert holder.running(), holder
        holder.kill()
        for (number,) in database.query(
                "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = DATABASE() "
                "AND STATE = 'User lock'"):
            database.query(f"KILL {number}")
        until(lambda: len(database.sessions()) == 1, "the holder's end")
        assert held
    database.query("DROP TRIGGER hold")
    database.query("DROP TRIGGER IF EXISTS hold_too")
    return holder


NEEDS = ("CREATE TABLE users (id INTEGER PRIMARY KEY AUTO_INCREMENT, name VARCHAR(20), "
         "KEY by_name (name));\nINSERT INTO users (name) VALUES ('Ada');\n"
         "CREATE TABLE a (id INTEGER);\nCREATE TABLE b (id INTEGER);\n"
         "CREATE VIEW seen AS SELECT id FROM users;\n"
         "CREATE PROCEDURE add_one() INSERT INTO a VALUES (1);\n"
         "CREATE TABLE parts (id INTEGER) PARTITION BY RANGE (id) "
         "(PARTITION low VALUES LESS THAN (10));\nCREATE SEQUENCE numbers;\n")

ASKED = [
    "CALL add_one()", "TRUNCATE TABLE a", "CREATE TABLE made AS SELECT 1 AS one",
    "ALTER TABLE parts TRUNCATE PARTITION low", "ALTER SEQUENCE numbers RESTART 1",
]

SETTLED = [
    "CREATE TABLE made (id INTEGER)", "CREATE OR REPLACE TABLE a (id INTEGER, more INTEGER)",
    "ALTER TABLE users ADD COLUMN age INTEGER", "ALTER TABLE users DROP COLUMN name",
    "CREATE UNIQUE INDEX made ON users (name)", "DROP INDEX by_name ON users",
    "DROP TABLE a, b", "RENAME TABLE a TO c", "DROP VIEW seen", "DROP PROCEDURE add_one",
    "CREATE DEFINER = 'root'@'localhost' SQL SECURITY INVOKER VIEW made AS SELECT 1 AS one",
    "ALTER TABLE a ADD CONSTRAINT small CHECK (id < 7)",
]


@pytest.mark.parametrize("statement", SETTLED)
def test_S13_what_committed_by_itself_is_found_in_the_catalog(mysql_service, statement):
    mysql_service.folder.add("1_needs.sql", NEEDS)
    mysql_service.migrate()
    interrupt_behind(mysql_service, statement)
    # The application goes on, and its rows move the counter in the table's definition.
    mysql_service.database.query("INSERT INTO users () VALUES ()")

    plan = mysql_service.run("plan").expect(0)
    assert "it counts as done" in plan.err, plan
    mysql_service.migrate()

    assert mysql_service.applied() == [1, 2]


@pytest.mark.parametrize("statement", ASKED)
def test_S13_what_the_catalog_can_t_tell_is_asked(mysql_service, statement):
    mysql_service.folder.add("1_needs.sql", NEEDS)
    mysql_service.migrate()
    interrupt_behind(mysql_service, statement)

    asked = mysql_service.run("migrate").expect(7)

    assert "2_alone was interrupted" in asked.err
    assert mysql_service.verdict() == "blocked"
    mysql_service.run("resolve", "2", "--done").expect(0)
    mysql_service.migrate()
    assert mysql_service.applied() == [1, 2]


def test_S13_what_was_made_anew_looks_the_same_and_is_asked(mysql_service):
    mysql_service.folder.add("1_needs.sql", NEEDS)
    mysql_service.migrate()
    interrupt_behind(mysql_service, "CREATE OR REPLACE SEQUENCE numbers")
    asked = mysql_service.run("migrate").expect(7)
    assert "has the definition that it had" in asked.text, asked


def one_before_and_one_behind(service):
    service.folder.add("1_needs.sql", "CREATE TABLE one (id INTEGER);\n")
    service.migrate()
    service.folder.add("3_one.sql", "ALTER TABLE one ADD COLUMN more INTEGER;\n")


def test_S13_killed_before_a_record_that_goes_with_the_next_statement(mysql_service):
    """The catalog tells that the last statement is done; the record follows."""
    service = mysql_service
    one_before_and_one_behind(service)
    holder = interrupt_behind(service, "CREATE INDEX one_id ON one (id)")
    assert service.applied() == [1]
    assert "3_one" not in holder.text, holder
    assert "it counts as done" in service.run("plan").expect(0).err
    service.migrate()
    assert service.applied() == [1, 2, 3]


def test_S13_a_record_is_there_and_told_while_the_next_statement_runs(mysql_service):
    service, database = mysql_service, mysql_service.database
    one_before_and_one_behind(service)
    service.folder.add("2_two.sql", "CREATE TABLE two (id INTEGER);\n")
    application = database.connect()
    application.begin()
    application.cursor().execute("SELECT * FROM one")
    waiting = service.start("migrate", "--log-format", "json")
    until(lambda: service.applied() == [1, 2] and len(waiting.events("step_done")) == 1,
          f"the record: {waiting}")
    application.rollback()
    waiting.expect(0)
    assert service.applied() == [1, 2, 3]


@pytest.mark.parametrize("wrong", [
    "ALTER TABLE absent ADD COLUMN more INTEGER",  # refused by the server
    "SET lock_wait_timeout = 'never';\nCREATE TABLE three (id INTEGER)",  # which has no note
])
def test_S13_a_record_is_there_when_the_next_statement_fails(mysql_service, wrong):
    service = mysql_service
    one_before_and_one_behind(service)
    service.folder.add("2_two.sql", "CREATE TABLE two (id INTEGER);\n")
    service.folder.add("3_one.sql", wrong + ";\n")
    service.run("migrate").expect(5)
    assert service.applied() == [1, 2]


def test_S21_a_record_is_there_when_a_stop_comes_in_between(mysql_service):
    """While the next statement waits for another session's lock."""
    service, database = mysql_service, mysql_service.database
    one_before_and_one_behind(service)
    service.folder.add("2_two.sql", "CREATE TABLE two (id INTEGER);\n")
    with database.connect() as application:
        application.cursor().execute("LOCK TABLES one WRITE")
        holder = service.start("migrate")
        until(lambda: "two" in database.tables() and database.query(
            "SELECT 1 FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND STATE LIKE "
            "'Waiting for table metadata lock'"), f"the look at the table: {holder}")
        holder.signal(signal.SIGTERM)
        holder.wait()
    assert holder.code not in (0, 137), holder
    assert service.applied() == [1, 2]
    service.migrate()
    assert service.applied() == [1, 2, 3]


def test_S12_take_over_out_of_a_long_statement(mysql_service):
    """The server goes on with a statement whose client is dead; its lock is kept until the end."""
    service, database = mysql_service, mysql_service.database
    service.folder.add("1_counter.sql", "CREATE TABLE counter (value INTEGER);\n"
                       "INSERT INTO counter VALUES (0);\n")
    service.folder.add("2_long.sql", "UPDATE counter SET value = value + 1;\n"
                       "DO SLEEP(3);\nUPDATE counter SET value = value + 10;\n")
    holder = service.start("migrate")
    until(lambda: database.query("SELECT 1 FROM information_schema.PROCESSLIST WHERE DB = "
                                 "DATABASE() AND STATE = 'User sleep'"), "the sleep")
    successor = service.start("migrate")
    holder.kill()
    successor.expect(0)
    assert database.query("SELECT value FROM counter") == [(11,)]
    assert service.applied() == [1, 2]


# -- S16, S20 ----------------------------------------------------------------------------------


def test_S16_a_frozen_holder_s_session_is_ended(mysql_service):
    service, database = mysql_service, mysql_service.database
    service.folder.add("1_counter.sql", "CREATE TABLE counter (value INTEGER);\n"
                       "INSERT INTO counter VALUES (0);\n")
    service.folder.add("2_held.sql", "UPDATE counter SET value = value + 1;\n" + hold(1, "mysql"))
    service.folder.add("3_more.sql", "ALTER TABLE counter ADD COLUMN more INTEGER;\n")
    with Hold(database) as held:
        holder = service.start("migrate")
        held.wait_until_reached(holder)
        holder.signal(signal.SIGSTOP)
    service.start("migrate").expect(0)
    assert service.applied() == [1, 2, 3]

    holder.signal(signal.SIGCONT).wait()

    assert holder.code not in (0, 7), holder
    assert database.query("SELECT value FROM counter") == [(1,)]
    assert service.applied() == [1, 2, 3]


def test_S15_S20_a_session_that_is_ended_is_come_back_from(mysql_service):
    """Ended while it waits, works, and commits: the run goes on, and nothing happens twice."""
    service, database = mysql_service, mysql_service.database
    service.folder.add("1_counter.sql", "CREATE TABLE counter (value INTEGER);\n"
                       "INSERT INTO counter VALUES (0);\n")
    service.folder.add("2_held.sql", "UPDATE counter SET value = value + 1;\n" + hold(1, "mysql"))
    with Hold(database) as held:
        holder = service.start("migrate")
        for number in held.wait_until_reached(holder):
            database.query(f"KILL {number}")
        until(lambda: "2_held" not in holder.out and held.held_up(), f"the next try: {holder}")
    holder.expect(0)
    assert database.query("SELECT value FROM counter") == [(1,)]


# -- S17, S19 ----------------------------------------------------------------------------------


def test_S19_the_server_is_restarted_in_the_middle(own_mariadb, make_service):
    server = own_mariadb()
    database = MysqlDatabase(server, "app")
    database.create()
    service = make_service(database, numbered_tables(2))
    service.folder.add("3_held.sql", "INSERT INTO t1 VALUES (1);\n" + hold(1, "mysql"))
    held = Hold(database)
    holder = service.start("migrate")
    held.wait_until_reached(holder)
    waiter = service.start("wait", "--timeout", "1h")

    server.restart("immediate")

    holder.expect(0)
    waiter.expect(0)
    assert database.query("SELECT * FROM t1") == [(1,)]


# -- S23, S33, S34 -----------------------------------------------------------------------------


def test_S23_what_a_script_leaves_behind_reaches_no_other(mysql_service):
    service, database = mysql_service, mysql_service.database
    bad = ("SET SESSION sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES';\nSET NAMES latin1;\n"
           "SET foreign_key_checks = 0;\nDO RELEASE_ALL_LOCKS();\n")
    service.folder.add("1_bad.sql", bad)
    service.folder.add("2_bad_too.sql", "CREATE TABLE a (id INTEGER);\n" + bad +
                       "CREATE TABLE \"b\" (\"id\" INTEGER);\nINSERT INTO b VALUES (1);\n")
    service.folder.add("3_plain.sql", "CREATE TABLE c (t VARCHAR(9) DEFAULT \"caf\u00e9\");\n"
                       "INSERT INTO c VALUES (@@foreign_key_checks), (DEFAULT);\n")
    service.migrate()
    assert service.applied() == [1, 2, 3]
    assert database.query("SELECT t FROM c") == [("1",), ("caf\u00e9",)]
    assert database.query("SELECT id FROM b") == [(1,)]


def test_S34_a_table_that_others_use_is_waited_for_so_long(mysql_service):
    service, database = mysql_service, mysql_service.database
    service.folder.add("1_users.sql", create_table("users"))
    service.migrate()
    service.folder.add("2_age.sql", "-- tidegate: lock-timeout 1s\n"
                       "ALTER TABLE users ADD COLUMN age INTEGER;\n")
    application = database.connect()
    application.begin()
    application.cursor().execute("SELECT * FROM users")
    waiting = service.start("migrate").wait_for("Lock wait timeout")
    application.rollback()
    waiting.expect(0)
    assert service.applied() == [1, 2]


# -- S25, S26, S27 -----------------------------------------------------------------------------


def saw(replica, verdict):
    return f'"verdict":"{verdict}"' in replica.text.replace(" ", "")


def test_S25_a_mysql_holder_crashed_then_another_starts(mysql_service):
    service, database = mysql_service, mysql_service.database
    service.folder.add("1_users.sql", create_table("users"))
    service.folder.add("2_pets.sql", create_table("pets") + hold(1, "mysql"))
    with Hold(database) as held:
        holder = service.start("migrate")
        pids = held.wait_until_reached(holder)
        assert service.verdict() == "running"
        assert str(holder.pid) in service.run("status").text
        assert "statement 2/2" in service.run("status").text
        waiter = service.start("--log-format", "json", "wait", "--timeout", "1h", "--interval",
                               "50ms")
        until(lambda: saw(waiter, "running"), "the waiter to say running")
        holder.kill()
        for number in pids:
            database.query(f"KILL {number}")
        until(lambda: saw(waiter, "stalled"), f"the waiter to say stalled: {waiter}")
        assert str(holder.pid) in service.run("status").text
    service.migrate()
    waiter.expect(0)


def test_S26_S27_each_state_for_a_user_who_may_only_select(own_mariadb, make_service):
    server = own_mariadb()
    server.query("CREATE USER reader IDENTIFIED BY 'it''s a s%cret'")
    owner = MysqlDatabase(server, "app")
    migrator = make_service(owner, numbered_tables(2))
    reading = MysqlDatabase(server, "app")
    reading.url = server.url("app", "reader", "it%27s%20a%20s%25cret")
    service = make_service(reading, numbered_tables(2))
    server.stop("fast")

    waiter = service.start("--log-format", "json", "wait", "--timeout", "1h", "--no-fail-fast",
                           "--interval", "50ms")
    until(lambda: saw(waiter, "unreachable"), "unreachable")
    server.start()
    owner.create()
    server.query("GRANT SELECT ON app.* TO reader")
    until(lambda: saw(waiter, "no_history"), f"no_history: {waiter}")
    migrator.migrate("--to", "1")
    until(lambda: saw(waiter, "pending"), "pending")
    before = owner.fingerprint()
    for arguments in (["status"], ["plan"], ["status", "--json"], ["wait", "--timeout", "300ms"]):
        assert service.run(*arguments).code in (0, 4)
    assert owner.fingerprint() == before
    server.query("REVOKE SELECT ON app.* FROM reader")
    server.query("GRANT SELECT ON app.t1 TO reader")
    assert service.verdict() == "blocked"
    server.query("GRANT SELECT ON app.* TO reader")
    migrator.migrate()
    waiter.expect(0)
    for replica in service.replicas:
        assert "s%cret" not in replica.text and "s%25cret" not in replica.text


# -- URLs --------------------------------------------------------------------------------------


def test_S19_several_hosts_are_tried_in_order(own_mariadb, mysql_service):
    """The first is silent, the second refuses, the third is there."""
    dead = own_mariadb()
    dead.freeze()
    port = mysql_service.database.server.port
    url = (f"mariadb://root@127.0.0.1:{dead.port},127.0.0.1:1,127.0.0.1:{port}/"
           f"{mysql_service.database.name}")
    mysql_service.folder.add_all(numbered_tables(1))
    mysql_service.start("migrate", database=url).expect(0)
    assert mysql_service.applied() == [1]
    dead.thaw()


def test_S26_sockets_and_option_files(mysql_service, tmp_path):
    server, name = mysql_service.database.server, mysql_service.database.name
    mysql_service.folder.add_all(numbered_tables(1))
    options = tmp_path / "my.cnf"
    options.write_text(f"[app]\nuser=root\nsocket={server.socket}\ndatabase={name}\n")
    by_file = f"mysql:///?default-file={options}&default-group=app"
    mysql_service.start("migrate", database=by_file).expect(0)
    absent = mysql_service.start("migrate", database="mysql:///?default-file=/absent.cnf").expect(2)
    assert "cannot read the option file /absent.cnf" in absent.err, absent
    by_socket = f"mysql://root@localhost/{name}?socket={server.socket}"
    mysql_service.start("wait", "--timeout", "5s", database=by_socket).expect(0)

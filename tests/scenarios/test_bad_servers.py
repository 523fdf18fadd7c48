"""Servers and files that are wrong in ways which need a server of one's own to show."""

import os
import re
import sqlite3

from databases import PostgresDatabase
from folder import create_table, numbered_tables
from holds import Hold, hold
from limits import until


def require_passwords(server):
    path = os.path.join(server.data, "pg_hba.conf")
    with open(path, encoding="ascii") as file:
        rules = file.read()
    with open(path, "w", encoding="ascii") as file:
        file.write(re.sub(r"^(host .*)trust$", r"\1scram-sha-256", rules, flags=re.MULTILINE))
    server.psql("SELECT pg_reload_conf()")


def test_a_wrong_password_is_never_shown(own_postgres, make_service):
    server = own_postgres()
    server.psql("CREATE ROLE app LOGIN PASSWORD 'right-secret'")
    database = PostgresDatabase(server, "app")
    database.create()
    server.psql("ALTER DATABASE app OWNER TO app")
    service = make_service(database, numbered_tables(1))
    require_passwords(server)
    wrong = server.url("app", "app", "wr0ng-s3cret")

    refused = service.run("migrate", database=wrong).expect(6)
    assert "password authentication failed" in refused.err, refused
    seen = [refused, service.run("status", database=wrong),
            service.run("--log-format", "json", "wait", "--timeout", "300ms", database=wrong)]
    for replica in seen:
        assert "wr0ng-s3cret" not in replica.text, replica

    waiter = service.start("wait", "--timeout", "1h", database=server.url("app", "app",
                                                                         "right-secret"))
    waiter.wait_for("nobody")
    with open(f"/proc/{waiter.pid}/cmdline", encoding="utf-8") as file:
        assert "right-secret" not in file.read()
    service.migrate(database=server.url("app", "app", "right-secret"))
    assert "right-secret" not in waiter.expect(0).text


def test_a_full_server_is_waited_out(own_postgres, make_service):
    server = own_postgres(max_connections=5, superuser_reserved_connections=1)
    server.psql("CREATE ROLE app LOGIN")
    database = PostgresDatabase(server, "app", user="app")
    database.create()
    server.psql("ALTER DATABASE app OWNER TO app; ")
    service = make_service(database, numbered_tables(2))
    taken = [server.connect("app", "app") for _ in range(4)]

    refused = service.run("migrate", "--connect-timeout", "500ms").expect(6)
    assert "connection" in refused.err, refused
    assert service.verdict() == "unreachable"
    waiting = [service.start("migrate", "--connect-timeout", "1h"),
               service.start("wait", "--timeout", "1h")]
    for replica in waiting:
        replica.wait_for("waiting")
    for connection in taken:
        connection.close()

    for replica in waiting:
        replica.expect(0)


def test_a_server_that_starts_up_is_waited_out(own_postgres, make_service):
    server = own_postgres()
    database = PostgresDatabase(server, "app")
    database.create()
    service = make_service(database, numbered_tables(2))
    server.stop()

    migrator = service.start("migrate", "--connect-timeout", "1h").wait_for("waiting")
    server.start()

    migrator.expect(0)
    assert service.applied() == [1, 2]


def test_one_connection_is_enough(own_postgres, make_service):
    server = own_postgres()
    server.psql("CREATE ROLE app LOGIN CONNECTION LIMIT 1")
    database = PostgresDatabase(server, "app", user="app")
    database.create()
    server.psql("ALTER DATABASE app OWNER TO app")
    service = make_service(database, numbered_tables(3))

    service.migrate("--connect-timeout", "1s")
    service.run("wait", "--timeout", "1h").expect(0)
    assert service.applied() == [1, 2, 3]
    service.run("rollback", "--all").expect(0)


def test_what_a_look_and_a_run_send_to_the_server(pg_service):
    """Nothing pending: no lock, no DDL, no transaction. A run: each migration is one."""
    database = pg_service.database
    database.server.psql(f"ALTER DATABASE {database.name} SET log_statement = 'all'")
    pg_service.folder.add_all(numbered_tables(2))

    def sent(*arguments):
        before = len(database.server.log())
        pg_service.run(*arguments).expect(0)
        return "\n".join(line for line in database.server.log()[before:].splitlines()
                         if f" {database.name} tidegate" in line)

    first = sent("migrate")
    assert "CREATE TABLE t1" in first and "pg_try_advisory_lock" in first
    for arguments in (["migrate"], ["status"], ["wait", "--timeout", "1h"], ["plan"]):
        looked = sent(*arguments)
        assert "SELECT" in looked, looked
        for word in ("pg_try_advisory", "CREATE", "INSERT", "LOCK TABLE"):
            assert word not in looked, looked


def test_a_rollback_takes_the_lock_as_well(pg_service):
    pg_service.folder.add("1_users.sql", create_table("users"))
    pg_service.folder.add("1_users.down.sql", hold(1) + "DROP TABLE users;\n")
    pg_service.migrate()
    with Hold(pg_service.database) as held:
        rollback = pg_service.start("rollback")
        held.wait_until_reached(rollback)
        pg_service.folder.add("2_pets.sql", create_table("pets"))
        pg_service.run("migrate", "--wait-timeout", "300ms").expect(4)
        assert rollback.running()
    rollback.expect(0)
    assert pg_service.applied() == []


def without_a_right_to_everything():
    """What a command of root's is run with, so that a file's mode means something to it, too."""
    return (["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
            if os.geteuid() == 0 else [])


def test_a_file_that_cannot_be_written(sqlite_service):
    sqlite_service.folder.add_all(numbered_tables(1))
    sqlite_service.migrate()
    sqlite_service.folder.add_all(numbered_tables(1, first=2))
    before = sqlite_service.database.fingerprint()
    sqlite_service.command_prefix = without_a_right_to_everything()
    os.chmod(sqlite_service.database.path, 0o444)

    refused = sqlite_service.run("migrate")
    assert refused.code in (1, 7), refused
    assert "can't be written" in refused.err, refused
    assert sqlite_service.database.fingerprint() == before
    sqlite_service.run("status").expect(0)
    assert sqlite_service.verdict() == "pending"


def test_a_file_that_a_stranger_holds_is_waited_out(sqlite_service):
    sqlite_service.folder.add_all(numbered_tables(2))
    stranger = sqlite3.connect(sqlite_service.database.path, isolation_level=None)
    stranger.execute("BEGIN EXCLUSIVE")

    migrator = sqlite_service.start("migrate", "--connect-timeout", "1h", "--lock-timeout", "1h")
    waiter = sqlite_service.start("wait", "--timeout", "1h")
    gave_up = sqlite_service.run("migrate", "--wait-timeout", "300ms", "--connect-timeout", "300ms",
                                 "--lock-timeout", "300ms")
    assert gave_up.code in (4, 6), gave_up
    assert "lock" in gave_up.err, gave_up
    assert migrator.running() and waiter.running()
    stranger.execute("COMMIT")
    stranger.close()

    migrator.expect(0)
    waiter.expect(0)
    assert sqlite_service.applied() == [1, 2]

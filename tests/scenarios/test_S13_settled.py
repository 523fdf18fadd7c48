"""S13: what became of an interrupted statement is learnt from the catalog."""

import threading

import psycopg2
import pytest

from databases import PostgresDatabase
from interruptions import (OpenTransaction, end_sessions, hold_journal, invalid_indexes,
                           kill_at_hold, kill_inside, outside, prepare)
from limits import until
from wire import HalfSent

def alone(database_name):
    """Statements that the server refuses in a transaction, and whether they may be run again."""
    return [
        ("CREATE INDEX CONCURRENTLY named ON users (id)", False),
        ("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS \"Named\" ON public.users (id)", False),
        ("CREATE INDEX CONCURRENTLY ON users (name, id DESC) WHERE id > 0", False),
        ("DROP INDEX CONCURRENTLY old_id", False),
        ("REINDEX TABLE CONCURRENTLY users", True),
        ("VACUUM users", True),
        ("ALTER TABLE parent DETACH PARTITION child CONCURRENTLY", False),
        (f"CREATE DATABASE {database_name}_made", False),
        (f"DROP DATABASE {database_name}_made", False),
        ("DO $$ BEGIN INSERT INTO old VALUES (1); COMMIT; END $$", None),
    ]


def test_S13_what_took_effect_is_found_in_the_catalog(pg_service):
    """Killed behind each statement and before its record: what is there isn't made again."""
    prepare(pg_service)
    statements = alone(pg_service.database.name)
    pg_service.folder.add("2_alone.sql", outside(statement for statement, _ in statements))

    for number, (statement, again) in enumerate(statements, 1):
        hold_journal(pg_service.database, 2, number)
        killed = kill_at_hold(pg_service, "--log-sql")
        assert statement in killed.err
        if again is None:
            break
        plan = pg_service.run("plan").expect(0)
        assert f"2_alone was interrupted in statement {number} of {len(statements)}" in plan.err
        assert (statement in plan.out) == again
        if not again:
            assert "nothing to do: it counts as done" in plan.err

    # The last commits by itself, and nobody can tell how far it came.
    asked = pg_service.run("migrate").expect(7)
    assert "2_alone was interrupted: 9 of 10 statements are done" in asked.err
    pg_service.run("resolve", "2", "--done").expect(0)
    last = pg_service.run("--log-sql", "migrate").expect(0)

    assert "INSERT INTO old" not in last.err
    assert pg_service.applied() == [1, 2]
    assert pg_service.database.query("SELECT id FROM old") == [(1,)]
    assert pg_service.database.query(
        "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 'users'::regclass "
        "ORDER BY 1") == [('"Named"',), ("named",), ("users_name_id_idx",)]


WRITER = ("INSERT INTO users VALUES (-1)",)
READER = ("SELECT 1 FROM users", "SELECT 1 FROM old", "SELECT 1 FROM parent")
SNAPSHOT = ("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "SELECT 1")

INSIDE = {
    "at_first": ("CREATE INDEX CONCURRENTLY made ON users (id)", WRITER),
    "at_last": ("CREATE INDEX CONCURRENTLY made ON users (id)", SNAPSHOT),
    "unique": ("CREATE UNIQUE INDEX CONCURRENTLY made ON public.users USING btree (id)", SNAPSHOT),
    "if_not_exists": ("CREATE INDEX CONCURRENTLY IF NOT EXISTS made ON users (id)", WRITER),
    "quoted": ("CREATE INDEX CONCURRENTLY \"Ma\"\"de\" ON \"users\" (\"id\")", WRITER),
    "unnamed": ("CREATE INDEX CONCURRENTLY ON users (lower(name), id)", WRITER),
    "drop": ("DROP INDEX CONCURRENTLY old_id", READER),
    "reindex": ("REINDEX INDEX CONCURRENTLY old_id", READER),
    "reindex_table": ("REINDEX (CONCURRENTLY) TABLE old", SNAPSHOT),
    "detach": ("ALTER TABLE parent DETACH PARTITION child CONCURRENTLY", READER),
}


@pytest.mark.parametrize("kind", INSIDE)
def test_S13_what_was_left_half_done_is_cleared_away_and_done(pg_service, kind):
    prepare(pg_service)
    statement, open_statements = INSIDE[kind]
    pg_service.folder.add("2_inside.sql", outside(
        ["CREATE TABLE before_it (id INTEGER)", statement, "CREATE TABLE behind_it (id INTEGER)"]))
    kill_inside(pg_service, *open_statements)
    status = pg_service.run("status")
    plan = pg_service.run("plan").expect(0)

    log = pg_service.run("--log-sql", "migrate").expect(0)

    assert "2_inside was interrupted: 1 statement is done, and the next run learns" in status.out
    assert "2_inside was interrupted in statement 2 of 3" in plan.err
    assert "2_inside was interrupted in statement 2 of 3" in log.err
    assert pg_service.applied() == [1, 2]
    assert invalid_indexes(pg_service.database) == []
    indexes = {name for (name,) in pg_service.database.query(
        "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid IN "
        "('users'::regclass, 'old'::regclass)")}
    expected = {"drop": set(), "unnamed": {"old_id", "users_lower_id_idx"},
                "quoted": {"old_id", '"Ma""de"'}}
    without = {"reindex", "reindex_table", "detach"}
    assert indexes == expected.get(kind, {"old_id"} if kind in without else {"old_id", "made"})
    assert pg_service.database.query("SELECT count(*) FROM pg_inherits") == [
        (0,) if kind == "detach" else (1,)]


def test_S13_names_mean_what_the_migration_s_search_path_says(pg_service):
    """Its own SET, and a statement behind the one that was interrupted."""
    prepare(pg_service)
    pg_service.folder.add("2_path.sql", outside([
        "CREATE SCHEMA other", "CREATE TABLE other.users (id INTEGER, name TEXT)",
        "SET search_path = other", "CREATE INDEX CONCURRENTLY made ON users (id)",
        "CREATE TABLE behind_it (id INTEGER)", "CREATE INDEX CONCURRENTLY more ON users (name)"]))
    with OpenTransaction(pg_service.database) as held:
        hold_journal(pg_service.database, 2, 4, state="started")
        kill_at_hold(pg_service)
        pg_service.database.script("DROP TRIGGER hold ON tidegate_journal")
        with held.connection.cursor() as cursor:
            cursor.execute("INSERT INTO other.users VALUES (1)")
        holder = pg_service.start("migrate")
        held.wait_until_reached(holder)
        pids = held.waiting()
        holder.kill()
        end_sessions(pg_service.database, pids)
    assert invalid_indexes(pg_service.database) == ["other.made"]

    pg_service.migrate()

    assert pg_service.database.query(
        "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 'other.users'::regclass "
        "AND indisvalid ORDER BY 1") == [("other.made",), ("other.more",)]
    assert pg_service.database.query(
        "SELECT to_regclass('other.behind_it')::text") == [("other.behind_it",)]


def test_S13_each_tenant_s_statement_is_settled_in_its_schema(pg_service):
    pg_service.folder.add("1_users.sql", "CREATE TABLE users (id INTEGER);\n")
    pg_service.migrate("--schema", "a", "--schema", "b")
    pg_service.folder.add("2_index.sql", outside(["CREATE INDEX CONCURRENTLY made ON users (id)"]))
    with OpenTransaction(pg_service.database, "INSERT INTO b.users VALUES (1)") as held:
        holder = pg_service.start("migrate", "--schema", "a", "--schema", "b")
        held.wait_until_reached(holder)
        pids = held.waiting()
        holder.kill()
        end_sessions(pg_service.database, pids)
    assert invalid_indexes(pg_service.database) == ["b.made"]

    pg_service.migrate("--schema", "a", "--schema", "b")

    assert invalid_indexes(pg_service.database) == []
    for schema in ("a", "b"):
        assert pg_service.applied(f"{schema}.tidegate_migrations") == [1, 2]
        assert pg_service.database.query(
            f"SELECT to_regclass('{schema}.made')::text") == [(f"{schema}.made",)]


def test_S13_an_interrupted_undo_is_settled_like_any_other(pg_service):
    prepare(pg_service)
    pg_service.folder.add("2_index.sql", outside(["CREATE INDEX CONCURRENTLY made ON users (id)"]))
    pg_service.folder.add("2_index.down.sql", outside(
        ["DROP INDEX CONCURRENTLY made", "CREATE TABLE undone (id INTEGER)"]))
    pg_service.migrate()
    hold_journal(pg_service.database, 2, 1)
    kill_at_hold(pg_service, verb="rollback")

    log = pg_service.run("--log-sql", "rollback").expect(0)

    assert "DROP INDEX CONCURRENTLY" not in log.err
    assert pg_service.applied() == [1]
    assert "undone" in pg_service.database.tables()


def test_S13_a_statement_that_the_server_wants_alone_runs_alone(pg_service):
    """One that isn't known to refuse a transaction: a partitioned table's REINDEX."""
    prepare(pg_service)
    pg_service.folder.add("2_reindex.sql", outside(["CREATE INDEX made ON parent (id)",
                                                    "REINDEX TABLE parent"]))

    pg_service.migrate()

    assert pg_service.applied() == [1, 2]


# -- what a former holder left running ------------------------------------------------------------


class LeftRunning:
    """A session like one that a pooler keeps alive: its migrator is dead, its statement isn't."""

    def __init__(self, database, statement):
        self.connection = database.connect()
        with self.connection.cursor() as cursor:
            cursor.execute("SET application_name = 'tidegate former 1/1 2'")
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(statement,), daemon=True)
        self.thread.start()

    def run(self, statement):
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(statement)
        except psycopg2.Error:
            self.ended.set()


def leave_in_question(service, statement):
    """The journal says that `statement` was begun, and the catalog that nothing of it is there."""
    prepare(service)
    service.folder.add("2_index.sql", outside([statement]))
    hold_journal(service.database, 2, 1)
    kill_at_hold(service, "--holder", "former")
    service.database.script("DROP TRIGGER hold ON tidegate_journal; DROP INDEX made")


def test_S13_a_former_holder_s_statement_that_still_runs_is_ended_first(pg_service):
    statement = "CREATE INDEX CONCURRENTLY made ON users (id)"
    leave_in_question(pg_service, statement)
    with OpenTransaction(pg_service.database, *WRITER):
        left = LeftRunning(pg_service.database, statement)
        until(lambda: invalid_indexes(pg_service.database), "the index to be begun")

        successor = pg_service.start("migrate")
        until(left.ended.is_set, "the former holder's session to be ended")
    successor.expect(0)

    assert pg_service.applied() == [1, 2]
    assert invalid_indexes(pg_service.database) == []


def test_S13_a_former_holder_that_is_about_to_run_its_statement_is_ended_first(pg_service):
    leave_in_question(pg_service, "CREATE INDEX CONCURRENTLY made ON users (id)")
    with HalfSent(pg_service.database, "tidegate former 1/1 2", "BEGIN", "COMMIT") as left:
        pg_service.run("migrate").expect(0)

        left.wait_until_ended()
    assert pg_service.applied() == [1, 2]


def test_S13_a_former_holder_s_statement_that_can_t_be_ended_is_named(pg_service):
    statement = "CREATE INDEX CONCURRENTLY made ON users (id)"
    leave_in_question(pg_service, statement)
    plain = PostgresDatabase(pg_service.database.server, pg_service.database.name, "plain_migrator")
    pg_service.database.script(
        "DO $$ BEGIN CREATE ROLE plain_migrator LOGIN; EXCEPTION WHEN duplicate_object THEN END $$;"
        "GRANT ALL ON SCHEMA public TO plain_migrator;"
        "GRANT ALL ON ALL TABLES IN SCHEMA public TO plain_migrator")
    with OpenTransaction(pg_service.database, *WRITER):
        left = LeftRunning(pg_service.database, statement)
        until(lambda: invalid_indexes(pg_service.database), "the index to be begun")

        run = pg_service.run("migrate", database=plain.url).expect(7)

        assert "former, which held the lock before, is still at work" in run.err
        assert not left.ended.is_set()
    until(lambda: not invalid_indexes(pg_service.database), "that statement's own end")

"""Kills a migrator at a chosen entry of its journal, or inside a chosen kind of statement."""

from holds import LOCK_CLASS, Hold
from limits import until

NO_TRANSACTION = "-- tidegate: no-transaction\n"

HOLD_AT = f"""
CREATE SCHEMA IF NOT EXISTS probe;
CREATE OR REPLACE FUNCTION probe.hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_catalog.pg_advisory_xact_lock_shared({LOCK_CLASS}, 1); RETURN NEW; END $$;
DROP TRIGGER IF EXISTS hold ON {{table}};
CREATE TRIGGER hold BEFORE INSERT OR UPDATE ON {{table}} FOR EACH ROW
WHEN (NEW.version = {{version}} AND NEW.statement = {{statement}} AND NEW.state = '{{state}}')
EXECUTE FUNCTION probe.hold();
"""


def hold_journal(database, version, statement, state="done", table="tidegate_journal"):
    """From now on a run stands still where it writes that entry, while `Hold(database)` lasts."""
    database.script(HOLD_AT.format(table=table, version=version, statement=statement, state=state))


def end_sessions(database, pids):
    for pid in pids:
        database.query("SELECT pg_terminate_backend(%s, 10000)", (pid,))


def kill_at_hold(service, *arguments, verb="migrate"):
    """Kills a migrator where it stands still, and its session with it. Returns what it had said."""
    with Hold(service.database) as held:
        holder = service.start(*arguments, verb)
        pids = held.wait_until_reached(holder)
        holder.kill()
        end_sessions(service.database, pids)
    return holder


class OpenTransaction:
    """A transaction of the application's that keeps a statement from going on: CONCURRENTLY waits
    for those that write to its table or look at it."""

    def __init__(self, database, *statements):
        self.database = database
        self.connection = database.connect()
        self.connection.autocommit = False
        with self.connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def waiting(self):
        """The sessions of migrators that wait for it, and not for a look of somebody else's."""
        return [pid for (pid,) in self.database.query(
            "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'tidegate%%' "
            "AND %s = ANY (pg_blocking_pids(pid))", (self.connection.info.backend_pid,))]

    def wait_until_reached(self, replica):
        def reached():
            assert replica.running(), f"ended before it had to wait: {replica}"
            return self.waiting()

        return until(reached, f"{replica.name} to wait for an open transaction")


def kill_inside(service, *open_statements):
    """Kills a migrator inside the first statement that waits for a transaction left open."""
    with OpenTransaction(service.database, *open_statements) as open_one:
        holder = service.start("migrate")
        open_one.wait_until_reached(holder)
        pids = open_one.waiting()
        holder.kill()
        end_sessions(service.database, pids)
    return holder


def schema_of(database):
    """What migrations made, as text."""
    return database.dump("--exclude-schema=probe", "--exclude-table=tidegate*", "--inserts")


def invalid_indexes(database):
    return [name for (name,) in database.query(
        "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid ORDER BY 1")]


# -- what the statements of these tests need -----------------------------------------------------


NEEDS = """\
CREATE TABLE users (id INTEGER, name TEXT);
INSERT INTO users SELECT n, 'user ' || n FROM generate_series(1, 100) n;
CREATE TABLE old (id INTEGER, note TEXT, CONSTRAINT later CHECK (id > 0) NOT VALID);
CREATE INDEX old_id ON old (id);
CREATE TYPE mood AS ENUM ('old');
CREATE TABLE parent (id INTEGER) PARTITION BY RANGE (id);
CREATE TABLE child PARTITION OF parent FOR VALUES FROM (0) TO (10);
"""


def prepare(service):
    """Applies what the statements of a test need; the journal is there from now on."""
    service.folder.add("1_needs.sql", NEEDS)
    service.migrate()


def outside(statements):
    return NO_TRANSACTION + "".join(
        statement + ("\n" if statement.endswith("\\.") else ";\n") for statement in statements)

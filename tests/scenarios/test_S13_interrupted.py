"""S13: kill -9 inside a migration outside a transaction: the next run settles it, or asks."""

import pytest

from holds import Hold, LOCK_CLASS, hold
from limits import until

NO_TRANSACTION = "-- tidegate: no-transaction\n"

# Commits on the way, so that nobody but a person can tell how far it came.
COMMITS = ("DO $$ BEGIN INSERT INTO users VALUES (1); COMMIT; "
           f"PERFORM pg_advisory_xact_lock_shared({LOCK_CLASS}, 1); END $$;\n")


def kill_at_hold(service):
    """Kills the migrator when it has reached `hold(1)`, and waits until the server has seen it."""
    with Hold(service.database, 1) as held:
        holder = service.start("migrate")
        held.wait_until_reached(holder)
        holder.kill()
        until(lambda: not held.held_up(), "the server to end the dead migrator's statement")


# -- what the journal settles by itself ----------------------------------------------------------


# Each is preceded by what it needs. All of them can share a transaction with their journal entry.
IN_A_TRANSACTION = {
    "table": "CREATE TABLE made (id INTEGER)",
    "table_as": "CREATE TABLE made AS SELECT id FROM users",
    "drop_table": "DROP TABLE old",
    "column": "ALTER TABLE users ADD COLUMN name TEXT",
    "drop_column": "ALTER TABLE old DROP COLUMN note",
    "rename": "ALTER TABLE old RENAME COLUMN note TO remark",
    "constraint": "ALTER TABLE users ADD CONSTRAINT positive CHECK (id > 0) NOT VALID",
    "validate": "ALTER TABLE old VALIDATE CONSTRAINT later",
    "index": "CREATE INDEX made ON users (id)",
    "type": "CREATE TYPE made AS ENUM ('a')",
    "enum_value": "ALTER TYPE mood ADD VALUE 'new'",
    "view": "CREATE VIEW made AS SELECT id FROM users",
    "materialized_view": "CREATE MATERIALIZED VIEW made AS SELECT id FROM users",
    "function": "CREATE FUNCTION made() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "procedure": "CREATE PROCEDURE made() LANGUAGE plpgsql AS 'BEGIN COMMIT; END'",
    "schema": "CREATE SCHEMA made",
    "sequence": "CREATE SEQUENCE made",
    "extension": "CREATE EXTENSION citext",
    "trigger": "CREATE TRIGGER made BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION "
               "suppress_redundant_updates_trigger()".replace("INSERT", "UPDATE"),
    "rule": "CREATE RULE made AS ON DELETE TO users DO INSTEAD NOTHING",
    "policy": "CREATE POLICY made ON users USING (true)",
    "publication": "CREATE PUBLICATION made FOR TABLE users",
    "rows": "INSERT INTO users VALUES (7)",
    "copy": "COPY users FROM stdin;\n7\n\\.",
    "do": "DO $$ BEGIN INSERT INTO users VALUES (7); END $$",
}

WHAT_THEY_NEED = """\
CREATE TABLE users (id INTEGER);
CREATE TABLE old (id INTEGER, note TEXT, CONSTRAINT later CHECK (id > 0) NOT VALID);
CREATE TYPE mood AS ENUM ('old');
"""


@pytest.mark.parametrize("kind", IN_A_TRANSACTION)
def test_S13_what_fits_a_transaction_is_never_in_question(pg_service, kind):
    """Killed behind the statement and before its record, the hold being at the record's place."""
    statement = IN_A_TRANSACTION[kind]
    pg_service.folder.add("1_needs.sql", WHAT_THEY_NEED)
    pg_service.migrate()
    done_once = pg_service.database.fingerprint
    pg_service.folder.add("2_made.sql", NO_TRANSACTION + statement +
                          ("\n" if statement.endswith("\\.") else ";\n") + hold(1) + ";\n")

    kill_at_hold(pg_service)
    after_kill = pg_service.database.dump("--exclude-table=tidegate*")
    log = pg_service.run("--log-sql", "migrate").expect(0)

    assert pg_service.applied() == [1, 2]
    assert pg_service.database.dump("--exclude-table=tidegate*") == after_kill
    assert statement.split("\n")[0] not in log.err
    assert done_once() is not None


def test_S13_killed_in_a_statement_that_fits_a_transaction(pg_service):
    """Inside the statement itself: nothing of it is left, and it is run again."""
    pg_service.folder.add("1_users.sql", NO_TRANSACTION + "CREATE TABLE users (id INTEGER);\n"
                          "INSERT INTO users SELECT 1 FROM (" + hold(1) + ") AS held;\n"
                          "INSERT INTO users VALUES (2);\n")
    kill_at_hold(pg_service)

    pg_service.migrate()

    assert pg_service.database.query("SELECT id FROM users ORDER BY id") == [(1,), (2,)]
    assert pg_service.applied() == [1]

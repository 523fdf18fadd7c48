"""S13: most statements outside a transaction share one with their entry in the journal."""

from holds import busy
from interruptions import (NEEDS, NO_TRANSACTION, hold_journal, kill_at_hold,
                           outside, prepare, schema_of)
from limits import until

IN_A_TRANSACTION = [
    "CREATE TABLE made (id INTEGER)",
    "CREATE TABLE made_as AS SELECT id FROM users",
    "INSERT INTO made SELECT count(*) FROM made",
    "UPDATE users SET id = id + 1000",
    "COPY users (id) FROM stdin;\n7\n\\.",
    "ALTER TABLE users ADD COLUMN age INTEGER",
    "ALTER TABLE old RENAME COLUMN note TO remark",
    "ALTER TABLE old DROP COLUMN remark",
    "ALTER TABLE made ADD CONSTRAINT positive CHECK (id >= 0) NOT VALID",
    "ALTER TABLE old VALIDATE CONSTRAINT later",
    "ALTER TABLE made RENAME TO renamed",
    "CREATE INDEX made_index ON users (id)",
    "CREATE TYPE made_type AS ENUM ('a')",
    "ALTER TYPE mood ADD VALUE 'new'",
    "CREATE VIEW made_view AS SELECT id FROM users",
    "CREATE MATERIALIZED VIEW made_rows AS SELECT id FROM users",
    "CREATE FUNCTION made_f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE PROCEDURE made_p() LANGUAGE plpgsql AS 'BEGIN COMMIT; END'",
    "CREATE SCHEMA made_schema",
    "CREATE SEQUENCE made_numbers",
    "CREATE EXTENSION citext",
    "CREATE TRIGGER made BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION "
    "suppress_redundant_updates_trigger()",
    "CREATE RULE made AS ON DELETE TO renamed DO INSTEAD NOTHING",
    "CREATE POLICY made ON users USING (true)",
    "CREATE PUBLICATION made FOR TABLE users",
    "DO $$ BEGIN INSERT INTO renamed VALUES (7); END $$",
    "DROP TABLE made_as",
]


def test_S13_what_fits_a_transaction_is_never_in_question(pg_service, make_service,
                                                          new_postgres_database):
    """Killed behind each statement and before its record: it is undone, and done once."""
    prepare(pg_service)
    pg_service.folder.add("2_made.sql", outside(IN_A_TRANSACTION))
    undisturbed = make_service(new_postgres_database(), folder="undisturbed")
    undisturbed.folder.add("1_needs.sql", NEEDS)
    undisturbed.folder.add("2_made.sql", outside(IN_A_TRANSACTION))
    undisturbed.migrate()

    for statement in range(1, len(IN_A_TRANSACTION) + 1):
        hold_journal(pg_service.database, 2, statement)
        kill_at_hold(pg_service)
        assert pg_service.database.query(
            "SELECT count(*) FROM tidegate_journal WHERE state = 'started'") == [(0,)]
    pg_service.migrate()

    assert pg_service.applied() == [1, 2]
    pg_service.database.script("DROP SCHEMA probe CASCADE")
    assert schema_of(pg_service.database) == schema_of(undisturbed.database)


def test_S13_a_file_s_statements_are_done_once_wherever_it_dies(sqlite_service):
    count = 6
    sqlite_service.folder.add("1_counter.sql", "CREATE TABLE counter (value INTEGER);\n"
                              "INSERT INTO counter VALUES (0);\n")
    sqlite_service.migrate()
    sqlite_service.folder.add("2_count.sql", NO_TRANSACTION + "".join(
        "PRAGMA user_version = 7;\nVACUUM;\n" + busy(200_000) +
        f"UPDATE counter SET value = value + {10 ** place};\n" for place in range(count)))

    for nth in range(1, 4 * count):
        holder = sqlite_service.start("--log-format", "json", "--log-sql", "migrate")
        until(lambda: not holder.running() or any(
            event["statement"] >= nth for event in holder.events("statement_started")),
            f"statement {nth}")
        holder.kill()
    sqlite_service.migrate()

    assert sqlite_service.database.query("SELECT value FROM counter") == [(111111,)]
    assert sqlite_service.applied() == [1, 2]

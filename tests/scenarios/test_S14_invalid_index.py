"""S14: an INVALID index is found and made anew, whoever left it and whatever the statement says."""

import threading

import psycopg2
import pytest

from interruptions import OpenTransaction, invalid_indexes, outside, prepare
from limits import until

TWICE = "INSERT INTO users VALUES (1)"
ONCE = ("DELETE FROM users WHERE ctid IN "
        "(SELECT max(ctid) FROM users GROUP BY id HAVING count(*) > 1)")


def indexes_of_users(database):
    return database.query("SELECT indexrelid::regclass::text, indisvalid FROM pg_index WHERE "
                          "indrelid = 'users'::regclass ORDER BY 1")


@pytest.mark.parametrize("form", ["IF NOT EXISTS made", "made"])
def test_S14_one_that_was_there_before_the_migration_is_made_anew(pg_service, form):
    prepare(pg_service)
    pg_service.database.script(TWICE)
    with pytest.raises(psycopg2.Error):
        pg_service.database.script("CREATE UNIQUE INDEX CONCURRENTLY made ON users (id)")
    pg_service.database.script(ONCE)
    assert invalid_indexes(pg_service.database) == ["made"]
    pg_service.folder.add("2_index.sql",
                          outside([f"CREATE UNIQUE INDEX CONCURRENTLY {form} ON users (id)"]))

    log = pg_service.run("--log-sql", "migrate").expect(0)

    assert "DROP INDEX CONCURRENTLY IF EXISTS public.made" in log.err
    assert pg_service.applied() == [1, 2]
    assert indexes_of_users(pg_service.database) == [("made", True)]


@pytest.mark.parametrize("form", ["IF NOT EXISTS made ON", "made ON", "ON"])
def test_S14_one_that_a_failed_run_left_is_made_anew(pg_service, form):
    prepare(pg_service)
    pg_service.database.script(TWICE)
    pg_service.folder.add("2_index.sql",
                          outside([f"CREATE UNIQUE INDEX CONCURRENTLY {form} users (id)"]))
    pg_service.run("migrate").expect(5)
    assert len(invalid_indexes(pg_service.database)) == 1
    pg_service.run("migrate").expect(5)
    assert len(invalid_indexes(pg_service.database)) == 1
    pg_service.database.script(ONCE)

    pg_service.migrate()

    name = "users_id_idx" if form == "ON" else "made"
    assert indexes_of_users(pg_service.database) == [(name, True)]


def test_S14_one_that_somebody_is_making_at_this_moment_is_waited_for(pg_service):
    prepare(pg_service)
    pg_service.folder.add("2_index.sql", outside(
        ["CREATE INDEX CONCURRENTLY IF NOT EXISTS made ON users (id)"]))
    with OpenTransaction(pg_service.database, "INSERT INTO users VALUES (-1)"):
        maker = threading.Thread(target=pg_service.database.script, daemon=True,
                                 args=("CREATE INDEX CONCURRENTLY made ON users (id)",))
        maker.start()
        until(lambda: invalid_indexes(pg_service.database), "the index to be begun")
        before = pg_service.database.query("SELECT 'made'::regclass::oid")
        replica = pg_service.start("--log-sql", "migrate")
        replica.wait_for("CREATE INDEX CONCURRENTLY")

    replica.expect(0)

    maker.join()
    assert "DROP INDEX" not in replica.err
    assert pg_service.database.query("SELECT 'made'::regclass::oid") == before
    assert indexes_of_users(pg_service.database) == [("made", True)]


def test_S14_a_valid_one_is_left_alone(pg_service):
    prepare(pg_service)
    pg_service.database.script("CREATE INDEX made ON users (id)")
    before = pg_service.database.query("SELECT 'made'::regclass::oid")
    pg_service.folder.add("2_index.sql", outside(
        ["CREATE INDEX CONCURRENTLY IF NOT EXISTS made ON users (id)"]))

    pg_service.migrate()

    assert pg_service.database.query("SELECT 'made'::regclass::oid") == before


def test_S14_an_index_that_waits_for_its_partitions_is_left_alone(pg_service):
    """A partitioned index is invalid until each partition has one of its own."""
    prepare(pg_service)
    pg_service.database.script("CREATE INDEX made ON ONLY parent (id)")
    before = pg_service.database.query("SELECT 'made'::regclass::oid")
    pg_service.folder.add("2_index.sql", outside(
        ["CREATE INDEX CONCURRENTLY IF NOT EXISTS made ON child (id)"]))

    pg_service.migrate()

    assert pg_service.database.query("SELECT 'made'::regclass::oid") == before

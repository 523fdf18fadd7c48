"""S42, in part: a Phoenix application's folder and Ecto's own history table."""

import pytest

from databases import PostgresDatabase
from tidegate import databases_of

MODULE = "defmodule App.Repo.Migrations.{name} do\n  use Ecto.Migration\nend\n"

# Ecto's own statement, as PostgreSQL's log shows it.
SCHEMA_MIGRATIONS = ('CREATE TABLE IF NOT EXISTS "schema_migrations" ("version" bigint, '
                     '"inserted_at" timestamp(0), PRIMARY KEY ("version"))')


def add(service, version, name="Create"):
    service.folder.add(f"{version}_step_{version}.exs", MODULE.format(name=name))


def record(service, *versions):
    if service.database.engine == "sqlite":
        service.database.script(SCHEMA_MIGRATIONS.replace("bigint", "INTEGER")
                                .replace("timestamp(0)", "TEXT"))
        now = "datetime('now')"
    else:
        made = SCHEMA_MIGRATIONS
        if service.database.engine == "mysql":
            made = made.replace('"', "`").replace("timestamp(0)", "datetime")
        service.database.script(made)
        now = "now()"
    for version in versions:
        service.database.script(f"INSERT INTO schema_migrations VALUES ({version}, {now})")


@pytest.fixture
def app(service):
    add(service, 20260101000000)
    add(service, 20260202000000)
    return service


def rows(service, *arguments):
    (database,) = databases_of(service.status(*arguments))
    return [(row["version"], row["state"]) for row in database["migrations"]]


def test_S42_ecto_nobody_has_migrated(app):
    assert app.verdict() == "no_history"
    app.run("wait", "--timeout", "300ms").expect(4)
    assert app.database.tables() == []


def test_S42_ecto_applied_is_open(app):
    record(app, 20260101000000, 20260202000000)
    assert app.verdict() == "open"
    app.run("wait", "--timeout", "1h").expect(0)
    assert rows(app) == [("20260101000000", "applied"), ("20260202000000", "applied")]


def test_S42_ecto_pending_then_open_without_a_restart(app):
    record(app, 20260101000000)
    assert app.verdict() == "pending"
    assert rows(app)[1] == ("20260202000000", "pending")
    app.run("status", "--check").expect(3)
    waiter = app.start("wait", "--timeout", "1h", "--interval", "50ms").wait_for("pending")

    record(app, 20260202000000)  # What Ecto does, and it announces nothing.

    waiter.expect(0)


def test_S42_ecto_a_database_ahead_is_open(app):
    record(app, 20260101000000, 20260202000000, 20260303000000)
    assert app.verdict() == "ahead"
    app.run("wait", "--timeout", "1h").expect(0)


def test_S42_ecto_its_own_lock_is_seen(pg_service):
    add(pg_service, 20260101000000)
    record(pg_service)
    assert pg_service.verdict() == "pending"
    migrator = pg_service.database.connect()
    with migrator.cursor() as cursor:
        cursor.execute('BEGIN; LOCK TABLE "schema_migrations" IN SHARE UPDATE EXCLUSIVE MODE')
    try:
        assert pg_service.verdict() == "running"
    finally:
        migrator.close()


def test_S42_ecto_needs_select_only_and_takes_no_lock(pg_service, make_service):
    add(pg_service, 20260101000000)
    record(pg_service, 20260101000000)
    server, name = pg_service.database.server, pg_service.database.name
    role = f"reader_{name}"
    server.psql(f"CREATE ROLE {role} LOGIN")
    server.psql(f"GRANT SELECT ON schema_migrations TO {role}", name)
    try:
        reader = make_service(PostgresDatabase(server, name, user=role))
        before = pg_service.database.fingerprint()
        reader.run("wait", "--timeout", "1h").expect(0)
        reader.run("status").expect(0)
        assert pg_service.database.fingerprint() == before
    finally:
        server.psql(f"REVOKE ALL ON schema_migrations FROM {role}", name)
        server.psql(f"DROP ROLE {role}")


def test_S42_ecto_another_table_and_schema(pg_service):
    add(pg_service, 20260101000000)
    pg_service.database.script("CREATE SCHEMA house; CREATE TABLE house.done "
                               "(version bigint PRIMARY KEY, inserted_at timestamp(0));"
                               "INSERT INTO house.done VALUES (20260101000000, now())")
    assert pg_service.verdict("--history-schema", "house", "--history-table", "done") == "open"


def test_S42_ecto_a_folder_that_is_not_ours_to_run(app):
    record(app, 20260101000000)
    before = app.database.fingerprint()
    for verb in (["migrate"], ["rollback"], ["migrate", "--dry-run"]):
        refused = app.run(*verb).expect(2)
        assert "Ecto" in refused.err or "ecto" in refused.err, refused
    assert app.database.fingerprint() == before

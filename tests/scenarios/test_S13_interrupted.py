"""S13: what became of an interrupted statement is a person's question where nobody can tell."""

import pytest

from holds import LOCK_CLASS
from interruptions import (NO_TRANSACTION, invalid_indexes, kill_at_hold, kill_inside, outside,
                           prepare)

# Commits on the way: some of it has happened.
COMMITS = ("DO $$ BEGIN INSERT INTO old VALUES (1); COMMIT; "
           f"PERFORM pg_advisory_xact_lock_shared({LOCK_CLASS}, 1); END $$")


@pytest.fixture
def in_question(pg_service):
    """A service whose migrator was killed in the second of three statements."""
    prepare(pg_service)
    pg_service.folder.add("2_users.sql", outside(
        ["CREATE TABLE counter (id INTEGER)", COMMITS, "INSERT INTO counter VALUES (1)"]))
    kill_at_hold(pg_service)
    return pg_service


def test_S13_a_statement_that_commits_by_itself_stops_the_next_run_with_a_question(in_question):
    before = in_question.database.query("SELECT * FROM tidegate_journal ORDER BY statement")

    run = in_question.run("migrate")

    run.expect(7)
    assert "2_users.sql:3:1" in run.err
    assert ("2_users was interrupted: 1 of 3 statements are done, and statement 2 may or may not "
            "have happened, which the catalog can't tell; what stands behind it was not "
            "begun") in run.err
    assert "tidegate resolve 2 --done" in run.err and "tidegate resolve 2 --undone" in run.err
    assert in_question.applied() == [1]
    assert in_question.database.query("SELECT count(*) FROM counter") == [(0,)]
    assert in_question.database.query(
        "SELECT * FROM tidegate_journal ORDER BY statement") == before


def test_S13_the_question_is_seen_by_all_who_look(in_question):
    status = in_question.run("status", "--check").expect(7)
    wait = in_question.run("wait", "--timeout", "1h").expect(7)
    plan = in_question.run("plan").expect(7)

    for looked in (status, wait, plan):
        assert "done, and statement 2 may or may not have happened" in looked.text
        assert "tidegate resolve 2 --done" in looked.text
    (database,) = in_question.status()["databases"]
    assert [row["state"] for row in database["migrations"]] == ["applied", "interrupted"]


@pytest.mark.parametrize("answer", ["--done", "--undone"])
def test_S13_the_answer_lets_the_next_run_go_on_from_there(in_question, answer):
    in_question.run("resolve", "2", answer).expect(0)

    log = in_question.run("--log-sql", "migrate").expect(0)

    assert in_question.applied() == [1, 2]
    assert in_question.database.query("SELECT id FROM counter") == [(1,)]
    assert in_question.database.query("SELECT count(*) FROM tidegate_journal") == [(0,)]
    assert ("INSERT INTO old" in log.err) == (answer == "--undone")
    assert "CREATE TABLE counter" not in log.err


def test_S13_a_question_that_nobody_asked_is_refused(in_question):
    in_question.run("resolve", "2").expect(2)
    in_question.run("resolve", "2", "--done", "--undone").expect(2)
    in_question.run("resolve", "2", "--undone").expect(0)
    in_question.run("migrate").expect(0)
    in_question.run("resolve", "2", "--done").expect(2)


def test_S13_a_statement_that_ran_may_not_be_edited(in_question):
    in_question.folder.add("2_users.sql", outside(
        ["CREATE TABLE counters (id INTEGER)", COMMITS, "INSERT INTO counter VALUES (1)"]))

    run = in_question.run("migrate").expect(7)

    assert "2_users.sql:2:1" in run.err
    assert "is half done, and its statement 1, which has run, was edited since" in run.err
    assert "restore the statement as it ran" in run.err


def test_S13_a_statement_in_question_may_not_be_edited(pg_service):
    """What the catalog showed before was about another index."""
    prepare(pg_service)
    pg_service.folder.add("2_index.sql", outside(["CREATE INDEX CONCURRENTLY made ON users (id)"]))
    kill_inside(pg_service, "INSERT INTO users VALUES (-1)")
    pg_service.folder.add("2_index.sql", outside(["CREATE INDEX CONCURRENTLY made ON old (id)"]))

    run = pg_service.run("migrate").expect(7)

    assert "statement 1 may or may not have happened; its text was edited since" in run.err
    assert "restore it as it was begun, so that it can be settled, or" in run.err
    pg_service.folder.add("2_index.sql", outside(["CREATE INDEX CONCURRENTLY made ON users (id)"]))
    pg_service.migrate()
    assert invalid_indexes(pg_service.database) == []


@pytest.mark.parametrize("kind", ["sqlite_service", "pg_service"])
def test_S13_a_migration_that_is_half_reverted_is_not_there(request, kind):
    service = request.getfixturevalue(kind)
    service.folder.add("1_users.sql", "CREATE TABLE users (id INTEGER);\n"
                       "CREATE TABLE pets (id INTEGER);\n")
    undo = NO_TRANSACTION + "DROP TABLE pets;\n"
    service.folder.add("1_users.down.sql", undo + "DROP TABLE owners;\n")
    service.migrate()

    service.run("rollback").expect(5)

    assert service.verdict() == "blocked"
    (database,) = service.status()["databases"]
    assert [row["state"] for row in database["migrations"]] == ["interrupted"]
    for verb in (["wait", "--timeout", "1h"], ["status", "--check"], ["plan"], ["migrate"]):
        run = service.run(*verb).expect(7)
        assert "1_users is half reverted" in run.text
        assert "finish it with 'tidegate rollback'" in run.text

    service.folder.add("1_users.down.sql", undo + "DROP TABLE users;\n")
    service.run("rollback").expect(0)
    assert service.verdict() == "pending"
    service.migrate()
    assert service.verdict() == "open"

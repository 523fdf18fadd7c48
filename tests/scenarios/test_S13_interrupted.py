"""S13: kill -9 inside a migration outside a transaction: a question, a person's answer, and on."""

import pytest

from holds import Hold, hold


@pytest.fixture
def interrupted(pg_service):
    """A service whose migrator was killed in the second of three statements."""
    pg_service.folder.add("1_users.sql", "-- tidegate: no-transaction\n"
                          "CREATE TABLE users (id INTEGER);\n" + hold(1) +
                          "INSERT INTO users VALUES (1);\n")
    with Hold(pg_service.database, 1) as held:
        holder = pg_service.start("migrate")
        held.wait_until_reached(holder)
        holder.kill()
    return pg_service


def test_S13_an_interrupted_statement_stops_the_next_run_with_a_question(interrupted):
    before = interrupted.database.query("SELECT * FROM tidegate_journal ORDER BY statement")

    run = interrupted.run("migrate")

    run.expect(7)
    assert "1_users.sql:3:1" in run.err
    assert "1 of 3 statements are done, and statement 2 may or may not have happened" in run.err
    assert "tidegate resolve 1 --done" in run.err and "tidegate resolve 1 --undone" in run.err
    assert interrupted.applied() == []
    assert interrupted.database.query("SELECT count(*) FROM users") == [(0,)]
    assert interrupted.database.query(
        "SELECT * FROM tidegate_journal ORDER BY statement") == before


@pytest.mark.parametrize("answer", ["--done", "--undone"])
def test_S13_the_answer_lets_the_next_run_go_on_from_there(interrupted, answer):
    interrupted.run("resolve", "1", answer).expect(0)

    log = interrupted.run("--log-sql", "migrate").expect(0)

    assert interrupted.applied() == [1]
    assert interrupted.database.query("SELECT id FROM users") == [(1,)]
    assert interrupted.database.query("SELECT count(*) FROM tidegate_journal") == [(0,)]
    ran_again = "pg_advisory_xact_lock_shared" in log.err
    assert ran_again == (answer == "--undone")
    assert "CREATE TABLE users" not in log.err


def test_S13_a_question_that_nobody_asked_is_refused(interrupted):
    interrupted.run("resolve", "1").expect(2)
    interrupted.run("resolve", "1", "--done", "--undone").expect(2)
    interrupted.run("resolve", "1", "--undone").expect(0)
    interrupted.run("migrate").expect(0)
    interrupted.run("resolve", "1", "--done").expect(2)

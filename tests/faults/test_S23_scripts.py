"""S23: scripts that do what they should not: found or contained, and the record is right."""

import pytest

from counter import COUNT_UP, COUNTER
from folder import create_table
from holds import Hold, hold
from limits import until

OUTSIDE = "-- tidegate: no-transaction\n"
HISTORY_LIKE = ("CREATE TEMP TABLE tidegate_migrations (LIKE tidegate_migrations INCLUDING ALL);\n"
                "CREATE TEMP TABLE tidegate_runs (LIKE tidegate_runs INCLUDING ALL);\n"
                "CREATE TEMP TABLE tidegate_journal (LIKE tidegate_journal INCLUDING ALL);\n")
PROCEDURE = ("CREATE PROCEDURE commits() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$;\n"
             "CALL commits();\n")

# What a script does to its session, and the migrator lives with.
CONTAINED = {
    "unlock_all": "SELECT pg_advisory_unlock_all();\n",
    "search_path": "SET search_path = other;\n",
    "search_path_by_function": "SELECT set_config('search_path', 'other', false);\n",
    "search_path_of_nothing": "SET search_path = '';\n",
    "role": "SET ROLE stranger;\n",
    "session_authorization": "SET SESSION AUTHORIZATION stranger;\n",
    "reset_all": "RESET ALL;\n",
    "listen": "LISTEN tidegate_migrations;\nUNLISTEN *;\n",
    "temporary_history": HISTORY_LIKE,
    "timeouts": "SET statement_timeout = '100ms';\nSET lock_timeout = '1ms';\n"
                "SET idle_session_timeout = '1ms';\n"
                "SET idle_in_transaction_session_timeout = '1s';\n",
    "read_only_from_now_on": "SET default_transaction_read_only = on;\n",
    "isolation": "SET default_transaction_isolation = 'serializable';\n",
    "encoding": "SET client_encoding = 'LATIN1';\n",
    "deallocate": "DEALLOCATE ALL;\n",
    "application_name": "SET application_name = 'somebody else';\n",
    "quiet": "SET client_min_messages = error;\n",
    "lock_on_the_history": "LOCK TABLE tidegate_migrations IN ACCESS EXCLUSIVE MODE;\n",
    "constraints": "SET CONSTRAINTS ALL DEFERRED;\n",
    "cursor": "DECLARE held CURSOR WITH HOLD FOR SELECT 1;\n",
}
# Contained outside a transaction; inside one, the server refuses it.
DISCARD = {"discard_all": "DISCARD ALL;\n"}
# What ends the migration, with nothing of it left, or ends in a refusal before anything is sent.
FOUND = {
    "commit": "COMMIT;\n",
    "commit_and_begin": "COMMIT;\nBEGIN;\n",
    "end": "END;\n",
    "rollback": "ROLLBACK;\n",
    "abort": "ABORT;\n",
    "prepare_transaction": "PREPARE TRANSACTION 'mine';\n",
    "commit_and_chain": "COMMIT AND CHAIN;\n",
    "commit_in_a_block": "DO $$ BEGIN COMMIT; END $$;\n",
    "rollback_in_a_block": "DO $$ BEGIN ROLLBACK; END $$;\n",
    "commit_in_a_procedure": PROCEDURE,
    "read_only": "SET TRANSACTION READ ONLY;\n",
    "history_dropped": "DROP TABLE tidegate_migrations;\n",
    "history_renamed": "ALTER TABLE tidegate_migrations RENAME TO theirs;\n",
    "recorded_by_itself": "INSERT INTO tidegate_migrations (version, name, checksum, applied_at) "
                          "VALUES (2, 'odd', '', now());\n",
    **DISCARD,
}


def prepare(service, script):
    """Three migrations, the second of which does that; a stranger's role and schema are there."""
    database = service.database
    database.query("DO $$ BEGIN CREATE ROLE stranger; EXCEPTION WHEN duplicate_object THEN END $$")
    database.query("CREATE SCHEMA other AUTHORIZATION stranger")
    service.folder.add_all({"1_counter.sql": COUNTER, "2_odd.sql": script,
                            "3_last.sql": create_table("last") + "SELECT pg_sleep(0.2);\n"
                            "COMMENT ON TABLE last IS 'naïve';\n" + COUNT_UP})


def expect_all_right(service):
    """Recorded once each, where they belong, as whom they belong to."""
    database = service.database
    assert service.applied("public.tidegate_migrations") == [1, 2, 3]
    assert database.query("SELECT value FROM counter") == [(2,)]
    assert database.query(
        "SELECT n.nspname, r.rolname, obj_description(c.oid) FROM pg_class c JOIN pg_namespace n "
        "ON n.oid = relnamespace JOIN pg_roles r ON r.oid = relowner WHERE relname = 'last'"
    ) == [("public", "postgres", "naïve")]
    assert database.query("SELECT state FROM tidegate_runs ORDER BY id DESC LIMIT 1") == [("done",)]
    assert database.query("SELECT count(*) FROM tidegate_journal") == [(0,)]
    assert service.verdict() == "open"


@pytest.mark.parametrize("script", CONTAINED.values(), ids=CONTAINED)
def test_S23_what_a_script_does_to_its_session_is_contained(routed_service, script):
    service = routed_service()
    prepare(service, COUNT_UP + script)
    service.migrate()
    expect_all_right(service)


@pytest.mark.parametrize("script", {**CONTAINED, **DISCARD}.values(), ids={**CONTAINED, **DISCARD})
def test_S23_what_a_script_does_outside_a_transaction_is_contained(routed_service, script):
    service = routed_service()
    if script == CONTAINED["lock_on_the_history"]:
        script = "SELECT 1;\n"  # The server refuses a lock that would be over at once.
    prepare(service, OUTSIDE + COUNT_UP + script)
    service.migrate()
    expect_all_right(service)


@pytest.mark.parametrize("script", FOUND.values(), ids=FOUND)
def test_S23_a_script_that_ends_or_spoils_its_transaction_is_found(routed_service, script):
    service = routed_service()
    prepare(service, COUNT_UP + script + COUNT_UP)
    database = service.database

    run = service.start("migrate").wait()

    assert run.code in (1, 2, 5), run
    assert "2_odd" in run.err or "record is in the way" in run.err, run
    if run.code == 2:
        assert "tidegate_migrations" not in database.tables(), "nothing was sent"
    else:
        assert service.applied() == [1]
        assert database.query("SELECT value FROM counter") == [(0,)]
    # And the mended file goes on from there.
    service.folder.add("2_odd.sql", COUNT_UP)
    service.migrate()
    expect_all_right(service)


@pytest.mark.parametrize("words", ["BEGIN;\n", "BEGIN;\n" + COUNT_UP + "COMMIT;\n",
                                   "START TRANSACTION;\n"],
                         ids=["begin", "begin_and_commit", "start"])
def test_S23_a_transaction_of_its_own_outside_one(routed_service, words):
    """Whether it is refused or run, what is recorded is what is there."""
    service = routed_service()
    prepare(service, OUTSIDE + words)
    run = service.start("migrate").wait()
    value = (service.database.query("SELECT value FROM counter") if run.code != 2 else [(0,)])[0][0]
    recorded = service.applied() if run.code != 2 else []
    assert run.code in (0, 2, 5), run
    if run.code == 0:
        assert recorded == [1, 2, 3] and value == 1 + words.count(COUNT_UP), run
    else:
        assert 2 not in recorded and 3 not in recorded, run


@pytest.mark.parametrize("release", ["SELECT pg_advisory_unlock_all();\n", "DISCARD ALL;\n"],
                         ids=["unlock_all", "discard_all"])
def test_S23_who_lets_go_of_the_lock_is_fenced_when_another_took_it(routed_service, release):
    """Another gets in while the script still runs: one of them records, never both."""
    service = routed_service()
    outside = OUTSIDE if "DISCARD" in release else ""
    service.folder.add("1_counter.sql", COUNTER)
    service.migrate()
    service.folder.add("2_odd.sql", outside + release + hold(1) + COUNT_UP)
    database = service.database

    with Hold(database) as held:
        first = service.start("migrate")
        held.wait_until_reached(first)
        second = service.start("migrate")
        # Outside a transaction the lock is taken anew before the next statement begins.
        until(lambda: len(held.held_up()) == 2 or "wait" in second.text, "the second, somewhere")
    for replica in (first, second):
        replica.wait()
    codes = sorted([first.code, second.code])
    assert set(codes) <= {0, 1, 7}, (first, second)
    if 7 in codes:
        return  # Which of both is to be asked for is a person's business.
    assert service.applied() == [1, 2]
    assert database.query("SELECT value FROM counter") == [(1,)], (first, second)

"""S35 to S41: the gate."""

import os
import signal
import subprocess
import time

import pytest

from databases import PostgresDatabase
from folder import Folder, create_table, numbered_tables
from holds import BUSY_FOR_EVER, Hold, hold
from limits import until
from standby import standby_of
from tidegate import databases_of

WAIT = ["wait", "--timeout", "1h"]


def test_S35_wait_is_woken_and_does_not_sleep_its_interval_out(service):
    service.folder.add_all(numbered_tables(3))
    waiters = [service.start(*WAIT, "--interval", "1h") for _ in range(3)]
    for waiter in waiters:
        waiter.wait_for("nobody")

    service.migrate()
    migrated_at = time.monotonic()

    for waiter in waiters:
        waiter.expect(0)
    print(f"open {time.monotonic() - migrated_at:.3f} s after the migrator's end")


def test_S35_wait_is_woken_when_somebody_else_writes_the_history(pg_service):
    """Nobody announces this one, so the interval has to find it."""
    pg_service.folder.add_all(numbered_tables(2))
    pg_service.migrate("--to", "1")
    waiter = pg_service.start(*WAIT, "--interval", "50ms").wait_for("nobody")
    pg_service.database.script("INSERT INTO tidegate_migrations (version, name, applied_at) "
                               "VALUES (2, 't2', now())")
    waiter.expect(0)


def test_S36_a_database_ahead_of_the_build_is_open_and_says_so(service):
    service.folder.add_all(numbered_tables(5))
    old_build = service.other_build(service.folder.copy_to(service.place + "/old", up_to=2))
    service.migrate()

    opened = old_build.run(*WAIT).expect(0)

    assert "ahead" in opened.text or "5" in opened.text, opened
    assert old_build.verdict() == "ahead"
    old_build.run("status", "--check").expect(0)
    old_build.migrate()
    assert service.applied() == [1, 2, 3, 4, 5]


def test_S36_a_floor_above_the_build_is_too_old(service):
    service.folder.add_all(numbered_tables(3))
    service.folder.add("4_drop.sql", "-- tidegate: floor 3\nDROP TABLE t1;\n")
    old_build = service.other_build(service.folder.copy_to(service.place + "/old", up_to=2))
    service.migrate()

    refused = old_build.run(*WAIT).expect(7)

    assert "3" in refused.err, refused
    assert old_build.verdict() == "too_old"
    service.run(*WAIT).expect(0)


def test_S37_a_build_ahead_and_no_migrator(service):
    service.folder.add_all(numbered_tables(2))
    service.migrate()
    service.folder.add_all(numbered_tables(2, first=3))

    ended = service.run("wait", "--timeout", "1s").expect(4)

    assert "nobody" in ended.text, ended
    assert "3" in ended.err, ended
    assert service.verdict() == "pending"
    service.run("status", "--check").expect(3)


def test_S39_many_looks_delay_neither_a_migrator_nor_each_other(pg_service):
    database = pg_service.database
    pg_service.folder.add("1_users.sql", create_table("users"))
    pg_service.migrate()
    pg_service.folder.add("2_pets.sql", create_table("pets") + hold(1))
    waiters = [pg_service.start(*WAIT, "--interval", "20ms") for _ in range(10)]
    for waiter in waiters:
        waiter.wait_for("nobody")

    # Nothing that they hold is in the way of the strongest lock there is.
    with database.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '60s'")
        for _ in range(20):
            cursor.execute("BEGIN; LOCK TABLE tidegate_migrations, tidegate_runs IN ACCESS "
                           "EXCLUSIVE MODE; COMMIT")

    with Hold(database) as held:
        migrator = pg_service.start("migrate")
        held.wait_until_reached(migrator)
        # The migrator stands in the middle of its transaction: looks go on.
        looks = [pg_service.start("status") for _ in range(20)]
        for look in looks:
            look.expect(0)
            assert "running" in look.out, look
        assert migrator.running()
    migrator.expect(0)
    for waiter in waiters:
        waiter.expect(0)


def test_S39_many_looks_at_a_file_delay_nobody(sqlite_service):
    sqlite_service.folder.add("1_users.sql", create_table("users"))
    sqlite_service.migrate()
    sqlite_service.folder.add("2_pets.sql", create_table("pets") + BUSY_FOR_EVER)
    migrator = sqlite_service.start("migrate")
    until(lambda: sqlite_service.verdict() == "running", "the run")
    looks = [sqlite_service.start("status") for _ in range(20)]
    for look in looks:
        look.expect(0)
        assert "running" in look.out, look
    assert migrator.running()
    migrator.kill()

    sqlite_service.folder.add("2_pets.sql", create_table("pets"))
    waiters = [sqlite_service.start(*WAIT, "--interval", "20ms") for _ in range(10)]
    sqlite_service.migrate()
    for waiter in waiters:
        waiter.expect(0)


def test_S40_several_databases_must_all_be_open(pg_service, new_postgres_database, tmp_path):
    first, second = pg_service.database, new_postgres_database()
    pg_service.folder.add_all(numbered_tables(2))
    both = ["--database", second.url]

    pg_service.migrate()
    status = pg_service.status(*both)
    assert [database["verdict"] for database in databases_of(status)] == ["open", "no_history"]
    pg_service.run("status", "--check", *both).expect(3)
    waiter = pg_service.start("--log-format", "json", *WAIT, *both)
    until(lambda: second.name in waiter.text, "the second database to be named")
    assert waiter.running()

    pg_service.migrate(database=second.url)

    waiter.expect(0)
    assert first.name in waiter.text, waiter


def test_S40_migrate_takes_several_databases(service, new_postgres_database):
    shard = new_postgres_database()
    service.folder.add_all(numbered_tables(2))
    service.migrate("--database", shard.url)
    assert service.applied() == [1, 2]
    assert sorted(int(v) for (v,) in shard.query("SELECT version FROM tidegate_migrations")) == [
        1, 2]


def test_S40_a_standby_counts_what_it_has_replayed(own_postgres, make_service):
    primary = own_postgres()
    database = PostgresDatabase(primary, "app")
    database.create()
    service = make_service(database, numbered_tables(2))
    standby = standby_of(primary)
    try:
        assert standby.psql("SELECT pg_is_in_recovery()") == "t"
        service.migrate("--to", "1")
        until(lambda: standby.psql("SELECT to_regclass('t1')", "app") == "t1", "the replay of 1")
        standby.psql("SELECT pg_wal_replay_pause()")
        service.migrate()
        both = ["--database", standby.url("app")]

        assert [database["verdict"] for database in databases_of(service.status(*both))] == [
            "open", "pending"]
        waiter = service.start(*WAIT, "--interval", "50ms", *both)
        waiter.wait_for(str(standby.port))
        assert waiter.running()
        standby.psql("SELECT pg_wal_replay_resume()")
        waiter.expect(0)

        refused = service.run("migrate", database=standby.url("app"))
        assert refused.code == 0, f"nothing is pending, so nothing is written: {refused}"
    finally:
        standby.destroy()


@pytest.mark.parametrize("verb", [WAIT, ["migrate"]])
def test_S41_the_command_is_the_same_process_with_its_own_exit_code(service, verb):
    service.folder.add_all(numbered_tables(1))
    service.migrate()

    became = service.run(*verb, "--", "sh", "-c", 'echo "pid $$ with $1 $2"; exit 42', "sh",
                         "two words", "--timeout").expect(42)

    assert f"pid {became.pid} with two words --timeout" in became.out.splitlines()


@pytest.mark.parametrize("verb", [WAIT, ["migrate"]])
def test_S41_signals_reach_the_command(service, verb):
    service.folder.add_all(numbered_tables(1))
    service.migrate()
    became = service.start(*verb, "--", "sh", "-c",
                           'trap "exit 43" TERM; echo ready; while :; do sleep 0.05; done')
    became.wait_for("ready")
    became.signal(signal.SIGTERM).expect(43)


def signals_of_programs(status_lines):
    """The masks without signals 32 and 33: they are the C library's own, which takes them over from
    whoever started us as soon as there is a thread."""
    masks = (line.split() for line in status_lines)
    return [(name, int(mask, 16) & ~(0b11 << 31)) for name, mask in masks]


@pytest.mark.parametrize("verb", [WAIT, ["migrate"]])
def test_S41_the_command_inherits_no_connection_and_no_signal_mask(service, verb):
    service.folder.add_all(numbered_tables(1))
    service.migrate()
    plain = subprocess.run(["grep", "-E", "^Sig(Blk|Ign|Cgt)", "/proc/self/status"], check=True,
                           capture_output=True, text=True, restore_signals=True).stdout
    became = service.run(*verb, "--", "sh", "-c",
                         "grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status; ls /proc/$$/fd").expect(0)
    lines = became.out.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("SigBlk"))
    assert signals_of_programs(lines[at:at + 3]) == signals_of_programs(plain.splitlines())
    own = [fd for fd in lines[at + 3:] if int(fd) > 2 and int(fd) < 10]
    assert own == [], became


@pytest.mark.parametrize("verb", [WAIT, ["migrate"]])
def test_S41_a_gate_that_stays_shut_never_starts_the_command(service, verb):
    service.folder.add("1_broken.sql", "CRATE TABLE users (id INTEGER);\n")
    shut = ["wait", "--timeout", "300ms"] if verb == WAIT else verb
    ended = service.run(*shut, "--", "sh", "-c", "echo started").expect(4 if verb == WAIT else 5)
    assert "started" not in ended.text


def test_S41_a_command_that_is_absent_or_not_executable(service):
    service.folder.add_all(numbered_tables(1))
    service.migrate()
    plain_file = os.path.join(service.place, "plain")
    Folder(service.place).add("plain", "text")
    assert "no-such-program" in service.run("migrate", "--", "no-such-program").expect(127).err
    assert plain_file in service.run(*WAIT, "--", plain_file).expect(126).err

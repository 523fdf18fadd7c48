"""S12: kill -9 of the holder at every statement; another replica completes the run."""

import os
import random
import time

import pytest

from holds import Hold, busy, hold
from limits import until

# Every statement is preceded and followed by a place where a test can stop the run.
STATEMENTS = [
    (1, ["CREATE TABLE counter (value INTEGER)", "INSERT INTO counter VALUES (0)"]),
    (2, ["UPDATE counter SET value = value + 1", "CREATE TABLE users (id INTEGER)",
         "INSERT INTO users VALUES (1)"]),
    (3, ["ALTER TABLE users ADD COLUMN name TEXT", "UPDATE counter SET value = value + 10"]),
]
PLACES = sum(len(statements) + 1 for _, statements in STATEMENTS)


def pg_files():
    place = 0
    files = {}
    for version, statements in STATEMENTS:
        text = ""
        for statement in statements:
            place += 1
            text += hold(place) + statement + ";\n"
        place += 1
        files[f"{version}_step_{version}.sql"] = text + hold(place)
    return files


def expect_right_outcome(service):
    database = service.database
    assert service.applied() == [1, 2, 3]
    assert database.query("SELECT value FROM counter") == [(11,)]
    assert database.query("SELECT id, name FROM users") == [(1, None)]
    assert [name for name in database.tables() if not name.startswith("tidegate")] == [
        "counter", "users"]
    assert service.verdict() == "open"


# A lease runs out in 12 s, so it is tried at a few places: inside each migration's transaction.
EACH_PLACE = [(route, place) for route in ("pg_service", "pooled_service")
              for place in range(1, PLACES + 1)] + [("leased_service", place)
                                                    for place in (1, 5, PLACES)]


@pytest.mark.parametrize("route, place", EACH_PLACE)
def test_S12_the_holder_is_killed_at_each_statement(request, route, place):
    pg_service = request.getfixturevalue(route)
    pg_service.folder.add_all(pg_files())

    with Hold(pg_service.database, place) as held:
        holder = pg_service.start("migrate")
        held.wait_until_reached(holder)
        successor = pg_service.start("migrate")
        holder.kill()

    successor.expect(0)
    expect_right_outcome(pg_service)


def test_S12_take_over_out_of_a_statement_that_would_last_for_ever(routed_service):
    pg_service = routed_service
    database = pg_service.database
    pg_service.folder.add("1_users.sql", "CREATE TABLE users (id INTEGER);\n")
    pg_service.folder.add("2_long.sql", "INSERT INTO users VALUES (1);\n"
                          "SELECT pg_sleep(CASE WHEN to_regclass('short') IS NULL THEN 100000 "
                          "ELSE 0 END);\n")
    holder = pg_service.start("migrate")
    until(lambda: [s for s in database.sessions() if s["wait_event"] == "PgSleep"], "the sleep")
    successor = pg_service.start("migrate")
    # Whoever comes next finds the statement short.
    database.query("CREATE TABLE short ()")

    killed_at = time.monotonic()
    holder.kill()
    successor.expect(0)

    print(f"take-over: {time.monotonic() - killed_at:.2f} s")
    assert pg_service.applied() == [1, 2]
    assert database.query("SELECT id FROM users") == [(1,)]


# `make chaos` asks for hundreds.
SEEDS = int(os.environ.get("TIDEGATE_SEEDS", "6"))


@pytest.mark.parametrize("route", ["sqlite_service", "pg_service", "pooled_service"])
@pytest.mark.parametrize("seed", range(SEEDS))
def test_S12_the_holder_is_killed_at_any_moment(request, route, seed):
    """Several holders in a row die at a random moment, with others waiting."""
    service = request.getfixturevalue(route)
    chance = random.Random(seed)
    for version, statements in STATEMENTS:
        service.folder.add(f"{version}_step_{version}.sql", ";\n".join(statements) + ";\n")
    started_at = time.monotonic()
    service.run("migrate", "--dry-run")
    usual_s = time.monotonic() - started_at

    for _ in range(4):
        replicas = [service.start("migrate") for _ in range(3)]
        time.sleep(chance.uniform(0, 1.5 * usual_s))
        for replica in replicas:
            replica.kill()
    survivors = [service.start("migrate") for _ in range(3)]

    for replica in survivors:
        replica.expect(0)
    expect_right_outcome(service)


SQLITE_STATEMENTS = sum(2 * len(statements) for _, statements in STATEMENTS)


@pytest.mark.parametrize("journal", ["delete", "wal"])
@pytest.mark.parametrize("nth", range(1, SQLITE_STATEMENTS + 1))
def test_S12_a_file_s_holder_is_killed_at_each_statement(sqlite_service, nth, journal):
    sqlite_service.database.query(f"PRAGMA journal_mode = {journal}")
    for version, statements in STATEMENTS:
        sqlite_service.folder.add(f"{version}_step_{version}.sql", "".join(
            busy(500_000) + statement + ";\n" for statement in statements))

    holder = sqlite_service.start("--log-format", "json", "--log-sql", "migrate")
    until(lambda: len(holder.events("statement_started")) >= nth or not holder.running(),
          f"statement {nth}")
    successor = sqlite_service.start("migrate")
    holder.kill()

    successor.expect(0)
    expect_right_outcome(sqlite_service)

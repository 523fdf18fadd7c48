"""S34: the application's own locks are in a migration's way, and its traffic must go on."""

import threading

import pytest

from folder import create_table
from limits import until
from watch import Watch

ALTER = "UPDATE counter SET value = value + 1;\nALTER TABLE users ADD COLUMN name TEXT;\n"


@pytest.fixture
def blocked(routed_service):
    """A service whose second migration needs a table that its application reads for ever."""
    service = routed_service({"1_users.sql": create_table("users") + create_table("pets") +
                              "CREATE TABLE counter AS SELECT 0 AS value;\n"})
    service.migrate()
    service.folder.add("2_users_name.sql", ALTER)
    service.application = service.database.connect()
    service.application.autocommit = False
    with service.application.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM users")
    yield service
    service.application.close()


class Traffic(Watch):
    """Short reads of a table, one after the other, from another session."""

    def __init__(self, database):
        super().__init__(self._read, pause_s=0.01)
        self.connection = database.connect()

    def _read(self):
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM users")

    @property
    def count(self):
        return len(self.seen)

    def __exit__(self, *error):
        super().__exit__(*error)
        self.connection.close()


def retries(replica):
    return replica.events("step_retried")


def test_S34_a_blocked_migration_gives_up_and_lets_traffic_through(blocked):
    with Traffic(blocked.database) as traffic:
        replica = blocked.start("--log-format", "json", "migrate", "--lock-timeout", "300ms")
        counts = [traffic.count]
        # Each try queues the reads behind it until it gives up; then they go on.
        for attempt in range(1, 5):
            until(lambda: len(retries(replica)) >= attempt, f"retry {attempt}")
            seen = traffic.count
            until(lambda: traffic.count > seen + 5, "reads after a try")
            counts.append(traffic.count)
        replica.expect(5)
        seen = traffic.count
        until(lambda: traffic.count > seen + 5, "reads after the last try")

    told = retries(replica)
    assert len(told) == 4, "it is tried a bounded number of times"
    assert all(event["error"]["server_code"] == "55P03" for event in told)
    pauses = [event["pause_ms"] for event in told]
    assert pauses[-1] > pauses[0], f"the pauses grow: {pauses}"
    assert blocked.applied() == [1]
    assert blocked.database.query("SELECT value FROM counter") == [(0,)]


def test_S34_it_goes_on_when_the_application_lets_go(blocked):
    replica = blocked.start("--log-format", "json", "migrate", "--lock-timeout", "300ms")
    until(lambda: retries(replica), "a retry: this one has the lock")
    waiter = blocked.start("migrate").wait_for("wait")
    # The migrators' own lock is kept meanwhile: whoever waits doesn't add to the queue.
    assert waiter.running() and not waiter.events("step_started")
    blocked.application.rollback()

    replica.expect(0)
    waiter.expect(0)
    assert blocked.applied() == [1, 2]
    assert blocked.database.query("SELECT value FROM counter") == [(1,)]


def test_S34_a_file_s_own_timeout_beats_the_flag(blocked):
    blocked.folder.add("2_users_name.sql", "-- tidegate: lock-timeout 100ms\n" + ALTER)
    replica = blocked.start("--log-format", "json", "migrate", "--lock-timeout", "1h")
    until(lambda: retries(replica), "a retry")
    blocked.application.rollback()
    replica.expect(0)


def test_S34_a_deadlock_is_tried_again(routed_service):
    """The application has one table and wants the other, the migration the other way round."""
    service = routed_service({"1_users.sql": create_table("users") + create_table("pets") +
                              "CREATE TABLE counter AS SELECT 0 AS value;\n"})
    service.migrate()
    service.folder.add("2_both.sql", "UPDATE counter SET value = value + 1;\n"
                       "LOCK TABLE pets;\nLOCK TABLE users;\n")
    database = service.database
    application = database.connect()
    with application.cursor() as cursor:
        # So that it is the migrator that the server picks.
        cursor.execute("SET deadlock_timeout = '1h'; BEGIN; LOCK TABLE users")
    replica = service.start("--log-format", "json", "migrate", "--lock-timeout", "1h")
    until(lambda: database.query("SELECT 1 FROM pg_locks WHERE NOT granted"), "it to wait")

    def go_on():
        with application.cursor() as cursor:
            cursor.execute("LOCK TABLE pets; COMMIT")

    thread = threading.Thread(target=go_on)
    thread.start()
    replica.expect(0)
    thread.join()
    application.close()
    assert [event["error"]["server_code"] for event in retries(replica)] == ["40P01"]
    assert service.applied() == [1, 2]
    assert database.query("SELECT value FROM counter") == [(1,)]

"""S10, S38: more replicas than the server has connections, and hundreds that wait."""

import os
import threading
import time

from folder import create_table, numbered_tables
from holds import Hold, hold
from limits import until

SANITIZED = bool(os.environ.get("TIDEGATE_TEST_SANITIZED"))
# Two hundred sanitized processes need more memory than a small machine has.
REPLICAS = int(os.environ.get("TIDEGATE_CROWD", "60" if SANITIZED else "200"))


# They are held up for as long as a test likes.
MIGRATE = ("migrate", "--lock-timeout", "1h")


class Watch:
    """Samples something in the background until it is left."""

    def __init__(self, sample, pause_s=0.1):
        self.sample, self.pause_s = sample, pause_s
        self.seen = []
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while not self._ends.wait(self.pause_s):
            self.seen.append(self.sample())

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        self._thread.join()


def small_server(own_postgres):
    server = own_postgres(max_connections=20, superuser_reserved_connections=3)
    server.psql("CREATE ROLE app LOGIN")
    return server


def test_S10_many_replicas_at_a_server_with_few_connections(own_postgres, routed_service):
    server = small_server(own_postgres)
    service = routed_service({**numbered_tables(5), "6_counter.sql":
                              "CREATE TABLE counter AS SELECT 1 AS value;\n" + hold(1)},
                             server=server, user="app")
    database = service.database

    with Hold(database) as held:
        replicas = [service.start(*MIGRATE) for _ in range(REPLICAS)]
        until(held.held_up, "a holder")
        # Each has been there, found the holder and left, or is on its way in.
        until(lambda: sum("waiting" in replica.text for replica in replicas) == REPLICAS - 1,
              "all others to wait")
        sessions = database.sessions()
        # The service's own connections find room while they wait.
        own = [server.connect(database.name, "app") for _ in range(5)]
        for connection in own:
            connection.close()
        assert all(replica.running() for replica in replicas)

    for replica in replicas:
        replica.expect(0)
        assert "error" not in replica.text, replica
    print(f"{REPLICAS} replicas, {len(sessions)} sessions at a moment of the wait")
    assert service.applied() == [1, 2, 3, 4, 5, 6]
    assert database.query("SELECT value FROM counter") == [(1,)]


def test_S10_gates_at_a_server_with_few_connections(own_postgres, routed_service):
    server = small_server(own_postgres)
    service = routed_service(numbered_tables(3), server=server, user="app")
    gates = [service.start("wait", "--timeout", "1h") for _ in range(REPLICAS)]
    until(lambda: sum("nobody" in gate.text for gate in gates) == REPLICAS, "all gates to look")

    service.migrate()

    for gate in gates:
        gate.expect(0)
    assert service.applied() == [1, 2, 3]


def test_S10_a_role_with_few_connections(own_postgres, routed_service):
    """It needn't be the server that is short of them."""
    server = own_postgres()
    server.psql("CREATE ROLE app LOGIN CONNECTION LIMIT 4")
    service = routed_service({"1_held.sql": create_table("held") + hold(1)}, server=server,
                             user="app")
    with Hold(service.database) as held:
        replicas = [service.start(*MIGRATE) for _ in range(12)]
        until(held.held_up, "a holder")
        until(lambda: sum("waiting" in replica.text for replica in replicas) == 11, "the others")
    for replica in replicas:
        replica.expect(0)


def test_S10_the_holder_dies_at_a_full_server(own_postgres, routed_service):
    """Those who left come back, and one of them takes over."""
    server = small_server(own_postgres)
    service = routed_service({"1_counter.sql": "CREATE TABLE counter AS SELECT 1 AS value;\n",
                              "2_held.sql": "UPDATE counter SET value = value + 1;\n" + hold(1)},
                             server=server, user="app")
    with Hold(service.database) as held:
        holder = service.start(*MIGRATE)
        held.wait_until_reached(holder)
        replicas = [service.start(*MIGRATE) for _ in range(40)]
        until(lambda: sum("waiting" in replica.text for replica in replicas) == 40, "the others")
        first = held.held_up()
        holder.kill()
        until(lambda: [pid for pid in held.held_up() if pid not in first], "a successor")
    for replica in replicas:
        replica.expect(0)
    assert service.database.query("SELECT value FROM counter") == [(2,)]


def ticks_of(replica):
    """Processor time so far, in seconds."""
    with open(f"/proc/{replica.pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_S38_hundreds_wait_and_cost_next_to_nothing(own_postgres, routed_service):
    """At most one connection each, few looks, no processor time to speak of, and all open at once.

    `make chaos` has five hundred of them wait for five minutes.
    """
    server = own_postgres()
    server.psql("CREATE ROLE app LOGIN")
    service = routed_service({"1_held.sql": create_table("held") + hold(1)}, server=server,
                             user="app")
    database = service.database
    watched_s = float(os.environ.get("TIDEGATE_CROWD_S", "10"))

    def transactions():
        return int(server.psql("SELECT xact_commit + xact_rollback FROM pg_stat_database "
                               f"WHERE datname = '{database.name}'"))

    with Hold(database) as held:
        holder = service.start(*MIGRATE)
        held.wait_until_reached(holder)
        half = REPLICAS // 2
        replicas = [service.start("wait", "--timeout", "1h") for _ in range(half)]
        replicas += [service.start(*MIGRATE) for _ in range(REPLICAS - half)]
        until(lambda: sum("wait" in replica.text for replica in replicas) == REPLICAS,
              "all to wait")
        time.sleep(3)  # Their first pauses are short.
        before = transactions()
        ticks = sum(ticks_of(replica) for replica in replicas)
        started = time.monotonic()
        with Watch(lambda: int(server.psql(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'tidegate %'"
        ))) as watch:
            time.sleep(watched_s)
        took_s = time.monotonic() - started
        per_second = (transactions() - before) / took_s
        processor = (sum(ticks_of(replica) for replica in replicas) - ticks) / took_s
    released = time.monotonic()
    for replica in [holder, *replicas]:
        replica.expect(0)
    print(f"{REPLICAS} replicas: {max(watch.seen)} sessions at most, {per_second:.0f} transactions "
          f"a second, {100 * processor / REPLICAS:.2f} % of a processor each, all done within "
          f"{time.monotonic() - released:.1f} s of the end")
    # A look is six transactions. However many replicas there are, they look as often as some dozens
    # would that look once a second.
    assert per_second < 6 * 100
    assert max(watch.seen) <= 1 + REPLICAS
    assert processor / REPLICAS < 0.02

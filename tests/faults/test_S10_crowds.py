"""S10, S38: more replicas than the server has connections, and hundreds that wait."""

import os

from crowd import MIGRATE, crowd_of, expect_waiting_to_cost_little
from folder import create_table, numbered_tables
from holds import Hold, hold
from limits import until

# Two hundred sanitized processes need more memory than a small machine has.
REPLICAS = crowd_of(60 if os.environ.get("TIDEGATE_TEST_SANITIZED") else 200)


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


def test_S38_hundreds_wait_and_cost_next_to_nothing(own_postgres, routed_service):
    """`make chaos` has five hundred of them wait for five minutes."""
    server = own_postgres()
    server.psql("CREATE ROLE app LOGIN")
    service = routed_service({"1_held.sql": create_table("held") + hold(1)}, server=server,
                             user="app")

    def sessions():
        return int(server.psql("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE "
                               "'tidegate %'"))

    def transactions():
        return int(server.psql("SELECT xact_commit + xact_rollback FROM pg_stat_database "
                               f"WHERE datname = '{service.database.name}'"))

    expect_waiting_to_cost_little(service, REPLICAS, sessions, transactions, reads_of_a_look=6)

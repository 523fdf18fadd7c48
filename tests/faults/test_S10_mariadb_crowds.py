"""S10, S38 on MariaDB: more replicas than the server has connections, and a crowd that waits."""

from crowd import MIGRATE, crowd_of, expect_waiting_to_cost_little
from databases import MysqlDatabase
from folder import create_table
from holds import Hold, hold
from limits import until

WAITERS = crowd_of(40)


def crowd_at(server, make_service):
    database = MysqlDatabase(server, "app")
    server.query("CREATE USER app@'%'")
    server.query("GRANT ALL ON app.* TO app@'%'")
    database.create()
    database.url = server.url("app", "app")
    return make_service(database, {"1_held.sql": create_table("held") + hold(1, "mysql")})


def test_S10_many_replicas_at_a_mariadb_with_few_connections(own_mariadb, make_service):
    """Who waits leaves room: for the service, and for whoever takes over."""
    server = own_mariadb(max_connections=20)
    service = crowd_at(server, make_service)
    with Hold(service.database) as held:
        replicas = [service.start(*MIGRATE) for _ in range(30)]
        until(held.held_up, "a holder")
        until(lambda: sum("waiting" in replica.text for replica in replicas) == 29, "the others")
        for connection in [server.connect("app", "app") for _ in range(4)]:
            connection.close()
        assert all(replica.running() for replica in replicas)
    for replica in replicas:
        replica.expect(0)
    assert service.applied() == [1]


def test_S38_a_crowd_waits_at_mariadb_and_costs_next_to_nothing(own_mariadb, make_service):
    server = own_mariadb(max_connections=4 * WAITERS)
    service = crowd_at(server, make_service)

    def sessions():
        return server.query("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = "
                            "'app'")[0][0]

    def selects():
        return int(server.query("SHOW GLOBAL STATUS LIKE 'Com_select'")[0][1])

    # A look is about ten of them, and one of ours comes with each sample.
    expect_waiting_to_cost_little(service, WAITERS, sessions, selects, reads_of_a_look=10)

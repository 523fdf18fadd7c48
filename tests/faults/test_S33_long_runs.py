"""S33: a migration that takes longer than every limit of ours."""

from folder import create_table
from limits import until

# Beyond the 20 s for which the server lets a migrator be idle, and the 30 s that a look may take.
LONG_S = 32


def test_S33_a_migration_that_outlasts_every_timeout(routed_service):
    service = routed_service({
        "1_users.sql": create_table("users"),
        "2_long.sql": create_table("pets") + f"SELECT pg_sleep({LONG_S});\n" +
                      "INSERT INTO pets VALUES (1);\n",
        "3_outside.sql": "-- tidegate: no-transaction\nINSERT INTO users VALUES (1);\n"})
    holder = service.start("--holder", "orders-7", "--log-format", "json", "migrate")
    until(lambda: holder.events("step_done"), "the first migration")
    waiters = [service.start("migrate") for _ in range(2)]
    gates = [service.start("wait", "--timeout", "1h") for _ in range(2)]

    # Who is at it and how far is told to each, by the same session from the first to the last.
    def told():
        return service.status()["databases"][0].get("holder") or {}

    until(lambda: "2/3" in str(told()), "the statement at work")
    first = told()
    assert "orders-7" in str(first)
    for replica in [*waiters, *gates]:
        replica.wait_for("orders-7")
        replica.wait_for("2/3")
    sleeping = service.database.query(
        "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND "
        "datname = current_database()")
    assert len(sleeping) == 1

    for replica in [holder, *waiters, *gates]:
        replica.expect(0)
    assert not holder.events("server_awaited"), "it had one session all the time"
    assert service.applied() == [1, 2, 3]
    assert service.database.query("SELECT id FROM pets") == [(1,)]

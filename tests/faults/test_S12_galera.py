"""Galera: three nodes that know nothing of one another's locks."""

import itertools
import os
import signal
import time

import pytest

from counter import COUNT_UP
from folder import create_table, numbered_tables
from galera import ClusterDatabase
from holds import Hold, hold
from limits import until
from outcomes import note
from proxy import Proxy
from story import Findings

REPLICAS = 20
ROUNDS = int(os.environ.get("TIDEGATE_GALERA_ROUNDS", "2"))

COUNTER = "CREATE TABLE counter (value INTEGER PRIMARY KEY);\nINSERT INTO counter VALUES (0);\n"


def spread(service, cluster, *arguments, count=REPLICAS):
    """Replicas spread over the nodes: each prefers another."""
    replicas = []
    for number in range(count):
        turn = number % len(cluster.nodes)
        url = cluster.url(service.database.name, cluster.nodes[turn:] + cluster.nodes[:turn])
        replicas.append(service.start(*arguments, database=url))
    return replicas


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_S01_S02_replicas_spread_over_the_nodes(on_cluster, cluster, turn):
    service = on_cluster(turn % 3)
    service.folder.add("1_counter.sql", COUNTER)
    service.folder.add_all(numbered_tables(4, first=2))
    service.folder.add("6_count_up.sql", COUNT_UP)
    service.folder.add("7_count_more.sql", "ALTER TABLE t2 ADD COLUMN a INTEGER;\n" + COUNT_UP)

    replicas = spread(service, cluster, "migrate")

    for replica in replicas:
        replica.expect(0)
    findings = verdict(service, versions=7, counted=2)
    note("galera", f"{REPLICAS} replicas spread over three nodes", findings, 0, None)
    assert not findings, findings
    lines = [line for replica in replicas for line in replica.out.splitlines()
             if line.startswith("applied ") and "(" in line]
    assert len(lines) == 7, lines


def verdict(service, versions, counted):
    """What the history and the counter say of migrations that each may happen once."""
    findings = Findings()
    ((value,),) = service.database.query("SELECT value FROM counter")
    if value > counted:
        findings.doubled.append(f"counter {value}, expected {counted}")
    elif value < counted:
        findings.lost.append(f"counter {value}, expected {counted}")
    if service.applied() != list(range(1, versions + 1)):
        findings.wrongly_recorded.append(f"history {service.applied()}")
    return findings


def held_up_at(service, files):
    """A holder on that node that stands still in the middle of its run, and what holds it."""
    service.folder.add_all(files)
    held = Hold(service.database)
    holder = service.start("migrate")
    held.wait_until_reached(holder)
    return holder, held


FILES = {
    "1_counter.sql": COUNTER,
    "2_users.sql": create_table("users") + COUNT_UP,
    "3_held.sql": COUNT_UP + hold(1, "mysql") + COUNT_UP,
    "4_pets.sql": create_table("pets") + COUNT_UP,
}


def expect_done(service):
    assert not verdict(service, versions=4, counted=4)
    assert {"users", "pets"} <= set(service.database.tables())


def test_S02_the_cluster_aborts_a_look_that_stands_in_the_way_of_a_change(on_cluster, cluster):
    """With the words of a deadlock; it looks again. Reading so long a history takes its time."""
    service = on_cluster(0, numbered_tables(2))
    service.migrate()
    columns = ", ".join(name for (name,) in service.database.query(
        "SELECT CONCAT('`', COLUMN_NAME, '`') FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = "
        "DATABASE() AND TABLE_NAME = 'tidegate_migrations' AND COLUMN_NAME <> 'version'"))
    service.database.query(f"INSERT INTO tidegate_migrations (version, {columns}) SELECT seq, "
                           f"{columns} FROM tidegate_migrations JOIN seq_1000_to_40000 "
                           "WHERE version = 1")
    change = itertools.count(1)
    for _ in range(5):
        looks = [service.start("migrate") for _ in range(4)]
        while any(look.running() for look in looks):
            cluster.nodes[1].query(f"ALTER TABLE tidegate_migrations COMMENT '{next(change)}'",
                                   service.database.name)
            time.sleep(0.3)
        for look in looks:
            look.expect(0)


def elsewhere(service, cluster, node):
    """The same database, asked on another node."""
    return ClusterDatabase(cluster.nodes[node], service.database.name)


def test_S12_S17_the_holder_s_node_is_killed(on_cluster, cluster):
    """The holder and a replica of another node go on without it."""
    service = on_cluster(0)
    holder, held = held_up_at(service, FILES)
    waiter = spread(service, cluster, "migrate", count=2)[1]
    waiter.wait_for("waiting")

    cluster.nodes[0].stop("immediate")

    service.database = elsewhere(service, cluster, 1)
    waiter.expect(0)
    holder.expect(0)
    expect_done(service)
    assert held.number == 1


def behind_a_balancer(cluster, nodes):
    """A balancer that leads to those nodes in turn, a connection each."""
    targets = [(node.address, node.port) for node in nodes]
    return Proxy(*targets[0], others=targets[1:],
                 host=cluster.switch.near if cluster.switch else None)


def sessions_on(cluster, database):
    """How many sessions in that database each node has."""
    return [node.query("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE "
                       f"DB = '{database.name}'")[0][0] for node in cluster.nodes]


def test_S17_a_balancer_leads_each_connection_to_another_node(on_cluster, cluster):
    """The lease's heart beats where the work is: if that node is cut off, both are."""
    service = on_cluster(0, FILES)
    with behind_a_balancer(cluster, cluster.nodes) as balancer:
        with Hold(service.database) as held:
            holder = service.start("migrate", database=f"mysql://root@127.0.0.1:{balancer.port}/"
                                                       f"{service.database.name}")
            held.wait_until_reached(holder)
            # The test's own, the work's and the heart's; those that were given up take a moment.
            until(lambda: sessions_on(cluster, service.database) == [3, 0, 0],
                  f"the heart beside the work: {holder}")
        holder.expect(0)
    expect_done(service)


def test_S17_a_balancer_never_leads_to_the_node_of_the_work_again(on_cluster, cluster):
    """Said, and then all is done on a node that it does lead to."""
    service = on_cluster(0, numbered_tables(2))
    others = [cluster.nodes[1]] * 50
    with behind_a_balancer(cluster, [cluster.nodes[0], *others]) as balancer:
        replica = service.run("migrate", database=f"mysql://root@127.0.0.1:{balancer.port}/"
                                                  f"{service.database.name}")
    assert "other connections lead to other nodes of the cluster" in replica.text, replica
    assert service.applied() == [1, 2]


@pytest.mark.parametrize("side", ["minority", "majority"])
def test_S17_the_cluster_is_split(on_cluster, cluster, side):
    """Two nodes against one, with the holder on either side."""
    service = on_cluster(0)
    holder, held = held_up_at(service, FILES)
    lonely = cluster.nodes[0] if side == "minority" else cluster.nodes[2]
    gate = service.start("--log-format", "json", "wait", "--timeout", "1h", "--interval", "100ms",
                         database=f"mysql://root@{lonely.address}:{lonely.port}/"
                                  f"{service.database.name}")
    until(lambda: '"running"' in gate.text, "the gate to see the holder")

    cluster.cut_off(lonely)

    until(lambda: '"unreachable"' in gate.text, f"the gate to see that it is cut off: {gate}")
    waiter = spread(service, cluster, "migrate", count=2)[1]
    if side == "majority":
        held.release()
    service.database = elsewhere(service, cluster, 1)
    waiter.expect(0)
    if side == "minority":
        held.release()
    holder.expect(0)
    expect_done(service)
    assert gate.running(), gate
    cluster.mend()
    gate.expect(0)


def test_S17_a_node_that_is_behind_is_unreachable(on_cluster, cluster):
    """Never `open`, though all is there; and the next host of the URL is asked instead."""
    service = on_cluster(0)
    service.folder.add_all(numbered_tables(2))
    service.migrate()
    node = cluster.nodes[2]
    alone = f"mysql://root@{node.address}:{node.port}/{service.database.name}"
    assert service.verdict(database=alone) == "open"
    node.query("SET GLOBAL wsrep_desync = ON")
    try:
        assert service.verdict(database=alone) == "unreachable"
        gate = service.start("--log-format", "json", "wait", "--timeout", "1h", "--interval",
                             "100ms", database=alone).wait_for('"unreachable"')
        both = cluster.url(service.database.name, [node, cluster.nodes[0]])
        service.start("wait", "--timeout", "1h", database=both).expect(0)
        assert gate.running(), gate
    finally:
        node.query("SET GLOBAL wsrep_desync = OFF")
    gate.expect(0)


def test_S16_a_holder_that_stands_still_for_less_than_a_lease_keeps_it(on_cluster, cluster):
    """Though its heart misses some beats, which who waits has watched."""
    service = on_cluster(0)
    holder, held = held_up_at(service, FILES)
    waiter = spread(service, cluster, "migrate", count=2)[1].wait_for("waiting")

    holder.signal(signal.SIGSTOP)
    time.sleep(9)  # of the 14 s of a lease, and the 10 s of a session
    holder.signal(signal.SIGCONT)
    held.release()

    holder.expect(0)
    assert "applied" not in waiter.expect(0).out, waiter
    assert "applied 4 migrations" in holder.out, holder
    expect_done(service)


def test_S16_a_frozen_holder_loses_its_lease(on_cluster, cluster):
    service = on_cluster(0)
    holder, held = held_up_at(service, FILES)
    holder.signal(signal.SIGSTOP)
    held.release()
    successor = spread(service, cluster, "migrate", count=2)[1]

    successor.expect(0)

    expect_done(service)
    before = service.database.query("SELECT * FROM tidegate_migrations ORDER BY version")
    holder.signal(signal.SIGCONT).wait()
    assert holder.code not in (0, 7), holder
    expect_done(service)
    assert service.database.query(
        "SELECT * FROM tidegate_migrations ORDER BY version") == before


def test_S33_a_change_that_stops_the_cluster_for_longer_than_a_lease(on_cluster, cluster):
    """No heartbeat gets through meanwhile, and nobody takes the lease of who is alive."""
    service = on_cluster(0)
    service.folder.add("1_large.sql", "CREATE TABLE large (id INTEGER PRIMARY KEY);\n"
                       "INSERT INTO large SELECT seq FROM seq_1_to_150;\n")
    service.folder.add("2_slow.sql", "ALTER TABLE large ADD COLUMN a CHAR(64) AS "
                       "(SHA2(REPEAT(CHAR(64 + id % 64), 15000000), 256)) STORED;\n")
    holder = service.start("migrate")
    holder.wait_for("applied 1 large")
    others = spread(service, cluster, "migrate", count=4)
    holder.expect(0, limit_s=180)
    assert "applied 2 slow" in holder.out, holder
    for other in others:
        other.expect(0)
        assert "applied 2 slow" not in other.out, other

"""Strikes a Galera cluster, or the holders on it, while several runs are in the middle of it.

A strike of a node meets all that use it. So each strike has several runs, each of a database of its
own and through a proxy of its own, which keeps it at its boundary until all are at theirs.
"""

import concurrent.futures
import dataclasses
import signal
import threading
import time
import traceback

from limits import LIMIT_S, until
from outcomes import note
from proxy import Proxy, Trap


@dataclasses.dataclass(frozen=True)
class Strike:
    name: str
    begin: object  # what befalls (cluster, holders); the first node is the holders'
    end: object = lambda cluster, holders: None  # before the holders' own ends are waited for
    codes: tuple = ()  # a holder's, besides those of the story and of who was cut off


def kill(cluster, holders):
    for holder in holders:
        holder.kill()


def freeze(cluster, holders):
    for holder in holders:
        holder.signal(signal.SIGSTOP)


def wake(cluster, holders):
    for holder in holders:
        holder.signal(signal.SIGCONT)


def freeze_node(cluster, holders):
    cluster.nodes[0].freeze()


def wake_node(cluster, holders):
    cluster.nodes[0].thaw()


STRIKES = [
    Strike("holder killed", kill, codes=(137,)),
    Strike("holder frozen past its lease", freeze, wake),
    Strike("holder's node killed", lambda cluster, _: cluster.nodes[0].stop("immediate")),
    Strike("holder's node cut off", lambda cluster, _: cluster.cut_off(cluster.nodes[0])),
    Strike("another node cut off", lambda cluster, _: cluster.cut_off(cluster.nodes[2])),
    Strike("holder's node frozen", freeze_node, wake_node),
]


class Run:
    """One holder, kept at its boundary, and what came of it."""

    def __init__(self, cluster, service, story, boundary, struck):
        self.cluster, self.service, self.story = cluster, service, story
        self.boundary, self.struck = boundary, struck
        self.arrived = threading.Event()
        first = cluster.nodes[0]
        trap = Trap(boundary.kind, boundary.number, self._stand_still, go_on=True)
        self.proxy = Proxy(first.address, first.port, trap=trap, protocol="mysql",
                           host=cluster.switch.near if cluster.switch else None)
        others = ",".join(f"{node.address}:{node.port}" for node in cluster.nodes[1:])
        self.url = f"mysql://root@127.0.0.1:{self.proxy.port},{others}/{service.database.name}"
        self.holder = service.start("migrate", database=self.url, name="holder")

    def _stand_still(self):
        """On the proxy's thread: nothing goes through until all are struck."""
        self.arrived.set()
        self.struck.wait(LIMIT_S)

    def is_ready(self):
        return self.arrived.is_set() or not self.holder.running()

    def succeed(self, struck_at):
        """Another replica, on another node, brings the work to its end."""
        self.service.database.server = self.cluster.nodes[1]
        self.successor, self.questions = self.story.finish(self.service, limit_s=4 * LIMIT_S)
        self.seconds = None if self.questions else time.monotonic() - struck_at

    def judge(self, strike):
        """What is there in the end on each node, compared with the one right outcome."""
        _, later = self.story.finish(self.service)
        until(lambda: self._same_everywhere(), "the nodes agree")
        findings = self.story.check(self.service)
        note("galera", strike.name, findings, self.questions + later, self.seconds)
        assert not findings, f"{findings}\n{self.holder}\n{self.successor}"
        codes = {self.story.code, 7, 1, 6, *strike.codes}
        assert self.holder.code in codes, self.holder

    def _same_everywhere(self):
        rows = [node.query("SELECT (SELECT COUNT(*) FROM tidegate_migrations), value FROM counter",
                           self.service.database.name) for node in self.cluster.nodes]
        return rows[0] == rows[1] == rows[2]


def count_messages(cluster, service):
    """How many messages each side sends in a whole run of that service, which is then undone."""
    first = cluster.nodes[0]
    with Proxy(first.address, first.port, count_messages=True, protocol="mysql",
               host=cluster.switch.near if cluster.switch else None) as proxy:
        service.run("migrate", database=f"mysql://root@127.0.0.1:{proxy.port}/"
                                        f"{service.database.name}")
    service.database.empty()
    return proxy.messages()


def strike_at_once(cluster, strike, story, places):
    """Strikes runs, each at its boundary: `places` are pairs of a service and a boundary."""
    struck = threading.Event()
    runs = []
    try:
        for service, boundary in places:
            runs.append(Run(cluster, service, story, boundary, struck))
        until(lambda: all(run.is_ready() for run in runs), "the runs at their boundaries")
        struck_at = time.monotonic()
        strike.begin(cluster, [run.holder for run in runs])
        struck.set()
        problems = _each(runs, lambda run: run.succeed(struck_at))
        strike.end(cluster, [run.holder for run in runs])
        cluster.make_whole()
        problems += _each(runs, lambda run: run.holder.wait())
        problems += _each(runs, lambda run: run.judge(strike))
    finally:
        struck.set()
        for run in runs:
            run.proxy.close()
    assert not problems, f"{strike.name}: {len(problems)}:\n" + "\n\n".join(problems[:5])


def _each(runs, action):
    """Does it for all at once; returns what went wrong."""
    def one(run):
        try:
            action(run)
        except Exception as problem:  # whatever it is, the others go on
            told = "".join(traceback.format_exception(problem))
            return f"{run.boundary}: {told}"
        return None

    with concurrent.futures.ThreadPoolExecutor(len(runs)) as pool:
        return [problem for problem in pool.map(one, runs) if problem]

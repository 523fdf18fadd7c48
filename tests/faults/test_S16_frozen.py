"""S16: the holder is stopped, another takes over, and the holder wakes up."""

import os
import signal
import time

from limits import LIMIT_S, until
from outcomes import note
from proxy import Proxy, Trap
from story import Findings, Story

# What the scenario allows for a take-over: 60 s, and more to a sanitized binary.
TAKE_OVER_S = LIMIT_S
# Longer than a migrator gives a server for the answer to a look.
LONGER_THAN_A_LOOK_S = 31


class Frozen:
    """A holder that is stopped at one of its messages, and the replica that waits for it."""

    def __init__(self, service, side, after, story):
        self.service, self.side, self.after, self.story = service, side, after, story
        self.proxy = Proxy(service.route.host, service.route.port,
                           trap=Trap(side, after, self.freeze, go_on=True),
                           protocol=story.engine)
        self.pid = None
        self.frozen_at = None
        self.holder = service.start("--log-format", "json", "migrate",
                                    database=service.route.url(service.database,
                                                               port=self.proxy.port))
        self.pid = self.holder.pid
        until(self.proxy.sprung.is_set, f"message {after} of the {side}")
        self.successor = service.start("--log-format", "json", "migrate")

    def freeze(self):
        until(lambda: self.pid, "its pid")
        os.kill(self.pid, signal.SIGSTOP)
        self.frozen_at = time.monotonic()

    def expect_take_over(self):
        self.successor.wait(self.frozen_at + TAKE_OVER_S - time.monotonic())
        self.questions, self.seconds = 0, time.monotonic() - self.frozen_at
        if self.successor.code == 7:
            _, self.questions = self.story.finish(self.service)
        else:
            assert self.successor.code == self.story.code, (self.side, self.after, self.successor)

    def expect_no_harm_from_the_old_one(self):
        before = self.service.database.query("SELECT * FROM tidegate_migrations ORDER BY version")
        assert not self.story.check(self.service), self.story.check(self.service)
        self.holder.signal(signal.SIGCONT).wait()
        findings = self.story.check(self.service)
        note(f"{self.story.engine}, {self.service.route_name}", "stopped, and woken up later",
             findings, self.questions, None if self.questions else self.seconds)
        assert not findings, findings
        assert self.service.database.query(
            "SELECT * FROM tidegate_migrations ORDER BY version") == before
        if self.holder.events("run_started") and (
                self.successor.events("step_done") or self.successor.code == 7):
            assert self.holder.code not in (0, 7), self.holder
        # Nobody limited its time, so it never says that this has run out.
        assert self.holder.code != 4, self.holder
        self.proxy.close()


def positions(service, wanted):
    """That many of a run's messages of each side, first and last among them."""
    with Proxy(service.route.host, service.route.port, count_messages=True) as proxy:
        service.run("migrate", database=service.route.url(service.database, port=proxy.port))
    for side, count in proxy.messages().items():
        for step in range(wanted):
            yield side, 1 + step * (count - 2) // (wanted - 1)


def start_at_each_part(routed_service):
    """Holders of both stories, each of them stopped at another message."""
    wanted = int(os.environ.get("TIDEGATE_FROZEN", "8"))
    for ending in ("done", "fails"):
        story = Story("postgres", ending)
        measured = routed_service(story.files, folder=f"measured_{ending}")
        for side, after in positions(measured, wanted):
            service = routed_service(story.files, folder=f"{ending}_{side}_{after}")
            yield Frozen(service, side, after, story)


class LongRun:
    """Right by its counter: more than is sent at once, so the server waits for the rest."""

    code, engine = 0, "postgres"

    def write(self, service):
        service.folder.add("1_counter.sql", "CREATE TABLE counter AS SELECT 0 AS value;\n")
        count = f"UPDATE counter SET value = value + length('{10_000 * 'x'}') / 10000;\n"
        for version in range(2, 12):
            service.folder.add(f"{version}_count_{version}.sql", 10 * count)
        return service

    def check(self, service):
        assert service.applied() == list(range(1, 12))
        assert service.database.query("SELECT value FROM counter") == [(100,)]
        return Findings()


def test_S16_the_holder_is_stopped_anywhere_in_a_run(routed_service):
    """Between two bursts of a long run, too: the server must not wait for the rest for ever."""
    long_run = LongRun()
    frozen = [Frozen(long_run.write(routed_service(folder="long")), "client", 400, long_run),
              *start_at_each_part(routed_service)]
    for one in frozen:
        one.expect_take_over()
    for one in frozen:
        one.expect_no_harm_from_the_old_one()
    assert frozen[0].holder.code not in (0, 7), frozen[0].holder


def test_S16_a_replica_stands_still_for_longer_than_a_look_may_take(routed_service,
                                                                    mariadb_service):
    """At each of its first messages, with the lock and without: it comes back, or says why not."""
    frozen = []
    for engine, make, messages in (("postgres", routed_service, range(1, 41, 3)),
                                   ("mysql", mariadb_service, range(1, 15))):
        story = Story(engine)
        frozen += [Frozen(make(story.files, folder=f"{engine}_{after}"), "client", after, story)
                   for after in messages]
    for one in frozen:
        one.expect_take_over()
    time.sleep(max(0, frozen[-1].frozen_at + LONGER_THAN_A_LOOK_S - time.monotonic()))
    for one in frozen:
        one.expect_no_harm_from_the_old_one()

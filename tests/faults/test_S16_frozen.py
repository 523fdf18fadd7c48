"""S16: the holder is stopped, another takes over, and the holder wakes up."""

import os
import signal
import time

from limits import until
from proxy import Proxy, Trap
from story import Story

# What the scenario allows for a take-over.
TAKE_OVER_S = 60


class Frozen:
    """A holder that is stopped at one of its messages, and the replica that waits for it."""

    def __init__(self, service, side, after, story):
        self.service, self.side, self.after, self.story = service, side, after, story
        self.proxy = Proxy(service.route.host, service.route.port,
                           trap=Trap(side, after, self.freeze, go_on=True))
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
        left_s = self.frozen_at + TAKE_OVER_S - time.monotonic()
        self.successor.wait(left_s)
        if self.successor.code == 7:
            self.story.finish(self.service)
        else:
            assert self.successor.code == self.story.code, (self.side, self.after, self.successor)
        print(f"{self.side} {self.after}: exit {self.successor.code} after "
              f"{time.monotonic() - self.frozen_at:.0f} s or less")

    def expect_no_harm_from_the_old_one(self):
        before = self.service.database.query("SELECT * FROM tidegate_migrations ORDER BY version")
        assert not self.story.check(self.service), self.story.check(self.service)
        self.holder.signal(signal.SIGCONT).wait()
        assert not self.story.check(self.service), self.story.check(self.service)
        assert self.service.database.query(
            "SELECT * FROM tidegate_migrations ORDER BY version") == before
        if self.holder.events("run_started") and (
                self.successor.events("step_done") or self.successor.code == 7):
            assert self.holder.code not in (0, 7), self.holder
        self.proxy.close()


def positions(service, wanted):
    """That many of a run's messages of each side, first and last among them."""
    with Proxy(service.route.host, service.route.port, count_messages=True) as proxy:
        service.run("migrate", database=service.route.url(service.database, port=proxy.port))
    for side, count in proxy.messages().items():
        for step in range(wanted):
            yield side, 1 + step * (count - 2) // (wanted - 1)


def test_S16_the_holder_is_stopped_anywhere_in_a_run(routed_service):
    wanted = int(os.environ.get("TIDEGATE_FROZEN", "8"))
    frozen = []
    for ending in ("done", "fails"):
        story = Story("postgres", ending)
        measured = routed_service(story.files, folder=f"measured_{ending}")
        frozen += [Frozen(routed_service(story.files, folder=f"{ending}_{side}_{after}"), side,
                          after, story) for side, after in positions(measured, wanted)]
    for one in frozen:
        one.expect_take_over()
    for one in frozen:
        one.expect_no_harm_from_the_old_one()


def test_S16_the_holder_is_stopped_between_the_bursts_of_a_long_run(routed_service):
    """More than is sent at once: the server waits for the rest, and not for ever."""
    service = routed_service({"1_counter.sql": "CREATE TABLE counter (value INTEGER);\n"
                              "INSERT INTO counter VALUES (0);\n"})
    service.migrate()
    count = f"UPDATE counter SET value = value + length('{10_000 * 'x'}') / 10000;\n"
    for version in range(2, 12):
        service.folder.add(f"{version}_count_{version}.sql", 10 * count)
    with Proxy(service.route.host, service.route.port, count_messages=True) as proxy:
        service.run("--dry-run", "migrate")
    holder = []

    def stop_it():
        until(lambda: holder, "its pid")
        os.kill(holder[0].pid, signal.SIGSTOP)

    trap = Trap("client", 250, stop_it, go_on=True)
    with Proxy(service.route.host, service.route.port, trap=trap) as proxy:
        holder.append(service.start("migrate", database=service.route.url(service.database,
                                                                          port=proxy.port)))
        until(proxy.sprung.is_set, "the holder in the middle")
        stopped_at = time.monotonic()
        service.start("migrate").expect(0, stopped_at + TAKE_OVER_S - time.monotonic())
        assert holder[0].signal(signal.SIGCONT).wait().code not in (0, 7), holder[0]
    assert service.applied() == list(range(1, 12))
    assert service.database.query("SELECT value FROM counter") == [(100,)]

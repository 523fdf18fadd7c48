"""Ends, cuts off or freezes a migrator at each boundary of a run, and looks at what comes of it."""

import concurrent.futures
import contextlib
import dataclasses
import os
import queue
import random
import signal
import subprocess
import time
import traceback

from limits import LIMIT_S, until
from outcomes import note
from proxy import Proxy, Trap
from tidegate import Replica, clean_environment

CUTS = {"kill": "killed", "cut": "connection closed", "reset": "connection reset",
        "freeze": "connection frozen, then reset"}


@dataclasses.dataclass(frozen=True)
class Boundary:
    """Where a fault strikes: after that many messages of a side, or before that system call."""

    ending: str
    fault: str
    kind: str  # `client`, `server`, or a system call's name
    number: int


def slice_of(boundaries, count):
    """All of them where TIDEGATE_SWEEP says `all`, else so many by chance; the seed is told."""
    wanted = os.environ.get("TIDEGATE_SWEEP", str(count))
    if wanted == "all":
        return boundaries
    count = int(wanted)
    seed = int(os.environ.get("TIDEGATE_SEED", random.randrange(1_000_000)))
    print(f"{count} of {len(boundaries)} boundaries, TIDEGATE_SEED={seed}")
    return random.Random(seed).sample(boundaries, min(count, len(boundaries)))


def sweep(boundaries, make_place, strike, workers=4):
    """Calls `strike(place, boundary)` for each, several at once, each in a place of its own."""
    workers = min(workers, len(boundaries))
    places = queue.SimpleQueue()
    for number in range(workers):
        places.put(make_place(number))

    def one(boundary):
        place = places.get()
        try:
            place.end()
            place.replicas.clear()
            place.database.empty()
            strike(place, boundary)
        except Exception as problem:  # whatever it is, the others go on
            told = "".join(traceback.format_exception(problem))
            print(f"{boundary}: {told}", flush=True)
            return f"{boundary}: {told}"
        finally:
            places.put(place)
        return None

    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        problems = [problem for problem in pool.map(one, boundaries) if problem]
    assert not problems, f"{len(problems)} of {len(boundaries)}:\n" + "\n\n".join(problems[:5])


# -- PostgreSQL, MariaDB: between two messages ----------------------------------------------------


# The messages with which something is done: what a client asks for, and that it is answered.
TELLING = {"client": ("?", "Q", "E", "S", "X"), "server": ("?", "C", "E", "Z")}


def message_boundaries(service, ending):
    """Each fault behind each message of a whole run of that service, which is then undone. Only
    behind messages with which something is done, where the route doesn't ask for every one."""
    with Proxy(service.route.host, service.route.port, count_messages=True,
               protocol=service.database.engine) as proxy:
        service.run("migrate", database=service.route.url(service.database, port=proxy.port))
    service.database.empty()
    for side, telling in TELLING.items():
        for number, kind in enumerate(["?", *proxy.kinds(side)]):
            if service.route.every_message or kind[0] in telling:
                for fault in CUTS:
                    yield Boundary(ending, fault, side, number)


def strike_messages(service, story, boundary):
    """One fault at one boundary, a successor, and the checker's verdict."""
    holder = []

    def kill():
        until(lambda: holder, "the holder's pid")
        with contextlib.suppress(ProcessLookupError):
            os.kill(holder[0].pid, signal.SIGKILL)

    trap = Trap(boundary.kind, boundary.number,
                kill if boundary.fault == "kill" else boundary.fault)
    with Proxy(service.route.host, service.route.port, trap=trap,
               protocol=story.engine) as proxy:
        url = service.route.url(service.database, port=proxy.port)
        holder.append(service.start("migrate", database=url))
        until(lambda: proxy.sprung.is_set() or not holder[0].running(), "the fault")
        # A killed one may be seen to have ended a moment before the fault is noted.
        if not proxy.sprung.wait(5):
            # How often a lock's heart has beaten differs from run to run, and so does its end.
            assert not service.route.every_message, f"the run has no such boundary: {holder[0]}"
            assert holder[0].code == story.code, holder[0]
            return
        struck_at = proxy.sprung_at
        successor, questions = story.finish(service)
        seconds = None if questions else time.monotonic() - struck_at
        holder[0].wait()
    # Who was killed behind its last message may have ended by itself.
    codes = {137, story.code} if boundary.fault == "kill" else {story.code, 7, 1, 6}
    assert holder[0].code in codes, holder[0]
    # One that was cut off may have come back, and may have been asked something since.
    _, later = story.finish(service)
    findings = story.check(service)
    note(f"{story.engine}, {service.route_name}", CUTS[boundary.fault], findings,
         questions + later, seconds)
    assert not findings, f"{findings}\n{holder[0]}\n{successor}"


# -- SQLite: before a system call -----------------------------------------------------------------

# What changes a file, or lets go of a lock.
SYSTEM_CALLS = ("pwrite64", "write", "fsync", "fdatasync", "ftruncate", "unlink", "close")


def strace(*arguments):
    return ["strace", "-f", "-qq", "-o", *arguments]


def traced(service, prefix, name):
    environment = clean_environment({**service.environment, "ASAN_OPTIONS": "detect_leaks=0"})
    replica = Replica([*prefix, *service.command("migrate")], service.place, environment, name)
    service.replicas.append(replica)
    return replica


def count_system_calls(service):
    """How often each is called in a whole run by the thread that makes the most of them."""
    path = os.path.join(service.place, "calls")
    traced(service, strace(path, "-e", "trace=" + ",".join(SYSTEM_CALLS)), "counted").wait()
    counts = {}
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            pid, call = line.split(None, 1)
            name = call.split("(", 1)[0]
            if name in SYSTEM_CALLS:
                counts[name, pid] = counts.get((name, pid), 0) + 1
    service.database.empty()
    return {name: max([count for (called, _), count in counts.items() if called == name],
                      default=0) for name in SYSTEM_CALLS}


def strike_system_call(service, story, boundary):
    prefix = strace("/dev/null", "-e", f"trace={boundary.kind}", "-e",
                    f"inject={boundary.kind}:signal=KILL:when={boundary.number}")
    holder = traced(service, prefix, "holder")
    holder.process.wait(LIMIT_S)
    struck_at = time.monotonic()
    successor, questions = story.finish(service)
    seconds = None if questions else time.monotonic() - struck_at
    findings = story.check(service)
    note(f"{story.engine}, file", f"killed before {boundary.kind}", findings, questions, seconds)
    assert not findings, f"{findings}\n{holder}\n{successor}"
    assert holder.code in (137, story.code), holder

"""A crowd of replicas that wait, and what that costs the server and the machine: S38."""

import dataclasses
import os
import time

from holds import Hold
from limits import until
from watch import Watch

# They are held up for as long as a test likes.
MIGRATE = ("migrate", "--lock-timeout", "1h")


def crowd_of(default):
    """How many replicas a crowd has."""
    return int(os.environ.get("TIDEGATE_CROWD", default))


@dataclasses.dataclass
class Cost:
    """What waiting cost while it was watched."""

    sessions: int  # of all of them, at most
    reads_a_second: float
    processor: float  # each one's share of one


def cost_of(replicas, sessions, reads):
    watched_s = float(os.environ.get("TIDEGATE_CROWD_S", "10"))
    before, ticks, started = reads(), processor_s(replicas), time.monotonic()
    with Watch(sessions) as seen:
        time.sleep(watched_s)
    took_s = time.monotonic() - started
    return Cost(max(seen.seen), (reads() - before) / took_s,
                (processor_s(replicas) - ticks) / took_s / len(replicas))


def processor_s(replicas):
    """Their processor time so far."""
    ticks = 0
    for replica in replicas:
        with open(f"/proc/{replica.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def expect_waiting_to_cost_little(service, count, sessions, reads, reads_of_a_look):
    """So many wait for a holder: at most one connection each, few looks, no processor time to speak
    of, and all open at once.

    `sessions()` tells how many the crowd has at the moment, `reads()` how many the server has
    answered so far. The folder's last migration ends with `hold(1)`.
    """
    with Hold(service.database) as held:
        holder = service.start(*MIGRATE)
        held.wait_until_reached(holder)
        half = count // 2
        replicas = [service.start("wait", "--timeout", "1h") for _ in range(half)]
        replicas += [service.start(*MIGRATE) for _ in range(count - half)]
        until(lambda: sum("wait" in replica.text for replica in replicas) == count, "all to wait")
        time.sleep(3)  # Their first pauses are short.
        cost = cost_of(replicas, sessions, reads)
    released = time.monotonic()
    for replica in [holder, *replicas]:
        replica.expect(0)
    print(f"{count} replicas: {cost.sessions} sessions at most, {cost.reads_a_second:.0f} reads a "
          f"second, {100 * cost.processor:.2f} % of a processor each, all done within "
          f"{time.monotonic() - released:.1f} s of the end")
    # However many replicas there are, they look as often as a hundred would that look once a
    # second.
    assert cost.reads_a_second < 100 * reads_of_a_look
    assert cost.sessions <= 1 + count
    assert cost.processor < 0.02

"""Runs the rolling updates of S44 and prints what became of them: `make rollout`."""

import sys
import tempfile

import postgres
from rollout import Fleet, tidegate


def row(*cells):
    print("{:<34} {:>9} {:>9}   {}".format(*cells), flush=True)


def held(seconds):
    return ", ".join(f"{one:.2f} s" for one in seconds)


def roll(fleet, what, version, **options):
    with fleet.load() as load:
        seconds = fleet.roll(version, **options)
    row(what, load.requests, len(load.failures), held(seconds))
    for failure in sorted(set(load.failures))[:1]:
        print("    such as", failure[:120])
    return len(load.failures)


def run(server, way, title):
    server.psql(f"CREATE DATABASE rollout_{way}")
    failed = 0
    with tempfile.TemporaryDirectory(prefix="tidegate-rollout-") as directory:
        url = server.url(f"rollout_{way}")
        with Fleet(url, directory, way) as fleet:
            print(title)
            failed += roll(fleet, "  to version 2 (expand)", 2)
            if way == "none":
                return failed
            failed += roll(fleet, "  to version 3 (contract)", 3)
            failed += roll(fleet, "  back to version 2, database ahead", 2, migrate=False)
            code, _ = tidegate(url, 1, "wait", "--timeout", "10s")
            print(f"  back to version 1, below the floor: refused with exit {code}")
            return failed + (code != 7)


def main():
    server = postgres.Postgres().start()
    try:
        row("three replicas behind HAProxy", "requests", "failed", "held, per replica")
        wrong = run(server, "replicas", "every replica migrates when it starts")
        wrong += run(server, "job", "a Job migrates, 0.3 s late; each replica waits at the gate")
        broken = run(server, "none", "no gate, nobody has migrated yet")
    finally:
        server.destroy()
    if wrong or not broken:
        sys.exit("not as it should be: see the table")


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""Shows what Tidegate is for: demo.py PATH-TO-TIDEGATE

Eight replicas of a service start at the same moment on one empty SQLite database. Five run
`tidegate migrate -- SERVICE`, three `tidegate wait -- SERVICE`. Ends with numbers, and with exit 1
if any of them is off.
"""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
LIMIT_S = 300
COLORS = [36, 33, 35, 32, 34, 96, 93, 95]
NAMES = [f"replica-{number}" for number in range(1, 6)] + [f"waiter-{n}" for n in range(1, 4)]


def colored(text, color):
    plain = "NO_COLOR" in os.environ or not sys.stdout.isatty()
    return text if plain else f"\033[{color}m{text}\033[0m"


class Replica:
    """One start of the service, and what it says."""

    screen = threading.Lock()

    def __init__(self, name, verb, tidegate, place, color, origin):
        self.name = name
        self.color = color
        self.origin = origin
        self.applied = []
        self.serving_after_s = None
        service = ["sh", "-c", "echo the service runs"]
        own_name = ["--holder", name] if verb == "migrate" else []
        command = [tidegate, "--database", "sqlite:" + os.path.join(place, "shop.db"), "--dir",
                   os.path.join(HERE, "migrations"), verb, *own_name, "--", *service]
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith("TIDEGATE_") and key != "DATABASE_URL"}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        stdin=subprocess.DEVNULL, cwd=place, env=environment,
                                        text=True)
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()

    def _listen(self):
        for line in self.process.stdout:
            line = line.rstrip()
            now_s = time.monotonic() - self.origin
            if line == "the service runs":
                self.serving_after_s = now_s
                line = colored(line, 1)
            elif re.match(r"applied \d{14} ", line):
                self.applied.append(line)
            with Replica.screen:
                print(f"{now_s:5.2f} s  {colored(f'{self.name:<9}', self.color)}  {line}",
                      flush=True)


def run(tidegate, place):
    origin = time.monotonic()
    replicas = [Replica(name, "migrate" if name.startswith("replica") else "wait", tidegate, place,
                        color, origin) for name, color in zip(NAMES, COLORS)]
    deadline = origin + LIMIT_S
    for replica in replicas:
        try:
            replica.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            replica.process.kill()
        replica.listener.join(5)
    return replicas


def report(replicas, place):
    """Prints the numbers; returns whether all of them are right."""
    files = sorted(name for name in os.listdir(os.path.join(HERE, "migrations")))
    with sqlite3.connect(os.path.join(place, "shop.db")) as database:
        versions = [str(row[0]) for row in database.execute(
            "SELECT version FROM tidegate_migrations ORDER BY version")]
        bonuses = database.execute("SELECT min(bonus), max(bonus) FROM customers").fetchone()
        totals = database.execute("SELECT count(*) FROM totals").fetchone()[0]
        customers = database.execute("SELECT count(*) FROM customers").fetchone()[0]
    appliers = [replica for replica in replicas if replica.applied]
    serving = [replica for replica in replicas if replica.serving_after_s is not None]
    held = ", ".join(f"{replica.name} {replica.serving_after_s:.1f} s" for replica in serving)

    facts = [
        (versions == [name.split("_")[0] for name in files],
         f"{len(versions)} of {len(files)} migrations are recorded, "
         f"{len(versions) - len(set(versions))} of them twice"),
        (bonuses == (10, 10),
         f"the bonus of 10 was given {bonuses[1] / 10:.0f} time to each customer"),
        (totals == customers, f"{totals:,} of {customers:,} customers have their total"),
        (sum(len(replica.applied) for replica in appliers) == len(files),
         "applied by " + ", ".join(f"{r.name} ({len(r.applied)})" for r in appliers)),
        (len(serving) == len(replicas) and all(r.process.returncode == 0 for r in replicas),
         f"{len(serving)} of {len(replicas)} replicas are serving"),
    ]
    print()
    for right, text in facts:
        print(colored("  ok     ", 32) if right else colored("  WRONG  ", 31), text, sep="")
    print(f"  held    {held}")
    return all(right for right, _ in facts)


def main(arguments):
    if len(arguments) != 1:
        sys.exit("usage: demo.py PATH-TO-TIDEGATE")
    place = tempfile.mkdtemp(prefix="tidegate-demo-")
    tidegate = os.path.abspath(arguments[0])
    try:
        print("\nAn empty SQLite database, shop.db, and eight replicas that start at once:")
        print("  5 x  tidegate migrate -- SERVICE   one applies the migrations, four wait for it")
        print("  3 x  tidegate wait -- SERVICE      read only, until all they need is there\n")
        subprocess.run([tidegate, "--database", "sqlite:" + os.path.join(place, "shop.db"),
                        "create"], check=True, stdout=subprocess.DEVNULL)
        replicas = run(tidegate, place)
        return 0 if report(replicas, place) else 1
    finally:
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

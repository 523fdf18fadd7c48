#!/usr/bin/python3
"""Measures Tidegate against a floor (a bare client doing the same) and prints the ratios.

    bench/run.py [--runs N] [--migrations N] [a b c d mariadb peers]

Each comparison runs its programs in turn, round after round, and divides medians, so that a
machine whose speed drifts slows both alike. Starts a private PostgreSQL of its own, and a private
MariaDB, with default durability.
"""

import argparse
import itertools
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(TOP, "tests", "support"))

from mariadb import MariaDb  # noqa: E402
from postgres import Postgres  # noqa: E402
from proxy import Proxy  # noqa: E402

TIDEGATE = os.environ.get("TIDEGATE", os.path.join(TOP, "build", "tidegate"))
FLOOR = os.path.join(os.path.dirname(TIDEGATE), "bench_floor")
# The same program, linked with the static libpq as Tidegate is, where there is one.
FLOOR_STATIC = os.path.join(os.path.dirname(TIDEGATE), "bench_floor_static")
MEASURE = os.path.join(os.path.dirname(TIDEGATE), "bench_measure")
READ = ("SELECT version, name, checksum, applied_at, floor FROM tidegate_migrations "
        "ORDER BY version")
NUMBERS = itertools.count(1)
DURABLE = {"fsync": "on", "full_page_writes": "on", "shared_buffers": "128MB",
           "track_commit_timestamp": "on"}


def run(command):
    """Wall seconds and peak memory in MiB of one process that must succeed."""
    reading, writing = os.pipe()
    child = subprocess.run(["sh", "-c", f'exec "$@" 3>&{writing}', "sh", MEASURE, *command],
                           stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, pass_fds=[writing],
                           text=True, check=False)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        told = pipe.read().split()
    if child.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {child.returncode}: {child.stderr}")
    return float(told[0]), int(told[1]) / 1024


class Rounds:
    """Several programs doing the same work, in turn."""

    def __init__(self, title, bound=None):
        self.title = title
        self.bound = bound
        self.seconds = {}
        self.memory = {}

    def add(self, name, command):
        seconds, memory = run(command)
        self.seconds.setdefault(name, []).append(seconds)
        self.memory.setdefault(name, []).append(memory)

    def show(self, floor):
        print(f"\n{self.title}")
        base = statistics.median(self.seconds[floor])
        for name, values in self.seconds.items():
            middle = statistics.median(values)
            bound = f"  (at most {self.bound})" if self.bound and name == "tidegate" else ""
            print(f"  {name:<26}{middle * 1000:10.1f} ms  {min(values) * 1000:8.1f} to "
                  f"{max(values) * 1000:8.1f}  {max(self.memory[name]):6.1f} MiB  "
                  f"ratio {middle / base:5.2f}{bound}")


def statements(number, text="text"):
    return [f"CREATE TABLE bench_{number} (id bigint PRIMARY KEY, name {text} NOT NULL)",
            f"CREATE INDEX bench_{number}_name ON bench_{number} (name)"]


def write_folder(directory, count, text="text"):
    os.makedirs(directory)
    for number in range(1, count + 1):
        path = os.path.join(directory, f"{20260101000000 + number}_bench_{number}.sql")
        with open(path, "w", encoding="utf-8") as file:
            file.write(";\n".join(statements(number, text)) + ";\n")
    return directory


def write_same_work(directory, count):
    """The same transactions with the same record for a bare client: as lines, and as a script."""
    table = ("CREATE TABLE history (version bigint PRIMARY KEY, name text NOT NULL, checksum text, "
             "applied_at timestamptz NOT NULL DEFAULT now())")
    lines = [table.replace("timestamptz", "text").replace("now()", "''")]
    postgres = [table]
    for number in range(1, count + 1):
        record = (f"INSERT INTO history (version, name, checksum) VALUES "
                  f"({20260101000000 + number}, 'bench_{number}', '{number:064x}')")
        one = ["BEGIN", *statements(number), record, "COMMIT"]
        postgres += one
        lines += one
    paths = {}
    for name, all_lines, end in (("pg_lines", postgres, "\n"), ("pg_script", postgres, ";\n"),
                                 ("sqlite_script", lines, ";\n")):
        paths[name] = os.path.join(directory, name)
        with open(paths[name], "w", encoding="utf-8") as file:
            file.write(end.join(all_lines) + end)
    return paths


class Databases:
    """Fresh databases on one server, dropped when they have been used."""

    def __init__(self, server):
        self.server = server

    def fresh(self):
        name = f"bench_{next(NUMBERS)}"
        self.server.psql(f"CREATE DATABASE {name}")
        return name

    def drop(self, name):
        self.server.psql(f"DROP DATABASE {name} WITH (FORCE)")


def nothing_to_do(server, folder, runs):
    databases = Databases(server)
    url = server.url(databases.fresh())
    run([TIDEGATE, "--database", url, "--dir", folder, "migrate", "--quiet"])
    rounds = Rounds("(a) nothing to do, all applied, PostgreSQL", 1.5)
    for _ in range(max(runs * 4, 20)):
        rounds.add("bare libpq, same rows", [FLOOR, "read", url, READ])
        rounds.add("the same, static libpq", [FLOOR_STATIC, "read", url, READ])
        rounds.add("tidegate", [TIDEGATE, "--database", url, "--dir", folder, "migrate"])
        rounds.add("tidegate wait", [TIDEGATE, "--database", url, "--dir", folder, "wait"])
    rounds.show("bare libpq, same rows")


def all_on_postgres(server, folder, work, runs, count):
    databases = Databases(server)
    rounds = Rounds(f"(b) {count} small migrations, PostgreSQL", 1.15)
    for _ in range(runs):
        for name, command in (
                ("psql, one file", lambda url: ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", url,
                                                "-f", work["pg_script"]]),
                ("bare libpq, pipeline", lambda url: [FLOOR, "pipeline", url, work["pg_lines"]]),
                ("tidegate", lambda url: [TIDEGATE, "--database", url, "--dir", folder,
                                          "migrate"])):
            database = databases.fresh()
            rounds.add(name, command(server.url(database)))
            databases.drop(database)
    rounds.show("psql, one file")


def all_on_sqlite(directory, folder, work, runs, count):
    rounds = Rounds(f"(b) {count} small migrations, SQLite", 1.15)
    for number in range(runs):
        shell = os.path.join(directory, f"shell_{number}.db")
        ours = os.path.join(directory, f"ours_{number}.db")
        rounds.add("sqlite3, one file", ["sqlite3", shell, f".read {work['sqlite_script']}"])
        open(ours, "wb").close()
        rounds.add("tidegate", [TIDEGATE, "--database", f"sqlite:{ours}", "--dir", folder,
                                "migrate"])
    rounds.show("sqlite3, one file")


class Counter(threading.Thread):
    """Leads one connection at a time to MariaDB, and counts the commands in it: a packet that
    begins one has the number 0, and its client waits for the answer."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.to = port
        self.commands = 0
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.start()

    def run(self):
        while True:
            near, _ = self.listening.accept()
            far = socket.create_connection(("127.0.0.1", self.to))
            threading.Thread(target=self.lead, args=(far, near), daemon=True).start()
            threading.Thread(target=self.count, args=(near, far), daemon=True).start()

    @staticmethod
    def lead(source, sink):
        while data := source.recv(65536):
            sink.sendall(data)

    def count(self, source, sink):
        pending = b""
        while data := source.recv(65536):
            sink.sendall(data)
            pending += data
            while len(pending) >= 4:
                size = int.from_bytes(pending[:3], "little") + 4
                if len(pending) < size:
                    break
                self.commands += pending[3] == 0
                pending = pending[size:]


HISTORY = ("CREATE TABLE history (version bigint PRIMARY KEY, name text NOT NULL, checksum text, "
           "applied_at datetime(3) DEFAULT now(3))")
JOURNAL = ("CREATE TABLE journal (version bigint, statement bigint, state text NOT NULL, "
           "checksum text, at datetime(3) NOT NULL, PRIMARY KEY (version, statement))")
RUNS = ("CREATE TABLE runs (id bigint PRIMARY KEY, heartbeat_at datetime(3), migration bigint, "
        "statement bigint)")


def recorded(number):
    return (f"INSERT INTO history (version, name, checksum) VALUES "
            f"({20260101000000 + number}, 'bench_{number}', '{number:064x}')")


def journaled(number):
    """A migration, and what has to be written down around its definitions to settle a crash."""
    version = 20260101000000 + number

    def entry(statement, state):
        return f"({version}, {statement}, '{state}', '{number:064x}', now(3))"

    def at(statement):
        return (f"UPDATE runs SET heartbeat_at = now(3), migration = {version}, "
                f"statement = {statement} WHERE id = 1")

    first, second = statements(number, "varchar(100)")
    before = [recorded(number - 1), f"DELETE FROM journal WHERE version = {version - 1}"]
    return ["START TRANSACTION", *(before if number > 1 else []),
            f"INSERT INTO journal VALUES {entry(1, 'started')}", at(1), "COMMIT", first,
            "START TRANSACTION",
            f"INSERT INTO journal VALUES {entry(1, 'done')}, {entry(2, 'started')} "
            "ON DUPLICATE KEY UPDATE state = VALUES(state), at = VALUES(at)",
            at(2), "COMMIT", second]


def write_mariadb_scripts(directory, count):
    """The same definitions for a bare client: with a record behind each migration, and with the
    same inserts as a run that can be settled after a crash."""
    each = range(1, count + 1)
    scripts = {
        "with a record": [HISTORY, *(line for number in each for line in (
            *statements(number, "varchar(100)"), recorded(number)))],
        "with a journal": [HISTORY, JOURNAL, RUNS, "INSERT INTO runs (id) VALUES (1)",
                           *(line for number in each for line in journaled(number)),
                           recorded(count)]}
    paths = {}
    for name, lines in scripts.items():
        paths[name] = os.path.join(directory, name.replace(" ", "_"))
        with open(paths[name], "w", encoding="utf-8") as file:
            file.write(";\n".join(lines) + ";\n")
    return paths


def all_on_mariadb(directory, runs, count):
    """A bare client runs the same definitions, and writes down less or as much."""
    # As the distribution has them: the tests' own are for many small servers.
    server = MariaDb({"innodb_doublewrite": "1", "innodb_flush_log_at_trx_commit": "1",
                      "innodb_buffer_pool_size": "128M", "innodb_log_file_size": "96M"}).start()
    try:
        folder = write_folder(os.path.join(directory, "mariadb"), count, "varchar(100)")
        scripts = write_mariadb_scripts(directory, count)
        rounds = Rounds(f"(e) {count} small migrations, MariaDB", 1.25)
        client = ["mariadb", "--no-defaults", "--protocol=tcp", "-h127.0.0.1", "-uroot",
                  f"-P{server.port}"]
        for _ in range(runs):
            for name, command in (
                    *((f"mariadb, {name}", [*client, "-e", f"source {path}"])
                      for name, path in scripts.items()),
                    ("tidegate", None)):
                database = f"bench_{next(NUMBERS)}"
                server.query(f"CREATE DATABASE {database}")
                rounds.add(name, [*command, database] if command else
                           [TIDEGATE, "--database", server.url(database), "--dir", folder,
                            "migrate"])
                server.query(f"DROP DATABASE {database}")
        rounds.show("mariadb, with a record")
        counter = Counter(server.port)
        server.query("CREATE DATABASE counted")
        url = f"mysql://root@127.0.0.1:{counter.port}/counted"
        run([TIDEGATE, "--database", url, "--dir", folder, "migrate"])
        print(f"  round trips to a migration of two definitions: {counter.commands / count:.1f} "
              "(each definition: a look at the catalog, then its entry in the journal with itself, "
              "and the record of the migration before)")
    finally:
        server.destroy()


def over_a_slow_line(server, directory, runs):
    count, delay_ms = 100, 10
    folder = write_folder(os.path.join(directory, "hundred"), count)
    os.makedirs(os.path.join(directory, "hundred_work"))
    work = write_same_work(os.path.join(directory, "hundred_work"), count)
    databases = Databases(server)
    rounds = Rounds(f"(c) {count} migrations, {delay_ms} ms of round-trip delay, PostgreSQL", 1.5)
    for _ in range(runs):
        for name, command in (
                ("bare libpq, pipeline", lambda url: [FLOOR, "pipeline", url, work["pg_lines"]]),
                ("tidegate", lambda url: [TIDEGATE, "--database", url, "--dir", folder,
                                          "migrate"]),
                ("psql, one file", lambda url: ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", url,
                                                "-f", work["pg_script"]])):
            database = databases.fresh()
            with Proxy("127.0.0.1", server.port, delay=delay_ms / 2000) as proxy:
                url = f"postgres://postgres@127.0.0.1:{proxy.port}/{database}"
                rounds.add(name, command(url))
            databases.drop(database)
    rounds.show("bare libpq, pipeline")


def wake_up(server, directory, runs):
    """From the commit of the last migration, by the server's clock, to the exit of `wait`."""
    folder = write_folder(os.path.join(directory, "three"), 3)
    with open(os.path.join(folder, "20260101000004_slow.sql"), "w", encoding="utf-8") as file:
        file.write("SELECT pg_sleep(0.4);\n")
    databases = Databases(server)
    late_ms = []
    for _ in range(max(runs * 4, 20)):
        database = databases.fresh()
        common = [TIDEGATE, "--database", server.url(database), "--dir", folder]
        waiter = subprocess.Popen([*common, "wait", "--timeout", "1m", "--quiet"])
        ended_at = []

        def watch(process=waiter, ended=ended_at):
            process.wait()
            ended.append(time.time())

        watcher = threading.Thread(target=watch)
        watcher.start()
        time.sleep(0.3)
        run([*common, "migrate", "--quiet"])
        watcher.join()
        committed_at = float(server.psql(
            "SELECT extract(epoch FROM max(pg_xact_commit_timestamp(xmin))) "
            "FROM tidegate_migrations", database))
        late_ms.append((ended_at[0] - committed_at) * 1000)
        databases.drop(database)
    print("\n(d) from the last commit to the exit of `wait`, PostgreSQL")
    print(f"  tidegate wait             {statistics.median(late_ms):10.1f} ms  "
          f"{min(late_ms):8.1f} to {max(late_ms):8.1f}  (median under 20)")


def peers(server, directory, count):
    """Other tools that are installed, on the same statements."""
    databases = Databases(server)
    rounds = Rounds(f"peers that are installed: {count} small migrations, PostgreSQL")
    folder = write_folder(os.path.join(directory, "peers"), count)
    tools = {"tidegate": lambda url: [TIDEGATE, "--database", url, "--dir", folder, "migrate"]}
    if shutil.which("migrate"):
        up_down = os.path.join(directory, "golang_migrate")
        os.makedirs(up_down)
        for name in os.listdir(folder):
            shutil.copy(os.path.join(folder, name),
                        os.path.join(up_down, name.replace(".sql", ".up.sql")))
        tools["golang-migrate"] = lambda url: ["migrate", "-path", up_down, "-database",
                                               url + "?sslmode=disable", "up"]
    if shutil.which("dbmate"):
        marked = os.path.join(directory, "dbmate")
        os.makedirs(marked)
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                text = "-- migrate:up\n" + file.read() + "-- migrate:down\n"
            with open(os.path.join(marked, name), "w", encoding="utf-8") as file:
                file.write(text)
        tools["dbmate"] = lambda url: ["dbmate", "--no-dump-schema", "-d", marked, "-u",
                                       url + "?sslmode=disable", "up"]
    if len(tools) == 1:
        print("\npeers: neither migrate (golang-migrate) nor dbmate is installed")
        return
    for _ in range(3):
        for name, command in tools.items():
            database = databases.fresh()
            rounds.add(name, command(server.url(database)))
            databases.drop(database)
    rounds.show("tidegate")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--migrations", type=int, default=1000)
    parser.add_argument("what", nargs="*", default=["a", "b", "c", "d", "mariadb", "peers"])
    options = parser.parse_args()
    directory = tempfile.mkdtemp(prefix="tidegate-bench-")
    server = Postgres(DURABLE).start()
    try:
        version = json.loads(subprocess.check_output([TIDEGATE, "version", "--json"]))["version"]
        print(f"tidegate {version}, PostgreSQL {server.psql('SHOW server_version')}, "
              f"{os.cpu_count()} processors, {options.runs} rounds; medians, smallest to largest, "
              "peak memory")
        folder = write_folder(os.path.join(directory, "many"), options.migrations)
        work = write_same_work(directory, options.migrations)
        if "a" in options.what:
            nothing_to_do(server, folder, options.runs)
        if "b" in options.what:
            all_on_postgres(server, folder, work, options.runs, options.migrations)
            all_on_sqlite(directory, folder, work, options.runs, options.migrations)
        if "c" in options.what:
            over_a_slow_line(server, directory, options.runs)
        if "d" in options.what:
            wake_up(server, directory, options.runs)
        if "mariadb" in options.what:
            all_on_mariadb(directory, options.runs, options.migrations)
        if "peers" in options.what:
            peers(server, directory, options.migrations)
    finally:
        server.destroy()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()

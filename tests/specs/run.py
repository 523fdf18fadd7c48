#!/usr/bin/python3
"""Runs specs: run.py [--engine NAME] FILE.spec...   The form is described in README.md here."""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                "support"))

from databases import PostgresDatabase, SqliteDatabase  # noqa: E402  (the path has to come first)
from limits import LIMIT_S  # noqa: E402
from postgres import Postgres  # noqa: E402
from tidegate import binary, clean_environment  # noqa: E402

ENGINES = ("sqlite", "postgres")
EXPECTATION = re.compile(r"(exit|out|err|no out|no err|unchanged)(?:\[(\w+)\])?(?:\s+(.*))?$")


class SpecError(Exception):
    """The spec itself is wrong."""


class Command:
    def __init__(self, line, text):
        self.line = line
        self.text = text
        self.expectations = []  # (kind, engine or None, text, line)


class Spec:
    def __init__(self, path, text):
        self.path = path
        self.title = ""
        self.engines = list(ENGINES)
        self.database_exists = True
        self.files = {}
        self.commands = []
        self._parse(text)

    def _parse(self, text):
        file = None
        for number, line in enumerate(text.split("\n"), 1):
            heading = re.match(r"-- (\S+) --$", line)
            if heading:
                file = heading.group(1)
                self.files[file] = ""
            elif file is not None:
                self.files[file] += line + "\n"
            else:
                self._parse_line(number, line)
        for name in self.files:  # The text's last line end belongs to the last line, not after it.
            self.files[name] = re.sub(r"\n\n$", "\n", self.files[name])
            self.files[name] = "" if self.files[name] == "\n" else self.files[name]

    def _parse_line(self, number, line):
        if line.startswith("#"):
            engines = re.match(r"# engines: (.*)", line)
            if engines:
                self.engines = engines.group(1).split()
            elif line == "# database: absent":
                self.database_exists = False
            elif not self.title:
                self.title = line[1:].strip()
        elif line.startswith("$ "):
            self.commands.append(Command(number, line[2:]))
        elif line.startswith("> ") and self.commands:
            self.commands[-1].text += "\n" + line[2:]
        elif line.strip():
            match = EXPECTATION.match(line)
            if not match or not self.commands:
                raise SpecError(f"{self.path}:{number}: can't read this line: {line}")
            kind, engine, rest = match.groups()
            self.commands[-1].expectations.append((kind, engine, rest or "", number))


def line_matches(expected, line):
    """Whether an output line begins as expected, its indent aside; `…` stands for anything."""
    pattern = ".*".join(re.escape(part) for part in expected.split("…"))
    return re.match(pattern, line.lstrip()) is not None


def missing_lines(expected, lines):
    """The expected lines that aren't found, in their order, among the output's lines."""
    at = 0
    missing = []
    for text in expected:
        found = next((i for i in range(at, len(lines)) if line_matches(text, lines[i])), None)
        if found is None:
            missing.append(text)
        else:
            at = found + 1
    return missing


class Run:
    """One spec on one engine, in a folder and a database of its own."""

    def __init__(self, spec, engine, place, database):
        self.spec = spec
        self.engine = engine
        self.place = place
        self.database = database
        self.failures = []

    def run(self):
        for name, text in self.spec.files.items():
            path = os.path.join(self.place, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        self._write_tools()
        for command in self.spec.commands:
            self._run_command(command)
        return self.failures

    def _write_tools(self):
        """`tidegate` and `sql`, for the specs' commands."""
        tools = os.path.join(self.place, ".tools")
        os.makedirs(tools)
        os.symlink(os.path.abspath(binary()), os.path.join(tools, "tidegate"))
        if self.engine == "sqlite":
            client = f"exec sqlite3 -batch -bail '{self.database.path}' \"$@\""
        else:
            server = self.database.server
            client = (f"exec psql -X -A -t -q -v ON_ERROR_STOP=1 -h {server.directory} "
                      f"-p {server.port} -U postgres -d {self.database.name} -c \"$@\"")
        with open(os.path.join(tools, "sql"), "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n{client}\n")
        os.chmod(os.path.join(tools, "sql"), 0o755)
        self.environment = clean_environment({
            "PATH": tools + ":" + os.environ["PATH"],
            "HOME": self.place,
            "DATABASE_URL": self.database.url,
            "ENGINE": self.engine,
        })
        if self.engine == "postgres":
            self.environment["SERVER"] = f"127.0.0.1:{self.database.server.port}"
            self.environment["DATABASE"] = self.database.name

    def _run_command(self, command):
        expectations = [(kind, text, line) for kind, engine, text, line in command.expectations
                        if engine in (None, self.engine)]
        wants_unchanged = any(kind == "unchanged" for kind, _, _ in expectations)
        before = self._fingerprint() if wants_unchanged else None
        try:
            done = subprocess.run(["bash", "-c", command.text], cwd=self.place,
                                  env=self.environment, stdin=subprocess.DEVNULL,
                                  capture_output=True, check=False, timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            self._fail(command, command.line, f"didn't end within {LIMIT_S} s", "", "")
            return
        out = done.stdout.decode(errors="replace")
        err = done.stderr.decode(errors="replace")
        for line, problem in self._problems(expectations, done.returncode, out, err, command.line):
            self._fail(command, line, problem, out, err)
        if wants_unchanged and self._fingerprint() != before:
            self._fail(command, command.line, "changed the database or the folder", out, err)

    def _problems(self, expectations, code, out, err, line):
        code = 128 - code if code < 0 else code
        wanted = next(((int(text), at) for kind, text, at in expectations if kind == "exit"),
                      (0, line))
        if code != wanted[0]:
            yield wanted[1], f"exit {code}, expected {wanted[0]}"
        for stream, text in (("out", out), ("err", err)):
            lines = text.splitlines()
            expected = {text: at for kind, text, at in expectations if kind == stream}
            for missing in missing_lines(expected, lines):
                yield expected[missing], f"{stream} has no line like (in this order): {missing}"
            for kind, unwanted, at in expectations:
                if kind != "no " + stream:
                    continue
                if not unwanted and text:
                    yield at, f"{stream} isn't empty"
                elif unwanted and any(line_matches("…" + unwanted, found) for found in lines):
                    yield at, f"{stream} has a line with: {unwanted}"

    def _fingerprint(self):
        files = {}
        for place, folders, names in os.walk(self.place):
            folders[:] = [folder for folder in folders if folder != ".tools"]
            for name in names:
                path = os.path.join(place, name)
                if name.startswith(os.path.basename(getattr(self.database, "path", "\0"))):
                    continue
                if os.path.isfile(path):
                    with open(path, "rb") as file:
                        files[path] = file.read()
        return self.database.fingerprint(), files

    def _fail(self, command, line, problem, out, err):
        self.failures.append(f"{self.spec.path}:{line}: [{self.engine}] {problem}\n"
                             f"  $ {command.text}\n" + _indent("out", out) + _indent("err", err))


def _indent(name, text):
    return "".join(f"  {name} | {line}\n" for line in text.splitlines())


def run_spec(spec, engine, server):
    place = tempfile.mkdtemp(prefix="spec-")
    # Its files belong to nobody else, but a server's user may have to reach the folder.
    os.chmod(place, 0o755)
    if engine == "sqlite":
        database = SqliteDatabase(os.path.join(place, "app.db"))
        database.url = "sqlite:app.db"
    else:
        database = PostgresDatabase(server, f"spec_{os.getpid()}_{os.path.basename(place)[5:]}")
    if spec.database_exists:
        database.create()
    try:
        return Run(spec, engine, place, database).run()
    finally:
        if engine == "postgres":
            database.drop()
        shutil.rmtree(place, ignore_errors=True)


def main(arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("--engine", choices=ENGINES)
    parser.add_argument("specs", nargs="+")
    options = parser.parse_args(arguments)
    server = Postgres.shared()
    own = None
    failures = []
    for path in options.specs:
        with open(path, encoding="utf-8") as file:
            spec = Spec(path, file.read())
        for engine in spec.engines:
            if options.engine not in (None, engine):
                continue
            if engine == "postgres" and server is None:
                server = own = Postgres().start()
            found = run_spec(spec, engine, server)
            print(f"{'FAILED' if found else 'ok'}  {engine:<8}  {spec.title}", flush=True)
            failures += found
    if own:
        own.destroy()
    print("\n" * bool(failures) + "\n".join(failures), end="")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

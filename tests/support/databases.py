"""One database for one test, of any engine, with the same few verbs."""

import functools
import glob
import hashlib
import os
import sqlite3
import subprocess

from limits import LIMIT_S, until


class SqliteDatabase:
    engine = "sqlite"

    def __init__(self, path):
        self.path = str(path)
        self.url = f"sqlite:{self.path}"

    def query(self, sql):
        """Rows as a list of tuples. Commits what it did."""
        connection = sqlite3.connect(self.path, timeout=LIMIT_S, isolation_level=None)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def script(self, sql):
        connection = sqlite3.connect(self.path, timeout=LIMIT_S, isolation_level=None)
        try:
            connection.executescript(sql)
        finally:
            connection.close()

    def tables(self):
        if not os.path.exists(self.path):
            return []
        return sorted(name for (name,) in self.query(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"))

    def fingerprint(self):
        """Equal before and after when nothing was changed: schema and every row."""
        if not os.path.exists(self.path):
            return "absent"
        connection = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=LIMIT_S)
        try:
            return hashlib.sha256("\n".join(connection.iterdump()).encode()).hexdigest()
        except sqlite3.DatabaseError:
            with open(self.path, "rb") as file:
                return hashlib.sha256(file.read()).hexdigest()
        finally:
            connection.close()

    def exists(self):
        return os.path.exists(self.path)

    def create(self):
        with open(self.path, "xb"):  # SQLite takes an empty file for an empty database.
            pass

    def empty(self, journal=None):
        """Makes the database as it was when it was new, with the same journal or that one."""
        journal = journal or self.query("PRAGMA journal_mode")[0][0]
        self.drop()
        for beside in glob.glob(self.path + "-tidegate*"):
            os.remove(beside)
        self.create()
        self.query(f"PRAGMA journal_mode = {journal}")

    def drop(self):
        for suffix in ("", "-wal", "-shm", "-journal"):
            if os.path.exists(self.path + suffix):
                os.remove(self.path + suffix)


class ServerDatabase:
    """What databases on a server have in common; each kind adds the words of its engine."""

    def __init__(self, server, name, **who):
        self.server = server
        self.name = name
        self.url = server.url(name, **who)

    def connect(self):
        return self.server.connect(self.name)

    def query(self, sql, parameters=None):
        """Rows as a list of tuples. Commits what it did."""
        connection = self.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, parameters)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    def fingerprint(self):
        """Equal before and after when nothing was changed: schema and every row."""
        if not self.exists():
            return "absent"
        return hashlib.sha256(self.dump_all().encode()).hexdigest()


class PostgresDatabase(ServerDatabase):
    engine = "postgres"

    def __init__(self, server, name, user="postgres"):
        super().__init__(server, name, user=user)
        self.user = user
        self.template = ""  # what is there whenever it is empty

    def script(self, sql):
        self.query(sql)

    def tables(self):
        return sorted(name for (name,) in self.query(
            "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace "
            "WHERE relkind = 'r' AND nspname NOT IN ('pg_catalog', 'information_schema')"))

    def sessions(self, like="tidegate%"):
        """Our sessions in this database, as dictionaries of pg_stat_activity."""
        connection = self.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pid, application_name, state, backend_xmin::text, query,"
                    " query_start::text, wait_event_type, wait_event FROM pg_stat_activity"
                    " WHERE datname = %s AND application_name LIKE %s", (self.name, like))
                names = [column.name for column in cursor.description]
                return [dict(zip(names, row)) for row in cursor.fetchall()]
        finally:
            connection.close()

    def advisory_locks(self):
        return self.query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND "
                          "database = (SELECT oid FROM pg_database WHERE datname = "
                          "current_database())")[0][0]

    def dump(self, *arguments):
        key = ["--restrict-key=tests"] if _dump_has_restrict_key() else []
        return subprocess.run(
            ["pg_dump", "-h", self.server.directory, "-p", str(self.server.port), "-U", "postgres",
             *key, *arguments, self.name],
            check=True, capture_output=True, text=True).stdout

    def dump_all(self):
        return self.dump("--inserts")

    def exists(self):
        return self.server.psql(f"SELECT 1 FROM pg_database WHERE datname = '{self.name}'") == "1"

    def create(self):
        self.server.psql(f'CREATE DATABASE "{self.name}"')

    def empty(self):
        """Ends every other session, and makes the database as it was when it was new."""
        self.query("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = "
                   "current_database() AND pid <> pg_backend_pid()")
        schemas = [name for (name,) in self.query(
            "SELECT quote_ident(nspname) FROM pg_namespace WHERE nspname <> 'information_schema' "
            "AND nspname NOT LIKE 'pg\\_%'")]
        self.query("SET client_min_messages = error; " +
                   "".join(f"DROP SCHEMA {name} CASCADE; " for name in schemas) +
                   f"CREATE SCHEMA public; ALTER DATABASE {self.name} RESET ALL; " + self.template)

    def drop(self):
        self.server.psql(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')


class MysqlDatabase(ServerDatabase):
    engine = "mysql"

    def script(self, sql):
        done = self.server.client(database=self.name, script=sql)
        assert done.returncode == 0, done.stderr

    def tables(self):
        return sorted(name for (name,) in self.query(
            "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() "
            "AND TABLE_TYPE = 'BASE TABLE'"))

    def sessions(self):
        """The numbers of others' sessions in this database."""
        return [number for (number,) in self.server.query(
            f"SELECT ID FROM information_schema.PROCESSLIST WHERE DB = '{self.name}' ORDER BY ID")]

    def end_sessions(self):
        """Ends every session in this database, and waits until they are gone."""
        connection = self.server.connect()
        try:
            with connection.cursor() as cursor:
                for number in self.sessions():
                    try:
                        cursor.execute(f"KILL {number}")
                    except Exception as error:
                        if error.args[0] != 1094:  # it has ended by itself
                            raise
        finally:
            connection.close()
        until(lambda: not self.sessions(), "the end of the sessions")

    def dump_all(self):
        return subprocess.run(
            [self.server.program("mariadb-dump"), "--no-defaults", "--user=root", "--routines",
             f"--socket={self.server.socket}", "--events", "--skip-dump-date", self.name],
            check=True, capture_output=True, text=True).stdout

    def exists(self):
        return bool(self.server.query("SELECT 1 FROM information_schema.SCHEMATA WHERE "
                                      f"SCHEMA_NAME = '{self.name}'"))

    def create(self):
        self.server.query(f"CREATE DATABASE `{self.name}`")

    def empty(self):
        """Ends every other session, and makes the database as it was when it was new."""
        self.drop()
        self.create()

    def drop(self):
        self.end_sessions()
        self.server.query(f"DROP DATABASE IF EXISTS `{self.name}`")


@functools.cache
def _dump_has_restrict_key():
    # Newer pg_dumps write a random key into each dump unless it is given.
    return "--restrict-key" in subprocess.run(["pg_dump", "--help"], check=True,
                                              capture_output=True, text=True).stdout

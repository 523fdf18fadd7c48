"""Fixtures for tests of the program as a process."""

import itertools
import os

import pytest

from databases import MysqlDatabase, PostgresDatabase, SqliteDatabase
from folder import Folder
from galera import Galera
from mariadb import MariaDb
from network import Switch, may_make_networks
from pgbouncer import PgBouncer
from postgres import Postgres
from routes import look_like_another
from tidegate import Service

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres():
    """The PostgreSQL of this run: the one that ctest started, else one of our own."""
    yield from _server_of_the_run(Postgres)


@pytest.fixture(scope="session")
def mariadb():
    """The MariaDB of this run: the one that ctest started, else one of our own."""
    yield from _server_of_the_run(MariaDb)


def _server_of_the_run(kind):
    server = kind.shared()
    if server:
        yield server
        return
    server = kind().start()
    yield server
    server.destroy()


@pytest.fixture
def own_postgres():
    """Makes servers that a test may stop, freeze or configure: own_postgres(max_connections=20)."""
    yield from _own_servers(Postgres)


@pytest.fixture
def own_mariadb():
    """The same on MariaDB."""
    yield from _own_servers(MariaDb)


def _own_servers(kind):
    servers = []

    def make(**settings):
        servers.append(kind(settings).start())
        return servers[-1]

    yield make
    for server in servers:
        server.destroy()


@pytest.fixture(scope="session")
def galera():
    """A cluster of three nodes; each test that broke something mends it before it ends."""
    switch = Switch() if may_make_networks() else None
    cluster = Galera(switch)
    try:
        yield cluster.start()
    finally:
        cluster.destroy()
        if switch:
            switch.end()


@pytest.fixture
def new_postgres_database(postgres):
    """Makes empty databases, and drops them at the end."""
    yield from _new_databases(PostgresDatabase, postgres)


@pytest.fixture
def new_mysql_database(mariadb):
    """The same on MariaDB."""
    yield from _new_databases(MysqlDatabase, mariadb)


def _new_databases(kind, server_of_the_run):
    made = []

    def make(server=server_of_the_run):
        made.append(kind(server, f"t{os.getpid()}_{next(_numbers)}"))
        made[-1].create()
        return made[-1]

    yield make
    for database in made:
        if database.server is server_of_the_run:
            database.drop()


@pytest.fixture
def make_service(tmp_path):
    """Makes services; every replica that still runs at the end is killed."""
    made = []

    def make(database, files=None, folder="migrations", **options):
        service = Service(tmp_path, database, Folder(tmp_path / folder), **options)
        service.folder.add_all(files or {})
        made.append(service)
        return service

    yield make
    for service in made:
        service.end()


@pytest.fixture
def pg_service(make_service, new_postgres_database):
    return make_service(new_postgres_database())


@pytest.fixture
def mysql_service(make_service, new_mysql_database):
    return make_service(new_mysql_database())


@pytest.fixture
def sqlite_service(make_service, tmp_path):
    database = SqliteDatabase(tmp_path / "app.db")
    database.create()
    return make_service(database)


@pytest.fixture(scope="session")
def pooler(postgres):
    """PgBouncer in front of the run's PostgreSQL, in transaction pooling."""
    with PgBouncer(postgres.port) as pooler:
        yield pooler


@pytest.fixture
def pooled_service(make_service, new_postgres_database, pooler):
    """A service that knows the database through a transaction pooler only."""
    database = new_postgres_database()
    database.url = pooler.url(database.name)
    return make_service(database)


@pytest.fixture
def leased_service(make_service, new_postgres_database):
    """A service on a server that calls itself CockroachDB, whose locks are not to be relied on."""
    database = new_postgres_database()
    look_like_another(database)
    return make_service(database)


ROUTES = {"direct": "pg_service", "pooler": "pooled_service", "lease": "leased_service"}


@pytest.fixture(params=list(ROUTES))
def routed_service(request):
    """One service on PostgreSQL by each lock protocol: direct, through a pooler, and by lease."""
    return request.getfixturevalue(ROUTES[request.param])


OTHERS = {"sqlite": "sqlite_service", "mysql": "mysql_service"}


@pytest.fixture(params=[*OTHERS, *ROUTES])
def any_service(request):
    """One service on SQLite and MariaDB, and one on PostgreSQL by each lock protocol."""
    return request.getfixturevalue({**OTHERS, **ROUTES}[request.param])


@pytest.fixture(params=["sqlite", "postgres", "mysql"])
def service(request):
    """One service on each engine: the test runs once for each."""
    return request.getfixturevalue({"postgres": "pg_service", **OTHERS}[request.param])

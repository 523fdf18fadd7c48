"""Fixtures for tests of the program as a process."""

import itertools
import os

import pytest

import mariadb as mariadb_module
import postgres as postgres_module
from galera import Galera
from network import Switch, may_make_networks
from pgbouncer import PgBouncer
from databases import MysqlDatabase, PostgresDatabase, SqliteDatabase
from folder import Folder
from routes import look_like_another
from tidegate import Service

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres():
    """The PostgreSQL of this run: the one that ctest started, else one of our own."""
    server = postgres_module.shared()
    if server:
        yield server
        return
    server = postgres_module.Postgres().start()
    yield server
    server.destroy()


@pytest.fixture(scope="session")
def mariadb():
    """The MariaDB of this run: the one that ctest started, else one of our own."""
    server = mariadb_module.shared()
    if server:
        yield server
        return
    server = mariadb_module.MariaDb().start()
    yield server
    server.destroy()


@pytest.fixture
def own_mariadb():
    """Makes servers that a test may stop, freeze or configure: own_mariadb(max_connections=20)."""
    servers = []

    def make(**settings):
        servers.append(mariadb_module.MariaDb(settings).start())
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
def own_postgres():
    """Makes servers that a test may stop, freeze or configure: own_postgres(max_connections=20)."""
    servers = []

    def make(**settings):
        servers.append(postgres_module.Postgres(settings).start())
        return servers[-1]

    yield make
    for server in servers:
        server.destroy()


@pytest.fixture
def new_postgres_database(postgres, request):
    """Makes empty databases, and drops them at the end."""
    made = []

    def make(server=postgres):
        name = f"t{os.getpid()}_{next(_numbers)}"
        database = PostgresDatabase(server, name)
        database.create()
        made.append(database)
        return database

    yield make
    for database in made:
        if database.server is postgres:
            database.drop()


@pytest.fixture
def new_mysql_database(mariadb, request):
    """Makes empty databases on MariaDB, and drops them at the end."""
    made = []

    def make(server=mariadb):
        database = MysqlDatabase(server, f"t{os.getpid()}_{next(_numbers)}")
        database.create()
        made.append(database)
        return database

    yield make
    for database in made:
        if database.server is mariadb:
            database.end_sessions()
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

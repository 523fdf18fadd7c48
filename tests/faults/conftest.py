"""Fixtures of the fault tests: a service behind each route to its server."""

import itertools
import os

import pytest

from databases import PostgresDatabase
from galera import ClusterDatabase
from routes import ROUTES, StraightToMariaDb


@pytest.fixture
def cluster(galera):
    """The Galera cluster, whole again after the test."""
    yield galera
    galera.make_whole()


# Never a name again: a node that is behind has the last one's database for a moment.
CLUSTER_DATABASES = itertools.count()


@pytest.fixture
def on_cluster(cluster, make_service):
    """Makes services whose replicas prefer the node of that index, and know the others."""
    made = []

    def make(node=0, files=None, folder="migrations"):
        database = ClusterDatabase(cluster.nodes[node], f"g{os.getpid()}_{next(CLUSTER_DATABASES)}")
        database.create()
        database.url = cluster.url(database.name, cluster.nodes[node:] + cluster.nodes[:node])
        made.append(make_service(database, files, folder, command_prefix=cluster.client_prefix))
        return made[-1]

    yield make
    for service in made:
        service.end()
    cluster.make_whole()
    for service in made:
        service.database.server = cluster.nodes[1]
        service.database.drop()


def pytest_configure(config):
    config.addinivalue_line("markers", "every_route: runs once for each route, not for direct only")


def pytest_generate_tests(metafunc):
    """`route` is the name of a route."""
    if "route" in metafunc.fixturenames:
        each = metafunc.definition.get_closest_marker("every_route")
        metafunc.parametrize("route", list(ROUTES) if each else ["direct"])


@pytest.fixture(scope="session")
def database_pool(postgres):
    """Databases that were made once and are empty again: making one takes longer than a run."""
    pool = DatabasePool(postgres)
    yield pool
    pool.end()


class DatabasePool:
    def __init__(self, server):
        self.server = server
        self.free = []
        self.made = []

    def take(self):
        if self.free:
            return self.free.pop()
        self.made.append(PostgresDatabase(self.server, f"f{os.getpid()}_{len(self.made)}"))
        self.made[-1].create()
        return self.made[-1]

    def give_back(self, database):
        database.template = ""
        database.empty()
        self.free.append(database)

    def end(self):
        for database in self.made:
            database.drop()


@pytest.fixture
def make_route(route):
    """Makes the route to a server."""
    made = []

    def make(server):
        made.append(ROUTES[route](server))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def routed_service(route, postgres, database_pool, make_service, make_route):
    """Makes services that reach their database by the route: on the shared server, or on `server`.

    `service.route` is the route, `service.route_name` what it is called.
    """
    services = []

    def make(files=None, server=None, folder="migrations", user="postgres"):
        if server is None:
            database = database_pool.take()
        else:
            database = PostgresDatabase(server, f"app_{folder}", user)
            database.create()
            if user != "postgres":
                server.psql(f"ALTER DATABASE {database.name} OWNER TO {user}")
        way = make_route(server or postgres)
        way.prepare(database)
        database.url = way.url(database)
        service = make_service(database, files, folder, environment=way.environment)
        service.route, service.route_name = way, route
        services.append(service)
        return service

    yield make
    for service in services:
        service.end()
        if service.database.server is postgres:
            database_pool.give_back(service.database)


@pytest.fixture
def mariadb_service(mariadb, new_mysql_database, make_service):
    """Makes services on the shared MariaDB, with `route` as those of `routed_service` have it."""
    def make(files, folder):
        service = make_service(new_mysql_database(), files, folder)
        service.route, service.route_name = StraightToMariaDb(mariadb), "direct"
        return service

    return make


@pytest.fixture
def far_service(far_server, make_service):
    """Makes services whose replicas are on the near end of a wire, `service.wire`, on whose far end
    is the server: a test's own `far_server`, a FarServer."""
    numbers = itertools.count(1)

    def make(files):
        database = far_server.new_database(f"app_{next(numbers)}")
        service = make_service(database, files, f"migrations_{database.name}",
                               command_prefix=far_server.wire.near.prefix)
        service.wire = far_server.wire
        return service

    yield make
    far_server.wire.mend()

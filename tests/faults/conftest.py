"""Fixtures of the fault tests: a service behind each route to PostgreSQL."""

import pytest

from databases import PostgresDatabase
from routes import ROUTES


@pytest.fixture(params=sorted(ROUTES))
def route(request):
    """The name of a route; a test that uses it runs once for each."""
    return request.param


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
def routed_service(route, postgres, new_postgres_database, make_service, make_route):
    """Makes services that reach their database by the route: on the shared server, or on `server`.

    `service.route` is the route, `service.route_name` what it is called.
    """
    def make(files=None, server=None, folder="migrations", user="postgres"):
        if server is None:
            database = new_postgres_database()
        else:
            database = PostgresDatabase(server, f"app_{folder}", user)
            database.create()
            if user != "postgres":
                server.psql(f"ALTER DATABASE {database.name} OWNER TO {user}")
        way = make_route(server or postgres)
        database.url = way.url(database)
        service = make_service(database, files, folder, environment=way.environment)
        service.route, service.route_name = way, route
        return service

    return make

"""The ways in which a migrator can be led to a database: what each needs to be set up.

A route is made for one server. `url(database)` is what replicas are given, `environment` what they
find in their environment, and `port` is where a proxy has to lead. `prepare(database)` comes before
anything else.
"""

from pgbouncer import PgBouncer

# A server whose own locks keep nobody out, by what it calls itself.
LOOK_ALIKE = """
CREATE SCHEMA look_alike;
CREATE FUNCTION look_alike.version() RETURNS text LANGUAGE sql
  AS $$ SELECT 'CockroachDB CCL v23.1.11 (x86_64-linux-gnu)' $$;
ALTER DATABASE {name} SET search_path = public, look_alike, pg_catalog;
"""


def look_like_another(database):
    """From now on the server calls itself CockroachDB in that database, even when it is emptied."""
    database.template = LOOK_ALIKE.format(name=database.name)
    database.script(database.template)


class Direct:
    """Straight to PostgreSQL: the lock is one of the session."""

    # Sweeps have so many replicas at work at once, and strike behind each message or statement.
    workers, every_message = 16, True

    def __init__(self, server):
        self.server = server
        self.environment = {}
        self.host, self.port = "127.0.0.1", server.port

    def prepare(self, database):
        pass

    def url(self, database, port=None, **parameters):
        user = f"{database.user}@" if database.user else ""
        query = "&".join(f"{key}={value}" for key, value in parameters.items())
        return f"postgres://{user}{self.host}:{port or self.port}/{database.name}" + (
            query and "?" + query)

    def close(self):
        pass


class Pooler(Direct):
    """Through PgBouncer with transaction pooling: the lock is one of a transaction."""

    workers, every_message = 8, False

    def __init__(self, server):
        super().__init__(server)
        self.pooler = PgBouncer(server.port, server_idle_timeout=5)
        self.pooler.__enter__()
        self.port = self.pooler.port

    def close(self):
        self.pooler.__exit__()


class Lease(Direct):
    """To a server whose locks aren't relied on. A dead holder's lease takes its time to run out, so
    that most replicas of a sweep only wait."""

    workers, every_message = 48, False

    def prepare(self, database):
        look_like_another(database)


class StraightToMariaDb:
    """To MariaDB, with no way around: the lock is one of the session."""

    every_message = True

    def __init__(self, server):
        self.host, self.port = "127.0.0.1", server.port

    def url(self, database, port=None):
        return f"mysql://root@{self.host}:{port or self.port}/{database.name}"


# To PostgreSQL.
ROUTES = {"direct": Direct, "pooler": Pooler, "lease": Lease}

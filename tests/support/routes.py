"""The ways in which a migrator can be led to a database: what each needs to be set up.

A route is made for one server. `url(database)` is what replicas are given, `environment` what they
find in their environment, and `port` is where a proxy has to lead.
"""


class Direct:
    """Straight to PostgreSQL: the lock is one of the session."""

    def __init__(self, server):
        self.server = server
        self.environment = {}
        self.host, self.port = "127.0.0.1", server.port

    def url(self, database, port=None, **parameters):
        user = f"{database.user}@" if database.user else ""
        query = "&".join(f"{key}={value}" for key, value in parameters.items())
        return f"postgres://{user}{self.host}:{port or self.port}/{database.name}" + (
            query and "?" + query)

    def close(self):
        pass


ROUTES = {"direct": Direct}

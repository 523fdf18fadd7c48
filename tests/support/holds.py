"""Stops a migration at a chosen statement, from outside, for as long as a test likes.

PostgreSQL: a migration says `hold(K)`, which is a statement that needs a shared advisory lock, and
the test has that lock. MariaDB: `hold(K, "mysql")`, and a lock by name. SQLite has nothing to wait
for; `BUSY_FOR_EVER` is a statement that computes until it is interrupted.
"""

from limits import until

LOCK_CLASS = 4711


def _name(number):
    return f"CONCAT(DATABASE(), '.hold.{number}')"


def hold(number, engine="postgres"):
    """The statement that waits for `Hold(database, number)` to be let go."""
    if engine == "mysql":
        return f"DO GET_LOCK({_name(number)}, 3600) AND RELEASE_LOCK({_name(number)});\n"
    return f"SELECT pg_advisory_xact_lock_shared({LOCK_CLASS}, {number});\n"


BUSY_FOR_EVER = """\
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers)
SELECT count(*) FROM numbers;
"""


def busy(size):
    """A statement that takes a while on SQLite: about a second for 10 million."""
    return (f"WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers "
            f"WHERE n < {size})\nSELECT count(*) FROM numbers;\n")


class Hold:
    """Holds the lock that `hold(number)` waits for, until `release()`."""

    def __init__(self, database, number=1):
        self.database = database
        self.number = number
        self.connection = database.connect()
        with self.connection.cursor() as cursor:
            if database.engine == "mysql":
                cursor.execute(f"DO GET_LOCK({_name(number)}, 0)")
            else:
                cursor.execute("SELECT pg_advisory_lock(%s, %s)", (LOCK_CLASS, number))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.release()

    def release(self):
        self.connection.close()

    def held_up(self):
        """The pids of the sessions that stand at this statement now.

        MariaDB's process list leaves a session's text out for a moment whenever somebody else is
        at it: who stood there once is asked for with `wait_until_reached`.
        """
        if self.database.engine == "mysql":
            return [pid for (pid,) in self.database.query(
                "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND "
                f"STATE = 'User lock' AND INFO LIKE '%.hold.{self.number}''%'")]
        return [pid for (pid,) in self.database.query(
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND "
            f"classid = {LOCK_CLASS} AND objid = {self.number} AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database())")]

    def wait_until_reached(self, replica):
        """Waits until a session stands there and returns the pids of those that do; fails as soon
        as `replica` has ended instead."""
        def reached():
            assert replica.running(), f"ended before hold({self.number}): {replica}"
            return self.held_up()

        return until(reached, f"{replica.name} at hold({self.number})")

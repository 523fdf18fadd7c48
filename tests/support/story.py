"""A run with every kind of migration in it, and the checker that knows its one right outcome.

A counter and a table of effects are changed by statements that must not happen twice: whatever is
doubled or lost shows in them.
"""

import dataclasses

from folder import Folder

OUTSIDE = "-- tidegate: no-transaction\n"

# Each migration adds another power of ten to the counter, or a row of its own to `effects`.
COMMON = {
    "1_counter.sql": "CREATE TABLE counter (value INTEGER);\nINSERT INTO counter VALUES (0);\n"
                     "CREATE TABLE effects (what TEXT);\n",
    "2_users.sql": "CREATE TABLE users (id INTEGER, name TEXT);\n"
                   "UPDATE counter SET value = value + 1;\nINSERT INTO users VALUES (1, 'Ada');\n",
    "4_users_age.sql": "ALTER TABLE users ADD COLUMN age INTEGER;\n"
                       "UPDATE counter SET value = value + 10;\n",
    "5_loose.sql": OUTSIDE + "INSERT INTO effects VALUES ('loose');\n"
                   "CREATE TABLE loose (id INTEGER);\n",
}
INDEX = {
    "postgres": OUTSIDE + "CREATE INDEX CONCURRENTLY users_name ON users (name);\n",
    "sqlite": OUTSIDE + "CREATE INDEX users_name ON users (name);\n",
    "mysql": OUTSIDE + "CREATE INDEX users_name ON users (name(20));\n",
}
WRONG = {"postgres": "SELECT 1 / 0;\n", "sqlite": "INSERT INTO absent VALUES (1);\n",
         "mysql": "INSERT INTO absent VALUES (1);\n"}
LAST = {
    "done": "CREATE TABLE pets (id INTEGER);\nUPDATE counter SET value = value + 100;\n",
    "fails": "UPDATE counter SET value = value + 100;\n",
    "fails_outside": OUTSIDE + "INSERT INTO effects VALUES ('before');\n",
}
ENDINGS = sorted(LAST)

# What shows whether a statement outside a transaction has happened, for the person who is asked.
HAPPENED = {
    (5, 1): "SELECT count(*) FROM effects WHERE what = 'loose'",
    (6, 1): "SELECT count(*) FROM effects WHERE what = 'before'",
    (6, 2): "SELECT 0",  # it can only fail
}
TABLE = "SELECT count(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() " \
        "AND TABLE_NAME = '{}'"
# Where the server commits what changes the schema by itself, every statement beside it counts.
HAPPENED_ON_MYSQL = {
    (1, 1): TABLE.format("counter"),
    (1, 2): "SELECT count(*) FROM counter",
    (1, 3): TABLE.format("effects"),
    (2, 1): TABLE.format("users"),
    (2, 2): "SELECT count(*) FROM counter WHERE value % 10 > 0",
    (2, 3): "SELECT count(*) FROM users",
    (4, 1): "SELECT count(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() "
            "AND TABLE_NAME = 'users' AND COLUMN_NAME = 'age'",
    (4, 2): "SELECT count(*) FROM counter WHERE value DIV 10 % 10 > 0",
}
HAPPENED_ON_MYSQL_AT_THE_END = {
    (6, 1): TABLE.format("pets"),
    (6, 2): "SELECT count(*) FROM counter WHERE value DIV 100 % 10 > 0",
}


@dataclasses.dataclass
class Findings:
    """What a checker found in the end: nothing, if all is right."""

    doubled: list = dataclasses.field(default_factory=list)
    lost: list = dataclasses.field(default_factory=list)
    wrongly_recorded: list = dataclasses.field(default_factory=list)

    def __bool__(self):
        return bool(self.doubled or self.lost or self.wrongly_recorded)


class Story:
    """The migrations of one story and what must come of them."""

    def __init__(self, engine, ending="done"):
        self.engine, self.ending = engine, ending
        self.files = {**COMMON, "3_users_name.sql": INDEX[engine]}
        last = LAST[ending] + ("" if ending == "done" else WRONG[engine])
        self.files["6_pets.sql" if ending == "done" else "6_wrong.sql"] = last
        self.code = 0 if ending == "done" else 5
        self.versions = [1, 2, 3, 4, 5] + ([6] if ending == "done" else [])
        self.counter = 111 if ending == "done" else 11
        self.effects = ["before", "loose"] if ending == "fails_outside" else ["loose"]
        self.happened = dict(HAPPENED)
        if engine == "mysql":
            self.happened.update(HAPPENED_ON_MYSQL)
            if ending == "done":
                self.happened.update(HAPPENED_ON_MYSQL_AT_THE_END)
        self.tables = ["counter", "effects", "loose", "users"] + (
            ["pets"] if ending == "done" else [])

    def write(self, path):
        folder = Folder(path)
        folder.add_all(self.files)
        return folder

    def finish(self, service, limit_s=None):
        """Runs replicas until one ends as it should, answering what a person is asked.

        Returns the last replica and how many questions there were.
        """
        for questions in range(10):
            limit = {} if limit_s is None else {"limit_s": limit_s}
            replica = service.start("migrate").wait(**limit)
            if replica.code != 7:
                assert replica.code == self.code, f"expected exit {self.code}: {replica}"
                return replica, questions
            self.answer(service)
        raise AssertionError(f"asked for ever: {replica}")

    def answer(self, service):
        """Does what a person does who is asked: looks, and says what became of the statement."""
        database = service.database
        asked = database.query("SELECT version, statement FROM tidegate_journal "
                               "WHERE state = 'started'")
        assert len(asked) == 1, f"one statement can be in question: {asked}"
        version, statement = map(int, asked[0])
        if version == 3:
            happened = self.index_is_valid(database)
            if not happened:
                on_table = " ON users" if self.engine == "mysql" else ""
                database.query(f"DROP INDEX IF EXISTS users_name{on_table}")
        elif (version, statement) == (5, 2):
            happened = "loose" in database.tables()
        else:
            happened = database.query(self.happened[version, statement])[0][0] > 0
        service.run("resolve", str(version), "--done" if happened else "--undone").expect(0)

    def index_is_valid(self, database):
        if self.engine == "sqlite":
            return bool(database.query("SELECT 1 FROM sqlite_master WHERE name = 'users_name'"))
        if self.engine == "mysql":
            return bool(database.query(
                "SELECT 1 FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() "
                "AND TABLE_NAME = 'users' AND INDEX_NAME = 'users_name'"))
        return database.query("SELECT indisvalid FROM pg_index WHERE indexrelid = "
                              "to_regclass('users_name')") == [(True,)]

    def check(self, service):
        """Compares schema, data and history with the one right outcome."""
        database = service.database
        findings = Findings()
        tables = [name for name in database.tables() if not name.startswith("tidegate")]
        self._compare(sorted(self.tables), tables, findings, "table")
        if "counter" in tables:
            self._check_counter(database.query("SELECT value FROM counter"), findings)
        if "effects" in tables:
            effects = [what for (what,) in database.query("SELECT what FROM effects")]
            self._compare(self.effects, sorted(effects), findings, "effect")
        if "users" in tables:
            users = database.query("SELECT id, name, age FROM users")
            self._compare([(1, "Ada", None)], users, findings, "user")
            if not self.index_is_valid(database):
                findings.lost.append("the index users_name")
        recorded = service.applied()
        if recorded != self.versions:
            findings.wrongly_recorded.append(f"history {recorded}, expected {self.versions}")
        journal = database.query("SELECT version, statement, state FROM tidegate_journal")
        unfinished = [row for row in journal if int(row[0]) in self.versions]
        if unfinished:
            findings.wrongly_recorded.append(f"journal of what is done: {unfinished}")
        return findings

    @staticmethod
    def _compare(expected, found, findings, what):
        for one in sorted(set(expected) | set(found), key=str):
            more = list(found).count(one) - list(expected).count(one)
            if more > 0:
                findings.doubled.append(f"{what} {one}")
            elif more < 0:
                findings.lost.append(f"{what} {one}")

    def _check_counter(self, rows, findings):
        if len(rows) != 1:
            (findings.doubled if rows else findings.lost).append(f"counter's rows: {rows}")
            return
        for place in range(3):
            digit, right = (number // 10 ** place % 10 for number in (rows[0][0], self.counter))
            if digit > right:
                findings.doubled.append(f"counter {rows[0][0]}, expected {self.counter}")
            elif digit < right:
                findings.lost.append(f"counter {rows[0][0]}, expected {self.counter}")

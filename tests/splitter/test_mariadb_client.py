"""The splitter against MariaDB's own: what the client sends, what the server makes of a whole file,
and which statements it commits by itself.

TIDEGATE_SPLIT_SQL names the program that prints what our splitter does.
"""

import glob
import json
import os
import random
import re
import subprocess

import pymysql
import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = {os.path.basename(path)[:-4]: path
         for path in sorted(glob.glob(os.path.join(HERE, "mysql", "*.sql")))}
# The client needs DELIMITER for some, and loses count of comments in others.
CUT_BY_SERVER = {name for name in CASES if name.endswith("_without_delimiter")} | {
    "28_comment_in_an_executed_comment"}
# What we refuse, and the client obeys or never sends.
REFUSED = {name for name in CASES if name[0] in "34"} - {"47_open_body_with_delimiter"}


def split_sql():
    root = os.path.dirname(os.path.dirname(HERE))
    return os.environ.get("TIDEGATE_SPLIT_SQL", os.path.join(root, "build", "dev", "split_sql"))


def split(texts, place):
    """What our splitter prints for each text."""
    paths = []
    for number, text in enumerate(texts):
        paths.append(os.path.join(place, f"{number}.sql"))
        with open(paths[-1], "w", encoding="utf-8", newline="") as file:
            file.write(text)
    done = subprocess.run([split_sql(), "mysql"], input="".join(path + "\n" for path in paths),
                          capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def statements(text, found):
    """The statements of a text that nothing is wrong with."""
    assert found["rules"] == [], f"{found['rules']} in\n{text}"
    bytes_ = text.encode()
    return [bytes_[begin:end].decode() for begin, end in found["statements"]]


QUOTED_OR_COMMENT = re.compile(
    r"""('(?:[^'\\]|\\.|\'\')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`]|``)*`)"""
    r"""|/\*(?!!|M!(?!999999)).*?\*/|(?:\#|--(?=\s))[^\n]*""", re.DOTALL)


def squeezed(statements):
    """Statements without any space, without semicolons at the end, which the server leaves out, and
    without what is executed by a version that there won't be.
    """
    short = [re.sub(r"/\*M!999999.*?\*/|\s+", "", one).rstrip(";") for one in statements]
    return [one for one in short if one]


def bare(statements):
    """The same, without comments."""
    return squeezed(QUOTED_OR_COMMENT.sub(lambda found: found.group(1) or "", one)
                    for one in statements)


@pytest.fixture(scope="module")
def server(mariadb):
    mariadb.query("SET GLOBAL log_output = 'TABLE'")
    yield mariadb
    mariadb.query("SET GLOBAL log_output = 'FILE'")


@pytest.fixture
def database(server, request):
    name = f"split_{os.getpid()}_{abs(hash(request.node.name))}"
    server.query(f"CREATE DATABASE `{name}`")
    yield name
    server.query(f"DROP DATABASE `{name}`")


def sent_by_client(server, database, scripts):
    """The queries that the client sends for each script, as the server received them."""
    server.query("TRUNCATE mysql.general_log")
    server.query("SET GLOBAL general_log = ON")
    for script in scripts:
        server.client("--force", "--skip-auto-rehash", database=database, script=script)
    server.query("SET GLOBAL general_log = OFF")
    sent = {}
    for thread, command, query in server.query(
            "SELECT thread_id, command_type, argument FROM mysql.general_log"):
        if command == "Connect" and f" on {database} " in query:
            sent[thread] = []
        elif command == "Query" and thread in sent and "@@version_comment" not in query:
            sent[thread].append(query)
    assert len(sent) == len(scripts)
    return list(sent.values())


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return file.read()


@pytest.mark.parametrize("name", sorted(set(CASES) - CUT_BY_SERVER - REFUSED))
def test_the_client_cuts_it_so(name, server, database, tmp_path):
    script = read(CASES[name])
    sent, = sent_by_client(server, database, [script])
    # The client leaves comments out.
    assert squeezed(sent) == bare(statements(script, *split([script], tmp_path)))


PIECES = ["'", '"', "`", "\\", "\\'", "''", ";", "//", "--", "-- ", "--x", "#", "/*", "*/",
          "/* ; */", "\n", "\n", " ", "a", "end//b", "select ", "1", "é", "\\N", "(", "begin ",
          "',;'", '"//"', "`;`", "# ;\n", "-- //\n", "\nDELIMITER //\n", "\nDELIMITER ;\n",
          "\ndelimiter $$ x\n", "$$", "/*!50001 a */", "$", ";;", "; ", ";\n"]


def test_the_client_cuts_random_scripts_so(server, database, tmp_path):
    """Of scripts that are thrown together, those that we have nothing against."""
    seed = int(os.environ.get("TIDEGATE_SEED", "26"))
    print("TIDEGATE_SEED", seed)
    draw = random.Random(seed)
    scripts = ["".join(draw.choice(PIECES) for _ in range(draw.randint(4, 30)))
               for _ in range(2000)]
    # For the client alone a comment in an executed one, or the other way round, never ends, and
    # neither does a comment at the star of another that is begun in it; it also loses a backslash
    # at a line's end.
    scripts = [script for script in scripts if "/*/" not in script and "\\\n" not in script and
               ("/*!" not in script or script.count("/*") == script.count("/*!"))]
    pairs = [(script, found) for script, found in zip(scripts, split(scripts, tmp_path))
             if not found["rules"] and len(found["statements"]) > 1][:80]
    assert len(pairs) == 80
    sent = sent_by_client(server, database, [script for script, _ in pairs])
    for (script, found), one in zip(pairs, sent):
        assert squeezed(one) == bare(statements(script, found)), repr(script)


@pytest.mark.parametrize("name", sorted(CUT_BY_SERVER))
def test_the_server_cuts_it_so(name, server, database, tmp_path):
    """A whole file in one query, whose statements the slow log has one by one."""
    script = read(CASES[name])
    server.query("TRUNCATE mysql.slow_log")
    connection = server.connect(database,
                                client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS)
    with connection.cursor() as cursor:
        cursor.execute("SET long_query_time = 0, log_slow_disabled_statements = '', "
                       "log_slow_filter = '', slow_query_log = ON")
        cursor.execute("SET GLOBAL slow_query_log = ON")
        cursor.execute(script)
        while cursor.nextset():
            pass
    server.query("SET GLOBAL slow_query_log = OFF")
    connection.close()
    logged = [text for (text,) in server.query(
        f"SELECT sql_text FROM mysql.slow_log WHERE db = '{database}'")]
    ours = bare(statements(script, *split([script], tmp_path)))
    # Of what a program runs the log has the parts as well.
    assert [one for one in bare(logged) if one in ours] == ours


COMMITS = """
CREATE TABLE a (a INT)
CREATE OR REPLACE TABLE a (a INT)
CREATE TABLE b AS SELECT 1 AS a
/*!50001 CREATE TABLE c (a INT) */
CREATE INDEX i ON a (a)
CREATE UNIQUE INDEX j ON b (a)
CREATE VIEW v AS SELECT 1
CREATE SEQUENCE s
CREATE FUNCTION f() RETURNS INT RETURN 1
CREATE PROCEDURE p() INSERT INTO probe VALUES (2)
CREATE TRIGGER tr BEFORE INSERT ON a FOR EACH ROW SET NEW.a = 1
CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM a
CREATE USER split_test
CREATE ROLE split_role
CREATE SERVER split_server FOREIGN DATA WRAPPER mysql OPTIONS (HOST '127.0.0.1')
ALTER TABLE a ADD b INT
ALTER VIEW v AS SELECT 2
ALTER SEQUENCE s RESTART 5
ALTER EVENT e DISABLE
ALTER PROCEDURE p COMMENT 'x'
ALTER USER split_test IDENTIFIED BY 'x'
GRANT SELECT ON *.* TO split_test
REVOKE SELECT ON *.* FROM split_test
SET PASSWORD FOR split_test = PASSWORD('y')
SET DEFAULT ROLE NONE
RENAME TABLE b TO d
RENAME USER split_test TO split_test_2
TRUNCATE TABLE d
ANALYZE TABLE a
ANALYZE LOCAL TABLE a
CHECK TABLE a
OPTIMIZE TABLE a
REPAIR TABLE a
FLUSH TABLES
FLUSH PRIVILEGES
RESET QUERY CACHE
SET autocommit = 1
SET @a = 1, SESSION autocommit = 1
LOCK TABLES a WRITE
BEGIN
BEGIN WORK
START TRANSACTION
COMMIT
DROP INDEX i ON a
DROP TRIGGER tr
DROP TABLE IF EXISTS a, c, d
DROP VIEW v
DROP SEQUENCE s
DROP FUNCTION f
DROP EVENT e
DROP USER split_test_2
DROP ROLE split_role
DROP SERVER split_server
DROP DATABASE IF EXISTS split_no_such_database
""".strip().splitlines()

STAYS = """
SELECT 1
INSERT INTO probe VALUES (3)
REPLACE INTO probe VALUES (3)
UPDATE probe SET a = 4 WHERE a = 3
DELETE FROM probe WHERE a = 4
WITH x AS (SELECT 1 AS a) SELECT a FROM x
VALUES (1)
SET @a = 1
SET NAMES utf8mb4
SET SESSION sql_mode = ''
/*!40101 SET @b = @@sql_mode */
DO 1
SAVEPOINT a
ROLLBACK TO a
ROLLBACK WORK TO SAVEPOINT a
RELEASE SAVEPOINT a
CREATE TEMPORARY TABLE temporary (a INT)
CREATE OR REPLACE TEMPORARY TABLE temporary (a INT)
DROP TEMPORARY TABLE temporary
PREPARE a FROM 'SELECT 1'
DEALLOCATE PREPARE a
PREPARE a FROM 'SELECT 1'
DROP PREPARE a
SHOW TABLES
EXPLAIN SELECT 1
ANALYZE SELECT 1
ANALYZE FORMAT = JSON SELECT 1
CHECKSUM TABLE probe
HANDLER probe OPEN
HANDLER probe CLOSE
""".strip().splitlines()

# They stay or not as what they run or are about: taken for commits, as their text doesn't tell.
UNKNOWN = """
CACHE INDEX probe IN default
LOAD INDEX INTO CACHE probe
CALL p()
EXECUTE IMMEDIATE 'CREATE TABLE made_by_execute (a INT)'
BEGIN NOT ATOMIC INSERT INTO probe VALUES (5); END
IF TRUE THEN INSERT INTO probe VALUES (6); END IF
SET STATEMENT max_statement_time = 5 FOR CREATE TABLE made_by_set (a INT)
ROLLBACK
""".strip().splitlines()


def test_what_commits_by_itself(server, database, tmp_path):
    """Each statement in a transaction, and whether another sees what that one did before it."""
    server.query("CREATE TABLE probe (a INT)", database)
    script = "DELIMITER |\n" + "|\n".join(COMMITS + STAYS + UNKNOWN)
    found, = split([script], tmp_path)
    assert len(found["commits"]) == len(COMMITS + STAYS + UNKNOWN)
    server.query("CREATE PROCEDURE p() DELETE FROM probe WHERE a = 7", database)
    for statement, ours in zip(COMMITS + STAYS + UNKNOWN, found["commits"]):
        if statement.startswith("CREATE PROCEDURE"):
            server.query("DROP PROCEDURE p", database)
        connection = server.connect(database, autocommit=False)
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO probe VALUES (1)")
            if "ROLLBACK" in statement or "RELEASE" in statement:
                cursor.execute("SAVEPOINT a")
            if statement.endswith(" PREPARE a"):
                cursor.execute("PREPARE a FROM 'SELECT 1'")
            if statement.endswith(" CLOSE"):
                cursor.execute("HANDLER probe OPEN")
            if statement.startswith("DROP TEMPORARY"):
                cursor.execute("CREATE TEMPORARY TABLE temporary (a INT)")
            cursor.execute(statement)
            seen = server.query("SELECT COUNT(*) FROM probe WHERE a = 1", database)[0][0] > 0
        connection.close()
        assert ours == (statement not in STAYS), statement
        if statement not in UNKNOWN:
            assert seen == ours, statement
        server.query("DELETE FROM probe", database)

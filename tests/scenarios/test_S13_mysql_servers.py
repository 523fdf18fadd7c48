"""MySQL's protocol: servers that are set to something else than the usual, and TLS."""

import pathlib
import subprocess
import tempfile

import pytest

from databases import MysqlDatabase
from folder import create_table, numbered_tables
from holds import Hold, hold


@pytest.fixture
def service_on(make_service):
    """A service on a new database of a server."""
    def make(server, files=None):
        database = MysqlDatabase(server, "shop")
        database.create()
        return make_service(database, files)
    return make


def test_S13_S26_a_server_where_nothing_commits_by_default(own_mariadb, service_on):
    """A waiter would look at the snapshot of its first read for ever."""
    service = service_on(own_mariadb(autocommit=0), {"1_users.sql": create_table("users")})
    service.migrate()
    service.folder.add("2_rows.sql", "INSERT INTO users VALUES (7);\n")
    waiter = service.start("wait", "--timeout", "1h").wait_for("pending")
    service.migrate()
    waiter.expect(0)
    assert service.database.query("SELECT id FROM users") == [(7,)]


def test_S13_a_set_that_runs_a_statement_runs_it_once(mysql_service):
    """What a script sets is set again behind a definition; that isn't a setting."""
    mysql_service.folder.add("1_needs.sql", create_table("users"))
    mysql_service.folder.add(
        "2_rows.sql",
        "SET STATEMENT max_statement_time = 60 FOR INSERT INTO users VALUES (7);\n"
        + create_table("a") + create_table("b") + "INSERT INTO a VALUES (8);\n")
    mysql_service.migrate()
    assert mysql_service.database.query("SELECT id FROM users") == [(7,)]


def test_S34_a_procedure_that_gave_up_in_between_is_not_called_again(mysql_service):
    service, database = mysql_service, mysql_service.database
    service.folder.add("1_needs.sql", create_table("users") + create_table("busy") +
                       "INSERT INTO busy VALUES (1);\n"
                       "CREATE PROCEDURE fill() BEGIN INSERT INTO users VALUES (7); "
                       "UPDATE busy SET id = 2; END;\n")
    service.migrate()
    service.folder.add("2_fill.sql", "-- tidegate: lock-timeout 1s\nCALL fill();\n")
    application = database.connect()
    application.begin()
    application.cursor().execute("UPDATE busy SET id = 3")

    refused = service.run("migrate").expect(5)

    assert "Lock wait timeout" in refused.err and "2_fill.sql:2:1" in refused.err, refused
    assert database.query("SELECT id FROM users") == [(7,)]
    application.rollback()


# -- TLS ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificates():
    """One authority, and a certificate of its own for 127.0.0.1 and one for elsewhere."""
    # Not below the tree, which may be where the server's user can't look.
    with tempfile.TemporaryDirectory(prefix="tidegate-tls-") as name:
        place = pathlib.Path(name)
        place.chmod(0o755)
        make_certificates(place)
        yield place


def make_certificates(place):
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=place, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
            "-subj", "/CN=authority")
    for name, address in (("here", "127.0.0.1"), ("elsewhere", "192.0.2.1")):
        (place / "names").write_text(f"subjectAltName=IP:{address}\n")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", "request",
                "-subj", f"/CN={name}")
        openssl("x509", "-req", "-in", "request", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-extfile", "names", "-out", f"{name}.pem")
        (place / f"{name}.key").chmod(0o644)


CIPHER = ("CREATE TABLE used (cipher VARCHAR(100));\n"
          "INSERT INTO used SELECT VARIABLE_VALUE FROM information_schema.SESSION_STATUS "
          "WHERE VARIABLE_NAME = 'Ssl_cipher';\n")


def with_tls(own_mariadb, certificates, name):
    return own_mariadb(ssl_cert=certificates / f"{name}.pem", ssl_key=certificates / f"{name}.key")


@pytest.mark.parametrize("parameters, protected", [
    ("", True), ("?ssl-mode=REQUIRED", True), ("?ssl-verify=true&ssl-ca={}/ca.pem", True),
    ("?ssl-mode=DISABLED", False)])
def test_S13_tls_is_used_where_the_server_has_it(own_mariadb, service_on, certificates, parameters,
                                                 protected):
    service = service_on(with_tls(own_mariadb, certificates, "here"), {"1_used.sql": CIPHER})
    url = service.database.url + parameters.format(certificates)
    service.start("migrate", database=url).expect(0)
    assert bool(service.database.query("SELECT cipher FROM used")[0][0]) == protected


def test_S13_tls_that_is_required_is_not_done_without(mysql_service):
    mysql_service.folder.add_all(numbered_tables(1))
    url = mysql_service.database.url + "?ssl-mode=REQUIRED"
    refused = mysql_service.start("migrate", database=url).expect(6)
    assert "the server has no TLS" in refused.err
    assert mysql_service.database.tables() == []


@pytest.mark.parametrize("name, authority", [("elsewhere", "ca.pem"), ("here", "elsewhere.pem")])
def test_S13_a_server_that_is_another_is_refused(own_mariadb, service_on, certificates, name,
                                                authority):
    service = service_on(with_tls(own_mariadb, certificates, name), numbered_tables(1))
    url = f"{service.database.url}?ssl-mode=VERIFY_IDENTITY&ssl-ca={certificates / authority}"
    refused = service.start("migrate", database=url).expect(6)
    assert "TLS/SSL error" in refused.err
    assert service.database.tables() == []


def test_S13_who_waits_over_tls_sleeps_in_peace(own_mariadb, service_on, certificates):
    """What the protocol sends by itself isn't the server's farewell."""
    service = service_on(with_tls(own_mariadb, certificates, "here"),
                         {"1_slow.sql": hold(1, "mysql")})
    with Hold(service.database) as held:
        first = service.start("migrate")
        held.wait_until_reached(first)
        second = service.start("migrate").wait_for("waiting")
    first.expect(0)
    assert "lost" not in second.expect(0).err
    assert service.applied() == [1]


@pytest.fixture
def who_wants_the_password(own_mariadb, service_on, certificates):
    """A service at a server that asks its user for the password as it is."""
    service = service_on(own_mariadb(
        plugin_load_add="auth_pam_v1", pam_use_cleartext_plugin=1,
        ssl_cert=certificates / "here.pem", ssl_key=certificates / "here.key"), numbered_tables(1))
    service.database.server.query("CREATE USER ada@'%' IDENTIFIED VIA pam")
    service.url = service.database.server.url(service.database.name, "ada", "secret")
    return service


# Nobody's password is right there: the server says so once it was told one.
TOLD = "Access denied for user"


@pytest.mark.parametrize("parameters", ["", "?ssl-mode=REQUIRED", "?ssl-mode=DISABLED"])
def test_S13_no_server_is_told_the_password_unproven(who_wants_the_password, parameters):
    service = who_wants_the_password
    refused = service.start("migrate", database=service.url + parameters).expect(6)
    assert "asks for the password as it is" in refused.err
    assert TOLD not in refused.err


def test_S13_who_has_proven_its_name_is_told_the_password(who_wants_the_password, certificates):
    service = who_wants_the_password
    socket = service.database.server.socket
    service.environment["MYSQL_UNIX_PORT"] = socket  # the library's default socket
    for url in (f"{service.url}?ssl-mode=VERIFY_IDENTITY&ssl-ca={certificates / 'ca.pem'}",
                f"{service.url}?socket={socket}",
                f"mysql://ada:secret@localhost/{service.database.name}"):
        refused = service.start("migrate", database=url).expect(6)
        assert TOLD in refused.err, (url, refused)

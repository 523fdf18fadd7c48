"""A service that isn't ready before its database is, as a load balancer and a developer see it."""

import http.client
import json
import os
import re
import subprocess
import time

import pytest

import postgres

PROGRAMS = os.path.dirname(os.environ["TIDEGATE"])
LIMIT_S = 60


class Web:
    """The examples' service, and what it answers."""

    def __init__(self, command, port):
        self.port = port
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)

    def ask(self, method, path, body=None, accept="*/*"):
        """Status, text and Location; None while it doesn't listen."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, {"Accept": accept})
            response = connection.getresponse()
            return response.status, response.read().decode(), response.getheader("Location")
        except OSError:
            return None
        finally:
            connection.close()

    def until(self, path, status):
        deadline = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline:
            answer = self.ask("GET", path)
            if answer and answer[0] == status:
                return answer[1]
            time.sleep(0.02)
        raise AssertionError(f"{path} never answers {status}; last {answer}")

    def state(self):
        return json.loads(self.ask("GET", "/readyz")[1])

    def verdict(self, wanted):
        deadline = time.monotonic() + LIMIT_S
        while self.state()["verdict"] != wanted:
            assert time.monotonic() < deadline, self.state()
            time.sleep(0.02)


@pytest.fixture
def start_web():
    made = []

    def start(service):
        port = postgres.free_port()
        made.append(Web([os.path.join(PROGRAMS, "ready"), service.database.url,
                         str(service.folder.path), str(port)], port))
        made[-1].until("/readyz", 503)
        return made[-1]

    yield start
    for web in made:
        web.process.kill()
        web.process.wait()


def test_it_is_ready_when_somebody_has_migrated(service, start_web):
    service.folder.add("1_users.sql", "CREATE TABLE users (id INTEGER);")
    web = start_web(service)
    web.verdict("no_history")
    assert web.state()["missing"] == ["1"]
    service.start("migrate").expect(0)
    assert json.loads(web.until("/readyz", 200))["verdict"] == "open"
    assert web.ask("GET", "/")[:2] == (200, "hello\n")


def test_a_developer_presses_the_button(service, start_web):
    service.folder.add("1_users.sql", "CREATE TABLE users (id INTEGER);")
    web = start_web(service)
    web.verdict("no_history")
    status, page, _ = web.ask("GET", "/anything", accept="text/html")
    assert status == 503 and "<td>users</td>" in page
    assert web.ask("POST", "/_tidegate/migrate", "token=guessed")[0] == 403
    assert web.state()["ready"] is False
    token = re.search('name="token" value="([0-9a-f]+)"', page).group(1)
    status, _, location = web.ask("POST", "/_tidegate/migrate", f"token={token}")
    assert (status, location) == (303, "/")
    assert web.ask("GET", "/")[:2] == (200, "hello\n")


def test_the_page_says_what_failed(service, start_web):
    service.folder.add("1_users.sql", "CREATE TABLE users (id INTEGER);")
    service.folder.add("2_wrong.sql", "INSERT INTO absent VALUES (1);")
    web = start_web(service)
    web.verdict("no_history")
    token = re.search('value="([0-9a-f]+)"', web.ask("GET", "/", accept="text/html")[1]).group(1)
    web.ask("POST", "/_tidegate/migrate", f"token={token}")
    status, page, _ = web.ask("GET", "/", accept="text/html")
    assert status == 503 and "2_wrong.sql:1:" in page and "INSERT INTO absent" in page


def test_who_was_ready_stays_so_while_the_server_is_away(own_postgres, make_service, start_web,
                                                         new_postgres_database):
    server = own_postgres()
    service = make_service(new_postgres_database(server),
                           {"1_users.sql": "CREATE TABLE users (id INTEGER);"})
    service.start("migrate").expect(0)
    port = postgres.free_port()
    web = Web([os.path.join(PROGRAMS, "orders_v1"), "--database", service.database.url,
               "--port", str(port), "--start", "migrate"], port)
    try:
        web.until("/readyz", 200)
        server.stop()
        assert web.ask("GET", "/readyz")[0] == 200
        assert web.ask("GET", "/orders/1")[0] == 500
        server.start()
        assert web.ask("GET", "/readyz")[0] == 200
    finally:
        web.process.kill()
        web.process.wait()

"""What programs read: each document and each line is what docs/schemas says."""

import glob
import json
import os

import jsonschema
import pytest

from folder import create_table, numbered_tables
from holds import Hold, hold
from tidegate import ROOT, databases_of


def schema(word):
    (path,) = glob.glob(os.path.join(ROOT, "docs", "schemas", f"*{word}*.schema.json"))
    with open(path, encoding="utf-8") as file:
        found = json.load(file)
    validator = jsonschema.validators.validator_for(found)
    validator.check_schema(found)
    return validator(found)


@pytest.fixture(scope="module")
def status_schema():
    return schema("status")


@pytest.fixture(scope="module")
def event_schema():
    return schema("event")


def check_events(replica, event_schema, *kinds):
    events = replica.events()
    assert events, replica
    for line in replica.out.splitlines():
        event_schema.validate(json.loads(line))
    for kind in kinds:
        assert [event for event in events if event["event"] == kind], f"no {kind} in {replica}"
    return events


def test_status_in_each_state(service, status_schema):
    service.folder.add_all(numbered_tables(3))

    def state(*arguments):
        document = service.status(*arguments)
        status_schema.validate(document)
        (database,) = databases_of(document)
        return document["open"], database["verdict"], [
            row["state"] for row in database["migrations"]]

    assert state() == (False, "no_history", ["pending"] * 3)
    service.migrate("--to", "2")
    assert state() == (False, "pending", ["applied", "applied", "pending"])
    service.migrate()
    assert state() == (True, "open", ["applied"] * 3)
    service.folder.add("4_t4.sql", "CRATE TABLE t4 (id INTEGER);\n")
    service.run("migrate").expect(5)
    assert state() == (False, "failed", ["applied"] * 3 + ["failed"])
    service.folder.add("4_t4.sql", create_table("t4"))
    service.migrate()
    service.folder.remove("2_t2.sql")
    service.folder.remove("2_t2.down.sql")
    assert state() == (True, "ahead", ["applied", "missing_file", "applied", "applied"])
    service.folder.add("3_t3.sql", create_table("t3") + "-- edited\n")
    is_open, verdict, rows = state()
    assert (is_open, verdict, rows[2]) == (False, "blocked", "edited")
    service.database.drop()
    assert state() == (False, "no_database", ["pending"] * 3)


def test_status_while_running(pg_service, status_schema):
    pg_service.folder.add("1_users.sql", create_table("users") + hold(1))
    with Hold(pg_service.database) as held:
        migrator = pg_service.start("migrate")
        held.wait_until_reached(migrator)
        document = pg_service.status()
        status_schema.validate(document)
        (database,) = databases_of(document)
        assert database["verdict"] == "running"
        assert str(migrator.pid) in json.dumps(database["holder"])
    migrator.expect(0)


def test_the_events_of_a_run_and_of_a_wait(service, event_schema):
    service.folder.add_all(numbered_tables(2))
    waiter = service.start("--log-format", "json", "wait", "--timeout", "1h")
    waiter.wait_for("gate_shut")

    run = service.migrate("--log-format", "json")

    events = check_events(run, event_schema, "run_started", "step_started", "statement_started",
                          "step_done", "run_done")
    assert [event["version"] for event in events if event["event"] == "step_done"] == ["1", "2"]
    check_events(waiter.expect(0), event_schema, "gate_shut", "gate_opened")
    check_events(service.migrate("--log-format", "json"), event_schema, "nothing_to_do")


def test_the_events_of_a_failure(service, event_schema):
    service.folder.add("1_users.sql", "-- one\nCRATE TABLE users (id INTEGER);\n")
    run = service.run("--log-format", "json", "migrate").expect(5)
    (failed,) = [event for event in check_events(run, event_schema)
                 if event["event"] == "step_failed"]
    assert failed["version"] == "1" and failed["error"]["line"] == 2, failed


def test_the_events_of_a_refusal(service, event_schema):
    service.folder.add("1_users.sql", "COMMIT;\n")
    run = service.run("--log-format", "json", "migrate").expect(2)
    check_events(run, event_schema)

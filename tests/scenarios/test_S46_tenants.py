"""S46: many tenants' schemas, several replicas at once: each once, the work shared, one report."""

import json
import os
import re

import pytest

TENANTS = int(os.environ.get("TIDEGATE_TENANTS", "60"))
REPLICAS = 4
EACH_ONCE = "INSERT INTO visits VALUES (1);"


class Schemas:
    """Tenants on PostgreSQL: schemas of one database."""

    count = TENANTS

    prefix = "tenant_"
    called = "schema {}:"

    def __init__(self, database):
        self.database = database
        database.script(
            "CREATE SCHEMA tenantless; CREATE SCHEMA other; DO $$ BEGIN FOR i IN 1.." +
            str(TENANTS) + " LOOP EXECUTE format('CREATE SCHEMA tenant_%s', i); END LOOP; END $$")

    def counts(self):
        return dict(self.database.query(
            "SELECT table_schema, (xpath('/row/n/text()', query_to_xml(format("
            "'SELECT count(*) AS n FROM %I.visits', table_schema), false, true, '')))[1]::text"
            "::int FROM information_schema.tables WHERE table_name = 'visits'"))

    def drop(self):
        pass


class Databases:
    """Tenants on MariaDB: databases of one server, each with files of its own; so fewer of them."""

    count = TENANTS // 3

    called = "/{}:"

    def __init__(self, database):
        self.database = database
        self.prefix = database.name + "_tenant_"
        self.others = [database.name + "_other", database.name + "_tenantless"]
        self.names = [f"{self.prefix}{number}" for number in range(1, self.count + 1)]
        database.script("".join(f"CREATE DATABASE {name};\n"
                                for name in self.names + self.others))

    def counts(self):
        made = self.database.query("SELECT TABLE_SCHEMA FROM information_schema.TABLES WHERE "
                                   "TABLE_NAME = 'visits' AND TABLE_SCHEMA LIKE "
                                   f"'{self.database.name}%'")
        return {name: self.database.query(f"SELECT COUNT(*) FROM {name}.visits")[0][0]
                for (name,) in made}

    def drop(self):
        self.database.script("".join(f"DROP DATABASE {name};\n"
                                     for name in self.names + self.others))


@pytest.fixture(params=["postgres", "mysql"])
def tenants(request):
    """A service with that many tenants' schemas, and some that aren't tenants'."""
    if request.param == "postgres":
        service = request.getfixturevalue("pg_service")
        service.tenants = Schemas(service.database)
    else:
        service = request.getfixturevalue("mysql_service")
        service.tenants = Databases(service.database)
    service.pattern = service.tenants.prefix + "*"
    service.folder.add("1_visits.sql", "CREATE TABLE visits (count INTEGER);")
    service.folder.add("2_first.sql", EACH_ONCE)
    yield service
    service.end()
    service.tenants.drop()


def test_S46_each_tenant_once_and_the_work_shared(tenants):
    count = tenants.tenants.count
    replicas = [tenants.start("--schema", tenants.pattern, "migrate") for _ in range(REPLICAS)]
    changed = []
    for replica in replicas:
        replica.expect(0)
        lines = replica.out.splitlines()
        assert len(lines) == 1, replica.out
        told = re.fullmatch(rf"{count} schemas are ready: (\d+) changed by this replica, "
                            r"(\d+) by others or before, in .*", lines[0])
        assert told and int(told[1]) + int(told[2]) == count, lines
        changed.append(int(told[1]))
        assert replica.err == ""
    assert sum(changed) == count
    assert min(changed) > 0, changed
    made = tenants.tenants.counts()
    assert len(made) == count and set(made.values()) == {1}
    assert all(name.startswith(tenants.tenants.prefix) for name in made)


def test_S46_the_gate_opens_when_all_are_ready(tenants):
    waiting = tenants.start("--schema", tenants.pattern, "wait", "--timeout", "5m")
    tenants.start("--schema", tenants.pattern, "migrate").expect(0)
    waiting.expect(0)
    assert waiting.out.startswith(f"{tenants.tenants.count} schemas are ready in "), waiting.out
    tenants.folder.add("3_more.sql", "CREATE TABLE more (x INTEGER);")
    tenants.start("--schema", tenants.tenants.prefix + "1", "migrate").expect(0)
    tenants.start("--schema", tenants.pattern, "wait", "--timeout", "2s").expect(4)


def test_S46_a_failing_tenant_is_named_and_the_rest_goes_on_next_time(tenants):
    seventh = tenants.tenants.prefix + "7"
    tenants.database.script(f"CREATE TABLE {seventh}.visits (unlike TEXT)")
    failed = tenants.start("--schema", tenants.pattern, "migrate")
    failed.expect(5)
    assert tenants.tenants.called.format(seventh) in failed.err, failed.err
    assert re.search(rf"\d+ of {tenants.tenants.count} schemas are ready", failed.err), failed.err
    tenants.database.script(f"DROP TABLE {seventh}.visits")
    tenants.start("--schema", tenants.pattern, "migrate").expect(0)
    assert set(tenants.tenants.counts().values()) == {1}


def test_S46_json_tells_each_tenant_and_how_many_are_left(tenants):
    count = tenants.tenants.count
    replica = tenants.start("--log-format", "json", "--schema", tenants.pattern, "migrate")
    replica.expect(0)
    events = [json.loads(line) for line in replica.out.splitlines()]
    last = [event for event in events if event["event"] == "targets_progress"][-1]
    assert (last["done"], last["total"], last["changed"]) == (count, count, count)
    done = {event["database"] for event in events if event["event"] == "run_done"}
    assert len(done) == count


@pytest.mark.parametrize("engine", ["pg_service", "mysql_service"])
def test_S46_a_pattern_that_no_schema_matches_is_never_ready(request, engine):
    service = request.getfixturevalue(engine)
    service.folder.add("1_visits.sql", "CREATE TABLE visits (count INTEGER);")
    for command in ("migrate", "wait", "status"):
        replica = service.start("--schema", "tenantx_*", command)
        replica.expect(7)
        assert "no schema whose name is like tenantx_*" in replica.err, replica.err

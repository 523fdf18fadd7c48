"""S46: many tenants' schemas, several replicas at once: each once, the work shared, one report."""

import json
import os
import re

import pytest

TENANTS = int(os.environ.get("TIDEGATE_TENANTS", "60"))
REPLICAS = 4
EACH_ONCE = "INSERT INTO visits VALUES (1);"


@pytest.fixture
def tenants(pg_service):
    """A service with that many tenants' schemas, and some that aren't tenants'."""
    pg_service.database.script(
        "CREATE SCHEMA tenantless; CREATE SCHEMA other; DO $$ BEGIN FOR i IN 1.." + str(TENANTS) +
        " LOOP EXECUTE format('CREATE SCHEMA tenant_%s', i); END LOOP; END $$")
    pg_service.folder.add("1_visits.sql", "CREATE TABLE visits (count INTEGER);")
    pg_service.folder.add("2_first.sql", EACH_ONCE)
    return pg_service


def counts(service):
    """How many rows the migration that isn't idempotent has made, by schema."""
    rows = service.database.query(
        "SELECT table_schema, (xpath('/row/n/text()', query_to_xml(format("
        "'SELECT count(*) AS n FROM %I.visits', table_schema), false, true, '')))[1]::text::int "
        "FROM information_schema.tables WHERE table_name = 'visits'")
    return dict(rows)


def test_S46_each_tenant_once_and_the_work_shared(tenants):
    replicas = [tenants.start("--schema", "tenant_*", "migrate") for _ in range(REPLICAS)]
    changed = []
    for replica in replicas:
        replica.expect(0)
        lines = replica.out.splitlines()
        assert len(lines) == 1, replica.out
        told = re.fullmatch(rf"{TENANTS} schemas are ready: (\d+) changed by this replica, "
                            r"(\d+) by others or before, in .*", lines[0])
        assert told and int(told[1]) + int(told[2]) == TENANTS, lines
        changed.append(int(told[1]))
        assert replica.err == ""
    assert sum(changed) == TENANTS
    assert min(changed) > 0, changed
    made = counts(tenants)
    assert len(made) == TENANTS and set(made.values()) == {1}
    assert not {"tenantless", "other", "public"} & set(made)


def test_S46_the_gate_opens_when_all_are_ready(tenants):
    waiting = tenants.start("--schema", "tenant_*", "wait", "--timeout", "5m")
    tenants.start("--schema", "tenant_*", "migrate").expect(0)
    waiting.expect(0)
    assert waiting.out.startswith(f"{TENANTS} schemas are ready in "), waiting.out
    tenants.folder.add("3_more.sql", "CREATE TABLE more (x INTEGER);")
    tenants.start("--schema", "tenant_1", "migrate").expect(0)
    tenants.start("--schema", "tenant_*", "wait", "--timeout", "2s").expect(4)


def test_S46_a_failing_tenant_is_named_and_the_rest_goes_on_next_time(tenants):
    tenants.database.script("CREATE TABLE tenant_7.visits (unlike TEXT)")
    failed = tenants.start("--schema", "tenant_*", "migrate")
    failed.expect(5)
    assert "schema tenant_7:" in failed.err, failed.err
    assert re.search(rf"\d+ of {TENANTS} schemas are ready", failed.err), failed.err
    tenants.database.script("DROP TABLE tenant_7.visits")
    tenants.start("--schema", "tenant_*", "migrate").expect(0)
    assert set(counts(tenants).values()) == {1}


def test_S46_json_tells_each_tenant_and_how_many_are_left(tenants):
    replica = tenants.start("--log-format", "json", "--schema", "tenant_*", "migrate")
    replica.expect(0)
    events = [json.loads(line) for line in replica.out.splitlines()]
    last = [event for event in events if event["event"] == "targets_progress"][-1]
    assert (last["done"], last["total"], last["changed"]) == (TENANTS, TENANTS, TENANTS)
    done = {event["database"] for event in events if event["event"] == "run_done"}
    assert len(done) == TENANTS


def test_S46_a_pattern_that_no_schema_matches_is_never_ready(pg_service):
    pg_service.folder.add("1_visits.sql", "CREATE TABLE visits (count INTEGER);")
    for command in ("migrate", "wait", "status"):
        replica = pg_service.start("--schema", "tenant_*", command)
        replica.expect(7)
        assert "no schema whose name is like tenant_*" in replica.err, replica.err

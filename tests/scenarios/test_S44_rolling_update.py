"""S44: a rolling update of three replicas behind a real load balancer under load."""

import pytest

import rollout
from rollout import Fleet, tidegate


@pytest.fixture
def url(new_postgres_database):
    return new_postgres_database().url


def columns(url):
    import psycopg2
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT column_name FROM information_schema.columns "
                       "WHERE table_name = 'orders' ORDER BY 1")
        return [name for name, in cursor]


@pytest.mark.parametrize("way", ["replicas", "job"])
def test_S44_expand_then_contract_and_back_without_a_failed_request(url, tmp_path, way):
    with Fleet(url, str(tmp_path), way) as fleet:
        with fleet.load() as load:
            fleet.roll(2)
            assert columns(url) == ["amount", "channel", "customer", "id", "source"]
            fleet.roll(3)
            assert columns(url) == ["amount", "customer", "id", "source"]
            # The database is ahead of version 2, which is fine for it.
            fleet.roll(2, migrate=False)
        assert load.failures == []
        assert set(load.versions) == {1, 2, 3}
        # Version 1 is below the floor that version 3 set: it doesn't come up, whichever way.
        code, said = tidegate(url, 1, "wait", "--timeout", "10s")
        assert code == 7 and "too_old" in said, said
        leaving = fleet.replicas[0]
        leaving.stop()
        leaving.start(url, 1, way)
        assert leaving.process.wait(rollout.LIMIT_S) != 0
        assert "20261010090000" in leaving.log()


def test_S44_without_the_gate_requests_fail(url, tmp_path):
    with Fleet(url, str(tmp_path), "none") as fleet:
        with fleet.load() as load:
            fleet.roll(2)
        assert any("source" in failure for failure in load.failures), load.failures[:5]

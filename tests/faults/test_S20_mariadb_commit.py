"""S20 on MariaDB: a COMMIT is not answered; what became of it is looked up, never guessed."""

import time

import pytest

from outcomes import note
from proxy import Proxy, Trap
from story import ENDINGS, Story
from sweep import slice_of


def places_of_commits(service):
    """Behind how many of the client's messages a COMMIT has been sent, in a run of the story."""
    with Proxy("127.0.0.1", service.database.server.port, count_messages=True,
               protocol="mysql") as proxy:
        service.run("migrate", database=through(proxy, service))
    service.database.empty()
    places = [number for number, kind in enumerate(proxy.kinds("client"), start=1)
              if kind.endswith("COMMIT")]
    assert len(places) >= 5
    return places


def through(proxy, service):
    return f"mysql://root@127.0.0.1:{proxy.port}/{service.database.name}"


# Sent, executed and not answered; or reset while it is on its way.
LOST = {"the answer is lost": lambda: time.sleep(0.3), "the connection is reset": "reset"}


@pytest.mark.parametrize("lost", LOST)
def test_S20_a_commit_on_mariadb_is_not_answered(mysql_service, lost):
    """What became of it is looked up, and nothing happens twice."""
    story = Story("mysql", ENDINGS[0])
    service = mysql_service
    service.folder.add_all(story.files)
    for place in slice_of(places_of_commits(service), 5):
        with Proxy("127.0.0.1", service.database.server.port, protocol="mysql",
                   trap=Trap("client", place, LOST[lost])) as proxy:
            replica = service.start("migrate", database=through(proxy, service)).wait()
            assert proxy.sprung.is_set()
        assert replica.code == story.code, (place, replica)
        findings = story.check(service)
        assert not findings, (place, findings, replica)
        note("mysql, direct", f"COMMIT: {lost}", findings, 0, None)
        service.database.empty()


def test_S20_the_answer_of_mariadb_is_lost_and_nobody_can_be_asked(mysql_service):
    """That is said, and nothing is claimed."""
    story = Story("mysql", ENDINGS[0])
    service = mysql_service
    service.folder.add_all(story.files)
    for place in places_of_commits(service)[1:3]:
        with Proxy("127.0.0.1", service.database.server.port, protocol="mysql",
                   trap=Trap("client", place, "reset", then_refuse=True)) as proxy:
            replica = service.start("migrate", "--connect-timeout", "1s",
                                    database=through(proxy, service)).wait()
        assert replica.code in (1, 6), replica
        assert "cannot connect" in replica.err, replica
        story.finish(service)
        assert not story.check(service), (place, story.check(service))
        service.database.empty()

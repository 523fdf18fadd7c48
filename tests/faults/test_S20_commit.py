"""S20: the connection dies during COMMIT; what became of it is looked up, never guessed."""

import pytest

from proxy import Proxy, Trap
from story import ENDINGS, Story


def commits(service):
    """Before which of the server's messages a COMMIT is answered, in a run of that story."""
    with Proxy(service.route.host, service.route.port, count_messages=True) as proxy:
        url = service.route.url(service.database, port=proxy.port)
        service.run("migrate", database=url)
    service.database.empty()
    places = [number for number, kind in enumerate(proxy.kinds("server")) if kind == "C COMMIT"]
    assert len(places) >= 5
    return places


@pytest.mark.parametrize("ending", ENDINGS)
def test_S20_the_connection_dies_before_a_commit_is_answered(routed_service, ending):
    story = Story("postgres", ending)
    service = routed_service(story.files)
    for place in commits(service):
        with Proxy(service.route.host, service.route.port,
                   trap=Trap("server", place, "reset")) as proxy:
            url = service.route.url(service.database, port=proxy.port)
            replica = service.start("migrate", database=url).wait()
            assert proxy.sprung.is_set()
        # What was committed is seen by its next look. Only the journal's word that a statement
        # outside a transaction begins, when that statement then wasn't sent, may leave a question.
        assert replica.code in (story.code, 7), replica
        if replica.code != 7:
            assert not story.check(service), (place, story.check(service), replica)
        story.finish(service)
        assert not story.check(service), (place, story.check(service))
        service.database.empty()


def test_S20_the_answer_is_lost_and_the_server_stays_away(routed_service):
    """Nobody can be asked what became of the COMMIT: that is said, and nothing is claimed."""
    story = Story("postgres")
    service = routed_service(story.files)
    for place in commits(service)[:3]:
        with Proxy(service.route.host, service.route.port,
                   trap=Trap("server", place, "reset", then_refuse=True)) as proxy:
            url = service.route.url(service.database, port=proxy.port)
            replica = service.start("migrate", "--connect-timeout", "1s", database=url).wait()
        assert replica.code in (1, 6), replica
        assert "cannot connect" in replica.err, replica
        story.finish(service)
        assert not story.check(service), (place, story.check(service))
        service.database.empty()

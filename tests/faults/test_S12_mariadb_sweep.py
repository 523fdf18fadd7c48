"""S12, S13, S20 on MariaDB: a fault at each message of a run with every kind of migration in it.

`make test` tries some of the boundaries, drawn from a seed that it prints; `make chaos` all.
"""

import os

import pytest

from databases import MysqlDatabase
from story import ENDINGS, Story
from sweep import message_boundaries, slice_of, strike_messages, sweep


class Straight:
    """The way to the server, as routes.py has it for PostgreSQL."""

    every_message = True

    def __init__(self, server):
        self.host, self.port = "127.0.0.1", server.port

    def url(self, database, port=None):
        return f"mysql://root@{self.host}:{port or self.port}/{database.name}"


@pytest.fixture
def make_place(mariadb, make_service):
    made = []

    def make(files, number):
        database = MysqlDatabase(mariadb, f"f{os.getpid()}_{number}")
        database.create()
        made.append(make_service(database, files, f"place_{number}"))
        made[-1].route, made[-1].route_name = Straight(mariadb), "direct"
        return made[-1]

    yield make
    for service in made:
        service.end()
        service.database.drop()


@pytest.mark.parametrize("ending", ENDINGS)
def test_S12_each_message_of_a_run_on_mariadb(make_place, ending):
    story = Story("mysql", ending)
    # An answer is many messages here: each column and row of it. Some of them are enough.
    boundaries = [each for each in message_boundaries(make_place(story.files, "measured"), ending)
                  if each.kind == "client" or each.number % 4 == 0]
    sweep(slice_of(boundaries, 16), lambda number: make_place(story.files, number),
          lambda service, boundary: strike_messages(service, story, boundary), workers=16)

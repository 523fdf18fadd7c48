"""S12, S13, S20 on MariaDB: a fault at each message of a run with every kind of migration in it.

`make test` tries some of the boundaries, drawn from a seed that it prints; `make chaos` all.
"""

import pytest

from story import ENDINGS, Story
from sweep import message_boundaries, slice_of, strike_messages, sweep


@pytest.mark.parametrize("ending", ENDINGS)
def test_S12_each_message_of_a_run_on_mariadb(mariadb_service, ending):
    story = Story("mysql", ending)
    # An answer is many messages here: each column and row of it. Some of them are enough.
    measured = mariadb_service(story.files, "measured")
    boundaries = [each for each in message_boundaries(measured, ending)
                  if each.kind == "client" or each.number % 4 == 0]
    sweep(slice_of(boundaries, 16), lambda number: mariadb_service(story.files, f"place_{number}"),
          lambda service, boundary: strike_messages(service, story, boundary), workers=16)

"""S12, S13, S20: a fault at each boundary of a run with every kind of migration in it.

`make test` tries some of the boundaries, drawn from a seed that it prints; `make chaos` all.
"""

import os

import pytest

from databases import SqliteDatabase
from folder import Folder
from story import ENDINGS, Story
from sweep import (SYSTEM_CALLS, Boundary, count_system_calls, message_boundaries, slice_of,
                   strike_messages, strike_system_call, sweep)
from tidegate import Service


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.every_route
def test_S12_each_message_of_a_run(routed_service, ending):
    story = Story("postgres", ending)

    def make_place(number):
        return routed_service(story.files, folder=f"place_{number}")

    measured = routed_service(story.files, folder="measured")
    sweep(slice_of(list(message_boundaries(measured, ending)), 16), make_place,
          lambda service, boundary: strike_messages(service, story, boundary),
          workers=measured.route.workers)


@pytest.mark.parametrize("journal", ["delete", "wal"])
@pytest.mark.parametrize("ending", ENDINGS)
def test_S12_each_system_call_of_a_run_on_a_file(tmp_path, ending, journal):
    story = Story("sqlite", ending)
    services = []

    def make_place(number):
        place = tmp_path / str(number)
        os.makedirs(place)
        database = SqliteDatabase(place / "app.db")
        database.empty(journal)
        services.append(Service(place, database, Folder(place / "migrations")))
        services[-1].folder.add_all(story.files)
        return services[-1]

    try:
        counts = count_system_calls(make_place("measured"))
        boundaries = [Boundary(ending, "kill", name, number) for name in SYSTEM_CALLS
                      for number in range(1, counts[name] + 1)]
        sweep(slice_of(boundaries, 8), make_place,
              lambda service, boundary: strike_system_call(service, story, boundary))
    finally:
        for service in services:
            service.end()

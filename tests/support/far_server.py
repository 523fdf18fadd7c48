"""A server whose replicas reach it over a wire that can be cut: S17."""

import concurrent.futures

from limits import LIMIT_S
from network import FAR, Wire
from outcomes import note
from story import Findings

# What the scenario allows until the lock is free: 15 s, and more to a sanitized binary.
FREE_S = LIMIT_S / 4

# What befalls one connection, by its port on the replicas' side.
CUTS = {
    "packets of both ways are dropped": lambda wire, port: wire.drop(port),
    "packets to the server are dropped": lambda wire, port: wire.drop(port, "out"),
    "packets from the server are dropped": lambda wire, port: wire.drop(port, "in"),
    # Nothing is sent in a statement, so it is the server's keepalive that meets the reset.
    "the connection is reset": lambda wire, port: wire.reset(port),
}


class FarServer:
    """A private server on the far end of a wire, until it is left."""

    def __init__(self, kind, make_database, **settings):
        self.wire = Wire()
        self.make_database = make_database
        self.server = kind(settings, command_prefix=self.wire.far.prefix).start()
        self.server.address = FAR
        self.server.let_everybody_in()

    def new_database(self, name):
        database = self.make_database(self.server, name)
        database.drop()
        database.create()
        return database

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.destroy()
        self.wire.end()


def expect_free_in_time(where, cuts):
    """Makes each of the cuts, all at once; they return how long it took until the lock was free."""
    with concurrent.futures.ThreadPoolExecutor(len(cuts)) as pool:
        runs = {what: pool.submit(cut) for what, cut in cuts.items()}
    for what, run in runs.items():
        print(f"{what}: free after {run.result():.1f} s")
        note(where, what, Findings(), 0, run.result())
        assert run.result() <= FREE_S, what

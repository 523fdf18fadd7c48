"""S22: the disk is full or the file system read-only: a clear error, and nothing is lost.

Small disks are mounted, which needs root. Without it, the tests of the SQLite driver show the same
for a full database and a read-only file (`S22_…` in src/drivers/sqlite).
"""

import os

import pytest

from counter import COUNT_UP, COUNTER
from databases import PostgresDatabase, SqliteDatabase
from folder import create_table, numbered_tables
from postgres import Postgres, server_user
from small_disk import SmallDisk, may_mount


def expect_counted_once(service, versions):
    assert service.applied() == versions
    assert service.database.query("SELECT value FROM counter") == [(1,)]
    assert service.verdict() == "open"


if may_mount():

    @pytest.fixture
    def small_disk():
        disks = []

        def make(size, owner=None):
            disks.append(SmallDisk(size, owner))
            return disks[-1]

        yield make
        for disk in disks:
            disk.end()

    @pytest.mark.parametrize("journal", ["delete", "wal"])
    def test_S22_the_disk_of_a_file_is_full(small_disk, make_service, journal):
        disk = small_disk("1m")
        database = SqliteDatabase(os.path.join(disk.path, "app.db"))
        database.create()
        database.query(f"PRAGMA journal_mode = {journal}")
        service = make_service(database, {
            "1_counter.sql": COUNTER,
            "2_large.sql": COUNT_UP + "CREATE TABLE large AS SELECT zeroblob(4000000) AS value;\n",
            "3_users.sql": create_table("users")})

        full = service.run("migrate")
        assert full.code in (1, 5), full
        assert "full" in full.err and "2_large.sql" in full.err, full
        assert "2 large failed; nothing of it is left" in full.err, full
        assert service.applied() == [1]
        assert service.database.query("SELECT value FROM counter") == [(0,)]
        assert service.verdict() in ("failed", "pending")

        disk.remount("size=64m")
        service.migrate()
        expect_counted_once(service, [1, 2, 3])

    @pytest.mark.parametrize("journal", ["delete", "wal"])
    def test_S22_not_a_byte_is_left(small_disk, make_service, journal):
        """Not even the lock's file or the journal can be written."""
        disk = small_disk("1m")
        database = SqliteDatabase(os.path.join(disk.path, "app.db"))
        database.create()
        database.query(f"PRAGMA journal_mode = {journal}")
        service = make_service(database, {"1_counter.sql": COUNTER})
        service.migrate()
        service.folder.add_all({"2_count.sql": COUNT_UP, "3_users.sql": create_table("users")})
        filler = os.path.join(disk.path, "filler")
        with open(filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass

        full = service.run("migrate")
        assert full.code in (1, 5), full
        assert "full" in full.err or "No space left" in full.err, full
        os.remove(filler)
        assert service.applied() == [1]
        service.migrate()
        expect_counted_once(service, [1, 2, 3])

    def test_S22_a_read_only_file_system(small_disk, make_service):
        disk = small_disk("4m")
        database = SqliteDatabase(os.path.join(disk.path, "app.db"))
        database.create()
        service = make_service(database, numbered_tables(1))
        service.migrate()
        build = service.other_build(service.folder.copy_to(service.place + "/next"))
        build.folder.add_all(numbered_tables(1, first=2))
        disk.remount("ro")

        refused = build.run("migrate")
        assert refused.code in (1, 7), refused
        assert "Read-only file system" in refused.err, refused
        build.run("status").expect(0)
        service.run("wait", "--timeout", "1h").expect(0)

        disk.remount("rw")
        build.migrate()
        assert build.applied() == [1, 2]

    def test_S22_the_disk_of_a_tablespace_is_full(small_disk, postgres, routed_service):
        disk = small_disk("2m", server_user())
        space = f"small_{os.getpid()}"
        postgres.psql(f"CREATE TABLESPACE {space} LOCATION '{disk.path}'")
        service = routed_service({
            "1_counter.sql": COUNTER,
            "2_large.sql": COUNT_UP + f"CREATE TABLE large TABLESPACE {space} AS "
                           "SELECT repeat('x', 100) FROM generate_series(1, 100000);\n",
            "3_users.sql": create_table("users")})
        try:
            full = service.run("migrate").expect(5)
            assert "No space left on device" in full.err and "53100" in full.err, full
            assert "2_large.sql:2:1" in full.err, full
            assert service.applied() == [1]
            disk.remount("size=64m")
            service.migrate()
            expect_counted_once(service, [1, 2, 3])
        finally:
            service.database.empty()
            postgres.psql(f"DROP TABLESPACE {space}")

    def test_S22_the_disk_of_the_server_is_full(small_disk, make_service):
        """It refuses, or goes down in the middle because its log has no room."""
        disk = small_disk("120m", server_user())
        server = Postgres()
        server.make_directory()
        os.rmdir(server.directory)
        os.symlink(disk.path, server.directory)
        try:
            server.start()
            database = PostgresDatabase(server, "app")
            database.create()
            service = make_service(database, {
                "1_counter.sql": COUNTER,
                "2_large.sql": COUNT_UP + "CREATE TABLE large AS SELECT repeat('x', 100) FROM "
                               "generate_series(1, 1000000);\n",
                "3_users.sql": create_table("users")})
            full = service.run("migrate", "--connect-timeout", "2s")
            assert full.code in (1, 5, 6), full
            assert "No space left on device" in full.err or "connect" in full.err, full

            disk.remount("size=1g")
            server.restart("immediate")
            assert service.applied() == [1]
            service.migrate()
            expect_counted_once(service, [1, 2, 3])
        finally:
            server.stop()
            os.remove(server.directory)
            os.mkdir(server.directory)
            server.destroy()

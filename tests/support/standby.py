"""Streaming standbys of a private PostgreSQL."""

from limits import until
from postgres import Postgres


def standby_of(primary, name="standby", **settings):
    """A running standby that follows `primary`, known to it as `name`."""
    standby = Postgres({"hot_standby": "on", **settings})
    standby.make_directory()
    standby.run_program("pg_basebackup", "-d", f"host={primary.directory} port={primary.port} "
                        f"user=postgres application_name={name}", "-D", standby.data, "-R", "-X",
                        "stream", "-c", "fast")
    return standby.start()


def make_synchronous(primary, name="standby"):
    """From now on a commit waits until that standby has it."""
    primary.psql(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")
    primary.psql("SELECT pg_reload_conf()")
    until(lambda: primary.psql("SELECT sync_state FROM pg_stat_replication") == "sync",
          "the standby to be synchronous")


def stop_following(standby):
    """What the primary commits from now on never reaches this standby."""
    standby.psql("ALTER SYSTEM SET primary_conninfo = ''")
    standby.psql("SELECT pg_reload_conf()")
    until(lambda: standby.psql("SELECT count(*) FROM pg_stat_wal_receiver") == "0",
          "the end of the stream")


def promote(standby):
    standby.run_program("pg_ctl", "-D", standby.data, "-w", "promote")

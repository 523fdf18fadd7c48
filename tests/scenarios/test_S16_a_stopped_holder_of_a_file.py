"""S16 on SQLite: nobody can take the lock from a stopped process, and everybody says what to do."""

import signal

from folder import create_table
from holds import busy
from limits import until


def test_S16_a_stopped_holder_of_a_file_is_named_with_what_to_do(sqlite_service):
    service = sqlite_service
    service.folder.add("1_users.sql", create_table("users"))
    service.folder.add("2_pets.sql", create_table("pets") + busy(5_000_000))
    holder = service.start("--log-format", "json", "--log-sql", "migrate")
    until(lambda: len(holder.events("statement_started")) >= 3, "the long statement")
    holder.signal(signal.SIGSTOP)
    others = [service.start("migrate"), service.start("wait", "--timeout", "1h")]

    what_to_do = f"'kill -CONT {holder.pid}' lets it go on, 'kill -KILL {holder.pid}' ends it"
    for other in others:
        other.wait_for(f"its process {holder.pid} is stopped: {what_to_do}")
    status = service.run("status")
    assert what_to_do in status.text
    (database,) = service.status()["databases"]
    assert database["verdict"] == "running"
    assert database["holder"]["stopped_process"] == holder.pid

    holder.signal(signal.SIGCONT)
    for replica in [holder, *others]:
        replica.expect(0)
    assert service.applied() == [1, 2]


def test_S16_a_stopped_holder_of_a_file_may_be_killed(sqlite_service):
    service = sqlite_service
    service.folder.add("1_users.sql", create_table("users") + busy(20_000_000))
    holder = service.start("--log-format", "json", "--log-sql", "migrate")
    until(lambda: len(holder.events("statement_started")) >= 2, "the long statement")
    holder.signal(signal.SIGSTOP)
    other = service.start("migrate").wait_for("is stopped")
    holder.kill()

    other.expect(0)
    assert service.applied() == [1]

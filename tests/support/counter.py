"""Migrations that count: whatever happens twice, or not at all, shows in the counter."""

COUNTER = "CREATE TABLE counter (value INTEGER);\nINSERT INTO counter VALUES (0);\n"
COUNT_UP = "UPDATE counter SET value = value + 1;\n"


def counting(then=""):
    """Three migrations; `then` comes after what the second counts, and belongs to it."""
    return {"1_counter.sql": COUNTER,
            "2_count.sql": COUNT_UP + then,
            "3_count_again.sql": "UPDATE counter SET value = value + 10;\n"}


def expect_counted(service):
    """What those come to."""
    assert service.applied() == [1, 2, 3]
    assert service.database.query("SELECT value FROM counter") == [(11,)]

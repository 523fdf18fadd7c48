"""How long tests wait for what must come. Never how fast it has to be."""

import os
import time

# A sanitized binary on a busy machine is slow. These only bound a test that hangs.
LIMIT_S = 60 * (3 if os.environ.get("TIDEGATE_TEST_SANITIZED") else 1)

# A time that no test ever waits out: what takes this long has not ended by itself.
NEVER_S = 3600


def until(condition, what, limit_s=LIMIT_S, pause_s=0.02):
    """Asks until `condition()` is true and returns its value; fails naming `what`."""
    deadline = time.monotonic() + limit_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {limit_s} s: {what}")
        time.sleep(pause_s)

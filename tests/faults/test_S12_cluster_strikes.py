"""S12, S16, S17, S20 on Galera: nodes and holders are struck in the middle of several runs.

`make test` strikes a few runs in two of the ways, at boundaries drawn from a seed that it prints;
`TIDEGATE_CLUSTER_ROUNDS=N` does so N times in each way, as `make chaos` does.
"""

import os
import random

import pytest

from cluster_strikes import STRIKES, count_messages, strike_at_once
from story import ENDINGS, Story
from sweep import Boundary

SEED = int(os.environ.get("TIDEGATE_SEED", random.randrange(1_000_000)))
ROUNDS = int(os.environ.get("TIDEGATE_CLUSTER_ROUNDS", "0"))
STRUCK = STRIKES if ROUNDS else random.Random(SEED).sample(STRIKES, 2)
RUNS = 6


@pytest.fixture(scope="module")
def counted():
    return {}


@pytest.mark.parametrize("turn", range(ROUNDS or 1))
@pytest.mark.parametrize("strike", STRUCK, ids=lambda strike: strike.name.replace(" ", "_"))
def test_S12_a_cluster_and_its_holders_are_struck(cluster, on_cluster, counted, strike, turn):
    print(f"TIDEGATE_SEED={SEED}")
    draw = random.Random(f"{SEED + turn} {strike.name}")
    story = Story("mysql", draw.choice(ENDINGS))

    def place(name):
        return on_cluster(1, story.files, f"place_{name}")

    if story.ending not in counted:
        counted[story.ending] = count_messages(cluster, place("measured"))
    counts = counted[story.ending]
    boundaries = []
    for _ in range(RUNS):
        side = draw.choice(sorted(counts))
        # The last few are left out: not every run has just as many.
        boundaries.append(Boundary(story.ending, strike.name, side,
                                   draw.randrange(counts[side] * 9 // 10)))
    strike_at_once(cluster, strike, story,
                   [(place(number), boundary)
                    for number, boundary in enumerate(boundaries)])

#!/usr/bin/python3
"""What became of each fault that was tried, and the table of it: outcomes.py FILE...

Tests call `note(...)`, which appends a line to the file that TIDEGATE_OUTCOMES names, if any.
"""

import json
import os
import statistics
import sys

COLUMNS = ("fault", "tried", "doubled", "lost", "wrongly recorded", "needing a person",
           "take-over, median", "worst")


def note(where, fault, findings, questions, seconds):
    """One fault that was tried: what a checker found, how often a person was asked, and how long
    it took from the fault to the end of the next replica's run (None where a person was asked)."""
    path = os.environ.get("TIDEGATE_OUTCOMES")
    if not path:
        return
    line = json.dumps({"where": where, "fault": fault, "doubled": bool(findings.doubled),
                       "lost": bool(findings.lost), "wrong": bool(findings.wrongly_recorded),
                       "asked": questions > 0, "seconds": seconds})
    with open(path, "a", encoding="utf-8") as file:
        file.write(line + "\n")


def read(paths):
    for path in paths:
        with open(path, encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)


def table(outcomes):
    """The lines of a table in Markdown, one row a fault, in the order in which they came."""
    groups = {}
    for outcome in outcomes:
        groups.setdefault(f"{outcome['where']}: {outcome['fault']}", []).append(outcome)
    rows = [COLUMNS, ("---",) + ("---:",) * (len(COLUMNS) - 1)]
    for name in sorted(groups):
        group = groups[name]
        times = [one["seconds"] for one in group if one["seconds"] is not None]
        rows.append((name, len(group), *(sum(one[key] for one in group) for key in
                                         ("doubled", "lost", "wrong", "asked")),
                     seconds(statistics.median(times)) if times else "",
                     seconds(max(times)) if times else ""))
    return ["| " + " | ".join(map(str, row)) + " |" for row in rows]


def seconds(value):
    return f"{value:.2f} s" if value < 1 else f"{value:.1f} s"


if __name__ == "__main__":
    print("\n".join(table(read(sys.argv[1:]))))

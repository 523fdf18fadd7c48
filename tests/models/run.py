#!/usr/bin/python3
"""Has spin check a model: run.py holds|fails MODEL MACRO… [: ASSERTION]

Without arguments it goes through checks.txt and prints a table. Exits 1 when spin finds something
else than what was said.
"""

import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
MEMORY_MB = 1000
SHOWN_STEPS = 150


def verify(model, macros, folder):
    """What the verifier says of a model, as text; with a counterexample's last steps."""
    for name in os.listdir(HERE):
        if name.endswith(".pml"):
            shutil.copy(os.path.join(HERE, name), folder)
    defines = [f"-D{macro}" for macro in macros]
    subprocess.run(["spin", "-a", *defines, f"{model}.pml"], cwd=folder, check=True)
    # Assertions and dead ends are all that is asked for; what is left of "eventually" is that every
    # way through a model has an end, and that whoever gets there has seen all recorded.
    subprocess.run(["gcc", "-O1", "-w", "-DSAFETY", f"-DMEMLIM={MEMORY_MB}", "-o", "pan", "pan.c"],
                   cwd=folder, check=True)
    said = subprocess.run(["./pan", "-m1000000"], cwd=folder, check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    if os.path.exists(os.path.join(folder, f"{model}.pml.trail")):
        trail = subprocess.run(["spin", "-t", "-p", *defines, f"{model}.pml"], cwd=folder,
                               check=True, text=True, stdout=subprocess.PIPE).stdout
        said += "".join(trail.splitlines(keepends=True)[-SHOWN_STEPS:])
    return said


def check(expectation, model, macros, assertion):
    """Whether the model is as expected, and what was found."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    with tempfile.TemporaryDirectory(prefix="tidegate-model-") as folder:
        said = verify(model, macros, folder)
    seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    states = int(re.search(r"(\d+) states, stored", said).group(1))
    memory = float(re.search(r"([\d.]+)\s+total actual memory usage", said).group(1))
    found = re.search(r"pan:\d+: (.*)", said)
    error = found.group(1) if found else ""
    whole = "Search not completed" not in said and "too small" not in said
    right = (whole and not error if expectation == "holds"
             else error.startswith("assertion violated") and assertion in error)
    print(f"{'ok   ' if right else 'WRONG'} {expectation} {model:<12} {' '.join(macros):<31}"
          f"{states:>9,} states {seconds:5.1f} s {memory:5.0f} MB  {error}")
    if not right:
        print(said)
    return right


def parse(words):
    expectation, model, rest = words[0], words[1], words[2:]
    if expectation not in ("holds", "fails"):
        sys.exit(f"run.py: '{expectation}' is neither holds nor fails")
    end = rest.index(":") if ":" in rest else len(rest)
    return expectation, model, rest[:end], " ".join(rest[end + 1:])


def main():
    if len(sys.argv) > 1:
        checks = [sys.argv[1:]]
    else:
        with open(os.path.join(HERE, "checks.txt"), encoding="utf-8") as file:
            checks = [line.split() for line in file if line.strip() and line[0] != "#"]
    results = [check(*parse(words)) for words in checks]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()

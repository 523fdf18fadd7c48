"""The C interface: libtidegate.so as other languages use it, by the examples that users copy."""

import json
import os
import subprocess

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
EXAMPLES = os.path.join(ROOT, "examples", "embedding")
LIBRARY = os.path.join(os.path.dirname(os.environ["TIDEGATE"]), "src", "libtidegate.so.0")
LIMIT_S = 60


def preloaded():
    """A sanitized library wants its runtime to be the program's first."""
    if not os.environ.get("TIDEGATE_TEST_SANITIZED"):
        return {}
    paths = [subprocess.run(["g++", f"-print-file-name={name}"], stdout=subprocess.PIPE, text=True,
                            check=True).stdout.strip() for name in ("libasan.so", "libstdc++.so")]
    # Python frees little at its end, which is no leak of ours.
    return {"LD_PRELOAD": " ".join(paths), "ASAN_OPTIONS": "detect_leaks=0"}


def start(*command, **environment):
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True,
                            env={**os.environ, "TIDEGATE_LIBRARY": LIBRARY, **environment})


def run(*command, **environment):
    process = start(*command, **environment)
    out, err = process.communicate(timeout=LIMIT_S)
    return process.returncode, out, err


def python_example(service, verb):
    return ["/usr/bin/python3", os.path.join(EXAMPLES, "python", "example.py"), verb,
            service.database.url, str(service.folder.path)]


@pytest.fixture
def two(service):
    service.folder.add("1_users.sql", "CREATE TABLE users (id INTEGER);")
    service.folder.add("2_orders.sql", "CREATE TABLE orders (id INTEGER);")
    return service


def test_python_waits_until_another_has_migrated(two):
    waiting = start(*python_example(two, "wait"), **preloaded())
    code, out, err = run(*python_example(two, "migrate"), **preloaded())
    assert (code, out) == (0, "ready open\n"), err
    assert "run_done" in err.split()
    out, err = waiting.communicate(timeout=LIMIT_S)
    assert (waiting.returncode, out) == (0, "ready open\n"), err


def test_python_gets_the_programs_exit_codes(two):
    two.folder.add("3_wrong.sql", "INSERT INTO absent VALUES (1);")
    code, _, err = run(*python_example(two, "migrate"), **preloaded())
    assert code == 5 and "3_wrong.sql:1:" in err, err
    code, _, err = run(*python_example(two, "wait"), **preloaded())
    assert code == 5 and "failed" in err, err
    two.folder.add("4_bad.sql", "COMMIT;")
    code, _, err = run(*python_example(two, "migrate"), **preloaded())
    assert code == 2 and "4_bad.sql:1:1" in err, err


def test_settings_are_checked_and_a_call_can_be_cancelled(two, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(f"""
import sys, threading
sys.path.insert(0, {os.path.join(EXAMPLES, "python")!r})
from tidegate import Tidegate, TidegateError
for name, value in [("nothing", "1"), ("timeout", "5"), ("timeout", "soon")]:
    try:
        Tidegate({two.database.url!r}, "m", **{{name: value}})
    except TidegateError as error:
        print(error.code, str(error).split()[0])
with Tidegate({two.database.url!r}, {str(two.folder.path)!r}, timeout="1h") as gate:
    print(gate.check(), gate.state["verdict"])
    threading.Timer(0.3, gate.cancel).start()
    try:
        gate.wait()
    except TidegateError as error:
        print(error.code)
""")
    code, out, err = run("/usr/bin/python3", str(script), **preloaded())
    assert code == 0, err
    assert out == "2 there\n2 5\n2 soon\nFalse no_history\n8\n"


def test_a_c_program_is_built_with_the_header_alone(two, tmp_path):
    program = str(tmp_path / "example")
    sanitizers = ["-fsanitize=address,undefined"] if os.environ.get(
        "TIDEGATE_TEST_SANITIZED") else []
    subprocess.run(["gcc", "-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", *sanitizers,
                    "-I", os.path.join(ROOT, "include"),
                    os.path.join(EXAMPLES, "c", "example.c"), "-o", program, LIBRARY,
                    "-lstdc++", "-Wl,-rpath," + os.path.dirname(LIBRARY)], check=True)
    code, out, err = run(program, two.database.url, str(two.folder.path))
    assert (code, out) == (0, "ready\n"), err
    assert json.loads(err.splitlines()[0])["event"]


def test_the_library_shows_the_interface_and_nothing_else():
    names = subprocess.run(["nm", "-D", "--defined-only", "--format=just-symbols", LIBRARY],
                           stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    with open(os.path.join(ROOT, "include", "tidegate.h")) as header:
        text = header.read()
    assert names
    for name in names:
        assert name.startswith("tidegate_") and name + "(" in text, name

"""The runner's own tests: it must fail when the output isn't what a spec says."""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import run  # noqa: E402  (the path has to come first)


@pytest.fixture(autouse=True)
def program(monkeypatch):
    monkeypatch.setenv("TIDEGATE", "/bin/true")


def failures(text):
    spec = run.Spec("x.spec", text)
    return [failure.split("\n")[0] for failure in run.run_spec(spec, "sqlite", None)]


def test_what_is_expected_passes():
    assert failures("# Title\n$ echo one; echo two three; echo oops >&2; exit 4\n"
                    "exit 4\nout one\nout two…ree\nerr oops\nno out four\n") == []


@pytest.mark.parametrize("text, failure", [
    ("$ exit 3\n", "x.spec:1: [sqlite] exit 3, expected 0"),
    ("$ true\nexit 5\n", "x.spec:2: [sqlite] exit 0, expected 5"),
    ("$ echo a\nout b\n", "x.spec:2: [sqlite] out has no line like (in this order): b"),
    ("$ echo b; echo a\nout a\nout b\n",
     "x.spec:3: [sqlite] out has no line like (in this order): b"),
    ("$ echo a\nno out\n", "x.spec:2: [sqlite] out isn't empty"),
    ("$ echo a >&2\nno err a\n", "x.spec:2: [sqlite] err has a line with: a"),
    ("$ sql 'create table a (b)'\nunchanged\n",
     "x.spec:1: [sqlite] changed the database or the folder"),
    ("$ touch new\nunchanged\n", "x.spec:1: [sqlite] changed the database or the folder"),
])
def test_anything_else_fails(text, failure):
    assert failures(text) == [failure]


def test_an_engine_s_own_lines_are_for_that_engine():
    assert failures("$ echo a\nout[postgres] b\nout[sqlite] a\n") == []


def test_files_are_written_as_they_stand():
    assert failures("$ cat a/b; wc -c < empty\nout x\nout y\nout 0\n-- a/b --\nx\ny\n"
                    "-- empty --\n") == []


def test_a_line_that_means_nothing_is_an_error():
    with pytest.raises(run.SpecError):
        run.Spec("x.spec", "$ true\nprints nothing\n")

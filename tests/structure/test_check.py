"""The structure test's own tests: each planted breach is found, and a good tree is clean."""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import check  # noqa: E402  (the path has to come first)

SCENARIOS = "".join(f"| S{number:02} | not yet |\n" for number in range(1, 47))
GOOD = {
    "include/tidegate/clock.h": "#pragma once\nnamespace tidegate {\nclass Clock {};\n}\n",
    "src/base/text.h": "#pragma once\n#include <string>\n",
    "src/base/text.cc": '#include "base/text.h"\n// sqlite is named in a comment only.\n',
    "src/plan/plan.cc": '#include "base/text.h"\n#include "tidegate/clock.h"\nint f() { return 1; }\n',
    "src/drivers/postgres/session.cc": "#include <libpq-fe.h>\n",
    "docs/scenarios.md": SCENARIOS,
}


def breaches(tmp_path, changes):
    for path, text in {**GOOD, **changes}.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return [f"{path}:{line}: {sentence}" for path, line, sentence in check.check(str(tmp_path))]


def test_a_good_tree_is_clean(tmp_path):
    assert breaches(tmp_path, {}) == []


@pytest.mark.parametrize("path, text, expected", [
    ("src/base/bad.cc", '#include "plan/plan.h"\n',
     "src/base/bad.cc:1: includes plan/plan.h: base may not know plan, which is above it"),
    ("src/plan/bad.cc", '\n#include "formats/x.h"\n',
     "src/plan/bad.cc:2: includes formats/x.h: plan may not know formats, its neighbour"),
    ("include/tidegate/bad.h", '#include "base/text.h"\n',
     "include/tidegate/bad.h:1: includes base/text.h: include may not know base, "
     "which is above it"),
    ("src/plan/bad.cc", '#include "text.h"\n',
     "src/plan/bad.cc:1: includes text.h, which names no room: write room/file.h"),
    ("src/history/bad.cc", "#include <sqlite3.h>\n",
     "src/history/bad.cc:1: includes sqlite3.h, which belongs to src/drivers/sqlite alone"),
    ("src/cli/bad.cc", "#include <postgresql/libpq-fe.h>\n#include <libpq-fe.h>\n",
     "src/cli/bad.cc:2: includes libpq-fe.h, which belongs to src/drivers/postgres alone"),
    ("src/run/bad.cc", 'bool f(int x) { return engine == "postgres"; }\n',
     "src/run/bad.cc:1: names postgres: run may not know an engine"),
    ("src/gate/bad.cc", "int sqlite_limit = 1;\n",
     "src/gate/bad.cc:1: names sqlite: gate may not know an engine"),
    ("src/base/bad.cc", "// TO" "DO: later\n",
     "src/base/bad.cc:1: says TO" "DO: finish it, or write down why not"),
    ("src/base/bad.cc", "int x;\n" * 601, "src/base/bad.cc:602: has 601 lines, more than 600"),
    ("src/base/bad.cc", "int f(int a) {\n" + "  a = a + 1;\n" * 70 + "}\n",
     "src/base/bad.cc:1: has a function of 72 lines, more than 70"),
    ("src/base/bad.cc", "namespace a {\nclass B {\n public:\n  int f() const {\n" +
     "    if (x) { y(); }\n" * 70 + "  }\n};\n}\n",
     "src/base/bad.cc:4: has a function of 72 lines, more than 70"),
    ("src/base/bad.cc", "int " + "x" * 100 + ";\n",
     "src/base/bad.cc:1: has 105 columns, more than 100"),
    ("src/base/dead.h", "#pragma once\n", "src/base/dead.h:1: is included by nobody"),
    ("src/nowhere/bad.cc", "int x;\n", "src/nowhere/bad.cc:1: stands in no room that is known: " +
     ", ".join(sorted(check.LEVEL))),
    ("tests/scenarios/test_x.py", "def test_S01_many():\n    pass\n",
     "tests/scenarios/test_x.py:1: test_S01_many isn't named in docs/scenarios.md"),
    ("docs/scenarios.md", SCENARIOS.replace("S02 | not yet", "S02 | `test_S02_gone`"),
     "docs/scenarios.md:2: S02 names test_S02_gone, which is no test"),
    ("docs/scenarios.md", SCENARIOS.replace("| S03 | not yet |\n", ""),
     "docs/scenarios.md:1: doesn't list S03"),
])
def test_a_planted_breach_is_found(tmp_path, path, text, expected):
    assert breaches(tmp_path, {path: text}) == [expected]

#!/usr/bin/python3
"""Checks the form of the tree: check.py [--update-scenarios] ROOT

Prints each breach as `file:line: sentence` and exits 1 when there is one. What it holds:
includes point down, client headers stay in their driver's folder, engine names stay in the rooms
that may know servers, files and functions stay short, no dead header, and docs/scenarios.md and
the tests name the same scenarios. With --update-scenarios it first writes the tests' names into
that page.
"""

import os
import re
import sys

# Each line may include what is above it. Rooms of one line may not include each other.
LEVELS = [
    ["include"],
    ["base"],
    ["sql", "model"],
    ["formats", "plan", "lint"],
    ["drivers", "lock", "history", "catalog"],
    ["run", "gate"],
    ["door"],
    ["report", "serve", "deploy"],
    ["service"],
    ["cli", "embed", "abi"],
]
LEVEL = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}

CLIENT_HEADERS = {
    "libpq-fe.h": "drivers/postgres",
    "libpq/": "drivers/postgres",
    "sqlite3.h": "drivers/sqlite",
    "mysql.h": "drivers/mysql",
    "mysql/": "drivers/mysql",
    "mariadb/": "drivers/mysql",
}

ENGINE = re.compile(r"(?<![A-Za-z])(postgres|postgresql|sqlite|sqlite3|mysql|mariadb)(?![A-Za-z])",
                    re.IGNORECASE)
ENGINE_ROOMS = {"sql", "drivers", "lock", "history", "catalog", "lint", "deploy", "cli"}
# The one table outside of those rooms: which parts belong together for one engine.
ENGINE_FILES = {"src/door/engines.cc"}

# Written in two halves, so that a search for them doesn't find this line.
BANNED = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK|st" r"ub(s|bed)?)\b")
MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 70
MAX_COLUMNS = 100


def files_below(root, folders, suffixes):
    for folder in folders:
        for place, names, files in os.walk(os.path.join(root, folder)):
            names[:] = sorted(name for name in names if name != "__pycache__")
            for file in sorted(files):
                if file.endswith(suffixes):
                    yield os.path.relpath(os.path.join(place, file), root)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def without_comments(text):
    """The code with comments blanked out and lines kept; strings stay."""
    token = re.compile(r'R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|//[^\n]*|'
                       r"/\*.*?\*/", re.DOTALL)

    def blank(match):
        found = match.group(0)
        return re.sub(r"[^\n]", " ", found) if found.startswith("/") else found

    return token.sub(blank, text)


def without_strings(code):
    token = re.compile(r'R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'', re.DOTALL)
    return token.sub(lambda match: '"' + re.sub(r"[^\n]", " ", match.group(0)[1:-1]) + '"', code)


def room_of(path):
    """The room of a source file, or of an include as it is written."""
    parts = path.split("/")
    if parts[0] == "include" or parts[0] == "tidegate":
        return "include"
    if parts[0] == "src":
        parts = parts[1:]
    return parts[0] if len(parts) > 1 and parts[0] in LEVEL else None


def includes(code):
    for number, line in enumerate(code.split("\n"), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match:
            yield number, match.group(1), match.group(2)


def check_includes(path, code, is_test):
    own = room_of(path)
    if own is None and path.startswith("src/"):
        yield path, 1, f"stands in no room that is known: {', '.join(sorted(LEVEL))}"
        return
    for number, quote, target in includes(code):
        for header, folder in CLIENT_HEADERS.items():
            if target.startswith(header) and not path.startswith(f"src/{folder}/"):
                yield path, number, f"includes {target}, which belongs to src/{folder} alone"
        other = room_of(target)
        if quote == "<" or other is None or own is None:
            if quote == '"' and other is None and not is_test:
                yield path, number, f"includes {target}, which names no room: write room/file.h"
            continue
        if other == own:
            continue
        if LEVEL[other] > LEVEL[own]:
            yield path, number, f"includes {target}: {own} may not know {other}, which is above it"
        elif LEVEL[other] == LEVEL[own]:
            yield path, number, f"includes {target}: {own} may not know {other}, its neighbour"


def check_engines(path, code, is_test):
    room = room_of(path)
    if is_test or room in ENGINE_ROOMS or path in ENGINE_FILES or not path.startswith("src/"):
        return
    for number, line in enumerate(code.split("\n"), 1):
        match = ENGINE.search(line)
        if match:
            yield path, number, f"names {match.group(1)}: {room} may not know an engine"


def check_size(path, text, code, is_test):
    lines = text.split("\n")
    if len(lines) > MAX_FILE_LINES + 1:
        yield path, len(lines), f"has {len(lines) - 1} lines, more than {MAX_FILE_LINES}"
    in_raw_string = False
    for number, line in enumerate(lines, 1):
        raw = in_raw_string or 'R"' in line
        if 'R"' in line:
            in_raw_string = ')"' not in line.split('R"', 1)[1]
        elif in_raw_string and ')' in line and '"' in line:
            in_raw_string = False
        if len(line) > MAX_COLUMNS and not raw:
            yield path, number, f"has {len(line)} columns, more than {MAX_COLUMNS}"
    if is_test:
        return
    for start, length in functions(code):
        if length > MAX_FUNCTION_LINES:
            yield path, start, f"has a function of {length} lines, more than {MAX_FUNCTION_LINES}"


def functions(code):
    """Where each function's body starts, and how many lines it has; by counting braces."""
    code = without_strings(code)
    code = re.sub(r"(?m)^\s*#.*$", "", code)
    stack = []  # (is a function, line)
    line = 1
    begun = 0  # where the text since the last ; { or } starts
    for place, character in enumerate(code):
        if character == "\n":
            line += 1
        elif character == "{":
            head = code[begun:place]
            inside = any(is_function for is_function, _ in stack)
            scope = re.search(r"\b(namespace|class|struct|union|enum|extern)\b", head)
            is_function = not inside and ")" in head and not (scope and "(" not in head)
            stack.append((is_function, line))
            begun = place + 1
        elif character == "}":
            if stack:
                is_function, start = stack.pop()
                if is_function:
                    yield start, line - start + 1
            begun = place + 1
        elif character == ";":
            begun = place + 1


def check_words(path, text):
    for number, line in enumerate(text.split("\n"), 1):
        match = BANNED.search(line)
        if match:
            yield path, number, f"says {match.group(0)}: finish it, or write down why not"


def check_dead(sources):
    """A header that nobody includes is dead; so is one with code of its own that only tests use."""
    used = set()
    tested = set()
    for path, code in sources.items():
        for _, _, target in includes(code):
            (tested if path.endswith("_test.cc") else used).add(target)
    for path in sources:
        if path.startswith("src/") and path.endswith(".h"):
            name = path[len("src/"):]
            if name not in used and name not in tested:
                yield path, 1, "is included by nobody"
            elif name not in used and path[:-2] + ".cc" in sources:
                yield path, 1, "is included by nobody but tests"


SCENARIOS_PAGE = "docs/scenarios.md"


def scenario_tests(root):
    """The tests of each scenario: {"S01": [(name, path, line), ...]}."""
    tests = {}
    for path in files_below(root, ["tests", "src"], (".py", ".cc", ".spec")):
        if path.startswith("tests/structure/"):
            continue
        for number, line in enumerate(read(root, path).split("\n"), 1):
            for match in re.finditer(r"\bdef (test_(S\d\d)_\w+)|\bTEST\w*\(\w+, ((S\d\d)_\w+)\)",
                                     line):
                name, scenario = (match.group(1) or match.group(3),
                                  match.group(2) or match.group(4))
                tests.setdefault(scenario, []).append((name, path, number))
    return tests


def update_scenarios(root):
    """Writes the tests that there are into the page; what follows them in a row stays."""
    tests = scenario_tests(root)
    lines = read(root, SCENARIOS_PAGE).split("\n")
    for at, line in enumerate(lines):
        row = re.match(r"(\| (S\d\d) \| .* \| )(?:not yet|`[^|]*`)([^|`]*)\|$", line)
        if row:
            names = ", ".join(f"`{name}`" for name, _, _ in tests.get(row.group(2), []))
            lines[at] = row.group(1) + (names or "not yet") + (row.group(3) or " ") + "|"
    with open(os.path.join(root, SCENARIOS_PAGE), "w", encoding="utf-8") as file:
        file.write("\n".join(lines))


def check_scenarios(root):
    """The page and the tests name the same."""
    page = SCENARIOS_PAGE
    tests = scenario_tests(root)
    if not os.path.exists(os.path.join(root, page)):
        yield page, 1, "is missing"
        return
    listed = {}
    for number, line in enumerate(read(root, page).split("\n"), 1):
        match = re.match(r"\| (S\d\d) \|(.*)", line)
        if match:
            listed[match.group(1)] = (number, match.group(2))
    known = {name for found in tests.values() for name, _, _ in found}
    for scenario in (f"S{number:02}" for number in range(1, 47)):
        if scenario not in listed:
            yield page, 1, f"doesn't list {scenario}"
            continue
        number, rest = listed[scenario]
        named = re.findall(r"`((?:test_)?S\d\d_\w+)`", rest)
        for name in named:
            if name not in known:
                yield page, number, f"{scenario} names {name}, which is no test"
        if not named and "not yet" not in rest:
            yield page, number, f"{scenario} names neither a test nor says 'not yet'"
        for name, path, line in tests.get(scenario, []):
            if name not in named:
                yield path, line, f"{name} isn't named in {page}"


def check(root):
    """Every breach in the tree, as (path, line, sentence)."""
    sources = {path: without_comments(read(root, path))
               for path in files_below(root, ["include", "src"], (".cc", ".h"))}
    for path, code in sources.items():
        text = read(root, path)
        is_test = path.endswith(("_test.cc", "_fuzz.cc", "_fixture.h"))
        yield from check_includes(path, code, is_test)
        yield from check_engines(path, code, is_test)
        yield from check_size(path, text, code, is_test)
        yield from check_words(path, text)
    for path in files_below(root, ["tests", "bench", "tools", "examples"], (".cc", ".h", ".py")):
        if not path.startswith("tests/structure/"):
            text = read(root, path)
            yield from check_size(path, text, "", True)
            yield from check_words(path, text)
    yield from check_dead(sources)
    yield from check_scenarios(root)


def main(arguments):
    update = "--update-scenarios" in arguments
    root = next((argument for argument in arguments if argument != "--update-scenarios"), ".")
    if update:
        update_scenarios(root)
    breaches = list(check(root))
    for path, line, sentence in breaches:
        print(f"{path}:{line}: {sentence}")
    print(f"structure: {len(breaches)} breaches" if breaches else "structure: clean")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The generated charts as they stand. `make deployments` has helm render them."""

import os
import re

import pytest
import yaml

from generated import COMBINATIONS, Project

ACTION = re.compile(r"\{\{-?\s*(/\*.*?\*/|.*?)\s*-?\}\}", re.DOTALL)
BLOCKS = re.compile(r"^(if|with|range|define|else|end)\b")


@pytest.fixture(params=COMBINATIONS, name="chart")
def chart_fixture(request, tmp_path):
    project = Project(tmp_path, COMBINATIONS[request.param])
    files = project.generate("helm")
    return {os.path.relpath(name, "deploy/helm/orders"): project.read(name) for name in files}


def actions_of(text):
    return [found.group(1) for found in ACTION.finditer(text)]


def test_S45_no_hook_waits_for_pods_that_wait_for_the_hook(chart):
    """Only Jobs that migrate are hooks, and only before the release.

    A post-install or post-upgrade hook begins, with helm --wait, when all pods are ready, and their
    gates are shut until it has ended. And since the chart makes no Secret, ConfigMap or service
    account, nothing that the hook's pod names comes only after it.
    """
    hooked = {name: text for name, text in chart.items() if "helm.sh/hook\":" in text}
    assert set(hooked) <= {"templates/migrate.yaml"}
    for text in hooked.values():
        hooks = re.findall(r'"helm\.sh/hook": (\S+)', text)
        assert hooks == ["pre-install,pre-upgrade"]
        assert "initContainers" not in text and "wait" not in words_of(text)
    made = {kind for text in chart.values() for kind in re.findall(r"^kind: (\w+)", text, re.M)}
    assert made <= {"Job", "Deployment", "Service", "PodDisruptionBudget"}
    assert "serviceAccountName" not in "".join(chart.values())


def words_of(text):
    return [word for line in re.findall(r"args: \[(.*)\]", text) for word in line.split(", ")]


def test_every_block_is_closed_and_every_name_is_there(chart):
    defined = {name for text in chart.values() for name in re.findall(r'define "([^"]+)"', text)}
    for name, text in chart.items():
        if not name.startswith("templates/"):
            continue
        depth = 0
        for action in actions_of(text):
            block = BLOCKS.match(action)
            if block and block.group(1) != "else":
                depth += -1 if block.group(1) == "end" else 1
            assert depth >= 0, name
            for included in re.findall(r'include "([^"]+)"', action):
                assert included in defined
        assert depth == 0, name
        assert text.count("{{") == text.count("}}") == len(actions_of(text)), name


def test_every_value_that_is_read_has_a_default(chart):
    values = yaml.safe_load(chart["values.yaml"])
    for name, text in chart.items():
        for path in re.findall(r"\.Values\.([A-Za-z.]+)", text):
            found = values
            for key in path.split("."):
                assert key in found, f"{name} reads {path}"
                found = found[key]


def test_a_job_s_name_changes_with_tag_and_revision(chart):
    for name in ("templates/migrate.yaml", "templates/contract.yaml"):
        if name in chart:
            assert re.search(r'^  name: .*include "orders\.build"', chart[name], re.M)
    helpers = chart["templates/_helpers.tpl"]
    build = helpers[helpers.index('define "orders.build"'):]
    assert "orders.tag" in build and ".Release.Revision" in build

"""What must hold for the files that `tidegate generate` writes, whoever rendered them."""

import yaml

POD_TEMPLATES = ("Deployment", "Job")


def documents(text):
    """The YAML documents of a text; a mapping that names a key twice is refused."""
    return [document for document in yaml.load_all(text, Loader=_Strict) if document]


class _Strict(yaml.SafeLoader):
    """YAML as Kubernetes wants it: a key that is given twice is a mistake, not an answer."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=deep) for key, _ in node.value]
        doubled = {key for key in keys if keys.count(key) > 1}
        assert not doubled, f"{node.start_mark}: given twice: {doubled}"
        return super().construct_mapping(node, deep)


def named(manifests):
    """{(kind, name): manifest}; two of one name are refused."""
    found = {}
    for one in manifests:
        key = one["kind"], one["metadata"]["name"]
        assert key not in found, f"twice: {key}"
        found[key] = one
    return found


def pod_of(manifest):
    return manifest["spec"]["template"]["spec"]


def containers_of(pod):
    return pod.get("initContainers", []) + pod["containers"]


def check_manifests(manifests):
    """Every pod is confined and bounded, every name and reference fits."""
    resources = named(manifests)
    for (kind, name), manifest in resources.items():
        assert len(name) <= 63 and name == name.lower(), name
        assert manifest["metadata"]["labels"]["app.kubernetes.io/name"]
        if kind in POD_TEMPLATES:
            check_pod(pod_of(manifest))
        if kind == "Job":
            check_job(manifest)
        if kind == "Deployment":
            check_deployment(manifest)
    for (kind, _), manifest in resources.items():
        if kind == "Service":
            check_selector(manifest["spec"]["selector"], resources)
        if kind == "PodDisruptionBudget":
            check_selector(manifest["spec"]["selector"]["matchLabels"], resources)


def check_pod(pod):
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    confined = pod["securityContext"]
    assert confined["runAsNonRoot"] is True and confined["runAsUser"] > 0
    assert confined["seccompProfile"] == {"type": "RuntimeDefault"}
    volumes = {volume["name"] for volume in pod.get("volumes", [])}
    for container in containers_of(pod):
        check_container(container, volumes)


def check_container(container, volumes):
    confined = container["securityContext"]
    assert confined["allowPrivilegeEscalation"] is False
    assert confined["readOnlyRootFilesystem"] is True
    assert confined["capabilities"] == {"drop": ["ALL"]}
    assert container["resources"]["requests"] and container["resources"]["limits"]["memory"]
    assert not container["image"].endswith(":latest") and ":" in container["image"]
    urls = [one for one in container["env"] if one["name"] == "DATABASE_URL"]
    assert len(urls) == 1 and urls[0]["valueFrom"]["secretKeyRef"]["key"] == "DATABASE_URL"
    names = [one["name"] for one in container["env"]]
    assert len(names) == len(set(names)), names
    for mount in container.get("volumeMounts", []):
        assert mount["name"] in volumes


def check_job(job):
    spec = job["spec"]
    assert 0 < spec["activeDeadlineSeconds"]
    assert 0 <= spec["backoffLimit"] <= 10
    assert spec["ttlSecondsAfterFinished"] > 0
    assert pod_of(job)["restartPolicy"] == "Never"
    names = {container["name"] for container in containers_of(pod_of(job))}
    for rule in spec["podFailurePolicy"]["rules"]:
        assert rule.get("onExitCodes", {}).get("containerName", "migrate") in names


def check_deployment(deployment):
    spec = deployment["spec"]
    assert spec["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    labels = spec["template"]["metadata"]["labels"]
    selector = spec["selector"]["matchLabels"]
    assert selector.items() <= labels.items()
    # A selector can't be changed: nothing of it may change from build to build.
    assert "app.kubernetes.io/version" not in selector
    pod = pod_of(deployment)
    gate = pod["initContainers"][-1]
    assert gate["name"] == "gate"
    limit = next(word for before, word in zip(gate["args"], gate["args"][1:])
                 if before in ("--timeout", "--wait-timeout"))
    assert seconds(limit) < spec["progressDeadlineSeconds"]
    service = pod["containers"][0]
    ports = {port["name"] for port in service["ports"]}
    for probe in ("readinessProbe", "livenessProbe", "startupProbe"):
        assert service[probe]["httpGet"]["port"] in ports
        assert service[probe]["httpGet"]["path"].startswith("/")


def check_selector(selector, resources):
    """What a service or a budget is for: the Deployment's pods and nobody else's."""
    for (kind, _), manifest in resources.items():
        if kind in POD_TEMPLATES:
            labels = manifest["spec"]["template"]["metadata"]["labels"]
            assert (selector.items() <= labels.items()) == (kind == "Deployment")


def seconds(text):
    """`10m` or `600s` as seconds."""
    return int(text[:-1]) * {"s": 1, "m": 60, "h": 3600}[text[-1]]


def hooks_of(manifest):
    text = manifest["metadata"].get("annotations", {}).get("helm.sh/hook", "")
    return {hook.strip() for hook in text.split(",") if hook.strip()}


def check_no_circle(manifests):
    """No hook waits for pods that wait for the hook.

    Helm runs post-install and post-upgrade hooks when all pods are ready (with --wait), so a hook
    that migrates would wait for the pods whose gate waits for it. And a hook that runs before the
    release must need nothing that comes only with the release.
    """
    hooks = [one for one in manifests if hooks_of(one)]
    rest = named(one for one in manifests if not hooks_of(one))
    for hook in hooks:
        assert hooks_of(hook) <= {"pre-install", "pre-upgrade"}, hooks_of(hook)
        pod = pod_of(hook)
        assert not pod.get("initContainers")
        for container in pod["containers"]:
            words = container.get("args", []) + container.get("command", [])
            assert "wait" not in words
        for reference in references_of(pod):
            assert reference not in rest, f"the hook needs {reference}, which comes after it"


def references_of(pod):
    """What must exist before such a pod can run: {(kind, name)}."""
    found = set()
    if "serviceAccountName" in pod:
        found.add(("ServiceAccount", pod["serviceAccountName"]))
    for container in containers_of(pod):
        for one in container.get("env", []):
            source = one.get("valueFrom", {})
            if "secretKeyRef" in source:
                found.add(("Secret", source["secretKeyRef"]["name"]))
            if "configMapKeyRef" in source:
                found.add(("ConfigMap", source["configMapKeyRef"]["name"]))
    for volume in pod.get("volumes", []):
        if "secret" in volume:
            found.add(("Secret", volume["secret"]["secretName"]))
        if "configMap" in volume:
            found.add(("ConfigMap", volume["configMap"]["name"]))
    return found

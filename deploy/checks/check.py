"""Checks the Dockerfile and what lies in deploy/ against schemas and against the rules of the house.

    python check.py REPOSITORY

Prints what is wrong, one finding a line, and exits with 1 if anything is. Needs no network.
"""

import os
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree

import dockerfile_parse
import kubernetes_validate
import yaml

# Not a Kubernetes object: values of a Helm chart, and what only kustomize reads.
NOT_OBJECTS = {"prometheus-adapter.yaml", "kustomization.yaml"}


def kubernetes(folder):
    """Every object fits the schema of its kind; pods run without root and cannot write outside of volumes."""
    objects = []
    for path in sorted(folder.glob("*.yaml")):
        if path.name in NOT_OBJECTS:
            continue
        for document in yaml.safe_load_all(path.read_text()):
            try:
                kubernetes_validate.validate(document, "1.37", strict=True)
            except kubernetes_validate.ValidationError as error:
                yield f"{path.name}: {'.'.join(map(str, error.path))}: {error.message}"
            objects.append((path.name, document))
    listed = set(yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"])
    there = {path.name for path in folder.glob("*.yaml")} - NOT_OBJECTS - {"secret.example.yaml"}
    if listed != there:
        yield f"kustomization.yaml: lists {sorted(listed)}, there are {sorted(there)}"
    for name, document in objects:
        if document["kind"] in ("Deployment", "Job"):
            yield from (f"{name}: {finding}" for finding in pod(document["spec"]["template"]["spec"]))
    kinds = {document["kind"] for _, document in objects}
    for kind in ("Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy", "Job"):
        if kind not in kinds:
            yield f"kubernetes: no {kind}"
    yield from selected(objects)


def pod(spec):
    if not spec["securityContext"].get("runAsNonRoot"):
        yield "a pod may run as root"
    for container in spec["containers"]:
        context = container.get("securityContext", {})
        if not context.get("readOnlyRootFilesystem") or context.get("allowPrivilegeEscalation") is not False:
            yield f"{container['name']}: its root can be written to, or it may gain privileges"
        if "memory" not in container.get("resources", {}).get("limits", {}):
            yield f"{container['name']}: no limit of memory"
        volumes = {volume["name"] for volume in spec.get("volumes", [])}
        for mount in container.get("volumeMounts", []):
            if mount["name"] not in volumes:
                yield f"{container['name']}: mounts {mount['name']}, which is no volume"


def selected(objects):
    """What selects the pods of the deployment finds them, and grace is longer than draining."""
    deployment = next(document for _, document in objects if document["kind"] == "Deployment")
    template = deployment["spec"]["template"]
    labels = template["metadata"]["labels"].items()
    for name, document in objects:
        spec = document.get("spec", {})
        if document["kind"] == "Service" and not spec["selector"].items() <= labels:
            yield f"{name}: selects no pod"
        if document["kind"] == "PodDisruptionBudget" and not spec["selector"]["matchLabels"].items() <= labels:
            yield f"{name}: selects no pod"
        if document["kind"] == "HorizontalPodAutoscaler":
            if spec["scaleTargetRef"]["name"] != deployment["metadata"]["name"]:
                yield f"{name}: scales nothing"
    grace = template["spec"].get("terminationGracePeriodSeconds", 30)
    sleep = template["spec"]["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    config = next(document for _, document in objects if document["kind"] == "ConfigMap")
    lines = config["data"]["offhook.toml"].splitlines()
    drain = next(int(line.split('"')[1].rstrip("s")) for line in lines if line.startswith("drain"))
    if grace < sleep + drain + 5:
        yield f"deployment: grace of {grace} s for {sleep} s of waiting and {drain} s of draining"


def dockerfile(path):
    """The last stage runs without root, says how it is, and every base image has a version."""
    parser = dockerfile_parse.DockerfileParser(str(path))
    last = []
    for line in parser.structure:
        if line["instruction"] == "FROM":
            last = []
        last.append(line)
        if line["instruction"] == "ADD":
            yield "Dockerfile: ADD fetches and unpacks; COPY does not"
    for image in parser.parent_images:
        if ":" not in image or image.endswith(":latest"):
            yield f"Dockerfile: {image} has no version"
    if not any(line["instruction"] == "HEALTHCHECK" for line in last):
        yield "Dockerfile: no HEALTHCHECK"
    users = [line["value"] for line in last if line["instruction"] == "USER"]
    if not users or users[-1].split(":")[0] in ("0", "root"):
        yield "Dockerfile: runs as root"


def let_through(path, patterns):
    """Whether a file of the repository goes to the builder: as in .dockerignore, the last pattern that fits counts."""
    through = True
    for pattern in patterns:
        parts = re.split(r"(\*\*/|\*)", pattern.removeprefix("!"))
        fits = "".join({"**/": "(.*/)?", "*": "[^/]*"}.get(part, re.escape(part)) for part in parts)
        if re.fullmatch(f"{fits}(/.*)?", path):
            through = pattern.startswith("!")
    return through


def included(repository):
    """The builder gets each file that the sources it gets include."""
    lines = (repository / ".dockerignore").read_text().splitlines()
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    for source in sorted(repository.glob("crates/*/src/**/*.rs")):
        for name in re.findall(r'include_(?:bytes|str)!\(\s*"([^"]+)"', source.read_text()):
            path = os.path.relpath(os.path.normpath(source.parent / name), repository)
            if not let_through(path, patterns):
                yield f".dockerignore: {path} is not let through, but {source.relative_to(repository)} includes it"


def compose(path):
    """The file fits the Compose Specification; what it mounts from this repository is there."""
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    answer = subprocess.run(check, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        yield f"{path.name}: {answer.stdout}{answer.stderr}"
    services = yaml.safe_load(path.read_text())["services"]
    for name, service in services.items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            # The certificate is the operator's own.
            if source.startswith(".") and source != "./tls" and not (path.parent / source).exists():
                yield f"{path.name}: {name} mounts {source}, which is not there"
        if name != "nginx" and "ports" in service:
            yield f"{path.name}: {name} is open to the world"


def switches(deploy):
    """The files of switches listen on loopback alone; what they name of their switch is in its own configuration."""
    for path in sorted(deploy.glob("*/switches*.toml")):
        for bind in re.findall(r'bind = "([^"]+)"', uncommented(path, "#")):
            if not bind.startswith("127."):
                yield f"{path.relative_to(deploy)}: listens on {bind}"
    for path in sorted((deploy / "freeswitch").rglob("*.xml")):
        try:
            root = xml.etree.ElementTree.parse(path).getroot()
        except xml.etree.ElementTree.ParseError as error:
            yield f"{path.relative_to(deploy)}: {error}"
            continue
        for parameter in root.iter("param"):
            if parameter.get("name") == "listen-ip" and parameter.get("value") != "127.0.0.1":
                yield f"{path.relative_to(deploy)}: listens on {parameter.get('value')}"
    asterisk = deploy / "asterisk"
    for path in sorted(asterisk.glob("*.conf")):
        text = uncommented(path, ";")
        for bind in re.findall(r"^bindaddr *= *(\S+)", text, re.MULTILINE):
            if bind != "127.0.0.1":
                yield f"asterisk/{path.name}: listens on {bind}"
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip() and not re.match(r"\[[\w-]+\]$|[\w-]+ *=>? *\S| same *=>", line):
                yield f"asterisk/{path.name}: line {number} is no section and no setting: {line}"
    ours = uncommented(asterisk / "switches.toml", "#")
    for listener in ("audiosocket", "fastagi"):
        address = re.search(rf'^{listener} = {{ bind = "([^"]+)"', ours, re.MULTILINE)
        if not address or address.group(1) not in uncommented(asterisk / "extensions.conf", ";"):
            yield f"asterisk: {listener} is not where extensions.conf looks for it"


def uncommented(path, sign):
    return "\n".join(line.split(sign)[0].rstrip() for line in path.read_text().splitlines())


def main():
    repository = pathlib.Path(sys.argv[1])
    deploy = repository / "deploy"
    findings = [
        *kubernetes(deploy / "kubernetes"),
        *dockerfile(repository / "Dockerfile"),
        *included(repository),
        *compose(deploy / "compose" / "compose.yaml"),
        *switches(deploy),
    ]
    print("\n".join(findings))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())

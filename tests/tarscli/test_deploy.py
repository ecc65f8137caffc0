"""``deploy/``: manifests against the published schemas, Dockerfiles and installer by rule."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from tarscli.durations import parse_duration

DEPLOY = Path(__file__).parents[2] / "deploy"
OVERLAYS = sorted(each.name for each in (DEPLOY / "kustomize" / "overlays").iterdir())
DOCKERFILES = sorted((DEPLOY / "docker").glob("*.Dockerfile"))


def rendered(overlay: str) -> list[dict[str, Any]]:
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not installed: overlays cannot be rendered")
    path = DEPLOY / "kustomize" / "overlays" / overlay
    done = subprocess.run(
        ["kubectl", "kustomize", str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def manifests() -> list[Path]:
    found = sorted((DEPLOY / "kustomize" / "base").rglob("*.yaml"))
    return [each for each in found if each.name != "kustomization.yaml"]


def check_schema(document: dict[str, Any]) -> None:
    validate = pytest.importorskip(
        "kubernetes_validate", reason="kubernetes-validate is not installed"
    )
    validate.validate(document, validate.latest_version(), strict=True)


@pytest.mark.parametrize(
    "path", manifests(), ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_bases_fit_the_schemas(path: Path) -> None:
    for document in yaml.safe_load_all(path.read_text()):
        check_schema(document)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_rendered_overlays_fit_the_schemas(overlay: str) -> None:
    documents = rendered(overlay)
    assert documents
    for document in documents:
        check_schema(document)
        assert document["metadata"]["namespace"] == "tars-system"
        assert document["metadata"]["labels"]["app.kubernetes.io/part-of"] == "tars2py"


def test_the_schema_check_can_fail() -> None:
    (deployment,) = (
        yaml.safe_load(each.read_text())
        for each in manifests()
        if each.parent.name == "hello" and each.stem == "deployment"
    )
    deployment["spec"]["template"]["spec"]["containers"][0]["gracePeriod"] = 1
    validate = pytest.importorskip(
        "kubernetes_validate", reason="kubernetes-validate is not installed"
    )
    with pytest.raises(validate.ValidationError):
        check_schema(deployment)


def pod_of(name: str) -> dict[str, Any]:
    path = DEPLOY / "kustomize" / "base" / name / "deployment.yaml"
    return dict(yaml.safe_load(path.read_text())["spec"]["template"]["spec"])


@pytest.mark.parametrize("name", ["registry", "hello"])
def test_pods_are_confined(name: str) -> None:
    pod = pod_of(name)
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    security = container["securityContext"]
    assert security["readOnlyRootFilesystem"] is True
    assert security["allowPrivilegeEscalation"] is False
    assert security["capabilities"] == {"drop": ["ALL"]}
    assert {"requests", "limits"} <= set(container["resources"])
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]
    addresses = [each for each in container["env"] if each["name"] == "POD_IP"]
    assert addresses[0]["valueFrom"]["fieldRef"]["fieldPath"] == "status.podIP"


def test_a_server_has_three_writable_directories_and_its_hook() -> None:
    pod = pod_of("hello")
    (container,) = pod["containers"]
    assert [each["mountPath"] for each in container["volumeMounts"]] == [
        "/tars/conf",
        "/tars/data",
        "/tars/log",
    ]
    assert container["lifecycle"]["preStop"]["exec"]["command"] == [
        "tarscli",
        "prestop",
    ]
    assert container["readinessProbe"]["exec"]["command"] == ["tarscli", "hzcheck"]
    names = {each["name"] for each in container["env"]}
    assert {"POD_NAME", "POD_UID", "NODE_NAME", "TARS_NAMESPACE"} <= names


def test_the_grace_period_is_longer_than_the_drain() -> None:
    pod = pod_of("hello")
    environment = {
        each["name"]: each.get("value") for each in pod["containers"][0]["env"]
    }
    grace = pod["terminationGracePeriodSeconds"]
    assert parse_duration(environment["TARS_GRACE_PERIOD"]) == grace
    assert grace >= parse_duration(environment["TARS_PRESTOP_WAITTIME"]) + 15


def test_sqlite_is_alone_on_its_volume_and_mysql_is_not() -> None:
    def deployment(overlay: str) -> dict[str, Any]:
        return next(each for each in rendered(overlay) if each["kind"] == "Deployment")

    sqlite, mysql = deployment("sqlite"), deployment("mysql")
    assert (sqlite["spec"]["replicas"], sqlite["spec"]["strategy"]) == (
        1,
        {"type": "Recreate"},
    )
    data = sqlite["spec"]["template"]["spec"]["volumes"][0]
    assert data == {
        "name": "data",
        "persistentVolumeClaim": {"claimName": "tars-registry"},
    }
    assert mysql["spec"]["replicas"] == 2
    source = mysql["spec"]["template"]["spec"]["containers"][0]["envFrom"]
    assert source == [{"secretRef": {"name": "tars-registry-db"}}]


def test_no_manifest_holds_a_password() -> None:
    for path in DEPLOY.rglob("*"):
        if path.is_file() and path.suffix in (".yaml", ".Dockerfile"):
            assert not re.search(r"(?i)pass(word)?\s*[:=]\s*\S", path.read_text()), path


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.stem)
def test_dockerfiles_by_rule(path: Path) -> None:
    text = path.read_text()
    stages = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert len(stages) == 2
    assert not [each for each in stages if each.endswith(":latest")]
    last = text[text.rindex("FROM") :]
    assert "ADD " not in text
    assert "curl" not in text
    for kind in ("CMD", "ENTRYPOINT"):
        for line in re.findall(rf"^{kind} (.*)$", text, re.MULTILINE):
            assert line.startswith("["), "the list form, so that signals arrive"
    if path.stem != "hello":
        assert "USER 10001:10001" in last
        assert "compileall" in text
    for line in re.findall(r"^COPY (.*)$", text, re.MULTILINE):
        *sources, _ = [each for each in line.split() if not each.startswith("--")]
        for each in sources if "--from=" not in line else []:
            assert (DEPLOY.parent / each).exists(), each


# install.sh, against a stand-in for kubectl that writes down what it is asked.

KUBECTL = """\
#!/bin/sh
echo "$@" >> "$RECORD"
case "$1" in
  kustomize) exec "$REAL" "$@" ;;
  get) case "$*" in *jsonpath*) echo tars2py ;; *) exit ${NAMESPACE_EXISTS:-1} ;; esac ;;
  create) case "$*" in *secret*) cat > "$RECORD.secret"; echo "kind: Secret" ;; esac ;;
  label|apply) case "$*" in *-f*) cat >> "$RECORD.applied" ;; esac ;;
esac
"""


def install(
    tmp_path: Path, *words: str, **environment: str
) -> tuple[int, str, list[str]]:
    real = shutil.which("kubectl")
    if real is None:
        pytest.skip("kubectl is not installed: overlays cannot be rendered")
    folder = tmp_path / "bin"
    folder.mkdir(exist_ok=True)
    (folder / "kubectl").write_text(KUBECTL)
    (folder / "kubectl").chmod(0o755)
    record = tmp_path / "record"
    done = subprocess.run(
        ["sh", str(DEPLOY / "install.sh"), *words],
        env={
            "PATH": f"{folder}:{os.environ['PATH']}",
            "REAL": real,
            "RECORD": str(record),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    asked = record.read_text().splitlines() if record.exists() else []
    return done.returncode, done.stdout + done.stderr, asked


def test_install_applies_in_its_namespace_and_leaves_the_context_alone(
    tmp_path: Path,
) -> None:
    code, text, asked = install(tmp_path, "--namespace", "mine", "--demo", "install")
    assert code == 0, text
    assert "create namespace mine" in asked
    assert [each for each in asked if each.startswith("apply -n mine")]
    assert not [each for each in asked if each.startswith("config")]
    applied = list(yaml.safe_load_all((tmp_path / "record.applied").read_text()))
    assert {each["metadata"]["namespace"] for each in applied} == {"mine"}
    assert {"tars-registry", "hello"} <= {each["metadata"]["name"] for each in applied}
    assert "tars-registry.mine.svc.cluster.local -p 17890" in text


def test_install_again_is_no_error_and_creates_no_namespace(tmp_path: Path) -> None:
    code, text, asked = install(tmp_path, "install", NAMESPACE_EXISTS="0")
    assert code == 0, text
    assert not [each for each in asked if each.startswith("create namespace")]


def test_the_password_is_no_argument(tmp_path: Path) -> None:
    account = {"DB_HOST": "db", "DB_USER": "tars", "DB_PASS": "s3cret"}
    code, text, asked = install(tmp_path, "--mysql", "install", **account)
    assert code == 0, text
    assert "s3cret" not in " ".join(asked) + text
    assert "DB_PASS=s3cret" in (tmp_path / "record.secret").read_text()
    code, text, _ = install(tmp_path, "--mysql", "install")
    assert code == 2
    assert "--mysql: set DB_HOST" in text


def test_remove_deletes_by_label_and_keeps_the_data(tmp_path: Path) -> None:
    code, text, asked = install(tmp_path, "remove")
    assert code == 0, text
    (deleted,) = (each for each in asked if each.startswith("delete"))
    assert "-l app.kubernetes.io/part-of=tars2py" in deleted
    assert "persistentvolumeclaim" not in deleted
    assert "namespace" not in deleted.split()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "expected one of install, remove, render"),
        (("--nonsense",), "unknown: --nonsense"),
        (("--namespace",), "--namespace: expected a name"),
        (("--namespace", "a b", "install"), "expected lower-case letters"),
        (("--images", "x y", "install"), "expected a registry's address"),
    ],
)
def test_install_explains_wrong_use(
    tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    code, text, asked = install(tmp_path, *words)
    assert code == 2
    assert message in text
    assert asked == []

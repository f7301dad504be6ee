"""What the Dockerfile and compose.yaml promise. Their steps are run by `make image`; this asserts what can be read."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant.settings import Settings
from tests.run_dockerfile import MADE, ROOT, instructions
from tests.test_chroma_server import make_certificate

DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
NGINX = (ROOT / "deploy/nginx.conf").read_text("utf-8")


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
    return found


# -- the image


def test_the_linter_finds_nothing() -> None:
    program = Path(sys.executable).with_name("hadolint")
    if not program.exists():
        pytest.skip("hadolint is not installed in this environment")
    done = subprocess.run([program, ROOT / "Dockerfile"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_is_not_run_by_root_and_says_whether_it_is_ready() -> None:
    steps = instructions(DOCKERFILE)
    last = max(number for number, (name, _) in enumerate(steps) if name == "FROM")
    of_last = dict(steps[last:])
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", of_last["USER"])
    assert "/ready" in of_last["HEALTHCHECK"]
    assert of_last["EXPOSE"] == str(Settings.model_fields["port"].default)
    assert "RUN" not in of_last  # nothing of what built it is left in it


def test_the_image_has_the_versions_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert f"{next(d for d in project['dependencies'] if d.startswith('torch'))}" in DOCKERFILE
    extras = re.search(r"'\.\[([a-z,]+)\]'", DOCKERFILE)
    assert extras
    assert set(extras[1].split(",")) <= set(project["optional-dependencies"])
    assert "postgres" in extras[1]
    copied = {word for name, rest in instructions(DOCKERFILE) if name == "COPY" for word in rest.split()[:-1]}
    assert {"kb", "ingest", "assistant"} <= copied
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert ignored[0] == "*"
    assert {f"!{word}" for word in copied if not word.startswith(("--", "/"))} <= set(ignored)


def test_every_path_of_the_image_is_known_to_the_script_that_runs_its_steps() -> None:
    named = {rest.split()[-1] for name, rest in instructions(DOCKERFILE) if name in ("WORKDIR", "COPY", "VOLUME")}
    assert all(path.startswith(MADE) for path in named)


def test_the_settings_of_the_image_exist() -> None:
    named = set(re.findall(r"ACCORDINGTO_([A-Z_]+)", DOCKERFILE))
    assert {name.lower() for name in named} <= set(Settings.model_fields)


# -- the services


def test_compose_may_say_what_it_says() -> None:
    program = Path(sys.executable).with_name("check-jsonschema")
    if not program.exists():
        pytest.skip("check-jsonschema is not installed in this environment")
    command = [str(program), "--builtin-schema", "vendor.compose-spec", str(ROOT / "compose.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_only_the_proxy_is_reached_from_outside(services: dict[str, Any]) -> None:
    assert set(services["services"]) == {"app", "postgres", "chroma", "proxy"}
    assert [name for name, service in services["services"].items() if "ports" in service] == ["proxy"]
    assert services["networks"]["back"]["internal"]
    for name in ("postgres", "chroma"):
        assert services["services"][name]["networks"] == ["back"]
    assert "back" not in services["services"]["proxy"]["networks"]


def test_what_we_build_is_hardened(services: dict[str, Any]) -> None:
    for name in ("app", "proxy"):
        service = services["services"][name]
        assert not str(service["user"]).startswith(("0", "root"))
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
    assert services["services"]["app"]["user"] == dict(instructions(DOCKERFILE))["USER"]
    for service in services["services"].values():
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["restart"] == "unless-stopped"
        assert "privileged" not in service
        assert "latest" not in service.get("image", "x:1")


def test_no_secret_is_in_the_environment(services: dict[str, Any]) -> None:
    for service in services["services"].values():
        for name, value in service.get("environment", {}).items():
            assert not re.search("PASSWORD|DATABASE_URL|HEADERS|KEY|TOKEN", name) or name.endswith("_FILE"), name
            assert "@" not in str(value)
        assert set(service.get("secrets", ())) <= set(services["secrets"])
    assert all(set(secret) == {"file"} for secret in services["secrets"].values())
    ignored = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert {secret["file"].split("/")[1] + "/" for secret in services["secrets"].values()} <= set(ignored)


def test_what_the_app_is_told_are_settings(services: dict[str, Any]) -> None:
    app = services["services"]["app"]
    for name in (*app["environment"], *(name for name in app["secrets"])):
        assert name.lower().removeprefix("accordingto_") in Settings.model_fields
    chroma = Settings(chroma_url=app["environment"]["ACCORDINGTO_CHROMA_URL"]).chroma
    assert chroma is not None
    assert chroma.place == "http://chroma:8000"
    assert set(app["depends_on"]) == {"postgres", "chroma"}


def test_the_versions_of_the_servers_are_those_that_are_tested(services: dict[str, Any]) -> None:
    pinned = re.search(r"^chromadb==(.+)$", (ROOT / "constraints.txt").read_text("utf-8"), re.M)
    assert pinned
    assert services["services"]["chroma"]["image"] == f"chromadb/chroma:{pinned[1]}"


def test_secrets_are_read_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.settings._SECRETS", tmp_path)
    (tmp_path / "accordingto_chroma_headers").write_text('{"X-Chroma-Token": "from a file"}\n')
    (tmp_path / "of_another_program").write_text("x")
    assert Settings().chroma_headers["X-Chroma-Token"].get_secret_value() == "from a file"
    monkeypatch.setenv("ACCORDINGTO_CHROMA_HEADERS", '{"X-Chroma-Token": "from the environment"}')
    assert Settings().chroma_headers["X-Chroma-Token"].get_secret_value() == "from the environment"


# -- the proxy


def test_the_proxy_serves_by_tls_alone_and_asks_who_is_there(services: dict[str, Any]) -> None:
    assert re.findall(r"listen (\d+)( ssl)?;", NGINX) == [("8080", ""), ("8443", " ssl")]
    assert "return 308 https://" in NGINX
    assert NGINX.count("auth_basic off") == 1  # for /health
    assert "location = /health" in NGINX
    assert "9464" not in NGINX
    assert set(re.findall(r"/run/secrets/(\w+)", NGINX)) == set(services["services"]["proxy"]["secrets"])


def test_nginx_takes_its_configuration(tmp_path: Path) -> None:
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        pytest.skip("nginx is not installed here")
    make_certificate(tmp_path)
    site = NGINX.replace("/run/secrets/tls_certificate", str(tmp_path / "certificate.pem"))
    site = site.replace("/run/secrets/tls_key", str(tmp_path / "certificate.pem")).replace("app:7860", "127.0.0.1:7860")
    site = re.sub(r"listen (\d+)", r"listen 127.0.0.1:\1", site)
    (tmp_path / "site.conf").write_text(site)
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ access_log off; include {tmp_path}/site.conf; }}"
    )
    done = subprocess.run(
        [program, "-t", "-p", tmp_path, "-c", tmp_path / "nginx.conf"], capture_output=True, text=True, check=False
    )
    assert "test is successful" in done.stderr, done.stderr

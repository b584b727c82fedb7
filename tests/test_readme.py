"""The README is tested: its commands run, its Python runs, its tree is the tree."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from patience import CEILING
from server import Server

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = [
    line.removeprefix("$ ")
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("$ ")
]
SERVING = README.split("## Serve it by HTTP")[1].split("\n## ")[0]
STARTING, *ASKING = re.findall(r"```(?:sh|python)\n(.*?)```", SERVING, re.DOTALL)
PYTHON = re.findall(r"```python\n(.*?)```", README.replace(SERVING, ""), re.DOTALL)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """An empty folder and an environment in which `footnote` is the command under test."""
    folder = tmp_path_factory.mktemp("readme")
    command = folder / "bin" / "footnote"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m bot "$@"\n', "utf-8")
    command.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FOOTNOTE_")}
    path = f"{command.parent}{os.pathsep}{kept['PATH']}"
    return folder, {**kept, "PATH": path, "FOOTNOTE_DATA_DIR": str(folder / "data")}


def test_the_readme_has_commands() -> None:
    """The blocks are found: this test would else pass on an empty README."""
    assert len(COMMANDS) >= 12
    assert len(PYTHON) == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_runs(home: tuple[Path, dict[str, str]], command: str) -> None:
    """Each command works when pasted, in the order of the README, and prints something."""
    folder, environment = home
    result = subprocess.run(
        ["sh", "-c", command], cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=CEILING
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() or ">" in command


def test_the_python_example_runs(home: tuple[Path, dict[str, str]]) -> None:
    """The Python of the README prints a cited answer."""
    folder, environment = home
    program = [sys.executable, "-c", PYTHON[0]]
    result = subprocess.run(
        program, cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=CEILING
    )
    assert result.returncode == 0, result.stderr
    assert "Mao Ning" in result.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_server_is_used_as_it_stands(home: tuple[Path, dict[str, str]]) -> None:
    """Its commands and programs work when pasted, in order, against the server that the first block starts."""
    folder, environment = home
    *exports, start = STARTING.splitlines()
    settings = dict(line.removeprefix("export ").split("=", 1) for line in exports)
    assert start == "footnote serve"
    server = Server(folder / "served", **settings)
    shutil.copy(ROOT / "LICENSE", folder)
    try:
        server.ready()
        assert len(ASKING) == 3
        for block in ASKING:
            here = block.replace("http://localhost:8000", server.url)
            program = (
                [sys.executable, "-c", here] if "import" in here else ["sh", "-ec", here.replace("curl ", "curl -sSf ")]
            )
            result = subprocess.run(
                program, cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=CEILING
            )
            assert result.returncode == 0, result.stderr
            assert "Mao Ning" in result.stdout
    finally:
        server.stop()


def test_the_tree_is_true() -> None:
    """Each package stands in the README's tree, which fits 45 lines and names nothing that does not exist."""
    tree = README.split("## The tree")[1].split("\nImports go")[0].strip("\n")
    packages = {
        path.parent.name
        for package in ("bot", "retrieval", "prompts", "seeds")
        for path in (ROOT / package).rglob("__init__.py")
    }
    folders = set(re.findall(r"([a-z_]+)/", tree))
    assert packages - folders == set()
    assert all(any(ROOT.rglob(f"{folder}/")) for folder in folders)
    modules = {path.name for package in ("bot", "retrieval") for path in (ROOT / package).rglob("*.py")}
    assert set(re.findall(r"[a-z_]+\.py", tree)) - modules == set()
    assert len(tree.splitlines()) <= 45

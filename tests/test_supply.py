"""What Footnote brings along: each package that it runs with has a licence that asks little, or stands here with a
reason; and the bill of materials is one.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import license_expression
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from scripts.sbom import EXTRAS, NAME, licence_of, runtime

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
README = (ROOT / "README.md").read_text("utf-8")
OF_DEVELOPERS = {"bench", "dev", "export", "train"}
OF_PROVIDERS = {"anthropic", "google", "mistral", "ollama"}  # clients of models, beside that of the extra openai

PERMISSIVE = {
    *("0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0"),
    *("CNRI-Python", "ISC", "MIT", "MIT-0", "MIT-CMU", "PSF-2.0", "Zlib"),
    # What packages without an SPDX expression call them
    *("Apache 2.0", "Apache 2.0 License", "Apache License Version 2.0", "Apache License, Version 2.0"),
    *("Apache Software License", "3-Clause BSD License", "BSD", "BSD License", "The BSD 2-Clause License"),
    *("ISC License", "MIT License", "PSFL"),
}
OTHERWISE = {
    "certifi": ("MPL-2.0", "asks for the source of its own files alone, which its makers publish; installed unchanged"),
    "orjson": ("MPL-2.0 AND (Apache-2.0 OR MIT)", "the same; of langsmith, which langchain-core needs"),
    "psycopg": ("LGPL-3.0-only", "the driver of PostgreSQL: imported, unchanged, and free to be replaced; an extra"),
    "psycopg-binary": ("LGPL-3.0-only", "the same"),
    "pypdfium2": ("BSD-3-Clause, Apache-2.0, dependency licenses", "a list of PDFium's parts, all of them permissive"),
    "python-telegram-bot": ("LGPL-3.0-only", "Telegram's Bot API: imported, unchanged, and free to be replaced"),
    "tld": ("MPL-1.1 OR GPL-2.0-only OR LGPL-2.1-or-later", "of trafilatura; taken under the MPL, as certifi"),
    "tqdm": ("MPL-2.0 AND MIT", "as certifi"),
}
"""Packages whose licence asks for more, or is not told in words that are known: the licence, and why that is well."""
OF_NVIDIA = ("nvidia-", "cuda-")
"""Proprietary: they come with PyTorch's default build alone, where the CPU build is not to be had."""


def is_permissive(licence: str) -> bool:
    """Whether an SPDX expression, or what a licence is called, leaves one that is permissive to choose."""
    if licence in PERMISSIVE:
        return True
    spdx = license_expression.get_spdx_licensing()
    try:
        return _may_be_chosen(spdx.parse(licence), spdx)
    except license_expression.ExpressionError:
        return False


def _may_be_chosen(licence: Any, spdx: license_expression.Licensing) -> bool:
    if isinstance(licence, spdx.AND):
        return all(_may_be_chosen(one, spdx) for one in licence.args)
    if isinstance(licence, spdx.OR):
        return any(_may_be_chosen(one, spdx) for one in licence.args)
    return str(licence) in PERMISSIVE


def test_what_counts_as_permissive() -> None:
    """One of those that may be chosen is enough, all of those that hold at once are needed; what is unknown is not."""
    assert all(map(is_permissive, ("MIT", "MIT OR GPL-3.0-only", "Apache-2.0 WITH LLVM-exception AND MIT", "BSD")))
    for licence in ("", "GPL-3.0-only", "MIT AND LGPL-3.0-only", "MPL-2.0 AND (Apache-2.0 OR MIT)", "Proprietary"):
        assert not is_permissive(licence)


def test_every_licence_is_permissive_or_has_a_reason() -> None:
    """Of all that the plain install and the extras of users bring, transitively; and no reason is left over."""
    found = {name: licence_of(distribution(name)) for name in runtime() if not name.startswith(OF_NVIDIA)}
    assert {name: licence for name, licence in found.items() if not is_permissive(licence)} == {
        name: licence for name, (licence, _) in OTHERWISE.items()
    }


def test_the_readme_names_what_is_not_permissive() -> None:
    """Each by its name, in the part on licences."""
    part = README.split("## Licence")[1]
    assert not [name for name in OTHERWISE if name != "pypdfium2" and name.removesuffix("-binary") not in part]


def test_the_extras_of_users_are_those() -> None:
    """Every extra is theirs, a provider's or the developers'; what README, messages and image install is theirs."""
    assert {*EXTRAS} | OF_PROVIDERS | OF_DEVELOPERS == PROJECT["optional-dependencies"].keys()
    files = [
        ROOT / "README.md",
        ROOT / ".env.example",
        *(ROOT / "bot").rglob("*.py"),
        *(ROOT / "retrieval").rglob("*.py"),
    ]
    told = {one for file in files for one in re.findall(r"(?:footnote-bot|\.)\[([a-z-]+)\]'", file.read_text("utf-8"))}
    image = set(re.findall(r"\*e\['([a-z-]+)'\]", (ROOT / "Dockerfile").read_text("utf-8")))
    assert {"postgresql", "sentence-transformers"} <= told | image <= {*EXTRAS} | OF_PROVIDERS


@pytest.fixture(scope="module")
def bill(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The bill of materials that `make sbom` writes, which CycloneDX's schema holds for well."""
    make = (ROOT / "Makefile").read_text("utf-8")
    command = re.search(r"^\t\"\$\(BIN\)/python\" (-m scripts\.sbom) \S+$", make, re.MULTILINE)
    assert command is not None
    file = tmp_path_factory.mktemp("supply") / "bom.json"
    subprocess.run([sys.executable, *command[1].split(), file], cwd=ROOT, check=True)
    text = file.read_text("utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    found: dict[str, Any] = json.loads(text)
    return found


def test_the_bill_of_materials_holds_what_runs(bill: dict[str, Any]) -> None:
    """Each package that runs, with the version that is installed, its licence and what it requires; no test's tool."""
    assert bill["metadata"]["component"]["name"] == NAME
    components = {one["name"]: one for one in bill["components"]}
    packages = runtime()
    assert components.keys() == packages.keys() - {NAME}
    assert components.keys().isdisjoint({"pytest", "ruff", "mypy", "cyclonedx-python-lib"})
    for name, one in components.items():
        assert one["version"] == distribution(name).version
        assert one["purl"].startswith(f"pkg:pypi/{name}@")
        assert one["licenses"]
    requires = {one["ref"]: one.get("dependsOn", []) for one in bill["dependencies"]}
    names = {one["bom-ref"]: one["name"] for one in (*bill["components"], bill["metadata"]["component"])}
    assert {names[ref]: {names[one] for one in others} for ref, others in requires.items()} == packages


def test_what_is_required_only_by_what_is_required_is_found() -> None:
    """The walk follows extras and markers: of a plain install, of an extra, and of an extra of a package."""
    packages = runtime()
    assert "python-telegram-bot" in packages[NAME]
    assert "psycopg-binary" in packages["psycopg"]
    assert "orjson" in packages["langsmith"]
    assert "torch" in packages["sentence-transformers"]

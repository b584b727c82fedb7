"""Writes what Footnote runs with, as it is installed here, as a bill of materials in CycloneDX's JSON.

Run as `python -m scripts.sbom FILE`, or `make sbom`, with the extra `dev` installed. It holds Footnote and all that it
requires, directly or not, with the extras that its users install. What only tests and checks need is left out, which a
look at the whole environment could not tell.
"""

from __future__ import annotations

import sys
from importlib.metadata import Distribution, distribution
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseAcknowledgement
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

NAME = "footnote-bot"
EXTRAS = ("eval", "mcp", "openai", "postgresql", "sentence-transformers")
"""The extras that users install; the others are for who works on Footnote."""
_LONGEST = 60  # characters of a licence's name: some packages put its whole text there


def runtime() -> dict[str, set[str]]:
    """The packages that Footnote runs with here, itself included, by name; each with those that it requires directly.

    Raises PackageNotFoundError when one is missing.
    """
    found: dict[str, set[str]] = {}
    asked = {(NAME, extra) for extra in ("", *EXTRAS)}
    known = set(asked)
    while asked:
        name, extra = asked.pop()
        required = found.setdefault(name, set())
        for line in distribution(name).requires or ():
            wanted = Requirement(line)
            if wanted.marker is None or wanted.marker.evaluate({"extra": extra}):
                other = str(canonicalize_name(wanted.name))
                required.add(other)
                new = {(other, str(canonicalize_name(one))) for one in wanted.extras} | {(other, "")}
                asked |= new - known
                known |= new
    return found


def licence_of(package: Distribution) -> str:
    """The licence as the package declares it: an SPDX expression if it has one, else what it is called there."""
    told = package.metadata
    if "License-Expression" in told:
        return str(told["License-Expression"])
    # Some put the whole text there, which begins with the name.
    named = (str(told["License"] or "").strip() if "License" in told else "").partition("\n")[0].strip()
    if named and len(named) <= _LONGEST:
        return named
    beginning = "License :: OSI Approved :: "
    classifiers = [one for one in told.get_all("Classifier") or () if one.startswith(beginning)]
    return " OR ".join(one.removeprefix(beginning) for one in classifiers)


def bill() -> Bom:
    """The bill of materials."""
    packages = runtime()
    components = {name: _component(name) for name in packages}
    bom = Bom(components=[component for name, component in components.items() if name != NAME])
    bom.metadata.component = components[NAME]
    for name, required in packages.items():
        bom.register_dependency(components[name], [components[other] for other in required])
    return bom


def _component(name: str) -> Component:
    package = distribution(name)
    url = PackageURL("pypi", name=name, version=package.version)
    licence = licence_of(package)
    made = LicenseFactory().make_from_string(licence, license_acknowledgement=LicenseAcknowledgement.DECLARED)
    return Component(
        name=name,
        version=package.version,
        type=ComponentType.APPLICATION if name == NAME else ComponentType.LIBRARY,
        description=package.metadata["Summary"],
        licenses=[made] if licence else (),
        purl=url,
        bom_ref=url.to_string(),
    )


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(JsonV1Dot6(bill()).output_as_string(indent=2) + "\n", "utf-8")

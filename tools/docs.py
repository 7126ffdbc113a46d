"""Build the documentation into ``site/`` and look at it as a reader without a network would.

    python tools/docs.py    # into site/, every page anew: Sphinx remembers faults that are mended

The sources are laid out as in the repository (docs/, notebooks/, labs/ and the pages beside them),
so a link that works there works in the site. Notebooks are shown as they were executed, with their
pictures; nothing is run. A warning, a broken link and a load from outside are errors.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat
from docs_api import render
from docs_check import site_faults

from workbench.reports.display import PICTURE_MIME
from workbench.reports.outputs import picture_html

REPO = Path(__file__).resolve().parents[1]
WORK = REPO / ".venv" / "docs"
SITE = REPO / "site"
# Shown as their picture, their table or their text; these would want a script.
INTERACTIVE = ("application/", "text/javascript", "application/javascript")
# Folders that a page may link to, with the page that lists what is in them.
FOLDERS = {
    "docs/adr": "docs/design/decisions.md",
    "docs/errors": "docs/reference/error-pages.md",
    "docs/how-to": "docs/how-to/index.md",
}
REDIRECT = """\
<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Workbench</title>
<meta http-equiv="refresh" content="0; url=docs/index.html">
<a href="docs/index.html">Workbench: the documentation</a></html>
"""


def still(path: Path) -> str:
    """A notebook whose outputs need no script."""
    node = nbformat.read(path, 4)
    for cell in node.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            kept = {kind: value for kind, value in data.items() if not kind.startswith(INTERACTIVE)}
            if PICTURE_MIME in data:
                kept = {"text/html": f'<div class="chart">{picture_html(data)}</div>'}
            if "image/png" in kept or "image/svg+xml" in kept:
                kept.pop("text/html", None)
            if "data" in output:
                output["data"] = kept
    node.metadata.pop("widgets", None)
    return nbformat.writes(node)


def page(path: Path) -> str:
    """A Markdown page whose links to folders lead to the pages that list them."""

    def mend(match: re.Match[str]) -> str:
        target = (path.parent / match[1]).resolve()
        name = str(target.relative_to(REPO)) if target.is_relative_to(REPO) else ""
        if name in FOLDERS:
            return f"]({os.path.relpath(REPO / FOLDERS[name], path.parent)})"
        return match[0]

    return re.sub(r"\]\(([^)#:\s]+)\)", mend, path.read_text("utf-8"))


def sources() -> dict[str, str | Path]:
    """Every file of the site's source by its path: its text, or the file that is copied."""
    found: dict[str, str | Path] = {}
    for path in sorted((REPO / "docs").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            found[str(path.relative_to(REPO))] = page(path) if path.suffix == ".md" else path
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "labs/README.md"):
        found[name] = page(REPO / name)
    for folder in ("notebooks", "labs"):
        for path in sorted((REPO / folder).rglob("*.ipynb")):
            if not {"dashboards", ".ipynb_checkpoints"} & set(path.parts):
                found[str(path.relative_to(REPO))] = still(path)
    for name, text in render().items():
        found[f"docs/reference/api/{name}"] = text
    return found


def stage(folder: Path, files: dict[str, str | Path]) -> None:
    """Lay the sources out."""
    for name, source in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes() if isinstance(source, Path) else source.encode())


def build(source: Path, site: Path) -> int:
    """Run Sphinx; its warnings are errors."""
    options = ["-W", "--keep-going", "-q", "-c", str(REPO / "docs"), "-d", str(WORK / "trees")]
    command = [sys.executable, "-m", "sphinx", "-b", "html", *options, str(source), str(site)]
    return subprocess.run(command, check=False, cwd=REPO).returncode


def main() -> int:
    started_s = time.perf_counter()
    for folder in (WORK, SITE):
        shutil.rmtree(folder, ignore_errors=True)
    print("laying out the pages", flush=True)
    files = sources()
    stage(WORK / "source", files)
    print(f"building {len(files)} files with Sphinx, which says nothing meanwhile", flush=True)
    status = build(WORK / "source", SITE)
    if status:
        return status
    (SITE / "index.html").write_text(REDIRECT, encoding="utf-8")
    # Sphinx does not see the pictures that a page names in HTML, one for each theme.
    shutil.copytree(REPO / "docs" / "pictures", SITE / "docs" / "pictures", dirs_exist_ok=True)
    print("following every link", flush=True)
    faults = site_faults(SITE)
    print("\n".join(faults), end="\n" if faults else "")
    pages = len(list(SITE.rglob("*.html")))
    print(f"{pages} pages in {time.perf_counter() - started_s:.0f} s: {SITE / 'index.html'}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

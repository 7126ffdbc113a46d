"""Photograph the pages for the README: home, other dashboards and a report, light and dark.

    python tools/pictures.py                   # into docs/pictures/*.png, each below 300 KB
    python tools/pictures.py --only serving    # one page: report, phone or a dashboard's name

Every notebook in notebooks/dashboards is taken. Its metadata may say when it is ready and how high
it is: ``"workbench": {"picture": {"ready": "CSS selector", "height_px": 1000}}``. With
``"press"`` (a CSS selector, too) that button is pressed first, so that the picture shows what the
page is for and not its empty form; ``ready`` is then what comes of it. With ``"gateway": true`` it
is shown in a home of its own, with this one's models and a gateway at work.

The pictures are of the real thing: the server that `make dashboards` starts, with what is in
WORKBENCH_HOME, and the last report of the tour (run now if there is none). Needs Chromium.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parents[1]
TOUR = Path("notebooks/00_tour.ipynb")
MAX_BYTES = 300_000
WIDTH_PX, HEIGHT_PX, PHONE_PX = 1280, 860, 400
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


QUESTIONS = (
    "What is the capital of France?",
    "Name three primary colours.",
    "Why is the sky blue?",
    "Write a haiku about rain.",
    "What is the capital of France?",
)


@dataclass(frozen=True)
class Page:
    """A page to be photographed, once what ``ready`` selects is to be seen."""

    name: str
    path: str
    ready: str
    width_px: int = WIDTH_PX
    height_px: int = HEIGHT_PX
    gateway: bool = False
    press: str | None = None


PHONE = Page("phone", "/", "#rendered_cells .wb-tile h2", width_px=PHONE_PX)


def dashboard_page(path: Path) -> Page:
    """A dashboard with what its own metadata say of its picture."""
    told = json.loads(path.read_text("utf-8"))["metadata"].get("workbench", {}).get("picture", {})
    return Page(
        path.stem,
        f"/voila/render/{path.name}",
        ready=told.get("ready", "#rendered_cells"),
        height_px=int(told.get("height_px", HEIGHT_PX)),
        gateway=bool(told.get("gateway", False)),
        press=told.get("press"),
    )


def pages() -> dict[str, Callable[[], Page]]:
    """Every page by its picture's name."""
    found: dict[str, Callable[[], Page]] = {
        "report": lambda: Page("report", last_report(), "main"),
        "phone": lambda: PHONE,
    }
    for path in sorted((REPO / "notebooks" / "dashboards").glob("*.ipynb")):
        found[path.stem] = partial(dashboard_page, path)
    return found


def find_chromium() -> str:
    """The browser of this machine."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        raise SystemExit(
            f"no browser to photograph with: none of {', '.join(names)} is here\n"
            "try: sudo apt install chromium, or whatever installs it on your system"
        )
    return found


@contextmanager
def busy_home() -> Iterator[Path]:
    """A home with this one's models, in which a gateway runs that was asked a few things."""
    from workbench.core import settings
    from workbench.identity import access
    from workbench.identity.principals import KeyLimits
    from workbench.serving.server import serving as gateway

    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir()
        for name in ("blobs", "sources", "models", "converted"):
            (settings.home() / name).mkdir(parents=True, exist_ok=True)
            (home / name).symlink_to(settings.home() / name)
        with settings.override(home=home), gateway() as server:
            few = KeyLimits(requests_per_minute=4, budget_tokens_day=5000)
            learner = access.create_key("learner", limits=few).key
            editor = access.create_key("editor", limits=KeyLimits(budget_usd_month=5.0)).key
            for index, key in enumerate([server.key, editor, learner, learner] * 3):
                ask(server.url, key, QUESTIONS[index % len(QUESTIONS)])
            yield home


def ask(url: str, key: str, question: str) -> None:
    """One question; a refusal is a part of the picture."""
    said = {"messages": [{"role": "user", "content": question}], "max_tokens": 60}
    sent = urllib.request.Request(
        f"{url}/v1/chat/completions",
        json.dumps({"model": "smollm2-135m", "temperature": 0, **said}).encode(),
        {"authorization": f"Bearer {key}", "content-type": "application/json"},
    )
    with contextlib.suppress(urllib.error.HTTPError), urllib.request.urlopen(sent) as answer:
        answer.read()


@contextmanager
def serving(**more: str) -> Iterator[tuple[str, str]]:
    """The dashboards' server on a free port, with more environment: its address and token."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(8)
    config = str(REPO / "jupyter_config")
    environment = {**os.environ, "JUPYTER_CONFIG_PATH": config, "JUPYTER_PATH": config, **more}
    with (
        tempfile.NamedTemporaryFile("r", suffix=".log") as log,
        Path(log.name).open("w") as written,
    ):
        server = subprocess.Popen(
            [sys.executable, "-m", "workbench.studio.dashboards", "notebooks/dashboards",
             "--no-browser", f"--port={port}", "--Voila.port_retries=0", f"--token={token}",
             "--preheat_kernel=True"],
            cwd=REPO, env=environment, stdout=written, stderr=written,
        )  # fmt: skip
        try:
            while "Kernel pool of home.ipynb is filled" not in Path(log.name).read_text():
                if server.poll() is not None:
                    raise SystemExit(Path(log.name).read_text())
                time.sleep(0.2)
            yield f"http://127.0.0.1:{port}", token
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(60)


def last_report() -> str:
    """The address of the tour's last report; it is run if there is none."""
    reports = REPO / "reports"
    found = sorted(reports.glob(f"{TOUR.stem}/*/report.html"))
    if not found:
        command = [str(Path(sys.executable).with_name("workbench")), "report", "run", str(TOUR)]
        subprocess.run(command, cwd=REPO, check=True)
        found = sorted(reports.glob(f"{TOUR.stem}/*/report.html"))
    return f"/workbench/reports/{found[-1].relative_to(reports).as_posix()}"


def shrink(png: bytes) -> bytes:
    """The picture with a palette, as few colours as it takes to be small."""
    from PIL import Image

    full = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in (256, 128, 64, 32):
        small = io.BytesIO()
        full.quantize(colours).save(small, "PNG", optimize=True)
        if small.tell() < MAX_BYTES:
            break
    return small.getvalue()


def photograph(browser: Any, address: str, wanted: Page, *, scheme: str) -> bytes:
    """One page as it stands when it is ready and nothing moves any more."""
    options = {"width": wanted.width_px, "height": wanted.height_px}
    page = browser.new_page(viewport=options, color_scheme=scheme, device_scale_factor=1.5)
    page.goto(address)
    if wanted.press is not None:
        page.locator(wanted.press).first.click(timeout=120_000)
    page.wait_for_selector(wanted.ready, state="visible", timeout=300_000)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(2500)
    picture: bytes = page.screenshot()
    page.close()
    return picture


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=REPO / "docs" / "pictures")
    known = pages()
    parser.add_argument("--only", nargs="+", choices=known, default=list(known), metavar="NAME")
    chosen = parser.parse_args()
    out = chosen.out
    chromium = find_chromium()
    out.mkdir(parents=True, exist_ok=True)
    from playwright.sync_api import sync_playwright

    wanted = [known[name]() for name in chosen.only]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        if quiet := [page for page in wanted if not page.gateway]:
            with serving() as server:
                save(browser, server, quiet, out=out)
        if busy := [page for page in wanted if page.gateway]:
            with busy_home() as home, serving(WORKBENCH_HOME=str(home)) as server:
                save(browser, server, busy, out=out)
        browser.close()
    return 0


def save(browser: Any, server: tuple[str, str], some: list[Page], *, out: Path) -> None:
    """Photograph pages of one server, light and dark."""
    address, token = server
    for page in some:
        for scheme in ("light", "dark"):
            png = photograph(browser, f"{address}{page.path}?token={token}", page, scheme=scheme)
            target = out / f"{page.name}-{scheme}.png"
            target.write_bytes(shrink(png))
            print(f"{os.path.relpath(target)}  {target.stat().st_size // 1000} kB")


if __name__ == "__main__":
    sys.exit(main())

"""Inside JupyterLab, too, the home page comes from a kernel that ran before it was asked for."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from typing import Any

from .conftest import Server, Watched, wait_for
from .test_home import HOME, live

Open = Callable[..., Watched]


def kernels(server: Server) -> set[str]:
    with urllib.request.urlopen(server.url("/api/kernels"), timeout=20) as answer:
        return {each["id"] for each in json.load(answer)}


def shut_down(server: Server, kernel: str) -> None:
    request = urllib.request.Request(server.url(f"/api/kernels/{kernel}"), method="DELETE")
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 204


def kernel_of(page: Any) -> str:
    told: str = page.locator("#jupyter-config-data").text_content()
    found: str = json.loads(told)["kernelId"]
    return found


def test_a_visit_is_given_a_page_that_is_ready_and_the_next_is_prepared(
    lab: Server, open_page: Open
) -> None:
    before = wait_for(lambda: kernels(lab))
    first = open_page(lab.url(HOME)).page
    live(first)
    assert kernel_of(first) in before
    wait_for(lambda: kernels(lab) - before)  # the next
    ready = kernels(lab)
    second = open_page(lab.url(HOME)).page
    live(second)
    assert kernel_of(second) in ready - {kernel_of(first)}


def test_a_prepared_kernel_that_somebody_shut_down_is_not_shown(
    lab: Server, open_page: Open
) -> None:
    for kernel in wait_for(lambda: kernels(lab)):
        shut_down(lab, kernel)
    page = open_page(lab.url(HOME)).page
    live(page)  # from a kernel of its own
    assert wait_for(lambda: kernels(lab) - {kernel_of(page)})  # and the next is there again


def test_another_page_of_voila_starts_its_own_kernel(lab: Server, open_page: Open) -> None:
    before = wait_for(lambda: kernels(lab))
    page = open_page(lab.url("/voila/render/notebooks/small.ipynb")).page
    page.wait_for_selector("#rendered_cells", state="attached")
    assert kernel_of(page) not in before


def test_leaving_pages_ends_their_kernels(lab: Server, open_page: Open) -> None:
    ready = wait_for(lambda: kernels(lab))
    page = open_page().page
    for _ in range(3):
        page.goto(lab.url(HOME))
        live(page)
        page.wait_for_function("/(^|; )_xsrf=/.test(document.cookie)")
        page.wait_for_timeout(1500)  # the next page is prepared
    page.goto("about:blank")
    # One is prepared; and whatever was there before this test.
    assert wait_for(lambda: len(kernels(lab)) <= len(ready))


def test_without_the_cookie_a_kernel_stays(lab: Server, open_page: Open) -> None:
    """What the check above would see: this is how it was."""
    page = open_page(lab.url(HOME)).page
    live(page)
    left = kernel_of(page)
    page.wait_for_timeout(1500)
    page.evaluate("document.cookie = '_xsrf=; path=/; max-age=0'")
    page.goto("about:blank")
    wait_for(lambda: f"403 POST /voila/api/shutdown/{left}" in lab.log.read_text())
    assert left in kernels(lab)
    shut_down(lab, left)

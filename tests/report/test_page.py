"""The HTML page in a real Chromium; without one these tests are skipped."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fluxstatus.report import Look
from fluxstatus.report.as_html import render
from tests.report.chromium import PROGRAM, Page, chromium
from tests.report.judged import hostile, recorded
from tests.report.reports import failed, kustomizations, report

pytestmark = pytest.mark.skipif(not PROGRAM, reason="there is no chromium on PATH")

VISIBLE = "[...document.querySelectorAll('.finding')].filter((one) => one.checkVisibility()).length"
COUNT = "document.getElementById('count').textContent"
FOCUSED = "document.activeElement.closest('.finding')?.open ?? document.activeElement.id"
LATER = "new Promise((done) => setTimeout(done, 400))"


@pytest.fixture(scope="module", name="page")
def _page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with chromium(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture(scope="module", name="zoo")
def _zoo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("page") / "zoo.html"
    file.write_text(render(recorded("zoo"), Look()), encoding="utf-8")
    return file


def test_it_requests_nothing(page: Page, zoo: Path) -> None:
    """Nothing but the file itself is requested, and nothing is blocked or raised."""
    page.open(zoo)
    assert {url for url in page.requests() if not url.startswith("data:")} == {zoo.as_uri()}
    assert page.troubles() == []


def test_it_is_filtered_and_searched(page: Page, zoo: Path) -> None:
    """A level that is unchecked and a word that is searched leave what fits."""
    page.open(zoo)
    total = page.value(VISIBLE)
    page.press("/", "/")
    assert page.value("document.activeElement.id") == "search"
    page.call("Input.insertText", text="git-fanout-30 monorepo")
    page.value(LATER)
    assert page.value(COUNT) == f"{page.value(VISIBLE)} of {total} shown"
    assert 0 < page.value(VISIBLE) < 5
    page.value("document.getElementById('search').value = ''")
    page.value("document.querySelector('[value=fail]').click()")
    page.value(LATER)
    assert page.value(VISIBLE) == total - len(
        [one for one in recorded("zoo").faults if one.level == "fail"]
    )


def test_it_works_with_the_keyboard(page: Page, zoo: Path) -> None:
    """Tab reaches the graph, the filters, the findings and the commands; Enter opens and copies."""
    page.open(zoo)
    met = []
    for _ in range(60):
        page.press("Tab")
        met.append(
            page.value("document.activeElement.className || document.activeElement.localName")
        )
    assert [
        one
        for one in dict.fromkeys(map(str, met))
        if one in {"jump", "scroll", "input", "summary", "copy"}
    ] == ["jump", "scroll", "input", "summary", "copy"]
    page.value("document.querySelectorAll('.finding > summary')[9].focus()")
    for is_open in (True, False):
        page.press("Enter", "\r")
        assert page.value(FOCUSED) is is_open
    page.value("document.querySelector('svg a').focus()")
    page.press("Enter", "\r")
    page.value(LATER)
    assert page.value(FOCUSED) is True


def test_a_command_is_copied(page: Page, zoo: Path) -> None:
    """The button copies the command, and says that it did."""
    page.open(zoo)
    page.call("Browser.grantPermissions", permissions=["clipboardReadWrite"])
    page.value("document.querySelector('.copy').click()")
    page.value(LATER)
    assert page.value("document.querySelector('.copy').textContent") == "Copied"
    command = page.value("document.querySelector('.command pre').textContent")
    assert page.value("navigator.clipboard.readText()") == command
    assert command.startswith("kubectl ")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(page: Page, zoo: Path, scheme: str) -> None:
    """360 pixels are wide enough for all but the graph, which scrolls on its own."""
    page.call(
        "Emulation.setDeviceMetricsOverride",
        width=360,
        height=740,
        deviceScaleFactor=2,
        mobile=True,
    )
    media = [{"name": "prefers-color-scheme", "value": scheme}]
    page.call("Emulation.setEmulatedMedia", features=media)
    try:
        page.open(zoo)
        page.value("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        assert page.value("document.documentElement.scrollWidth") <= 360
        color = page.value("getComputedStyle(document.body).backgroundColor")
        assert (color == "rgb(255, 255, 255)") is (scheme == "light")
    finally:
        page.call("Emulation.clearDeviceMetricsOverride")
        page.call("Emulation.setEmulatedMedia", features=[])


def test_it_is_printed_with_all_details(page: Page, zoo: Path) -> None:
    """On paper every finding that is shown is open, and the controls are gone."""
    page.open(zoo)
    page.value("dispatchEvent(new Event('beforeprint'))")
    page.call("Emulation.setEmulatedMedia", media="print")
    assert page.value("document.querySelectorAll('.finding:not([open])').length") == 0
    assert page.value("getComputedStyle(document.querySelector('.copy')).display") == "none"
    page.call("Emulation.setEmulatedMedia", media="")
    page.value("dispatchEvent(new Event('afterprint'))")
    assert page.value("document.querySelectorAll('.finding[open]').length") == 3
    assert len(page.call("Page.printToPDF")["data"]) > 100_000


def test_10000_objects_stay_usable(page: Page, tmp_path: Path) -> None:
    """With 10,000 causes and as many blocked objects, the page opens and filters in seconds."""
    large = [failed(number) for number in range(10_000)]
    large[0].blocks = kustomizations(10_000)
    file = tmp_path / "large.html"
    file.write_text(render(report(*large), Look()), encoding="utf-8")
    page.open(file)
    assert page.value("performance.timing.loadEventEnd - performance.timing.navigationStart") < 20e3
    page.value("document.getElementById('search').focus()")
    page.call("Input.insertText", text="broken-9999")
    took = page.value(
        "new Promise((done) => { const start = performance.now(); const look = () => "
        f"{COUNT}.startsWith('1 of') ? done(performance.now() - start) : setTimeout(look, 10);"
        " look(); })"
    )
    assert took < 10e3
    assert page.value(VISIBLE) == 1


def test_hostile_words_run_nothing(page: Page, tmp_path: Path) -> None:
    """Hostile words make no element, no request and no dialog."""
    for number, about in enumerate(hostile()[::4]):
        file = tmp_path / f"{number}.html"
        file.write_text(render(about, Look(everything=True)), encoding="utf-8")
        page.open(file)
        assert page.value("document.querySelectorAll('script, iframe, img, object').length") == 1
        assert {url for url in page.requests() if not url.startswith("data:")} == {file.as_uri()}
        assert page.troubles() == []

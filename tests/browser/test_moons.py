"""The gesture that the page exists for: start, watch the boundary move, pause, end; reload and find the run."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browse import NARROW, WIDE, open_page, settled, visiting


def lab(page: Page):
    return page.locator(".lab")


def epoch(page: Page) -> int:
    return int(lab(page).get_attribute("data-epoch") or 0)


def after(page: Page, n: int) -> None:
    """Wait until the run shown is beyond an epoch."""
    page.wait_for_function(
        "n => { const walk = (root) => [...root.querySelectorAll('*')].flatMap((e) => [e, ...(e.shadowRoot ? "
        "walk(e.shadowRoot) : [])]); return walk(document).some((e) => e.matches('.lab') && e.dataset.epoch > n) }",
        arg=n,
    )


@pytest.mark.parametrize("language", ["en", "pt"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_start_watch_pause_and_end(browser, address, language, size):
    names = ("Começar", "Pausar", "Encerrar") if language == "pt" else ("Start", "Pause", "End")
    with visiting(browser, address, language=language, size=size) as page:
        open_page(page, "/moons")
        expect(lab(page)).to_have_attribute("data-state", "paused")
        plane = "canvas => canvas.toDataURL()"
        before = page.locator(".lab .plane").evaluate(plane)
        page.get_by_role("button", name=names[0]).click()
        after(page, 20)
        assert page.locator(".lab .plane").evaluate(plane) != before
        page.get_by_role("button", name=names[1]).click()
        expect(lab(page)).to_have_attribute("data-state", "paused")
        page.get_by_role("button", name=names[2], exact=True).click()
        expect(lab(page)).to_have_attribute("data-state", "cancelled")
        expect(page.locator(".lab .said")).not_to_be_empty()


def test_a_reload_finds_the_run_and_steps_are_single(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/moons")
        page.wait_for_url(re.compile("moons_run="))
        page.get_by_role("button", name="Start").click()
        after(page, 10)
        page.get_by_role("button", name="Pause").click()
        expect(lab(page)).to_have_attribute("data-state", "paused")
        page.get_by_role("button", name="One epoch").click()
        before = epoch(page)
        assert before > 10
        page.reload()
        expect(lab(page)).to_have_attribute("data-state", "paused")
        after(page, before - 1)
        now = epoch(page)
        page.get_by_role("button", name="One epoch").click()
        expect(lab(page)).to_have_attribute("data-epoch", str(now + 1))


def test_a_weight_is_chosen_and_changed(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/moons?moons_layers=1%20tanh&moons_features=x")
        expect(lab(page)).to_have_attribute("data-state", "paused")
        net = page.locator(".lab .net")
        box = net.bounding_box()
        assert box is not None
        net.click(position={"x": box["width"] * 0.25, "y": box["height"] / 2})
        field = page.get_by_label("Weight of layer 1, from 1 to 1")
        field.fill("-7")
        page.get_by_role("button", name="Set").click()
        net.click(position={"x": 2, "y": 2})
        net.click(position={"x": box["width"] * 0.25, "y": box["height"] / 2})
        expect(page.get_by_label("Weight of layer 1, from 1 to 1")).to_have_value("-7")


def test_another_visitor_cannot_be_watched_from_elsewhere(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/moons")
        settled(page)
        port = address.rsplit(":", 1)[1]
        closed = page.evaluate(
            "port => new Promise(done => { document.addEventListener('securitypolicyviolation', () => done('blocked'));"
            " const s = new WebSocket(`ws://localhost:${port}/live/any`); s.onopen = () => done('open') })",
            port,
        )
        assert closed == "blocked"  # by our own policy; tests/browser/test_strangers.py asks without a browser


def test_points_are_clicked_into_the_plane(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/moons?moons_data=my%20clicks&moons_tab=Files")
        panel = page.get_by_role("tabpanel")
        expect(panel).to_contain_text("4 points:")
        plane = page.locator(".lab .plane")
        box = plane.bounding_box()
        assert box is not None
        page.get_by_role("radio", name="3").click()
        for at in (0.2, 0.4, 0.6, 0.8):
            plane.click(position={"x": box["width"] * at, "y": box["height"] / 2})
        expect(panel).to_contain_text("8 points:")
        expect(lab(page)).to_have_attribute("data-state", "paused")
        page.get_by_role("button", name="Clear").click()
        expect(panel).to_contain_text("4 points:")


def test_layers_and_neurons_are_added_where_the_network_is(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/moons")
        pairs = page.locator(".lab .pair")
        page.get_by_role("button", name="One layer more").click()
        expect(pairs).to_have_count(4)
        page.get_by_role("button", name="One neuron fewer in layer 1").click()
        expect(pairs.nth(1)).to_contain_text("5")
        page.wait_for_url(re.compile("moons_layers=5"))
        expect(lab(page)).to_have_attribute("data-state", "paused")


def test_results_follow_the_run_and_a_network_goes_and_comes_back(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/moons?moons_tab=Results")
        expect(page.get_by_text("It trains as soon as this network does.")).to_be_visible()
        page.get_by_role("button", name="Start").click()
        after(page, 20)
        expect(page.get_by_test_id("stPlotlyChart")).to_have_count(4)
        page.get_by_role("button", name="Pause").click()
        expect(lab(page)).to_have_attribute("data-state", "paused")
        page.get_by_role("tab", name="Files").press("Enter")  # a mouse misses it where the page grows shorter meanwhile
        expect(page.get_by_role("tab", name="Files")).to_have_attribute("aria-selected", "true")
        with page.expect_download() as started:
            page.get_by_role("button", name="Network (.safetensors)").click()
        data = started.value.path().read_bytes()
        assert b"__metadata__" in data
        page.get_by_role("tab", name="Score board").press("Enter")
        expect(page.get_by_role("tabpanel").get_by_role("row")).to_have_count(2)
        page.get_by_role("tab", name="Files").press("Enter")
        expect(page.get_by_text("Bring a network back")).to_be_visible()
        settled(page)
        before = page.url
        page.locator("input[type=file]").set_input_files(
            {"name": "network.safetensors", "mimeType": "application/octet-stream", "buffer": data}
        )
        page.wait_for_url(lambda url: "moons_run=" in url and url != before)
        expect(lab(page)).to_have_attribute("data-state", "paused")
        expect(lab(page)).to_have_attribute("data-epoch", "0")
        page.wait_for_function(
            "() => { const walk = (root) => [...root.querySelectorAll('*')].flatMap((e) => [e, ...(e.shadowRoot ? "
            "walk(e.shadowRoot) : [])]); const list = walk(document).filter((e) => e.matches('.lab .figures dd'));"
            " return list.length > 5 && parseFloat(list[4].textContent) > 85 }"
        )


def texts(page: Page, selector: str) -> list[str]:
    return page.locator(selector).all_text_contents()


def test_a_change_of_language_while_it_runs_stops_nothing(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/moons")
        page.get_by_role("button", name="Start").click()
        after(page, 10)
        page.get_by_text("Português", exact=True).click()
        expect(page.get_by_role("button", name="Pausar")).to_be_visible()
        expect(page.locator(".lab .figures dt").first).to_have_text("Época")
        before = epoch(page)
        after(page, before + 10)
        shown = int(texts(page, ".lab .figures dd")[0].replace(".", ""))
        assert shown > before


def test_after_a_look_back_the_picture_goes_on(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/moons")
        page.get_by_role("button", name="Start").click()
        after(page, 30)
        page.get_by_role("button", name="Pause").click()
        expect(lab(page)).to_have_attribute("data-state", "paused")
        last = epoch(page)
        page.locator(".lab .scrub").focus()
        page.keyboard.press("Home")
        expect(lab(page)).to_have_attribute("data-epoch", "0")
        page.get_by_role("button", name="Go on").click()
        after(page, last + 5)


@pytest.mark.parametrize("title", ["Two moons", "What augmentation buys"])
def test_back_leads_to_where_one_came_from(browser, address, title):
    with visiting(browser, address) as page:
        open_page(page, "/")
        page.get_by_test_id("stMain").get_by_role("link", name=title, exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        page.wait_for_url(re.compile("_run="))
        settled(page)
        page.go_back()
        expect(page.get_by_role("heading", level=1)).to_have_text("Camadas")
        page.wait_for_url(re.compile(f"^{re.escape(address)}/([?]|$)"))


def test_another_browser_gets_a_run_of_its_own(browser, address):
    with visiting(browser, address) as page, visiting(browser, address) as other:
        open_page(page, "/moons?moons_noise=0.3")
        page.wait_for_url(re.compile("moons_run="))
        page.get_by_role("button", name="Start").click()
        after(page, 10)
        open_page(other, page.url)
        expect(lab(other)).to_have_attribute("data-state", "paused")
        expect(lab(other)).to_have_attribute("data-epoch", "0")
        other.wait_for_url(lambda url: "moons_run=" in url and url != page.url)
        token = page.url.split("moons_run=")[1].split("&")[0]
        answer = other.evaluate(
            "token => new Promise(done => { const s = new WebSocket(location.origin.replace('http', 'ws') +"
            " `/live/${token}`); s.onmessage = (event) => done(JSON.parse(event.data).state) })",
            token,
        )
        assert answer == "gone"
        now = epoch(page)
        after(page, now + 5)


def close_popover(page: Page) -> None:
    """By Escape, and again where the run that its opening began has opened it once more, as Streamlit's may."""
    body = page.get_by_test_id("stPopoverBody")
    for _ in range(3):
        page.keyboard.press("Escape")
        try:
            expect(body).to_have_count(0, timeout=5000)
            return
        except AssertionError:
            continue
    expect(body).to_have_count(0)


def test_a_lesson_survives_opened_controls_and_a_reload(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/moons")
        for name in ("Data", "Network", "Training"):
            button = page.get_by_test_id("stMain").get_by_role("button", name=name, exact=True)
            button.click()
            expect(page.get_by_test_id("stPopoverBody")).to_be_visible()
            settled(page)
            close_popover(page)
        page.get_by_label("Lesson").click()
        page.get_by_role("option", name="The spiral").click()
        page.wait_for_url(re.compile("moons_n_classes=2"))
        before = page.url
        page.get_by_role("button", name="New run").click()
        page.wait_for_url(lambda url: "moons_n_classes=2" in url and url != before)
        settled(page)
        assert "moons_data=spiral" in page.url
        page.reload()
        expect(page.get_by_text("How long does it take")).to_be_visible()
        settled(page)
        assert "moons_n_classes=2" in page.url


def test_a_neuron_is_looked_at_in_the_large_plane(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/moons?moons_layers=1%20tanh&moons_features=x")
        expect(lab(page)).to_have_attribute("data-state", "paused")
        plane = page.locator(".lab .plane")
        before = plane.evaluate("canvas => canvas.toDataURL()")
        net = page.locator(".lab .net")
        box = net.bounding_box()
        assert box is not None
        net.hover(position={"x": 20, "y": box["height"] / 2})
        assert plane.evaluate("canvas => canvas.toDataURL()") != before
        page.mouse.move(5, 5)
        assert plane.evaluate("canvas => canvas.toDataURL()") == before
        with page.expect_download() as started:
            page.get_by_role("button", name="Picture").click()
        assert started.value.suggested_filename == "network-0.png"


def test_weights_and_points_are_reached_by_keyboard(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/moons?moons_data=my%20clicks&moons_tab=Files")
        expect(lab(page)).to_have_attribute("data-state", "paused")
        page.locator(".lab .net").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        field = page.get_by_label("Weight of layer 1, from 2 to 1")
        expect(field).to_be_visible()
        page.keyboard.press("Enter")
        expect(field).to_be_focused()
        field.fill("-0.123")
        page.keyboard.press("Enter")
        page.locator(".lab .net").focus()
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowRight")
        expect(field).to_have_value("-0.123")
        panel = page.get_by_role("tabpanel")
        expect(panel).to_contain_text("4 points:")
        page.locator(".lab .plane").focus()
        for key in ("ArrowUp", "ArrowRight", "Enter"):
            page.keyboard.press(key)
        expect(panel).to_contain_text("5 points:")


@pytest.mark.parametrize("lesson", ["XOR with three neurons", "The spiral"])
def test_a_lessons_run_is_found_again_by_a_reload(browser, address, lesson):
    with visiting(browser, address) as page:
        open_page(page, "/moons")
        page.wait_for_url(re.compile("moons_run="))
        page.get_by_label("Lesson").click()
        page.get_by_role("option", name=lesson).click()
        page.wait_for_url(re.compile("moons_noise="))
        settled(page)
        page.get_by_role("button", name="Start").click()
        after(page, 20)
        page.get_by_role("button", name="Pause").click()
        expect(lab(page)).to_have_attribute("data-state", "paused")
        settled(page)
        last = epoch(page)
        page.reload()
        expect(lab(page)).to_have_attribute("data-state", "paused")
        assert epoch(page) >= last  # the last frame may come after the word that it is paused

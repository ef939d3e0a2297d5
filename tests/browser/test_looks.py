"""How pages fit: whatever typeface a phone has, however small it is and however large its owner wants the letters."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage, Site
from tests.browser.test_table import make_table

FONTS = ["DejaVu Sans", "Liberation Sans Narrow"]  # a wide one and a narrow one
PAGES = ["/", "/agenda/", "/wijken/", "/wijken/oude-westen/", "/wijken/oude-westen/leeszaal-rotterdam-west/", "/agenda/?q=zeppelin"]
PAGES += ["/mijn/", "/mijn/kwijt/", "/agenda/nieuw/", "/verhalen/", "/zoeken/?q=leeszaal", "/bestaat-niet/", "/account/login/"]


def style(page: Page, rules: str) -> None:
    page.evaluate("rules => { const sheet = new CSSStyleSheet(); sheet.replaceSync(rules); document.adoptedStyleSheets = [sheet] }", rules)


def tops(page: Page, selector: str) -> list[int]:
    """Where the middles of these lie, rounded to the row of the head that they are in."""
    rows = page.locator(selector).evaluate_all("all => all.map(one => one.getBoundingClientRect()).map(box => box.top + box.height / 2)")
    return sorted({round(row / 24) for row in rows})


def too_wide(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize("language", ["", "/en"])
def test_the_head_takes_two_rows_on_a_phone_whatever_its_typeface(site: Site, phone: Page, font, language):
    phone.goto(f"{site.url}{language}/agenda/")
    style(phone, f":root {{ --font-read: {font}; --font-call: {font} }}")

    assert len(tops(phone, ".brand, .lang > summary")) == 1
    assert len(tops(phone, ".nav a")) == 1
    assert phone.locator(".head").evaluate("head => head.offsetHeight") <= 120
    for link in phone.locator(".head a:visible, .head summary").all():
        assert min(link.evaluate("one => [one.offsetHeight, one.offsetWidth]")) >= 44


@pytest.mark.parametrize("path", PAGES)
def test_no_page_is_wider_than_a_small_phone_nor_than_a_phone_with_letters_twice_as_large(site: Site, new_page: NewPage, path):
    page = new_page(width=320)
    page.goto(site.url + path)
    assert too_wide(page) <= 0

    style(page, ":root { --font-read: DejaVu Sans }")
    assert too_wide(page) <= 0

    page.set_viewport_size({"width": 360, "height": 740})
    style(page, "html { font-size: 200% }")
    assert too_wide(page) <= 0


BROKEN = """
all => all.flatMap(one => {
  const walker = document.createTreeWalker(one, NodeFilter.SHOW_TEXT), found = [];
  while (walker.nextNode()) for (const word of walker.currentNode.data.matchAll(/[\\p{L}\\d]+/gu)) {
    const range = document.createRange();
    range.setStart(walker.currentNode, word.index);
    range.setEnd(walker.currentNode, word.index + word[0].length);
    if (new Set([...range.getClientRects()].map(box => Math.round(box.top))).size > 1) found.push(word[0]);
  }
  return found;
})
"""


@pytest.mark.parametrize(("width", "size"), [(360, 130), (320, 150), (360, 200)])
def test_no_word_breaks_on_a_phone_with_larger_letters(site: Site, new_page: NewPage, width: int, size: int):
    page = new_page(width=width)
    rules = f"html {{ font-size: {size}% }} * {{ hyphens: manual !important }}"  # a hyphen may part a word, nothing else
    page.goto(site.url + make_table(site, f"Letters van {size}%") + "aanschuiven/")
    page.locator("summary").filter(has_text="Hoeft niet").click()
    style(page, rules)
    assert page.locator(".choice").evaluate_all(BROKEN) == []

    page.goto(site.url + "/wijken/oude-westen/leeszaal-rotterdam-west/")
    style(page, rules)
    assert page.locator(".hours").count() > 0
    assert page.locator(".hours").evaluate_all(BROKEN) == []


def test_what_is_hidden_is_not_shown_whatever_else_it_is(site: Site, phone: Page):
    phone.add_init_script("Object.defineProperty(Navigator.prototype, 'share', { value: undefined })")
    phone.goto(site.url + make_table(site, "Niets te delen", kind="activiteit") + "aanschuiven/")
    phone.get_by_role("button", name="Ik schuif aan").click()

    share = phone.locator("[data-share=link]")
    expect(share).to_have_attribute("hidden", "")
    assert share.evaluate("one => getComputedStyle(one).display") == "none"
    assert phone.locator("[hidden]").evaluate_all("all => all.filter(one => getComputedStyle(one).display !== 'none').length") == 0


def test_the_sheet_closes_from_beside_its_name(site: Site, phone: Page):
    phone.goto(site.url + make_table(site, "Blad"))
    phone.locator(".follow a[data-tray]").click()
    expect(phone.locator("#blad-kop")).to_be_focused()

    name, button = phone.locator("#blad-kop").bounding_box(), phone.locator("[data-close]").bounding_box()

    assert name
    assert button
    assert button["y"] < name["y"] + name["height"]
    assert button["x"] >= name["x"] + name["width"]


def test_the_language_has_a_short_name_on_a_phone(site: Site, phone: Page):
    phone.goto(site.url + "/en/agenda/")

    button = phone.locator(".lang > summary")
    expect(button).to_have_accessible_name("Language: EN English")
    code, around = button.locator(".code").bounding_box(), button.bounding_box()
    assert code
    assert around
    assert code["y"] >= around["y"]
    assert code["y"] + code["height"] <= around["y"] + around["height"]


def test_the_name_of_the_language_shows_where_there_is_room(site: Site, desktop: Page):
    desktop.goto(site.url)
    expect(desktop.locator(".lang .word")).to_have_text("Nederlands")
    box = desktop.locator(".lang > summary").bounding_box()

    assert box
    assert box["width"] > 100


def test_a_neighbourhood_is_found_while_typing_and_without_a_script(site: Site, phone: Page, new_page: NewPage):
    phone.goto(site.url + "/wijken/")
    phone.get_by_label("Zoek een wijk of plek").press_sequentially("oude w")
    expect(phone.get_by_role("status")).to_contain_text("1 wijk met ‘oude w’.")
    expect(phone.locator(".floors a")).to_have_count(1)

    plain = new_page(javascript=False)
    plain.goto(site.url + "/wijken/")
    plain.get_by_label("Zoek een wijk of plek").fill("leeszaal")
    plain.get_by_role("button", name="Zoek").click()
    plain.get_by_role("link", name="Oude Westen").click()
    expect(plain).to_have_url(site.url + "/wijken/oude-westen/")

"""How pages fit: whatever typeface a phone has, however small it is and however large its owner wants the letters."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import ARGUMENTS, CHROMIUM, KEY, NewPage, Site
from tests.browser.test_table import make_table, seat_others

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
def test_the_head_takes_few_rows_on_a_phone_whatever_its_typeface(site: Site, phone: Page, font, language):
    phone.goto(f"{site.url}{language}/agenda/")
    style(phone, f":root {{ --font-read: {font}; --font-call: {font} }}")

    assert len(tops(phone, ".brand, .lang > summary")) == 1
    rows = len(tops(phone, ".nav a"))
    assert rows == 1 or (rows == 2 and font == "DejaVu Sans" and language)  # a wide face and long words: a row more, no broken word
    assert phone.locator(".head").evaluate("head => head.offsetHeight") <= 72 + 48 * rows
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


@pytest.fixture
def large_letters(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """A phone whose owner set the letters of the browser twice as large: also what media queries call an em."""
    (tmp_path / "Default").mkdir()
    (tmp_path / "Default" / "Preferences").write_text(json.dumps({"webkit": {"webprefs": {"default_font_size": 32}}}))
    context = browser.browser_type.launch_persistent_context(
        tmp_path, executable_path=CHROMIUM, args=ARGUMENTS, viewport={"width": 360, "height": 740}, locale="nl-NL"
    )
    yield context.pages[0]
    context.close()


def test_no_word_breaks_in_the_middle_where_letters_are_twice_as_large(site: Site, large_letters: Page):
    table = make_table(site, "Moeilijke brieven samen lezen")
    place = "/wijken/oude-westen/leeszaal-rotterdam-west/"
    for path in ("/", "/agenda/", "/wijken/", "/wijken/oude-westen/", place, "/agenda/nieuw/", table, table + "aanschuiven/"):
        large_letters.goto(site.url + path)
        assert large_letters.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
        style(large_letters, "* { hyphens: manual !important }")  # a hyphen may part a word, nothing else

        broken = large_letters.locator("main").evaluate_all(BROKEN)
        assert [word for word in broken if len(word) < 15] == [], path  # longer ones have a hyphen, in browsers that know where
        assert too_wide(large_letters) <= 0
    large_letters.goto(site.url + place)
    large_letters.evaluate("document.querySelector('main').append(document.createElement('code'))")
    for selector, hyphens in (("main", "auto"), ("main code", "manual")):  # none in a link that is copied by hand
        assert large_letters.locator(selector).evaluate("one => getComputedStyle(one).hyphens") == hyphens


LINES = """
one => {
  const walker = document.createTreeWalker(one, NodeFilter.SHOW_TEXT), lines = new Map();
  while (walker.nextNode()) for (let at = 0; at < walker.currentNode.data.length; at++) {
    const range = document.createRange();
    range.setStart(walker.currentNode, at);
    range.setEnd(walker.currentNode, at + 1);
    const top = Math.round(range.getBoundingClientRect().top);
    lines.set(top, (lines.get(top) ?? "") + walker.currentNode.data[at]);
  }
  return [...lines.values()].map(line => line.trim());
}
"""


def test_a_number_and_hours_lie_on_one_line_of_a_phone(site: Site, phone: Page):
    phone.goto(site.url + "/wijken/oude-westen/leeszaal-rotterdam-west/")

    lines = phone.locator(".call-me").first.evaluate(LINES)
    assert any("06\u00a000\u00a000\u00a000\u00a000" in line for line in lines)
    assert any("10:00\u00a0–\u00a013:00" in line for line in lines)


def test_a_secret_link_breaks_between_its_groups_and_is_copied_whole(site: Site, new_page: NewPage):
    page = new_page(width=360)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(site.url + make_table(site, "Link op een telefoon") + "aanschuiven/")
    page.get_by_text("Ik woon hier, zorg voor iemand of help mee").click()
    page.get_by_role("button", name="Ik schuif aan").click()

    link = page.locator("#link")
    lines = link.evaluate(LINES)
    assert len(lines) > 1
    assert all(line.endswith(("-", "/")) for line in lines), lines
    page.get_by_role("button", name="Kopieer").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "".join(lines)
    assert KEY.search(copied)


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


def keys_until(page: Page, selector: str, most: int = 40) -> int:
    """How often Tab is pressed, from the top of the page, until this has focus."""
    for presses in range(1, most + 1):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return presses
    raise AssertionError(f"the keyboard does not reach {selector}")


HIDDEN = """
one => {
  const box = one.getBoundingClientRect();
  const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
  const points = [[x, y], [x, box.top + 3], [x, box.bottom - 3], [box.left + 3, y], [box.right - 3, y]];
  return points.filter(([x, y]) => { const top = document.elementFromPoint(x, y); return !top || !(one.contains(top) || top.contains(one)) });
}
"""  # the points of what has focus that lie under something else, or out of sight


def test_the_first_key_shows_the_way_past_the_head(site: Site, new_page: NewPage):
    for width in (320, 1280):
        page = new_page(width=width)
        page.goto(site.url + "/agenda/")
        page.keyboard.press("Tab")

        skip = page.get_by_role("link", name="Naar de inhoud")
        expect(skip).to_be_focused()
        assert skip.evaluate(HIDDEN) == []


@pytest.mark.parametrize("language", ["", "/en"])
def test_no_link_of_the_menu_breaks_in_two(site: Site, new_page: NewPage, language: str):
    page = new_page(width=320)
    page.goto(f"{site.url}{language}/agenda/")
    for width, font in [(320, "DejaVu Sans"), (360, "DejaVu Sans"), (360, "Liberation Sans Narrow")]:
        page.set_viewport_size({"width": width, "height": 740})
        style(page, f":root {{ --font-read: {font}; --font-call: {font} }}")

        lines = "all => all.map(one => { const text = document.createRange(); text.selectNodeContents(one); return text.getClientRects().length })"
        assert page.locator(".nav a").evaluate_all(lines) == [1, 1, 1, 1]
        assert too_wide(page) <= 0


@pytest.mark.parametrize(
    ("width", "height", "size"), [(360, 740, 200), (360, 740, 150), (320, 256, 100), (360, 740, 100), (1280, 900, 200)]
)
def test_what_has_focus_in_the_sheet_lies_free_of_its_head(site: Site, new_page: NewPage, width: int, height: int, size: int):
    page = new_page(width=width, height=height, reduced_motion=True)
    page.goto(site.url + make_table(site, f"Blad {width} {size}"))
    style(page, f"html {{ font-size: {size}% }}")
    page.locator("a[data-tray]:visible").click()
    expect(page.locator("#blad-kop")).to_be_focused()
    assert page.locator("#blad-kop").evaluate_all(BROKEN) == []
    page.locator("dialog summary").evaluate("one => one.click()")

    for _ in range(12):
        page.keyboard.press("Tab")
        focused = page.locator("dialog :focus")
        if not focused.count():
            break
        page.wait_for_timeout(50)
        assert focused.evaluate(HIDDEN) == [], focused.evaluate("one => one.outerHTML")
    for _ in range(12):  # and back, to what lies above
        page.keyboard.press("Shift+Tab")
        focused = page.locator("dialog :focus")
        if not focused.count():
            break
        page.wait_for_timeout(50)
        assert focused.evaluate(HIDDEN) == [], focused.evaluate("one => one.outerHTML")


@pytest.mark.parametrize(("width", "height"), [(360, 740), (320, 256)])
def test_the_bar_at_the_foot_of_a_phone_is_near_for_a_keyboard_and_lies_over_nothing(
    site: Site, new_page: NewPage, width: int, height: int
):
    page = new_page(width=width, height=height, reduced_motion=True)
    page.goto(site.url + make_table(site, f"Balk {height}", capacity=1))
    assert keys_until(page, ".follow a") <= 10
    assert page.locator(".follow a").evaluate(HIDDEN) == []

    for _ in range(25):
        page.keyboard.press("Tab")
        focused = page.locator("main :focus")
        if not focused.count():
            break
        page.wait_for_timeout(50)
        assert focused.evaluate(HIDDEN) == [], focused.evaluate("one => one.outerHTML")
    bar = "() => [document.querySelector('.follow').getBoundingClientRect().bottom, document.querySelector('.foot').getBoundingClientRect().top]"
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    bottom, foot = page.evaluate(bar)
    assert bottom <= foot + 1  # at the end of the page it lies above the foot


def test_on_paper_a_row_of_the_agenda_may_be_the_last_of_its_page(site: Site, desktop: Page):
    desktop.goto(site.url + "/agenda/")
    desktop.emulate_media(media="print")

    breaks = "all => [...new Set(all.map(one => getComputedStyle(one).breakInside + ' ' + getComputedStyle(one).breakAfter))]"
    assert desktop.locator(".day .row").evaluate_all(breaks) == ["avoid auto"]


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


SHOW_CONTACT = """
from meetings.models import Meeting
from places.models import Contact
Meeting.objects.filter(slug={slug!r}).update(contact=Contact.objects.filter(first_name="Fatima").exclude(phone="").first())
"""


def test_who_sits_prints_one_sheet_with_what_means_something_on_paper(site: Site, phone: Page):
    path = make_table(site, "Op papier")
    site.python(SHOW_CONTACT.format(slug=path.split("/")[2]))
    phone.goto(site.url + path + "aanschuiven/")
    phone.get_by_text("Ik woon hier, zorg voor iemand of help mee").click()
    phone.get_by_role("button", name="Ik schuif aan").click()
    expect(phone.locator("#aan-tafel")).to_be_visible()
    for heading in ("Zet in je agenda", "Toch anders?"):
        expect(phone.get_by_role("heading", name=heading)).to_be_visible()

    phone.emulate_media(media="print")

    for words in ("Je zit aan tafel.", "Jouw stoel is nummer 1.", "Op papier", "Leeszaal", "Oude Westen"):
        expect(phone.locator("main").get_by_text(words).first).to_be_visible()
    for shown in (".round-table", "#link", "#bewaar-link svg[role=img]"):
        expect(phone.locator(shown)).to_be_visible()
    assert re.fullmatch(
        r"\w+ \d+ \w+, \d\d:\d\d\u00a0–\u00a0\d\d:\d\d", phone.locator(".seated .paper-only time").evaluate("one => one.textContent")
    )
    expect(phone.locator(".seated small")).to_be_hidden()
    expect(phone.locator(".seated")).to_contain_text("Fatima ontvangt je.")
    expect(phone.locator(".seated")).to_contain_text("Bel of app Fatima: 06 00 00 00 00")
    for heading in ("Zet in je agenda", "Toch anders?", "Met wie zit je aan tafel?"):
        expect(phone.get_by_text(heading)).to_be_hidden()
    expect(phone.get_by_text("Link kwijt?")).to_be_hidden()
    assert pages(phone.pdf(format="A4")) == 1


LIST = "() => new URLSearchParams(location.search).getAll('wijk').join()"


def test_a_keyboard_chooses_a_neighbourhood_and_only_then_sees_it(site: Site, desktop: Page):
    desktop.goto(site.url + "/agenda/")
    desktop.locator("#wijk").focus()
    for _ in range(3):
        desktop.keyboard.press("ArrowDown")
        desktop.wait_for_timeout(400)
    chosen = desktop.locator("#wijk").input_value()
    assert chosen
    assert desktop.url == site.url + "/agenda/"

    desktop.get_by_role("button", name="Laat zien").press("Enter")
    desktop.wait_for_url(f"**/agenda/?*wijk={chosen}*")
    assert desktop.evaluate(LIST).strip(",") == chosen
    expect(desktop.get_by_role("button", name="Laat zien")).to_be_focused()


def test_a_finger_or_mouse_sees_a_neighbourhood_at_once(site: Site, phone: Page):
    phone.goto(site.url + "/agenda/")
    phone.locator("summary", has_text="Kies datum").click()
    phone.locator("#wijk").click()
    phone.locator("#wijk").select_option("bloemhof")
    phone.wait_for_url("**/agenda/?*wijk=bloemhof*")
    phone.locator("#soort-activiteit").click()
    phone.wait_for_url("**/agenda/?*soort=activiteit*")
    assert phone.evaluate(LIST).strip(",") == "bloemhof"


def test_a_date_is_looked_at_once_it_is_whole(site: Site, desktop: Page):
    desktop.goto(site.url + "/agenda/")
    rows = desktop.locator(".row").count()
    assert rows
    asked = []
    desktop.on("request", lambda request: "/agenda/?" in request.url and asked.append(request.url))
    desktop.locator("#van").focus()

    desktop.keyboard.type("05052027", delay=60)
    desktop.wait_for_timeout(500)
    assert asked == []
    assert desktop.locator("[role=alert]").count() == 0
    assert desktop.locator(".row").count() == rows
    desktop.keyboard.press("Tab")
    desktop.keyboard.press("Tab")
    desktop.keyboard.press("Tab")

    desktop.wait_for_url("**/agenda/?*van=2027-05-05*")
    assert len(asked) == 1
    desktop.locator("#tot").focus()
    desktop.locator("#wijk").focus()
    desktop.wait_for_timeout(400)
    assert len(asked) == 1  # passing by asks nothing


def test_a_kind_tapped_right_after_a_date_is_sent_along(site: Site, phone: Page):
    phone.goto(site.url + "/agenda/")
    phone.locator("summary", has_text="Kies datum").click()
    phone.locator("#van").fill("2027-05-12")
    phone.locator("#soort-activiteit").click()

    phone.wait_for_url("**/agenda/?*van=2027-05-12*soort=activiteit*")
    expect(phone.locator("#soort-activiteit")).to_be_checked()


@pytest.mark.parametrize("javascript", [True, False])
def test_your_own_chair_in_a_big_room_is_seen_at_once(site: Site, new_page: NewPage, javascript: bool):
    path = make_table(site, f"Stadsgesprek {javascript}", capacity=120)
    seat_others(site, path, 20)
    page = new_page(width=360, javascript=javascript, reduced_motion=True)
    page.goto(site.url + path + "aanschuiven/")
    page.get_by_text("Ik woon hier, zorg voor iemand of help mee").click()
    page.get_by_role("button", name="Ik schuif aan").click()
    expect(page.locator("#tafel .mine")).to_have_count(1)

    own, other = page.locator("#tafel .mine").bounding_box(), page.locator("#tafel .seat.resident:not(.mine)").first.bounding_box()
    table, card = page.locator("#tafel .top").bounding_box(), page.locator("#tafel .card").bounding_box()
    assert own
    assert other
    assert table
    assert card
    assert own["width"] > 1.8 * other["width"]
    middle = own["x"] + own["width"] / 2
    assert abs(middle - (table["x"] + table["width"] / 2)) < 2  # straight below the table, with the card between
    assert abs(middle - (card["x"] + card["width"] / 2)) < 2
    assert own["y"] > card["y"]
    expect(page.locator("#tafel .card")).to_have_text("jij")

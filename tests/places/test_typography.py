"""Where a line may break, and where not."""

import pytest

from places.templatetags.typography import in_pieces, together


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("06 12 34 56 78", "06~12~34~56~78"),
        ("dinsdag en donderdag, 10:00 – 13:00", "dinsdag en donderdag, 10:00~–~13:00"),
        ("10 - 13 uur", "10~-~13 uur"),
        ("bel 's ochtends - liever niet na 5", "bel 's ochtends - liever niet na 5"),
    ],
)
def test_a_number_and_a_span_of_hours_stay_together(text, kept):
    assert together(text) == kept.replace("~", "\u00a0")


def test_a_link_breaks_before_its_key_and_after_each_dash_and_stays_the_same_text():
    link = "https://aan-tafel.example/mijn/7eee-meb5-q1zz/"

    assert in_pieces(link) == "https://aan-<wbr>tafel.example/mijn/<wbr>7eee-<wbr>meb5-<wbr>q1zz/"
    assert in_pieces("https://a.example/mijn/<b>/") == "https://a.example/mijn/<wbr>&lt;b&gt;/"

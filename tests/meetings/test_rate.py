"""Rates: which network a request is counted for."""

import pytest
from django.test import RequestFactory

from meetings import rate


def seen_as(address: str, forwarded: str = "") -> str:
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    return rate.network(RequestFactory().get("/", REMOTE_ADDR=address, headers=headers))


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", "?"),
        ("een-adres", "?"),
    ],
)
def test_a_household_is_one_network(address, network):
    assert seen_as(address) == network


@pytest.mark.parametrize(
    ("forwarded", "network"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("9.9.9.9, 198.51.100.7", "198.51.100.7"),
        ("198.51.100.7:51000", "198.51.100.7"),
        ("[2001:db8:1:2::3]:51000", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::3]", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::3", "2001:db8:1:2::/64"),
        ("[::ffff:198.51.100.7]:51000", "198.51.100.7"),
    ],
)
def test_behind_a_proxy_it_is_the_one_that_the_proxy_saw(settings, forwarded, network):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1

    assert seen_as("127.0.0.1", forwarded) == network

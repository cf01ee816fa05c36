"""Base URLs that can be used, and the proxies before them."""

import pytest
from qcontact_sync.core.errors import ConfigError
from qcontact_sync.qcontact.addresses import checked_base, proxy_of
from yarl import URL

LONG = "a" * 64


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://api.qcontact.com", "https://api.qcontact.com"),
        (" https://api.qcontact.com/v1/\n", "https://api.qcontact.com/v1"),
        ("https://api.qcontact.com.", "https://api.qcontact.com."),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        (f"https://{'a' * 63}.example", f"https://{'a' * 63}.example"),
    ],
)
def test_a_usable_base_url_loses_its_last_slash(url, base):
    assert str(checked_base(url)) == base


@pytest.mark.parametrize(
    "url",
    [
        "http://[::1",
        "https://[hunter2",
        "https://hunter2..example.com",
        "https://.hunter2.com",
        f"https://{LONG}.example.com",
        f"https://{'ü' * 64}.example.com",
        f"https://{'a.' * 130}com",
        "https://api.qcontact.com\nhunter2",
        "https://api.qcontact.com/\x00hunter2",
        "https://api.qcontact.com:port",
        "https://api.qcontact.com:0",
        "\udce9hunter2",
        "https://\udce9hunter2.example",
    ],
)
def test_a_malformed_one_gives_a_sentence_without_the_url(url):
    with pytest.raises(ConfigError, match="QCONTACT_API_URL") as caught:
        checked_base(url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["http://api.qcontact.com", "http://10.0.0.5:8080", "http://sandbox:8000", "http://[::2]"],
)
def test_http_to_another_machine_is_refused_unless_it_is_allowed(url):
    with pytest.raises(ConfigError, match="QCONTACT_SYNC_ALLOW_HTTP"):
        checked_base(url)
    assert str(checked_base(url, allow_http=True)) == url


@pytest.mark.parametrize(
    "url", ["http://localhost:8000", "http://127.0.0.1", "http://127.9.9.9", "http://[::1]:8000"]
)
def test_http_to_this_machine_needs_no_permission(url):
    assert checked_base(url)


@pytest.fixture
def environment(monkeypatch):
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy", "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch.setenv


def test_without_variables_there_is_no_proxy(environment):
    assert proxy_of(URL("https://api.qcontact.com")) is None


@pytest.mark.parametrize("named", ["http://proxy.example:3128", "proxy.example:3128"])
def test_the_proxy_of_the_scheme_is_taken(environment, named):
    environment("HTTPS_PROXY", named)
    assert proxy_of(URL("https://api.qcontact.com")) == URL("http://proxy.example:3128")
    assert proxy_of(URL("http://api.qcontact.com")) is None


@pytest.mark.parametrize(
    "no_proxy", ["qcontact.com", ".qcontact.com", "*", "api.qcontact.com:8443"]
)
def test_no_proxy_is_honoured(environment, no_proxy):
    environment("HTTPS_PROXY", "http://proxy.example:3128")
    environment("NO_PROXY", no_proxy)
    assert proxy_of(URL("https://api.qcontact.com:8443")) is None


@pytest.mark.parametrize("named", ["", "  ", "\n"])
def test_a_blank_variable_names_no_proxy(environment, named):
    environment("HTTPS_PROXY", named)
    assert proxy_of(URL("https://api.qcontact.com")) is None


def test_this_machine_is_reached_without_a_proxy(environment):
    environment("HTTP_PROXY", "http://proxy.example:3128")
    assert proxy_of(URL("http://127.0.0.1:8000")) is None


@pytest.mark.parametrize(
    "named", ["socks5://hunter2:1080", "http://[hunter2", "http://", "http://hunter2:0"]
)
def test_a_proxy_that_cannot_be_used_is_named_and_not_shown(environment, named):
    environment("HTTPS_PROXY", named)
    with pytest.raises(ConfigError, match="HTTPS_PROXY") as caught:
        proxy_of(URL("https://api.qcontact.com"))
    assert "hunter2" not in str(caught.value)

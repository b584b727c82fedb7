"""Web addresses: how they are read, and which are refused before anything is connected."""

from __future__ import annotations

import ipaddress

import pytest
from evasions import HARMLESS, MALFORMED, NAMED, NUMERIC
from hypothesis import example, given
from hypothesis import strategies as st

from retrieval.net.ssrf import AllowedHosts, belongs_to
from retrieval.net.url import AddressError, read_address

NOTHING = AllowedHosts()


def refusal(address: str, allowed: AllowedHosts = NOTHING) -> str:
    """The line with which an address is refused."""
    with pytest.raises(AddressError) as caught:
        allowed.check(read_address(address))
    line = caught.value.whole
    assert "\n" not in line and line.isprintable() and len(line) < 400
    return line


@pytest.mark.parametrize("address", NUMERIC)
def test_numeric_hosts_are_judged_by_what_they_mean(address: str) -> None:
    """A number that means an inner address is refused in every notation, and the line names the way to allow it."""
    line = refusal(address)
    assert "It is an address of " in line and "FOOTNOTE_FETCH_ALLOWED=" in line


@pytest.mark.parametrize("address", NAMED)
def test_names_of_inner_networks_are_refused_unresolved(address: str) -> None:
    """The machine's own names and those of inner networks need no resolver to be refused."""
    assert "It is a name of an inner network" in refusal(address)


@pytest.mark.parametrize("address", MALFORMED)
def test_what_is_no_web_address_is_refused(address: str) -> None:
    """A malformed address is never guessed at, and no secret in it is repeated."""
    with pytest.raises(AddressError):
        read_address(address)
    assert "cret" not in refusal(address)


@pytest.mark.parametrize(("address", "normal"), HARMLESS.items())
def test_public_addresses_pass_in_one_notation(address: str, normal: str) -> None:
    """A public address passes, is written in one way, and reading that again changes nothing."""
    read = read_address(address)
    NOTHING.check(read)
    assert read.url == normal and read_address(read.url) == read


def test_the_hint_of_a_refusal_works() -> None:
    """What a refusal says should be allowed lets the address through."""
    for address in [*NUMERIC, *NAMED]:
        hint = refusal(address).partition("FOOTNOTE_FETCH_ALLOWED=")[2].partition(" ")[0]
        AllowedHosts.parse(hint).check(read_address(address))


def test_allowed_entries_reach_no_further_than_they_say() -> None:
    """A port, a name and a network let through what they name and nothing beside it."""
    allowed = AllowedHosts.parse(" 10.0.0.1:8080, hooks.internal ,fd00::/16,[fd99::1]:81, nas.lan:5000,192.168.0.0/24,")
    for address in (
        "http://10.0.0.1:8080/ http://hooks.internal/ https://hooks.internal:9000/ http://[fd00::5]/ "
        "http://[fd99::1]:81/ http://nas.lan:5000/ http://192.168.0.7:1234/ http://0xa.1:8080/ "
        "http://[::ffff:192.168.0.1]/"
    ).split():
        allowed.check(read_address(address))
    for address in (
        "http://10.0.0.1/ http://10.0.0.2:8080/ http://a.hooks.internal/ http://[fd01::5]/ http://[fd99::1]/ "
        "http://nas.lan/ http://192.168.1.7/ http://[64:ff9b::10.0.0.1]:8080/ http://[2002:c0a8:1::]/"
    ).split():
        refusal(address, allowed)


def test_every_address_of_a_name_is_judged() -> None:
    """One inner address among public ones refuses the name, unless the name or that address is allowed."""
    name = read_address("https://example.org/")
    found = [ipaddress.ip_address("93.184.216.34"), ipaddress.ip_address("10.0.0.1")]
    with pytest.raises(AddressError) as caught:
        NOTHING.check(name, found)
    assert caught.value.inside.startswith("It leads to 10.0.0.1, an address of a private network.")
    assert str(caught.value) == "https://example.org/ is not a public address, so it is not reached."
    for text in ("example.org", "example.org:443", "10.0.0.0/8", "10.0.0.1:443"):
        AllowedHosts.parse(text).check(name, found)
    for text in ("example.org:444", "10.0.0.1:80", "org", "www.example.org", "11.0.0.0/8"):
        with pytest.raises(AddressError):
            AllowedHosts.parse(text).check(name, found)


@pytest.mark.parametrize("metadata", "169.254.169.254 169.254.170.23 fd00:ec2::254 fe80::a9fe:a9fe".split())
def test_the_metadata_of_a_cloud_are_reached_by_their_own_number_alone(metadata: str) -> None:
    """No allowed name and no network opens a way to the keys of a cloud: only that very address, where it is listed."""
    name, found = read_address("http://wiki.example/"), [ipaddress.ip_address(metadata)]
    for text in ("wiki.example", "wiki.example:80", "169.254.0.0/16,fc00::/7,fe80::/10"):
        with pytest.raises(AddressError) as caught:
            AllowedHosts.parse(text).check(name, found)
        AllowedHosts.parse(f"wiki.example,{caught.value.inside.split('=')[1].split()[0]}").check(name, found)
    AllowedHosts.parse("wiki.example").check(name, [ipaddress.ip_address("10.0.0.1")])


@pytest.mark.parametrize("entry", ["0.0.0.0/0", "::/0"])
def test_a_list_of_everything_is_refused(entry: str) -> None:
    """A list that lets everything through is an error of one line, which names the entry."""
    with pytest.raises(ValueError, match=f"^{entry} would let everything through") as caught:
        AllowedHosts.parse(f"10.0.0.1,{entry}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("", "nothing"),
        ("wiki.internal,10.0.0.1", "1 by name, 1 by number"),
        ("10.0.0.1:80,10.0.0.1:81,10.1.0.0/16", "0 by name, 65,537 by number"),
        ("fd00::/8", "0 by name, 2^120 by number"),
    ],
)
def test_how_wide_a_list_is(text: str, width: str) -> None:
    """Hosts that are listed by name and by number are counted."""
    assert AllowedHosts.parse(text).width == width


@pytest.mark.parametrize(
    "entry",
    "http://10.0.0.1 10.0.0.1/8 10.0.0.0/33 user:secret@host host:0 host:65536 host:port *.internal * 300.0.0.1 "
    "host/path [::1 [::1]:x fe80::1%eth0 a..b :80 http://user:secret@10.0.0.1/".split(),
)
def test_malformed_entries_are_named(entry: str) -> None:
    """An entry that allows nothing sensible is an error of one line."""
    with pytest.raises(ValueError, match="is no host, host:port or network") as caught:
        AllowedHosts.parse(f"10.0.0.1, {entry}")
    assert "\n" not in str(caught.value) and "secret" not in str(caught.value)


@given(st.ip_addresses())
@example(ipaddress.ip_address("192.0.0.8"))
def test_nothing_is_public_that_the_standard_library_calls_private(ip: ipaddress.IPv4Address) -> None:
    """The judgement is nowhere laxer than `ipaddress`, but for IPv4 that is mapped or translated by NAT64."""
    if belongs_to(ip) is None and not str(ip).startswith(("64:ff9b::", "::ffff:")):
        assert ip.is_global and not ip.is_multicast and not ip.is_reserved


@given(st.ip_addresses(v=4))
def test_carried_addresses_are_no_way_around(ip: ipaddress.IPv4Address) -> None:
    """Whatever IPv6 form carries an inner IPv4 address, it is refused as that one is."""
    if belongs_to(ip) is not None:
        low = int(ip)
        for head in (0xFFFF << 32, 0, 0x64FF9B << 96, 0x2606 << 112 | 0x5EFE << 32, 0x2606 << 112 | 0x2005EFE << 32):
            assert belongs_to(ipaddress.IPv6Address(head | low)) is not None
        assert belongs_to(ipaddress.IPv6Address(0x2002 << 112 | low << 80)) is not None


@given(st.one_of(st.text(max_size=60), st.from_regex(r"https?://[^/]{0,30}(/.{0,20})?", fullmatch=True)))
def test_reading_gives_an_address_or_one_line(text: str) -> None:
    """Any text is read as an address that reads as itself again, or is refused in one line."""
    try:
        read = read_address(text)
    except AddressError as error:
        line = str(error)
    else:
        assert read_address(read.url) == read and read.url.isascii()
        line = read.shown
    assert line.isprintable()

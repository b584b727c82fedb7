"""Which hosts and numeric addresses may be reached: those of the public internet, and what a setting allows.

This module knows no socket and no resolver: whoever connects asks it first, and connects to exactly what it judged.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from retrieval.net.url import IP, AddressError, WebAddress, numeric, read_host, repeatable, split_port

# Names of the machine, of the network it stands in (RFC 6761, 6762, 8375; `internal` is reserved by ICANN) and of
# other networks (RFC 7686).
_LOCAL_NAMES = ("localhost", "localdomain", "local", "internal", "home.arpa", "lan", "onion", "metadata")
_METADATA = "the metadata service of a cloud"
# IANA's registries of special-purpose addresses; the first network that fits names the reason.
_SPECIAL = tuple(
    (ipaddress.ip_network(network), what)
    for what, networks in (
        (_METADATA, "169.254.169.254 169.254.169.123 169.254.169.253 169.254.170.2 169.254.170.23 169.254.0.23"),
        (_METADATA, "169.254.42.42 100.100.100.200 192.0.0.192 168.63.129.16"),
        (_METADATA, "fd00:ec2::254 fd00:ec2::23 fd20:ce::254 fd00:42::42 fe80::a9fe:a9fe"),
        ("this machine", "0.0.0.0/8 127.0.0.0/8 ::1 ::"),
        ("a private network", "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7 fec0::/10"),
        ("the local link", "169.254.0.0/16 fe80::/10"),
        ("a provider's inner network", "100.64.0.0/10"),
        ("a group of machines", "224.0.0.0/4 255.255.255.255 ff00::/8"),
        ("examples in documentation", "192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 2001:db8::/32 3fff::/20"),
        ("measurements between machines", "198.18.0.0/15 2001:2::/48"),
        ("a tunnel", "192.88.99.0/24 2002::/16 2001::/32 64:ff9b:1::/48"),
        ("a reserved range", "192.0.0.0/24 240.0.0.0/4 2001::/23 3ffe::/16"),
    )
    for network in networks.split()
)
# All that IANA has given out in IPv6; what lies outside is reserved, whatever it embeds.
_GIVEN_OUT = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def belongs_to(ip: IP) -> str | None:
    """What a numeric address that is not of the public internet belongs to; None when it is public.

    IPv6 addresses that carry an IPv4 address (mapped, NAT64, ISATAP) are judged by that one too.
    """
    if isinstance(ip, ipaddress.IPv4Address):
        reason = next((what for network, what in _SPECIAL if ip in network), None)
        return reason or (None if ip.is_global else "a reserved range")
    if ip.ipv4_mapped is not None:
        return belongs_to(ip.ipv4_mapped)
    low = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    if ip in _NAT64:
        return belongs_to(low)
    if reason := next((what for network, what in _SPECIAL if ip in network), None):
        return reason
    if ip not in _GIVEN_OUT or not ip.is_global or ip.scope_id is not None:
        return "a reserved range"
    return belongs_to(low) if int(ip) >> 32 & 0xFDFFFFFF == 0x00005EFE else None


@dataclass(frozen=True)
class AllowedHosts:
    """What is let through although it is not public: host names and networks, each with one port or any (None).

    `setting` lists them; it is named to whoever may change it.
    """

    names: frozenset[tuple[str, int | None]] = frozenset()
    networks: tuple[tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, int | None], ...] = ()
    setting: str = "FOOTNOTE_FETCH_ALLOWED"

    @classmethod
    def parse(cls, text: str, setting: str = setting) -> AllowedHosts:
        """What a comma-separated list of `host`, `host:port` and CIDR allows. Raises ValueError, one line."""
        names: set[tuple[str, int | None]] = set()
        networks: list[tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, int | None]] = []
        for entry in filter(None, map(str.strip, text.split(","))):
            try:
                if "/" in entry:
                    networks.append((ipaddress.ip_network(entry), None))
                    continue
                host, port = split_port(f"[{entry}]" if entry.count(":") > 1 and "[" not in entry else entry, entry)
                if port and not 0 < int(port) < 65536:
                    raise ValueError(f"port {port}")
                host, number = read_host(host, entry), int(port) if port else None
            except ValueError:
                raise ValueError(f"{repeatable(entry)} is no host, host:port or network such as 10.1.0.0/16") from None
            if (ip := numeric(host)) is not None:
                networks.append((ipaddress.ip_network(ip), number))
            else:
                names.add((host, number))
        if everything := next((network for network, _ in networks if network.prefixlen == 0), None):
            raise ValueError(f"{everything} would let everything through: list the hosts and networks that are yours")
        return cls(frozenset(names), tuple(networks), setting)

    @property
    def width(self) -> str:
        """How much is let through, in words."""
        addresses = sum(network.num_addresses for network in {network for network, _ in self.networks})
        if not self.names and not addresses:
            return "nothing"
        many = f"{addresses:,}" if addresses <= 1 << 32 else f"2^{addresses.bit_length() - 1}"
        return f"{len(self.names)} by name, {many} by number"

    def check(self, address: WebAddress, found: Iterable[IP] = ()) -> None:
        """Raises AddressError unless the host of `address`, and every numeric address `found` for it, may be reached.

        Without `found` this decides what can be decided before a name is resolved.
        """
        named = not self.names.isdisjoint({(address.host, None), (address.host, address.port)})
        if not named and any(f".{address.host}".endswith(f".{name}") for name in _LOCAL_NAMES):
            raise self._refused(address, "It is a name of an inner network.", address.authority)
        for ip in [address.ip] if address.ip else found:
            what = belongs_to(ip)
            if what is None or self._lists(ip, address.port, alone=what == _METADATA):
                continue
            # Whoever may give a name its addresses must not reach a cloud's keys by one that is allowed.
            if not named or what == _METADATA:
                where = "It is" if ip == address.ip else f"It leads to {ip},"
                entry = str(ip) if what == _METADATA else address.authority
                raise self._refused(address, f"{where} an address of {what}.", entry)

    def _lists(self, ip: IP, port: int, *, alone: bool) -> bool:
        """Whether a network that is listed holds `ip`; with `alone`, only where it is listed itself."""
        return any(
            ip in network and number in (None, port) and (network.num_addresses == 1 or not alone)
            for network, number in self.networks
        )

    def _refused(self, address: WebAddress, why: str, entry: str) -> AddressError:
        error = AddressError(address.shown, "is not a public address, so it is not reached")
        error.inside = f"{why} If it is yours, {self.setting}={entry} lets it through."
        return error

"""The trusted proxies in front of this server; this module does not import the web framework."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Self

from kg.errors import UsageError
from kg.web.http.addresses import split_port


@dataclass(frozen=True)
class Proxies:
    """The addresses of the trusted proxies."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        """The proxies with these IP addresses or in these networks.

        >>> "10.1.2.3" in Proxies.of(["10.0.0.0/8", "::1"])
        True

        Raises :class:`~kg.errors.UsageError` for a text that is neither.
        """
        networks = []
        for text in texts:
            try:
                networks.append(ip_network(text.removeprefix("[").removesuffix("]")))
            except ValueError as error:
                raise UsageError(
                    f"--trusted-proxy takes an IP address or a network such as 10.0.0.0/8, not '{text}': {error}"
                ) from error
        return cls(tuple(networks))

    def __contains__(self, text: str) -> bool:
        """Whether an IP address belongs to a trusted proxy."""
        address = ip(text)
        return address is not None and any(address in network for network in self.networks)


def ip(text: str) -> IPv4Address | IPv6Address | None:
    """The IP address in a text, with or without a port; None if there is none."""
    name, _ = split_port(text) if text.startswith("[") or text.count(":") == 1 else (text, None)
    try:
        address = ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address  # a dual-stack socket reports IPv4 addresses in this form

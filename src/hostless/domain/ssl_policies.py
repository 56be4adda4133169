"""AWS's predefined security policies: which TLS versions and ciphers a listener speaks.

Source: "Security policies for your Application Load Balancer" (and Network), user guides. Names of
ciphers are OpenSSL's. Policies for FIPS and for post-quantum key exchange are not here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

DEFAULT_POLICY = "ELBSecurityPolicy-2016-08"
"""Of a listener made by the API without naming one."""
_TLS13 = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
_FORWARD_SECRET = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES128-SHA256",
    "ECDHE-RSA-AES128-SHA256",
    "ECDHE-ECDSA-AES128-SHA",
    "ECDHE-RSA-AES128-SHA",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-AES256-SHA384",
    "ECDHE-RSA-AES256-SHA384",
    "ECDHE-RSA-AES256-SHA",
    "ECDHE-ECDSA-AES256-SHA",
)
_STATIC = (
    "AES128-GCM-SHA256",
    "AES128-SHA256",
    "AES128-SHA",
    "AES256-GCM-SHA384",
    "AES256-SHA256",
    "AES256-SHA",
)
_ALL = (*_FORWARD_SECRET, *_STATIC)
_STRONG_FORWARD_SECRET = tuple(name for name in _FORWARD_SECRET if not name.endswith("-SHA"))
_STRONG = tuple(name for name in _ALL if not name.endswith("-SHA"))
_GCM_FORWARD_SECRET = tuple(name for name in _FORWARD_SECRET if "-GCM-" in name)
_TO_1_0 = ("TLSv1", "TLSv1.1", "TLSv1.2")
_TO_1_1 = ("TLSv1.1", "TLSv1.2")
_ONLY_1_2 = ("TLSv1.2",)
_PROTOCOL_1_3 = "TLSv1.3"


@dataclass(frozen=True, slots=True, kw_only=True)
class SslPolicy:
    """protocols: `TLSv1` and so on, as AWS writes them. ciphers: the one to be preferred first."""

    name: str
    protocols: tuple[str, ...]
    ciphers: tuple[str, ...]


def _policy(ending: str, protocols: tuple[str, ...], ciphers: tuple[str, ...]) -> SslPolicy:
    return SslPolicy(name=f"ELBSecurityPolicy-{ending}", protocols=protocols, ciphers=ciphers)


def _with_1_3(ending: str, protocols: tuple[str, ...], ciphers: tuple[str, ...]) -> SslPolicy:
    return _policy(f"TLS13-{ending}-2021-06", (*protocols, _PROTOCOL_1_3), (*_TLS13, *ciphers))


SSL_POLICIES: Mapping[str, SslPolicy] = {
    policy.name: policy
    for policy in (
        _with_1_3("1-2", _ONLY_1_2, _STRONG_FORWARD_SECRET),
        _with_1_3("1-2-Res", _ONLY_1_2, _GCM_FORWARD_SECRET),
        _with_1_3("1-2-Ext0", _ONLY_1_2, _FORWARD_SECRET),
        _with_1_3("1-2-Ext1", _ONLY_1_2, _STRONG),
        _with_1_3("1-2-Ext2", _ONLY_1_2, _ALL),
        _with_1_3("1-1", _TO_1_1, _ALL),
        _with_1_3("1-0", _TO_1_0, _ALL),
        _with_1_3("1-3", (), ()),
        _policy("FS-1-2-Res-2020-10", _ONLY_1_2, _GCM_FORWARD_SECRET),
        _policy("FS-1-2-Res-2019-08", _ONLY_1_2, _STRONG_FORWARD_SECRET),
        _policy("FS-1-2-2019-08", _ONLY_1_2, _FORWARD_SECRET),
        _policy("FS-1-1-2019-08", _TO_1_1, _FORWARD_SECRET),
        _policy("FS-2018-06", _TO_1_0, _FORWARD_SECRET),
        _policy("TLS-1-2-Ext-2018-06", _ONLY_1_2, _ALL),
        _policy("TLS-1-2-2017-01", _ONLY_1_2, _STRONG),
        _policy("TLS-1-1-2017-01", _TO_1_1, _ALL),
        _policy("2016-08", _TO_1_0, _ALL),
        _policy("2015-05", _TO_1_0, _ALL),
        _policy("TLS-1-0-2015-04", _TO_1_0, (*_ALL, "DES-CBC3-SHA")),
    )
}

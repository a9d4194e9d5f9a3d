"""A base map that the maker of a page asks for: one host, told on the page, never GCJ-02 unsaid."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from pingshan_geo.errors import UsageError

#: Hosts whose maps of China are in GCJ-02.
GCJ02_HOSTS = (
    "amap.com", "autonavi.com", "gaode.com", "google.cn", "ditu.google.com", "qq.com",
    "gtimg.com", "map.petalmaps.com",
)  # fmt: skip
#: Hosts whose maps are in BD-09, on a grid of tiles of their own.
BD09_HOSTS = ("baidu.com", "bdimg.com", "bdstatic.com")
_TIANDITU = (
    "https://t0.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
    "&LAYER={layer}&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles"
    "&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={key}"
)
# What may stand in an address: no sign that ends an attribute, a directive or a template.
_ADDRESS = re.compile(r"https://[A-Za-z0-9.-]+(:\d{1,5})?/[A-Za-z0-9._~:/?&=%+,@{}-]*")
_PLACES = {"{x}", "{y}", "{z}"}


@dataclass(frozen=True, slots=True)
class Basemap:
    """Tiles in Web Mercator, of CGCS2000 or WGS 84 unless ``shifted``.

    Attributes
    ----------
    urls : tuple of str
        Templates with ``{z}``, ``{x}`` and ``{y}``, the lowest first; all of one host.
    origin : str
        The only place that the page's policy opens for pictures.
    shifted : bool
        Whether the map is in GCJ-02 and is moved to fit the lots.
    """

    urls: tuple[str, ...]
    origin: str
    shifted: bool = False

    @property
    def host(self) -> str:
        """The host as people read it."""
        return self.origin.removeprefix("https://")


def tianditu(key: str) -> Basemap:
    """Return Tianditu's streets and their labels, in CGCS2000.

    Parameters
    ----------
    key : str
        The user's own; it stands in the page, where every reader can see it.
    """
    if not re.fullmatch(r"[0-9A-Za-z]{8,64}", key):
        raise UsageError(
            "a key of Tianditu has letters and digits only", "天地图密钥只含字母与数字"
        )
    return tiles(*(_TIANDITU.format(layer=layer, key=key) for layer in ("vec", "cva")))


def tiles(*urls: str, shift_gcj02: bool = False) -> Basemap:
    """Return a base map of templates of addresses; ``shift_gcj02`` says that it is in GCJ-02.

    Raises
    ------
    UsageError
        If a template is none, or if the map is in GCJ-02 or BD-09: in CGCS2000 a lot would stand
        hundreds of metres off its place on it.

    Examples
    --------
    >>> tiles("https://tiles.example.org/{z}/{x}/{y}.png").host
    'tiles.example.org'
    """
    for url in urls:
        braces = set(re.findall(r"\{[^}]*\}?", url))
        if not _ADDRESS.fullmatch(url) or not _has_port(url) or braces != _PLACES:
            raise UsageError(
                f"{url}: a base map is an address https://HOST/… with {{z}}, {{x}} and {{y}}",
                f"{url}：底图须为 https://主机/… 形式，并含 {{z}}、{{x}}、{{y}}",
            )
    hosts = {(urlsplit(url).hostname or "").lower() for url in urls}
    if len(hosts) > 1:
        raise UsageError(
            f"{', '.join(sorted(hosts))}: a page opens to one host",
            f"{'、'.join(sorted(hosts))}：页面只向一个主机开放",
        )
    host = hosts.pop()
    if _is_one_of(host, BD09_HOSTS):
        raise UsageError(
            f"{host}: its maps are in BD-09, on tiles of their own; lots in CGCS2000 do not fit",
            f"{host}：该地图采用 BD-09 及自有瓦片体系，CGCS2000 宗地无法套合",
        )
    if _is_one_of(host, GCJ02_HOSTS) and not shift_gcj02:
        raise UsageError(
            f"{host}: its maps are in GCJ-02, the shifted coordinates that GB 20263-2006 requires "
            "of public maps; lots in CGCS2000 would stand 300 to 700 m off. "
            "Use Tianditu, or --basemap-gcj02-shift",
            f"{host}：该地图采用 GB 20263-2006 要求的保密偏移坐标 GCJ-02，CGCS2000 宗地将偏离 "
            "300 至 700 米。请改用天地图，或加 --basemap-gcj02-shift",
        )
    port = f":{urlsplit(urls[0]).port}" if urlsplit(urls[0]).port else ""
    return Basemap(urls, f"https://{host}{port}", shift_gcj02)


def _is_one_of(host: str, names: tuple[str, ...]) -> bool:
    return any(host == name or host.endswith(f".{name}") for name in names)


def _has_port(url: str) -> bool:
    """Return whether the port of an address is one, or is left out."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False

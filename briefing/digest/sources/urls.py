"""URLs as identities: the same article has the same URL, whoever led there."""

import re
from urllib.parse import urljoin, urlsplit, urlunsplit

MAX_LENGTH = 2_000
# Parameters that say who linked, never what is linked: those that Firefox and AdGuard strip and
# the usual ones of newsletters and feeds. Names such as id, source or ref may select an article.
_TRACKING = re.compile(
    r"(?:utm_\w+|at_(?:medium|campaign|custom\d|link_\w+|format|ptr_name|bbc_team)|mc_[ce]id|"
    r"[a-z]{2,4}clid|gclsrc|dclid|gbraid|wbraid|yclid|igshid|igsh|_hs(?:enc|mi)|hsctatracking|"
    r"mkt_tok|oly_(?:anon|enc)_id|vero_(?:conv|id)|wt\.?_?mc(?:_o)?|ns_(?:mchannel|source|"
    r"campaign|linkname|fee)|cmpid|cmp|ito|s_cid|xtor|smid|partner_?id|mtm_\w+|pk_\w+|"
    r"__twitter_impression|guccounter|guce_\w+|ftag|feature_rss|ocid|taid|spm|__s|rss)",
    re.I,
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACE = re.compile(r"[\x00-\x20\x7f-\xa0\u200b\u2028\u2029\ufeff]+")


def article_url(link: str | None, base: str | None = None) -> str | None:
    """The absolute http(s) URL that ``link`` on ``base`` means, fit to tell articles apart.

    Tracking parameters, the fragment (unless it selects: ``#!``), a default port and upper case
    in the host go. None where there is no such URL, or it is longer than any real one.
    """
    if not link or len(link) > MAX_LENGTH * 2:
        return None
    try:
        parts = urlsplit(urljoin(base or "", _SPACE.sub("%20", link.strip())))
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host:
        return None
    host = f"[{host}]" if ":" in host else host
    if port and port != (443 if parts.scheme == "https" else 80):
        host = f"{host}:{port}"
    fragment = parts.fragment if parts.fragment.startswith("!") else ""
    query = without_tracking(parts.query)
    url = urlunsplit((parts.scheme, host, parts.path or "/", query, fragment))
    usable = len(url) <= MAX_LENGTH and not _SURROGATE.search(url)
    return url if usable else None


def without_tracking(query: str) -> str:
    """A query string without the parameters that only say who linked."""
    kept = [each for each in query.split("&") if not _TRACKING.fullmatch(each.split("=")[0])]
    return "&".join(each for each in kept if each)


def shown(url: str) -> str:
    """A URL for messages: one line, not too long, without a password."""
    text = re.sub(r"//[^/@]*@", "//", "".join(c for c in url if c.isprintable()))
    return text if len(text) <= 200 else text[:200] + "…"


# Hosts that serve the feeds of many outlets.
_SHARED = frozenset({"feedburner.com", "google.com", "rss.app", "feedly.com", "fivefilters.org"})


def publisher_of(url: str) -> str | None:
    """The registrable domain of ``url``; None for an address, or a host that many share."""
    from tld import get_fld

    found = get_fld(url, fail_silently=True, search_private=True) or _last_labels(url)
    return None if found is None or found in _SHARED else str(found)


def _last_labels(url: str) -> str | None:
    """The domain under a suffix that is not on the public list, such as a network's own."""
    labels = (urlsplit(url).hostname or "").split(".")
    return ".".join(labels[-2:]) if len(labels) > 1 and labels[-1].isalpha() else None

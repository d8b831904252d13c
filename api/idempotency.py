"""The Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header).

A key belongs to the first request that came with it. The same request again is answered from the
kept results, or joins the first one in the making; another one is refused.
"""

import re
from hashlib import sha256

from fastapi import Request

from api.errors import BadHeader, KeyReused
from api.store import Store

HEADER = "Idempotency-Key"
# A string of structured fields (RFC 9651), as the draft has it, or bare as many clients send it.
KEY = r'"([ !#-\[\]-~]{1,255})"|([!#-~]{1,255})'


def idempotency_key(request: Request) -> str | None:
    """The key of a request, None where it has none.

    Raises:
        BadHeader: it is empty, too long, or has characters that a key cannot have.
    """
    said = request.headers.get(HEADER)
    if said is None:
        return None
    found = re.fullmatch(KEY, said.strip())
    if not found:
        raise BadHeader(f"{HEADER} must be 1 to 255 printable ASCII characters, such as a UUID.")
    return found[1] or found[2]


async def claim(store: Store, key: str, *, caller: str, path: str, body: bytes) -> None:
    """Bind the key, which is ``caller``'s own, to this request.

    Raises:
        KeyReused: it came with another request before.
    """
    request = sha256(path.encode() + b"\0" + body).digest()
    if not await store.claim(f"{caller}\0{key}", request):
        raise KeyReused

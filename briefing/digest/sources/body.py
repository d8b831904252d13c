"""The body of an answer, unpacked, without ever holding more of it than is allowed."""

import zlib
from collections.abc import AsyncIterator

from briefing.errors import FetchError

_GZIP = b"\x1f\x8b"
_SLICE = 256
_KNOWN = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})


async def read_body(chunks: AsyncIterator[bytes], encoding: str, limit: int, *, cut: bool) -> bytes:
    """Collect ``chunks`` of a body that is said to be packed as ``encoding``.

    What begins like gzip is unpacked, whatever was said, and what does not is left alone: servers
    err both ways. A packed body that breaks off gives what came before. Of more than ``limit``
    bytes (unpacked) the first are returned where ``cut`` allows it.

    Raises:
        FetchError: too large, damaged from the start, or packed in a way that was not asked for.
    """
    encoding = encoding.strip().lower()
    if encoding not in _KNOWN:
        raise FetchError(f"is compressed as {encoding[:40]!r}, which was not asked for")
    content = bytearray()
    unpack: _Unpacker | None = None
    async for chunk in _begun(chunks):
        unpack = unpack or _unpacker(chunk, encoding)
        content += unpack(chunk, limit + 1 - len(content))
        if len(content) > limit:
            if cut:
                break
            raise FetchError(f"has more than {limit / 1e6:g} MB")
        if unpack.done:
            break
    return bytes(content[:limit])


async def _begun(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes; the first chunk is long enough to tell what it begins."""
    head = b""
    async for chunk in chunks:
        head += chunk
        if len(head) >= len(_GZIP):
            yield head
            head = b""
            break
    async for chunk in chunks:
        yield chunk
    if head:
        yield head


def _unpacker(first: bytes, encoding: str) -> "_Unpacker":
    if first.startswith(_GZIP):
        return _Unpacker(zlib.decompressobj(wbits=31))
    if encoding == "deflate":
        return _Unpacker(_deflater(first))
    return _Unpacker(None)


def _deflater(first: bytes) -> "zlib._Decompress":
    """For zlib's format as HTTP means it, or the bare one that some servers send (RFC 9110)."""
    try:
        zlib.decompressobj().decompress(first, 1)
    except zlib.error:
        return zlib.decompressobj(wbits=-15)
    return zlib.decompressobj()


class _Unpacker:
    """Bytes in, at most so many out; ``done`` when no more can be had."""

    def __init__(self, inflater: "zlib._Decompress | None") -> None:
        self._inflater = inflater
        self._any = False
        self.done = False

    def __call__(self, chunk: bytes, most: int) -> bytes:
        if self._inflater is None:
            return chunk
        out = bytearray()
        # In slices: zlib gives nothing at all of what it finds damaged further on.
        for start in range(0, len(chunk), _SLICE):
            try:
                out += self._inflater.decompress(chunk[start : start + _SLICE], most - len(out))
            except zlib.error as error:
                if not (out or self._any):
                    raise FetchError("sent damaged compressed data") from error
                self.done = True
                break
            if self._inflater.eof or len(out) >= most:
                self.done = True
                break
        self._any = self._any or bool(out)
        return bytes(out)

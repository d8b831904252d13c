"""Talking to a Hugging Face hub: the rest of a file, and its refusals in words for a person."""

import errno
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from briefing.errors import ModelError

Advance = Callable[[int], None]
_TRIES = 5
"""Connections in a row that may bring nothing."""
_WAIT = 0.5
"""Seconds before the second of them; each time twice as long."""
_SILENCE = 30
"""Seconds without a byte after which a connection counts as broken."""


class Missing(Exception):
    """The hub does not give what it should."""


def append(
    part: Path, url: str, size: int | None, headers: dict[str, str], advance: Advance
) -> int:
    """Get what ``part`` lacks of a file of ``size`` bytes; the bytes that came.

    A connection that breaks is made again, for the rest, until several in a row bring nothing. Each
    begins at the hub: where it sends one to is signed for an hour or so, and gets no token.

    Raises:
        Missing: more came than there should be. Whatever huggingface_hub raises.
    """
    came = failures = 0
    with part.open("ab") as file:
        while size is None or file.tell() < size:
            before = came
            try:
                for count in _rest(file, url, headers):
                    came += count
                    advance(count)
            except Exception as error:
                failures = 1 if came > before else failures + 1
                if not _of_network(error) or failures == _TRIES:
                    raise
                time.sleep(_WAIT * 2 ** (failures - 1))
                continue
            if size is None or came == before:
                break
        whole = file.tell()
    if size is not None and whole != size:
        part.unlink()
        raise Missing(f"a file of {size} bytes came with {whole}")
    return came


def _rest(file: IO[bytes], url: str, headers: dict[str, str]) -> Iterator[int]:
    """Append what follows at ``url``; the bytes of each piece, as soon as they are written."""
    from huggingface_hub import get_session
    from huggingface_hub.utils._http import hf_raise_for_status

    had = file.tell()
    asked = {
        **headers,
        "Accept-Encoding": "identity",
        **({"Range": f"bytes={had}-"} if had else {}),
    }
    with get_session().stream(
        "GET", url, headers=asked, timeout=_SILENCE, follow_redirects=True
    ) as answer:
        hf_raise_for_status(answer)
        if had and answer.status_code != 206:
            file.truncate(0)  # it knows no ranges, and begins anew
        for piece in answer.iter_raw():
            file.write(piece)
            file.flush()
            yield len(piece)


def _of_network(error: Exception) -> bool:
    """Whether a connection failed: an error of httpx, whichever of its forms the hub's client has.

    What the hub refuses is an error of its own, and no reason to try again.
    """
    return type(error).__module__.startswith(("httpx", "httpcore"))


@contextmanager
def explained(name: str, revision: str | None) -> Iterator[None]:
    """Turn what huggingface_hub raises into one line that says what to do.

    Raises:
        ModelError: in place of any error of the hub's, the network's or the disk's.
    """
    from huggingface_hub import constants, errors

    hub = constants.ENDPOINT
    again = f"what came is kept: run 'briefing models pull {name}' again to go on"
    try:
        yield
    except errors.GatedRepoError as error:
        raise ModelError(
            f"{name} is given to those alone who accept its terms; do so at {hub}/{name}, then set "
            "HF_TOKEN to a token of your account"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise ModelError(f"{name} has no revision '{revision}'; see {hub}/{name}") from error
    except (errors.RepositoryNotFoundError, errors.HFValidationError) as error:
        raise ModelError(
            f"there is no model '{name}' at {hub}, or it is private; check the name (OWNER/MODEL), "
            "or set HF_TOKEN to a token that may read it"
        ) from error
    except errors.OfflineModeIsEnabled as error:
        raise ModelError(f"HF_HUB_OFFLINE forbids the network; unset it to fetch {name}") from error
    except errors.HfHubHTTPError as error:
        raise ModelError(_refused(name, hub, error, again)) from error
    except Missing as error:
        raise ModelError(f"{hub} did not give {name} as it should: {error}; {again}") from error
    except ModelError:
        raise
    except OSError as error:
        raise ModelError(_failed(name, error, again)) from error
    except Exception as error:
        if not _of_network(error):
            raise
        raise ModelError(
            f"{hub} cannot be reached ({type(error).__name__}); check the network or HF_ENDPOINT, "
            f"or copy the model's folder here and name it with --model; {again}"
        ) from error


def _refused(name: str, hub: str, error: Exception, again: str) -> str:
    response = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    if status in (401, 403):
        return (
            f"{hub} does not let you have {name} (HTTP {status}); set HF_TOKEN to a token that may "
            "read it"
        )
    return f"{hub} answered HTTP {status} for {name}; try again later, {again}"


def _failed(name: str, error: OSError, again: str) -> str:
    if error.errno == errno.ENOSPC:
        return f"the disk is full before {name} is there; make room, {again}"
    if error.errno is not None:
        where = f" ({error.filename})" if error.filename else ""
        return f"{name} cannot be kept: {error.strerror}{where}; name another folder with HF_HOME"
    return f"{name} did not come whole: {' '.join(str(error).split())[:200]}; {again}"

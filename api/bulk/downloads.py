"""Streams an export as a file, read at one moment.

If it breaks off, the layer in front sees to it that nobody takes the part for the whole.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from itertools import chain
from threading import Semaphore
from time import monotonic

from flask import Response, request

from api.concurrency import SLOWEST, STILL_SECONDS, exports
from api.ledger import Asked
from api.ledger.reading.reader import Reader
from api.web.requests import current_ledger
from api.web.responses import answer_streamed

_CHUNK = 100_000
"""How many bytes of an export are sent at a time."""
_making_chunks = Semaphore(2)


def stream_download(
    asked: Asked, make: Callable[[Reader], Iterator[bytes]], media_type: str, name: str
) -> Response:
    """Stream what `make` yields, read at one moment, as a file of that name."""
    with ExitStack() as held:
        # First, so that a refused export reads nothing.
        held.callback(exports.give_back, exports.take_slot())
        with current_ledger().open_reader(asked) as reader:
            moment = reader.moment
        # The stream outlives the request, so it cannot call current_ledger().
        opened, pinned = current_ledger(), Asked(number=moment.known_at, valid_at="any")
        slot = ExitStack()

        def stream_chunks() -> Generator[bytes]:
            with slot, opened.open_reader(pinned) as reader:
                yield from _pace_chunks(_join_chunks(make(reader)))

        made = stream_chunks()

        def begin() -> Iterator[bytes]:
            """Make the first chunk before anything is sent: what cannot begin is refused."""
            return made if request.method == "HEAD" else chain((next(made, b""),), made)

        response = answer_streamed(moment, begin, media_type, pinned=asked.is_pinned)
        response.call_on_close(made.close)  # also where no chunk was asked for
        if response.is_streamed and request.method != "HEAD":
            slot.push(held.pop_all())
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _pace_chunks(chunks: Iterator[bytes]) -> Generator[bytes]:
    """Yield chunks; a client that takes them too slowly is cut off, because it holds a slot."""
    sent, waited, chunk = 0, 0.0, _make_chunk(chunks)
    while chunk is not None:
        asked = monotonic()
        yield chunk
        sent, waited = sent + len(chunk), waited + monotonic() - asked
        chunk = _make_chunk(chunks)
        if chunk is not None and waited > STILL_SECONDS + sent / SLOWEST:
            raise TimeoutError(f"a client took {sent:,} bytes of an export in {waited:.0f} s")


def _make_chunk(chunks: Iterator[bytes]) -> bytes | None:
    """Return the next chunk, if there is one; two exports at once make one."""
    with _making_chunks:
        return next(chunks, None)


def _join_chunks(pieces: Iterator[bytes]) -> Iterator[bytes]:
    gathered: list[bytes] = []
    size = 0
    for piece in pieces:
        gathered.append(piece)
        size += len(piece)
        if size > _CHUNK:
            yield b"".join(gathered)
            gathered, size = [], 0
    yield b"".join(gathered)

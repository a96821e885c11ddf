"""Limits by client: how many requests an address or a key may send in a window of time.

All workers count together: by default in a file that they map into memory (`sinequanon serve` makes
it), else in Redis or Valkey. So that a cached page pays next to nothing, a worker takes a hundredth
of a quota at a time and spends that lease by itself. A client never gets more than its quota, and
at most a hundredth less for each further worker. A window begins with a client's first request.
"""

import fcntl
import logging
import os
from functools import lru_cache
from hashlib import blake2b
from ipaddress import IPv6Network, ip_address
from mmap import mmap
from threading import Lock
from typing import Any

from limits import parse
from limits.errors import StorageError
from limits.storage import storage_from_string

from api import clock
from api.settings import MAPPED, Settings
from api.web.contract.problems import RequestRefused

_log = logging.getLogger(__name__)

LIMITS = "sinequanon.limits"
"""Names the extension of an application that holds its `RateLimits`."""

_SLOTS = 65_536
"""Two clients share a count by accident with a chance of one in so many."""

_MOST_CLIENTS = 20_000
"""About how many clients a worker remembers."""

_SECOND = 1_000_000  # in microseconds, the unit of the clock

_PAUSE, _PATIENCE = 5 * _SECOND, {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}
"""For how long a storage that failed is not asked again, and how many seconds it may take."""


class _Counters:
    """Counts of windows of time; while Redis does not answer, each worker counts by itself.

    A slot of the mapped file is two floats: the end of the window, and the count.
    """

    def __init__(self, uri: str) -> None:
        self._redis: Any = None
        self._file = -1  # none: the slots are in the memory of this process
        if uri.startswith(MAPPED):
            self._file = os.open(uri.removeprefix(MAPPED), os.O_RDWR)
            os.ftruncate(self._file, 16 * _SLOTS)
        elif uri:
            self._redis = storage_from_string(uri, wrap_exceptions=True, **_PATIENCE)
        self._slots = memoryview(mmap(self._file, 16 * _SLOTS)).cast("d")
        self._salt, self._lock, self._paused_until = uri.encode()[-64:], Lock(), 0.0

    def add(self, key: str, window: int, amount: int) -> tuple[int, float]:
        """Add to a count; returns it, and when its window ends."""
        if self._redis and clock.now() >= self._paused_until:
            try:
                return self._redis.incr(key, window, amount), _SECOND * self._redis.get_expiry(key)
            except StorageError as error:
                _log.warning("the storage of limits failed; each worker counts alone: %s", error)
                self._paused_until = clock.now() + _PAUSE
        digest = blake2b(key.encode(), digest_size=8, key=self._salt).digest()
        end = 2 * (int.from_bytes(digest, "big") % _SLOTS)
        with self._lock:  # keeps out threads; that of the file processes, until they die
            if self._file >= 0:
                fcntl.lockf(self._file, fcntl.LOCK_EX)
            if not (now := clock.now()) < self._slots[end] <= now + window * _SECOND:
                self._slots[end], self._slots[end + 1] = now + window * _SECOND, 0
            self._slots[end + 1] += amount
            found = int(self._slots[end + 1]), self._slots[end]
            if self._file >= 0:
                fcntl.lockf(self._file, fcntl.LOCK_UN)
            return found


class _Lease:
    """What a worker may let a client spend: `left` of a quota, of which `spare` are not taken."""

    __slots__ = ("left", "since", "spare", "until")

    def __init__(self, left: int, spare: int, since: int, until: float) -> None:
        self.left, self.spare, self.since, self.until = left, spare, since, until


class Quota:
    """How many requests each client may send in a window, by the name of the policy."""

    def __init__(self, name: str, rate: str, counters: _Counters) -> None:
        self._item, self._counters = parse(rate), counters
        self.name, self.amount, self.window = name, self._item.amount, self._item.get_expiry()
        self.policy = f'"{name}";q={self.amount};w={self.window}'
        self._size, self._leases = max(1, self.amount // 100), dict[str, _Lease]()
        self._renewing = Lock()

    def spend(self, client: str) -> tuple[int, int]:
        """Spend a request or raise RequestRefused; return how many are left, and the seconds."""
        now, lease = clock.now(), self._leases.get(client)
        if lease and lease.since < now < lease.until and (lease.left > 0 or not lease.spare):
            left = lease.left = lease.left - 1
        else:
            with self._renewing:
                lease = self._take_lease(client, now)
                left = lease.left = lease.left - 1
        seconds = min(self.window, int(lease.until - now) // _SECOND + 1)
        if left < 0:
            raise self._refuse(seconds)
        return left + lease.spare, seconds

    def require(self, client: str, cost: int = 1) -> None:
        """Spend a request, or with 0 only look; raises RequestRefused where none is known left."""
        lease = self._leases.get(client)
        if cost or (lease and lease.left <= 0 and not lease.spare and clock.now() < lease.until):
            self.spend(client)

    def _refuse(self, seconds: int) -> RequestRefused:
        """Return the problem of a client that has no requests left."""
        return RequestRefused(
            429, f"Too many requests: the limit by {self.name} is {self.amount} in {self.window} "
            f"seconds. Wait for {seconds} seconds.",
            headers={"Retry-After": str(seconds), "RateLimit": f'"{self.name}";r=0;t={seconds}',
                     "RateLimit-Policy": self.policy},
        )  # fmt: skip

    def _take_lease(self, client: str, now: int) -> _Lease:
        lease = self._leases.get(client)
        if lease and lease.since < now < lease.until and lease.left > 0:
            return lease  # which another thread took meanwhile
        key = self._item.key_for(self.name, client)
        count, until = self._counters.add(key, self.window, self._size)
        spare = max(0, self.amount - count)
        left = min(self._size, max(0, self.amount - count + self._size))
        if len(self._leases) >= _MOST_CLIENTS:
            self._leases.clear()
        lease = self._leases[client] = _Lease(left, spare, now - 1, until)
        return lease


class RateLimits:
    """The limits of an application; those that are off are None.

    `holders` has the names of the keys that were right before, by the digests of the keys.
    """

    def __init__(self, settings: Settings) -> None:
        counters = _Counters(settings.limit_storage)

        def make(name: str, rate: str) -> Quota | None:
            return None if rate == "0" else Quota(name, rate, counters)

        self.by_address = make("address", settings.limit_by_address)
        self.by_key = make("key", settings.limit_by_key)
        self.wrong_keys = make("wrong-keys", settings.limit_wrong_keys)
        self.notes = make("notes", settings.limit_notes)
        self.holders: dict[bytes, str] = {}


@lru_cache(maxsize=_MOST_CLIENTS)
def name_client(address: str) -> str:
    """Return the name under which an address is counted: of IPv6 its /64, as one customer gets."""
    bare = address.partition(":")[0] if address.count(":") == 1 else address  # some give the port
    try:
        parsed = ip_address(bare.removeprefix("[").partition("]")[0])
    except ValueError:
        return address[:64]
    if parsed.version == 6:
        return str(parsed.ipv4_mapped or IPv6Network((int(parsed), 64), strict=False))
    return str(parsed)

"""Starting the local 1688: in this process (`serve`) or beside it (`running`)."""

import asyncio
import http.client
import json
import ssl
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from app.replica.cases import Era
from app.replica.faults import parse
from app.replica.lists import MOST
from app.replica.picture_faults import parse as parse_picture_faults
from app.replica.replies import Plan, Site
from app.replica.server import HOST, Certificate, run

READY_SECONDS = 30.0
LEAVE_SECONDS = 5.0


def serve(
    *,
    port: int = 0,
    offers: int = 20,
    seed: int = 1,
    faults: str = "",
    picture_faults: str = "",
    epoch: int = 1,
    eras: Sequence[str] = (),
    padded: bool = True,
    members_only: bool = False,
    phone: float | None = None,
    finds: int = MOST,
    large_shop: int = 0,
    twins: bool = False,
    ready: bool = False,
    tied: bool = False,
) -> None:
    """Serves on 127.0.0.1 until SIGTERM or SIGINT. Port 0 takes a free one.

    `ready` prints one JSON line `{address, pin, certificate, seed, offers}` on standard output once
    requests are accepted; else a sentence. `tied` ends with standard input. Raises
    `faults.BadFault`, ValueError for an unknown era, OSError where the port is taken.
    """
    plan = Plan(
        offers=offers,
        seed=seed,
        eras=tuple(Era(name) for name in eras) or tuple(Era),
        faults=parse(faults, seed),
        picture_faults=parse_picture_faults(picture_faults, seed),
        padded=padded,
        members_only=members_only,
        phone=phone,
        finds=finds,
        large_shop=large_shop,
        twins=twins,
    )

    def opened(taken: int, proof: Certificate) -> None:
        address = f"{HOST}:{taken}"
        line = {
            "address": address,
            "pin": proof.pin,
            "certificate": proof.authority,
            "seed": seed,
            "offers": offers,
        }
        sentence = f"local 1688 at {address}: {offers} offers of seed {seed}; Ctrl-C ends it"
        sys.stdout.write((json.dumps(line) if ready else sentence) + "\n")
        sys.stdout.flush()

    asyncio.run(run(Site(plan, epoch=epoch), port, opened, tied=tied))


@dataclass(frozen=True, kw_only=True, slots=True)
class Replica:
    """A local 1688 that runs in a process of its own."""

    address: str
    """`127.0.0.1:PORT`, as `site.replica` takes it."""
    pin: str
    certificate: str
    seed: int
    offers: int
    pid: int

    def ask(
        self, path: str, *, host: str = HOST, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """One GET of a path at one of the site's hosts: (status, headers by lower-case name, body as sent)."""
        context = ssl.create_default_context(cadata=self.certificate)
        port = int(self.address.rpartition(":")[2])
        return _ask(port, context, path, {"Host": host, **(headers or {})})

    def log(self, *, after: int = 0, kind: str | None = None) -> list[dict[str, Any]]:
        """The access log, oldest first; `kind` as in `sites.Kind`."""
        chosen = f"&kind={kind}" if kind else ""
        lines = self._control(f"log?after={after}{chosen}").decode().splitlines()
        return [json.loads(line) for line in lines]

    def listed(self) -> list[dict[str, Any]]:
        """`{offer_id, url, era, kind, standing}` of each offer."""
        found: list[dict[str, Any]] = json.loads(self._control("offers"))
        return found

    def expected(self, offer_id: str) -> dict[str, Any]:
        """The item that a right extraction yields now."""
        found: dict[str, Any] = json.loads(self._control(f"expected/{offer_id}"))
        return found

    def list_of(self, kind: str, value: str) -> list[str]:
        """The ids of a list's offers in their order, ads left out.

        `kind` is `keyword`, `category`, or `shop` (by host, its first word, or member id).
        """
        query = urlencode({"kind": kind, "value": value})
        found: list[str] = json.loads(self._control(f"list?{query}"))["offer_ids"]
        return found

    def shops(self) -> list[dict[str, Any]]:
        """`{host, member_id, offers}` of each shop."""
        found: list[dict[str, Any]] = json.loads(self._control("shops"))
        return found

    def turn(self, epoch: int) -> None:
        """Moves on to an epoch: a third of the offers change with each; `changes` tells in what."""
        self._control(f"epoch?n={epoch}")

    def drift(self, **told: str) -> None:
        """From now on pages differ: `rename="subject:subjectTitle"`, `scale="price:100"`, `era=…`.

        Drifts add up; without words all of them end. Raises LookupError for one that there is not.
        """
        self._control(f"drift?{urlencode(told)}")

    def changes(self, first: int, last: int) -> list[dict[str, Any]]:
        """`{epoch, offer_id, kind, field, key, before, after}` of what a visitor of every epoch sees change.

        After `first`, up to `last`; whatever epoch it is now.
        """
        found: list[dict[str, Any]] = json.loads(self._control(f"changes?from={first}&to={last}"))
        return found

    def groups(self) -> list[dict[str, Any]]:
        """`{product, family, differ, offer_ids}` of each product; several ids: it has several suppliers.

        Products of one family look the same and differ in `differ`. Empty without `twins`.
        """
        found: list[dict[str, Any]] = json.loads(self._control("groups"))
        return found

    def phone(self, do: str, *, code: str | None = None) -> None:
        """Act as the phone: `scan`, `confirm`, `cancel`, `expire` the code shown last, or `logout`.

        Only if its content is `code`, where that is given. Raises LookupError if it cannot be done.
        """
        told = {"do": do} | ({} if code is None else {"code": code})
        self._control(f"phone?{urlencode(told)}")

    def _control(self, action: str) -> bytes:
        status, _, body = self.ask(f"/__replica__/{action}")
        if status != http.client.OK:
            raise LookupError(f"the local 1688 answered {status} to {action}")
        return body


def _ask(
    port: int, context: ssl.SSLContext, path: str, headers: dict[str, str]
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPSConnection(HOST, port, timeout=READY_SECONDS, context=context)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def tap(port: int, do: str) -> str:
    """Act as the phone of the local 1688 at a port of this machine; what it answered.

    Raises LookupError if that cannot be done now, OSError if none answers there.
    """
    # Its certificate is made anew at each start, and only a `Replica` was told of it.
    context = ssl._create_unverified_context()  # noqa: S323, SLF001 - loopback, and nothing secret
    path = f"/__replica__/phone?{urlencode({'do': do})}"
    status, _, body = _ask(port, context, path, {"Host": HOST})
    if status != http.client.OK:
        raise LookupError(f"the local 1688 answered {status}: {body.decode()}")
    return body.decode()


@contextmanager
def running(
    *,
    port: int = 0,
    offers: int = 20,
    seed: int = 1,
    faults: str = "",
    picture_faults: str = "",
    epoch: int = 1,
    eras: Sequence[str] = (),
    padded: bool = True,
    members_only: bool = False,
    phone: float | None = None,
    finds: int = MOST,
    large_shop: int = 0,
    twins: bool = False,
) -> Iterator[Replica]:
    """A local 1688 in a child process, ended on leaving, or with this process however it ends.

    Raises RuntimeError with the child's last words where it does not start.
    """
    arguments = ["--port", port, "--offers", offers, "--seed", seed, "--epoch", epoch]
    arguments += ["--finds", finds, "--large-shop", large_shop]
    arguments += ["--picture-faults", picture_faults]
    arguments += ["--faults", faults, *(part for era in eras for part in ("--era", era))]
    arguments += [] if padded else ["--light"]
    arguments += ["--members-only"] if members_only else []
    arguments += ["--twins"] if twins else []
    arguments += [] if phone is None else ["--phone", phone]
    command = [sys.executable, "-m", "app.replica", "--ready", "--tied", *map(str, arguments)]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        try:
            yield _met(child)
        finally:
            _end(child)


def _met(child: "subprocess.Popen[str]") -> Replica:
    assert child.stdout is not None
    assert child.stderr is not None
    line = child.stdout.readline()
    if not line:
        raise RuntimeError(f"the local 1688 did not start: {child.stderr.read().strip()[-500:]}")
    return Replica(pid=child.pid, **json.loads(line))


def _end(child: "subprocess.Popen[str]") -> None:
    child.terminate()
    try:
        child.wait(LEAVE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()

"""What the local 1688 answers: decided here without any I/O, sent by `server.py`."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from app.replica import assets, blocks, descriptions, odd_pictures, pictures
from app.replica.cache import Bodies
from app.replica.cases import Era, Standing
from app.replica.changes import changes
from app.replica.drifts import BadDrift, Drift, applied
from app.replica.drifts import read as read_drift
from app.replica.expected import expected
from app.replica.faults import SCRIPTED, Fault, Faults, cut, haunted, spoiled, stripped
from app.replica.gateway import APIS, Gateway
from app.replica.journal import Journal
from app.replica.listing import SCRIPTS, Pages
from app.replica.lists import KINDS, MOST, Lists
from app.replica.login import DOCUMENTS, Logins
from app.replica.offers import SHOPS, index_of, offer, offer_id
from app.replica.pages import document, gone
from app.replica.picture_faults import PictureFaults
from app.replica.sites import ROBOTS, Address, Kind
from app.replica.twins import dressed, labels
from app.replica.values import Offer
from app.replica.wire import HTML, HTML_GBK, JSON, KEPT, SCRIPT, Reply, Request


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What is served: how many offers, of which seed, eras and faults."""

    offers: int = 20
    seed: int = 1
    eras: tuple[Era, ...] = tuple(Era)
    faults: Faults = field(default_factory=Faults)
    picture_faults: PictureFaults = field(default_factory=PictureFaults)
    padded: bool = True
    members_only: bool = False
    """Guests get the stub that leads to the login page instead of any document."""
    phone: float | None = None
    """Seconds after which a phone scans a login code by itself, and again until it confirms."""
    finds: int = MOST
    """How many offers a keyword finds, as far as there are so many."""
    large_shop: int = 0
    """How many offers the first shop has, and no other; 0: all shops have alike."""
    twins: bool = False
    """Several suppliers sell the same products (`twins.py`); `changes` still tells plain ones."""


class Site:
    """Answers requests from a plan, the epoch and how often each offer was asked for."""

    def __init__(self, plan: Plan, *, epoch: int = 1) -> None:
        self.plan = plan
        self.epoch = epoch
        self.drifts: tuple[Drift, ...] = ()
        """What has become of the pages meanwhile, oldest first."""
        self.journal = Journal()
        self.visits: Counter[str] = Counter()
        self.documents = Bodies()
        self.assets = Bodies()
        self.logins = Logins(phone=plan.phone)
        self.lists = Lists(
            seed=plan.seed, offers=plan.offers, finds=plan.finds, large_shop=plan.large_shop
        )
        self.gateway = Gateway(self.lists, plan.faults, self.offer_at)
        self._pages = Pages(self.lists, plan.faults, self.offer_at)
        self._replies: dict[Kind, Callable[[Request, str], Reply]] = {
            Kind.CONTROL: self._control,
            Kind.OFFER: self._offer,
            Kind.OFFER_CARD: self._card,
            Kind.DESCRIPTION: self._description,
            Kind.GATEWAY: self._gateway,
            Kind.SHOP: self._pages.shop,
            Kind.SEARCH: self._pages.search,
            Kind.SCRIPT: self._script,
            Kind.STYLE: self._style,
            Kind.PICTURE: self._picture,
            Kind.PUNISH: self._punish,
            Kind.HOME: self._home,
            Kind.LOGIN: self.logins.page,
            Kind.WORK: self.logins.work,
        }
        self._controls: dict[str, Callable[[Request, str], Reply]] = {
            "log": self._log,
            "counts": self._counts,
            "offers": self._offers,
            "expected": self._expected,
            "list": self._list,
            "shops": self._shops,
            "epoch": self._epoch,
            "drift": self._drift,
            "changes": self._changes,
            "groups": self._groups,
            "phone": self.logins.tap,
        }

    def reply(self, request: Request, address: Address) -> Reply:
        """The answer to a request whose address was understood."""
        shut = self.plan.members_only and address.kind in DOCUMENTS
        if shut and not self.logins.is_member(request):
            return self._only_members(request, address)
        special = self._replies.get(address.kind)
        return special(request, address.key) if special else _FIXED.get(address.kind, _MISSING)

    def offer(self, wanted: str) -> Offer | None:
        """The offer of an id as it is now; None where the catalog has none."""
        index = index_of(self.plan.seed, wanted)
        if index >= self.plan.offers:
            return None
        return self.offer_at(index)

    def offer_at(self, index: int) -> Offer:
        made = offer(
            self.plan.seed,
            index,
            epoch=self.epoch,
            eras=self.plan.eras,
            large_shop=self.plan.large_shop,
        )
        return dressed(made) if self.plan.twins else made

    def _only_members(self, request: Request, address: Address) -> Reply:
        stub = blocks.login_jump(request.host, request.path, self.plan.seed)
        offer_id = address.key if address.kind is Kind.OFFER else None
        return Reply(body=stub, fault=Fault.LOGIN, offer_id=offer_id)

    def _picture(self, _: Request, path: str) -> Reply:
        self.visits[path] += 1
        fault = self.plan.picture_faults.draw(path, self.visits[path])
        if fault is not None:
            return odd_pictures.reply(path, fault)
        body, shape = pictures.picture(path), pictures.content_type(path)
        return Reply(body=body, content_type=shape, headers=KEPT)

    def _punish(self, request: Request, path: str) -> Reply:
        return Reply(body=blocks.slider(request.host, path.lstrip("/"), self.plan.seed))

    def _home(self, _: Request, __: str) -> Reply:
        return Reply(body=gone.home(self.plan.seed))

    def _offer(self, request: Request, wanted: str) -> Reply:
        shown = self.offer(wanted)
        if shown is None:
            return Reply(status=302, headers={"Location": gone.WRONG_PAGE}, offer_id=wanted)
        turn = (
            int(request.query.get("turn", "0")) if request.query.get("turn", "0").isdigit() else 0
        )
        if not turn:
            self.visits[wanted] += 1
        visit = self.visits[wanted]
        fault = self.plan.faults.draw(wanted, visit)
        if fault in SCRIPTED and shown.standing not in (Standing.LIVE, Standing.SOLD_OUT):
            fault = None
        found = self._spoiled(request, shown, fault, turn) if fault else self._sound(shown)
        return Reply(
            status=found.status,
            body=found.body,
            gzipped=found.gzipped,
            content_type=found.content_type,
            headers=found.headers,
            fault=fault,
            offer_id=wanted,
            visit=visit,
        )

    def _sound(self, shown: Offer) -> Reply:
        match shown.standing:
            case Standing.DELETED:
                return Reply(status=302, headers={"Location": gone.WRONG_PAGE})
            case Standing.DELETED_HOME:
                return Reply(status=302, headers={"Location": gone.HOME})
            case Standing.OFF_SHELF:
                return Reply(body=gone.off_shelf(shown))
        key = (shown.offer_id, self.epoch, self.drifts)
        body = self.documents.get(key, partial(self._document, shown))
        return Reply(body=body, gzipped=True, content_type=_content_type(shown))

    def _document(self, shown: Offer) -> bytes:
        page = document(shown, padded=self.plan.padded)
        return applied(self.drifts, page, shown.era)

    def _spoiled(self, request: Request, shown: Offer, fault: Fault, turn: int) -> Reply:
        block = blocks.STUBS.get(fault)
        if block is not None:
            return Reply(body=block(request.host, request.path, self.plan.seed))
        wait = {"Retry-After": "1"}
        match fault:
            case Fault.BUSY:
                return Reply(status=503, body=b"busy", content_type="text/plain", headers=wait)
            case Fault.TOO_MANY:
                return Reply(status=429, body=blocks.rate_limit(), headers=wait)
            case Fault.REDIRECT_LOOP:
                return Reply(status=302, headers={"Location": f"{shown.url}?turn={turn + 1}"})
            case Fault.RESET | Fault.EMPTY | Fault.SILENT:
                return Reply(status=0)
        return Reply(body=self._damaged(shown, fault), content_type=_content_type(shown))

    def _damaged(self, shown: Offer, fault: Fault) -> bytes:
        match fault:
            case Fault.CUT:
                return cut(self._document(shown))
            case Fault.GARBAGE:
                return stripped(self._document(shown))
            case Fault.INVALID:
                return self._document(spoiled(shown))
            case Fault.HANG | Fault.CRASH | Fault.OVERLAY:
                return haunted(self._document(shown), fault)
            case Fault.FOREIGN:
                return self._document(self._other(shown))
        return self._document(shown)

    def _other(self, shown: Offer) -> Offer:
        """The next offer of the same era, inside the catalog or not."""
        index = shown.index + 1
        while self.offer_at(index).era is not shown.era:
            index += 1
        return self.offer_at(index)

    def _card(self, request: Request, _: str) -> Reply:
        wanted = request.query.get("offerId", "")
        target = (
            f"https://detail.1688.com/offer/{wanted}.html" if wanted.isdigit() else gone.WRONG_PAGE
        )
        return Reply(status=302, headers={"Location": target})

    def _description(self, _: Request, path: str) -> Reply:
        wanted = descriptions.offer_id(path)
        shown = self.offer(wanted) if wanted else None
        if shown is None:
            return Reply(status=404, body=b"", content_type=SCRIPT)
        body, charset = descriptions.script(shown)
        return Reply(
            body=body, content_type=f"application/javascript; charset={charset}", offer_id=wanted
        )

    def _gateway(self, request: Request, api: str) -> Reply:
        if api in APIS:
            return self.gateway.reply(request, api)
        try:
            wanted = str(json.loads(request.query.get("data", "{}")).get("offerId", ""))
        except (ValueError, AttributeError):
            wanted = ""
        shown = self.offer(wanted) if wanted.isdigit() else None
        headers = {
            "Access-Control-Allow-Origin": request.origin or "https://detail.1688.com",
            "Access-Control-Allow-Credentials": "true",
        }
        return Reply(body=assets.answer(api, shown), content_type=JSON, headers=headers)

    def _script(self, request: Request, path: str) -> Reply:
        if own := SCRIPTS.get(f"https://{request.host}{path}"):
            return Reply(body=own, content_type=SCRIPT, headers=KEPT)
        body = self.assets.get((request.host, path), partial(assets.script, request.host, path))
        return Reply(body=body, gzipped=True, content_type=SCRIPT, headers=KEPT)

    def _style(self, _: Request, path: str) -> Reply:
        body = self.assets.get(path, partial(assets.style, path))
        return Reply(body=body, gzipped=True, content_type="text/css; charset=utf-8", headers=KEPT)

    def _control(self, request: Request, action: str) -> Reply:
        """`/__replica__/…`: a word of the table, perhaps with an argument behind a slash."""
        name, _, argument = action.partition("/")
        control = self._controls.get(name)
        return control(request, argument) if control else Reply(status=404)

    def _log(self, request: Request, _: str) -> Reply:
        after = int(request.query.get("after", "0"))
        lines = self.journal.lines(after=after, kind=request.query.get("kind"))
        return Reply(body=lines.encode(), content_type="application/x-ndjson; charset=utf-8")

    def _counts(self, _: Request, __: str) -> Reply:
        return _json({"kinds": self.journal.counts(), "dropped": self.journal.dropped})

    def _offers(self, _: Request, __: str) -> Reply:
        return _json([self._listed(index) for index in range(self.plan.offers)])

    def _expected(self, _: Request, wanted: str) -> Reply:
        shown = self.offer(wanted) if wanted.isdigit() else None
        return _json(expected(shown)) if shown else Reply(status=404)

    def _epoch(self, request: Request, _: str) -> Reply:
        self.epoch = int(request.query.get("n", self.epoch))
        return _json({"epoch": self.epoch})

    def _drift(self, request: Request, _: str) -> Reply:
        """One drift more; without words all of them end."""
        try:
            drift = read_drift(request.query)
        except BadDrift as error:
            return Reply(status=400, body=str(error).encode(), content_type="text/plain")
        self.drifts = (*self.drifts, drift) if drift else ()
        return _json({"drifts": len(self.drifts)})

    def _list(self, request: Request, _: str) -> Reply:
        """The offers of a list in their order, without what is advertised."""
        kind, value = request.query.get("kind", ""), request.query.get("value", "")
        if kind not in KINDS:
            return Reply(status=404)
        ids = [offer_id(self.plan.seed, index) for index in self.lists.found(kind, value)]
        return _json({"kind": kind, "value": value, "offer_ids": ids})

    def _shops(self, _: Request, __: str) -> Reply:
        return _json([self._shop(number) for number in range(SHOPS)])

    def _shop(self, number: int) -> dict[str, object]:
        owner = self.lists.owner(number)
        found = self.lists.found("shop", owner.member_id)
        return {"host": owner.shop, "member_id": owner.member_id, "offers": len(found)}

    def _changes(self, request: Request, _: str) -> Reply:
        first, last = (int(request.query.get(name, self.epoch)) for name in ("from", "to"))
        return _json(
            changes(self.plan.seed, self.plan.offers, first=first, last=last, eras=self.plan.eras)
        )

    def _groups(self, _: Request, __: str) -> Reply:
        ids = [offer_id(self.plan.seed, index) for index in range(self.plan.offers)]
        return _json(labels(self.plan.seed, ids) if self.plan.twins else [])

    def _listed(self, index: int) -> dict[str, object]:
        shown = self.offer_at(index)
        return {
            "offer_id": offer_id(self.plan.seed, index),
            "url": shown.url,
            "era": shown.era.value,
            "kind": shown.kind.name,
            "standing": shown.standing.value,
        }


_MISSING = Reply(status=404, body=b"not found", content_type="text/plain")

_FIXED = {
    Kind.ROBOTS: Reply(body=ROBOTS.encode(), content_type="text/plain; charset=utf-8"),
    Kind.WRONG_PAGE: Reply(body=gone.wrong_page()),
    Kind.BEACON: Reply(body=assets.GIF, content_type="image/gif"),
}


def _content_type(shown: Offer) -> str:
    return HTML_GBK if shown.era is Era.DETAIL_CONFIG else HTML


def _json(value: object) -> Reply:
    return Reply(body=json.dumps(value, ensure_ascii=False).encode(), content_type=JSON)

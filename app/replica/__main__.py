"""`python -m app.replica`: the local 1688 without the rest of the house."""

import argparse

from app.replica.cases import Era
from app.replica.lists import MOST
from app.replica.serve import serve


def main() -> None:
    """Reads the command line and serves."""
    parser = argparse.ArgumentParser(prog="app.replica", description="A local 1688.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--offers", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epoch", type=int, default=1)
    parser.add_argument("--faults", default="", help="KIND=RATE,KIND=RATE:first,...")
    parser.add_argument("--picture-faults", default="", help="the same of pictures")
    parser.add_argument("--era", action="append", default=[], choices=list(Era))
    parser.add_argument("--finds", type=int, default=MOST, help="offers that a keyword finds")
    parser.add_argument("--large-shop", type=int, default=0, help="offers of the first shop")
    parser.add_argument("--twins", action="store_true", help="several suppliers sell one product")
    parser.add_argument("--light", action="store_true", help="pages without padding")
    parser.add_argument("--members-only", action="store_true", help="guests have to log in")
    parser.add_argument("--phone", type=float, help="seconds until a login code is scanned")
    parser.add_argument("--ready", action="store_true", help="one JSON line once it serves")
    parser.add_argument("--tied", action="store_true", help="ends when standard input closes")
    options = parser.parse_args()
    serve(
        port=options.port,
        offers=options.offers,
        seed=options.seed,
        faults=options.faults,
        picture_faults=options.picture_faults,
        epoch=options.epoch,
        eras=options.era,
        padded=not options.light,
        members_only=options.members_only,
        phone=options.phone,
        finds=options.finds,
        large_shop=options.large_shop,
        twins=options.twins,
        ready=options.ready,
        tied=options.tied,
    )


if __name__ == "__main__":
    main()

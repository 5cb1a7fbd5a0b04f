"""What must hold in the books at every instant, one row a rule; `audit.py` asks the database.

A query yields the rows that break its rule as (run_id, offer_id, wanted, found). `:run` narrows it
to one run, NULL means all. Portable SQL: the same text runs on SQLite and MySQL.
"""

from collections.abc import Sequence

from app.runs.invariant import Invariant
from app.runs.kept_invariants import KEPT
from app.runs.outcomes import CLOSED, LEASED, QUEUED, STORED, WORKED, Ending, Outcome, RunState


def _words(kinds: frozenset[Outcome] | frozenset[RunState] | Sequence[str]) -> list[str]:
    return sorted(str(kind) for kind in kinds)


BOOKS = (
    Invariant(
        name="I1",
        sentence="a run has exactly the offers that it was opened with, or that its list brought",
        query="""
        SELECT r.id, NULL, r.expected, COUNT(i.offer_id)
        FROM run r LEFT JOIN run_item i ON i.run_id = r.id AND i.kind = 'offer'
        WHERE (:run IS NULL OR r.id = :run)
        GROUP BY r.id, r.expected HAVING COUNT(i.offer_id) <> r.expected""",
    ),
    Invariant(
        name="I1",
        sentence="the pages of a run's list are items, numbered from 1 without a gap",
        query="""
        SELECT * FROM (
            SELECT r.id, NULL, r.list_pages AS wanted, (
                SELECT COUNT(*) FROM run_item i WHERE i.run_id = r.id AND i.kind = 'list') AS found
            FROM run r WHERE (:run IS NULL OR r.id = :run)
        ) counted WHERE wanted <> found
        UNION ALL
        SELECT i.run_id, i.offer_id, 'a page of the list', i.offer_id
        FROM run_item i JOIN run r ON r.id = i.run_id
        WHERE (:run IS NULL OR i.run_id = :run) AND i.kind = 'list'
            AND (i.offer_id < 1 OR i.offer_id > r.list_pages)""",
    ),
    Invariant(
        name="I1",
        sentence="what was summed of a run when it was closed is what its items are",
        query="""
        SELECT * FROM (
            SELECT s.run_id, NULL AS offer_id, s.offers + s.lists AS wanted, (
                SELECT COUNT(*) FROM run_item i
                WHERE i.run_id = s.run_id AND i.state = s.state) AS found
            FROM run_sum s WHERE (:run IS NULL OR s.run_id = :run)
        ) counted WHERE wanted <> found""",
    ),
    Invariant(
        name="I2",
        sentence="every state and ending is a word of the contract",
        query="""
        SELECT run_id, offer_id, 'an item state', state FROM run_item
        WHERE (:run IS NULL OR run_id = :run) AND state NOT IN :item
        UNION ALL
        SELECT id, NULL, 'a run state', state FROM run
        WHERE (:run IS NULL OR id = :run) AND state NOT IN :run_state
        UNION ALL
        SELECT run_id, offer_id, 'an ending', ending FROM attempt
        WHERE (:run IS NULL OR run_id = :run) AND ending NOT IN :ending""",
        words={
            "item": [QUEUED, LEASED, *_words(list(Outcome))],
            "run_state": _words(list(RunState)),
            "ending": [*_words(list(Ending)), *_words(WORKED | {Outcome.SKIPPED})],
        },
    ),
    Invariant(
        name="I3",
        sentence="a stored item has its offer",
        query="""
        SELECT i.run_id, i.offer_id, 'an offer row', 'none'
        FROM run_item i LEFT JOIN offer o ON o.offer_id = i.offer_id
        WHERE (:run IS NULL OR i.run_id = :run) AND i.state IN :stored AND o.offer_id IS NULL""",
        words={"stored": _words(STORED)},
    ),
    *(
        Invariant(
            name="I3",
            sentence=f"an offer has all of its {table} rows and no others",
            query=f"""
            SELECT * FROM (
                SELECT o.run_id, o.offer_id, o.{column} AS wanted,
                    (SELECT COUNT(*) FROM {table} c WHERE c.offer_id = o.offer_id) AS found
                FROM offer o WHERE (:run IS NULL OR o.run_id = :run)
            ) counted WHERE wanted <> found""",  # noqa: S608 - names from the rows below
        )
        for table, column in (
            ("sku", "sku_count"),
            ("price_tier", "tier_count"),
            ("offer_image", "image_count"),
        )
    ),
    Invariant(
        name="I4",
        sentence="an item is worked to an end at most once in a run",
        query="""
        SELECT run_id, offer_id, 1, COUNT(*) FROM attempt
        WHERE (:run IS NULL OR run_id = :run) AND ending IN :worked
        GROUP BY run_id, offer_id HAVING COUNT(*) > 1""",
        words={"worked": _words(WORKED)},
    ),
    Invariant(
        name="I4",
        sentence="an item's outcome is the ending of the attempt that holds its token",
        query="""
        SELECT i.run_id, i.offer_id, i.state, a.ending
        FROM run_item i LEFT JOIN attempt a
            ON a.run_id = i.run_id AND a.offer_id = i.offer_id
            AND a.attempt = i.attempt AND a.token = i.token
        WHERE (:run IS NULL OR i.run_id = :run) AND i.state IN :worked
            AND (a.ending IS NULL OR a.ending <> i.state)
        UNION ALL
        SELECT a.run_id, a.offer_id, i.state, a.ending
        FROM attempt a JOIN run_item i ON i.run_id = a.run_id AND i.offer_id = a.offer_id
        WHERE (:run IS NULL OR a.run_id = :run) AND a.ending IN :worked AND a.ending <> i.state""",
        words={"worked": _words(WORKED)},
    ),
    Invariant(
        name="I5",
        sentence="an attempt is open exactly while its item is leased with its token",
        query="""
        SELECT a.run_id, a.offer_id, 'a lease', i.state
        FROM attempt a JOIN run_item i ON i.run_id = a.run_id AND i.offer_id = a.offer_id
        WHERE (:run IS NULL OR a.run_id = :run) AND a.ending IS NULL
            AND (i.state <> 'leased' OR i.token <> a.token OR i.attempt <> a.attempt)
        UNION ALL
        SELECT i.run_id, i.offer_id, 'an open attempt', a.ending
        FROM run_item i LEFT JOIN attempt a
            ON a.run_id = i.run_id AND a.offer_id = i.offer_id AND a.attempt = i.attempt
        WHERE (:run IS NULL OR i.run_id = :run) AND i.state = 'leased'
            AND (a.attempt IS NULL OR a.ending IS NOT NULL)""",
    ),
    Invariant(
        name="I6",
        sentence="an item has an owner and a lease exactly while it is leased",
        query="""
        SELECT run_id, offer_id, state, owner FROM run_item
        WHERE (:run IS NULL OR run_id = :run) AND (
            (state = 'leased' AND (owner IS NULL OR lease_until IS NULL))
            OR (state <> 'leased' AND (owner IS NOT NULL OR lease_until IS NOT NULL)))""",
    ),
    Invariant(
        name="I7",
        sentence="an item has as many attempts as it counted, and its counters stay within them",
        query="""
        SELECT * FROM (
            SELECT i.run_id, i.offer_id, i.attempt AS wanted, (
                SELECT COUNT(*) FROM attempt a
                WHERE a.run_id = i.run_id AND a.offer_id = i.offer_id) AS found
            FROM run_item i WHERE (:run IS NULL OR i.run_id = :run)
        ) counted WHERE wanted <> found
        UNION ALL
        SELECT i.run_id, i.offer_id, i.attempt, i.charges + i.excused FROM run_item i
        WHERE (:run IS NULL OR i.run_id = :run)
            AND (i.charges + i.excused > i.attempt OR i.token < i.attempt)
        UNION ALL
        SELECT i.run_id, i.offer_id, r.attempts, i.charges
        FROM run_item i JOIN run r ON r.id = i.run_id
        WHERE (:run IS NULL OR i.run_id = :run) AND i.charges > r.attempts""",
    ),
    Invariant(
        name="I8",
        sentence="what an offer holds was written by the attempt that won it",
        query="""
        SELECT o.run_id, o.offer_id, o.token, a.ending
        FROM offer o JOIN run r ON r.id = o.run_id
        LEFT JOIN attempt a
            ON a.run_id = o.run_id AND a.offer_id = o.offer_id AND a.token = o.token
        WHERE (:run IS NULL OR o.run_id = :run)
            AND (a.ending IS NULL OR a.ending NOT IN :wrote)
        UNION ALL
        SELECT o.run_id, o.offer_id, i.token, o.token
        FROM offer o JOIN run_item i ON i.run_id = o.run_id AND i.offer_id = o.offer_id
        WHERE (:run IS NULL OR o.run_id = :run) AND i.state IN :wrote AND i.token <> o.token""",
        words={"wrote": _words(STORED | {Outcome.GONE})},
    ),
    *(
        Invariant(
            name="I9",
            sentence=f"no {table} row is left without its offer",
            query=f"""
            SELECT NULL, c.offer_id, 'an offer row', 'none'
            FROM {table} c LEFT JOIN offer o ON o.offer_id = c.offer_id
            WHERE :run IS NULL AND o.offer_id IS NULL""",  # noqa: S608 - names from the row below
        )
        for table in ("sku", "price_tier", "offer_image")
    ),
    Invariant(
        name="I9",
        sentence="items, attempts and suppliers that are named exist",
        query="""
        SELECT a.run_id, a.offer_id, 'an item', 'none'
        FROM attempt a LEFT JOIN run_item i ON i.run_id = a.run_id AND i.offer_id = a.offer_id
        WHERE (:run IS NULL OR a.run_id = :run) AND i.run_id IS NULL
        UNION ALL
        SELECT i.run_id, i.offer_id, 'a run', 'none'
        FROM run_item i LEFT JOIN run r ON r.id = i.run_id
        WHERE (:run IS NULL OR i.run_id = :run) AND r.id IS NULL
        UNION ALL
        SELECT o.run_id, o.offer_id, o.supplier_key, 'none'
        FROM offer o LEFT JOIN supplier s ON s.supplier_key = o.supplier_key
        WHERE (:run IS NULL OR o.run_id = :run)
            AND o.supplier_key IS NOT NULL AND s.supplier_key IS NULL""",
    ),
    Invariant(
        name="I10",
        sentence="a closed run has nothing left to do, and only a closed run has an end",
        query="""
        SELECT i.run_id, i.offer_id, 'an outcome', i.state
        FROM run_item i JOIN run r ON r.id = i.run_id
        WHERE (:run IS NULL OR r.id = :run) AND r.state IN :closed
            AND i.state IN ('queued', 'leased')
        UNION ALL
        SELECT r.id, NULL, 'closed_at', r.state FROM run r
        WHERE (:run IS NULL OR r.id = :run) AND (
            (r.state IN :closed AND r.closed_at IS NULL)
            OR (r.state NOT IN :closed AND r.closed_at IS NOT NULL))""",
        words={"closed": _words(CLOSED)},
    ),
    Invariant(
        name="I12",
        sentence="lines read = accepted + duplicate + rejected, and each of them is in the books",
        query="""
        SELECT r.id, NULL, r.lines_read, r.expected + r.duplicates + r.rejected FROM run r
        WHERE (:run IS NULL OR r.id = :run)
            AND r.lines_read <> r.expected + r.duplicates + r.rejected
        UNION ALL
        SELECT * FROM (
            SELECT r.id, NULL, r.expected + r.duplicates AS wanted, COALESCE((
                SELECT SUM(i.mentions) FROM run_item i
                WHERE i.run_id = r.id AND i.kind = 'offer'), 0) AS found
            FROM run r WHERE (:run IS NULL OR r.id = :run)
        ) mentioned WHERE wanted <> found
        UNION ALL
        SELECT * FROM (
            SELECT r.id, NULL, r.rejected AS wanted, (
                SELECT COUNT(*) FROM rejected_line l WHERE l.run_id = r.id) AS found
            FROM run r WHERE (:run IS NULL OR r.id = :run)
        ) refused WHERE wanted <> found""",
    ),
    Invariant(
        name="I15",
        sentence="an invalid or unreadable item has its case in quarantine",
        query="""
        SELECT i.run_id, i.offer_id, 'a quarantine row', 'none' FROM run_item i
        WHERE (:run IS NULL OR i.run_id = :run) AND i.state IN ('invalid', 'unreadable')
            AND NOT EXISTS (
                SELECT 1 FROM quarantine q
                WHERE q.offer_id = i.offer_id AND q.last_run_id >= i.run_id
                    AND q.first_run_id <= i.run_id)""",
    ),
    Invariant(
        name="I17",
        sentence="the cards of a list page are there only if it was read to its end",
        query="""
        SELECT c.run_id, NULL, 'page listed', MIN(c.page)
        FROM offer_card c LEFT JOIN run_item i
            ON i.run_id = c.run_id AND i.offer_id = c.page AND i.kind = 'list'
        WHERE (:run IS NULL OR c.run_id = :run) AND (i.state IS NULL OR i.state <> 'listed')
        GROUP BY c.run_id""",
    ),
    Invariant(
        name="I17",
        sentence="only pages of a list are listed, and of them no other good word is said",
        query="""
        SELECT run_id, offer_id, kind, state FROM run_item
        WHERE (:run IS NULL OR run_id = :run) AND (
            (kind = 'offer' AND state = 'listed')
            OR (kind = 'list' AND state IN :offers)
            OR kind NOT IN ('offer', 'list'))""",
        words={"offers": _words(STORED | {Outcome.GONE, Outcome.INVALID, Outcome.UNREADABLE})},
    ),
    Invariant(
        name="I19",
        sentence="each version of an offer has its changes, from the one after which they are kept",
        query="""
        SELECT * FROM (
            SELECT o.run_id, o.offer_id, o.version - o.recorded_from AS wanted, (
                SELECT COUNT(DISTINCT c.version) FROM offer_change c
                WHERE c.offer_id = o.offer_id AND c.version > o.recorded_from
                    AND c.version <= o.version) AS found
            FROM offer o WHERE (:run IS NULL OR o.run_id = :run)
        ) counted WHERE wanted <> found
        UNION ALL
        SELECT c.run_id, c.offer_id, o.version, c.version
        FROM offer_change c LEFT JOIN offer o ON o.offer_id = c.offer_id
        WHERE (:run IS NULL OR c.run_id = :run)
            AND (o.version IS NULL OR c.version > o.version OR c.version <= o.recorded_from)""",
    ),
    Invariant(
        name="I19",
        sentence="a change was written by an attempt that found one",
        query="""
        SELECT c.run_id, c.offer_id, 'changed or gone', a.ending
        FROM offer_change c JOIN run r ON r.id = c.run_id
        LEFT JOIN attempt a
            ON a.run_id = c.run_id AND a.offer_id = c.offer_id AND a.token = c.token
        WHERE (:run IS NULL OR c.run_id = :run)
            AND (a.ending IS NULL OR a.ending NOT IN ('changed', 'gone'))""",
    ),
    Invariant(
        name="I16",
        sentence="an item that was not stored says why",
        query="""
        SELECT run_id, offer_id, 'a reason', state FROM run_item
        WHERE (:run IS NULL OR run_id = :run) AND reason IS NULL
            AND state IN ('failed', 'invalid', 'unreadable', 'gone', 'blocked', 'skipped')""",
    ),
    Invariant(
        name="I14",
        sentence="an export has a row for each of its offers, and its mark has had just these",
        query="""
        SELECT NULL, NULL, e.offers, e.row_count FROM export_run e
        WHERE :run IS NULL AND (
            e.row_count < e.offers OR (e.per = 'offer' AND e.row_count <> e.offers))
        UNION ALL
        SELECT * FROM (
            SELECT NULL AS run_id, NULL AS offer_id, e.offers + e.left_out AS wanted, (
                SELECT COUNT(*) FROM export_offer x WHERE x.export_id = e.id) AS found
            FROM export_run e
            WHERE :run IS NULL AND e.id IN (
                SELECT MAX(n.id) FROM export_run n WHERE n.mark IS NOT NULL GROUP BY n.mark)
        ) counted WHERE wanted <> found""",
    ),
    Invariant(
        name="I18",
        sentence="an offer is found by what it says",
        query="""
        SELECT o.run_id, o.offer_id, 'a facet that agrees', f.status
        FROM offer o LEFT JOIN offer_facet f ON f.offer_id = o.offer_id
        WHERE (:run IS NULL OR o.run_id = :run) AND (
            f.offer_id IS NULL OR f.status <> o.status OR f.changed_at <> o.changed_at
            OR COALESCE(f.gone, '') <> COALESCE(o.gone, '')
            OR COALESCE(f.price_min, -1) <> COALESCE(o.price_min, -1)
            OR COALESCE(f.stock, -1) <> COALESCE(o.stock, -1)
            OR COALESCE(f.supplier_key, '') <> COALESCE(o.supplier_key, ''))""",
    ),
)

INVARIANTS = (*BOOKS, *KEPT)
"""All that the audit asks. I21 is of `app.archive`.

What the files of pictures hold (I11) is asked by `app.images.checks`."""

"""What must hold of what is kept beside the books: the archive's index, pictures, groups.

Read by `audit.py` with the rules of the books; how a query is written is told in `invariants.py`.
"""

from app.runs.invariant import Invariant

KEPT = (
    Invariant(
        name="I20",
        sentence="a page in the archive was loaded by a try that has ended",
        query="""
        SELECT p.run_id, p.offer_id, p.token, a.token
        FROM page_record p LEFT JOIN attempt a
            ON a.run_id = p.run_id AND a.offer_id = p.offer_id AND a.token = p.token
        WHERE (:run IS NULL OR p.run_id = :run) AND a.ending IS NULL""",
    ),
    Invariant(
        name="I20",
        sentence="a page that repeats an earlier one has it, with the same digest",
        query="""
        SELECT p.run_id, p.offer_id, p.sha256, f.sha256
        FROM page_record p LEFT JOIN page_record f ON f.id = p.revisit_of
        WHERE (:run IS NULL OR p.run_id = :run) AND p.revisit_of IS NOT NULL AND (
            f.id IS NULL OR f.sha256 <> p.sha256 OR f.revisit_of IS NOT NULL
            OR f.offer_id <> p.offer_id)""",
    ),
    Invariant(
        name="I13",
        sentence="no address in the archive's index holds a one-time token",
        query="""
        SELECT run_id, offer_id, 'no token', 'one' FROM page_record
        WHERE (:run IS NULL OR run_id = :run) AND (
            (url LIKE '%x5secdata=_%' AND url NOT LIKE '%x5secdata=&%')
            OR (url LIKE '%m_h5_tk=_%' AND url NOT LIKE '%m_h5_tk=&%')
            OR (url LIKE '%oken=_%' AND url NOT LIKE '%oken=&%')
            OR (url LIKE '%oken_=_%' AND url NOT LIKE '%oken_=&%'))""",
    ),
    Invariant(
        name="I11",
        sentence="what an offer shows has its address in the books",
        query="""
        SELECT o.run_id, u.offer_id, u.role, 'no address'
        FROM image_use u JOIN offer o ON o.offer_id = u.offer_id
        LEFT JOIN image_source s ON s.url_key = u.url_key
        WHERE (:run IS NULL OR o.run_id = :run) AND s.url_key IS NULL""",
    ),
    Invariant(
        name="I11",
        sentence="an address of a picture that was had leads to one, a description's to addresses",
        query="""
        SELECT NULL, NULL, s.url, s.state
        FROM image_source s LEFT JOIN image i ON i.sha256 = s.sha256
        WHERE :run IS NULL AND s.state = 'fetched' AND (
            (s.kind = 'picture' AND i.sha256 IS NULL)
            OR (s.kind = 'script' AND s.found IS NULL))""",
    ),
    Invariant(
        name="I24",
        sentence="no group holds two offers of which a person said that they differ",
        query="""
        SELECT NULL, p.offer_id, p.other_id, 'rejected'
        FROM group_pair p JOIN offer_group a ON a.offer_id = p.offer_id
        JOIN offer_group b ON b.offer_id = p.other_id AND b.group_id = a.group_id
        WHERE :run IS NULL AND p.verdict = 'rejected'""",
    ),
)

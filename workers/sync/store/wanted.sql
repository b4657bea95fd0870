-- The states of a record on the list:
--
--   due      claim is null, due_at has passed
--   waiting  claim is null, due_at is to come: after a failure, for its SLA, or until a doubt ends
--   claimed  claim is the token of a drain, which holds this slot, until claimed_until
--   parked   parked_at is set: an operator must release it
--
-- marks: how often it was wanted. If this changed since the claim, the record is not removed after its
-- fetch, but fetched again.
-- doubt_until: until then, a request whose answer was lost may still take effect at Cention. The record
-- is removed only by a claim that begins later.

-- name: want
-- Want records. One that is due and unclaimed needs nothing: its fetch is still to come. One being
-- fetched has its "marks" raised by one; one that waits for its SLA, or until a doubt ends, is due at once; one that
-- failed for any reason keeps its back-off, and a parked one stays parked. The count of fetches without
-- an SLA begins again.
INSERT INTO intake.wanted AS w (workspace, family, remote_id)
SELECT %(workspace)s, %(family)s, remote_id FROM unnest(%(ids)s::bigint[]) AS new (remote_id)
ORDER BY remote_id
ON CONFLICT (workspace, family, remote_id) DO UPDATE
SET marks = w.marks + 1,
    looks = 0,
    wanted_at = least(w.wanted_at, now()),
    due_at = CASE WHEN w.tries = 0 AND w.last_error IS NULL THEN least(w.due_at, now()) ELSE w.due_at END
WHERE w.claim IS NOT NULL OR (w.tries = 0 AND w.last_error IS NULL AND w.due_at > now()) OR w.looks > 0;

-- name: want_now
-- Want records due at once, and release parked ones.
INSERT INTO intake.wanted AS w (workspace, family, remote_id)
SELECT %(workspace)s, %(family)s, remote_id FROM unnest(%(ids)s::bigint[]) AS new (remote_id)
ORDER BY remote_id
ON CONFLICT (workspace, family, remote_id) DO UPDATE
SET marks = w.marks + 1, wanted_at = least(w.wanted_at, now()), due_at = now(),
    tries = 0, looks = 0, missing_since = NULL, parked_at = NULL, last_error = NULL;

-- name: plan_by_index
-- Until commit, plan to read the list in the order of its index: a list that was empty when Postgres last counted its
-- rows would be read whole, and sorted, for each claim.
SELECT set_config('enable_sort', 'off', true), set_config('enable_seqscan', 'off', true);

-- name: claim
-- Claim due records until the lease ends, longest due first; those that another transaction holds are
-- skipped. A probe takes the record that is most likely to succeed: the newest that never failed, if any.
-- A doubt that has ended is cleared: whatever that request did, the next fetch sees it.
-- They are chosen in ARRAY (...), which Postgres runs once; it may run a subquery that it joins once for each row of
-- the list, and so claim more than the limit.
UPDATE intake.wanted AS w
SET claim = %(token)s,
    claimed_until = clock_timestamp() + make_interval(secs => %(lease_s)s),
    slot = %(slot)s,
    doubt_until = CASE WHEN w.doubt_until > clock_timestamp() THEN w.doubt_until END
WHERE w.workspace = %(workspace)s AND w.family = %(family)s AND w.remote_id = ANY (ARRAY(
    SELECT remote_id
    FROM intake.wanted
    WHERE workspace = %(workspace)s AND family = %(family)s AND parked_at IS NULL
      AND claim IS NULL AND due_at <= now()
      AND (NOT %(probing)s OR remote_id = (
          SELECT remote_id FROM intake.wanted
          WHERE workspace = %(workspace)s AND family = %(family)s AND parked_at IS NULL
            AND claim IS NULL AND due_at <= now()
          ORDER BY last_error IS NOT NULL, CASE WHEN last_error IS NULL THEN due_at END DESC,
                   tries, due_at, remote_id
          LIMIT 1
      ))
    ORDER BY due_at, remote_id
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
))
RETURNING w.remote_id, w.marks, w.tries, w.looks, w.missing_since;

-- name: time_of_claim
-- The time by the database's clock, or that of the newest document of these records if the clock was set
-- back since: a document fetched now must not count as older.
SELECT greatest(clock_timestamp(), max(fetched_at)) FROM intake.landed
WHERE workspace = %(workspace)s AND family = %(family)s AND remote_id = ANY (%(ids)s::bigint[]);

-- name: hold
-- Lock and return those records that this claim still holds.
SELECT remote_id FROM intake.wanted
WHERE workspace = %(workspace)s AND family = %(family)s AND remote_id = ANY (%(ids)s::bigint[])
  AND claim = %(token)s AND claimed_until > clock_timestamp()
ORDER BY remote_id
FOR UPDATE;

-- name: settle
-- Remove records from the list; those wanted again since they were claimed are due at once instead, and
-- those in doubt when the doubt ends. Only those of this claim: this condition makes Postgres use the
-- small index of claimed records, even before it has statistics of a list that has grown.
WITH seen AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(marks)s::integer[]) AS s (remote_id, marks)
), gone AS (
    DELETE FROM intake.wanted AS w USING seen
    WHERE w.workspace = %(workspace)s AND w.family = %(family)s AND w.claim = %(token)s
      AND w.remote_id = seen.remote_id AND w.marks = seen.marks AND w.doubt_until IS NULL
)
UPDATE intake.wanted AS w
SET claim = NULL, claimed_until = NULL, slot = NULL,
    due_at = CASE WHEN w.marks = seen.marks THEN w.doubt_until ELSE now() END,
    wanted_at = CASE WHEN w.marks = seen.marks THEN w.doubt_until ELSE w.wanted_at END,
    tries = 0, looks = 0, missing_since = NULL, last_error = NULL
FROM seen
WHERE w.workspace = %(workspace)s AND w.family = %(family)s AND w.claim = %(token)s
  AND w.remote_id = seen.remote_id AND (w.marks <> seen.marks OR w.doubt_until IS NOT NULL);

-- name: reschedule
-- Keep incomplete records on the list; those wanted again meanwhile are due at once. Only those of this
-- claim.
UPDATE intake.wanted AS w
SET claim = NULL, claimed_until = NULL, slot = NULL,
    tries = 0, missing_since = NULL, last_error = NULL,
    looks = CASE WHEN w.marks = seen.marks THEN w.looks + 1 ELSE 0 END,
    due_at = now() + CASE WHEN w.marks = seen.marks THEN make_interval(secs => %(after_s)s) ELSE '0' END
FROM unnest(%(ids)s::bigint[], %(marks)s::integer[]) AS seen (remote_id, marks)
WHERE w.workspace = %(workspace)s AND w.family = %(family)s AND w.claim = %(token)s
  AND w.remote_id = seen.remote_id;

-- name: postpone
-- Release failed records, each with its back-off; only those of this claim. One whose request may still
-- take effect is in doubt for a while.
UPDATE intake.wanted AS w
SET claim = NULL, claimed_until = NULL, slot = NULL,
    due_at = now() + make_interval(secs => failed.after_s),
    tries = failed.tries,
    last_error = failed.error,
    parked_at = CASE WHEN failed.parked THEN now() END,
    missing_since = CASE WHEN failed.not_found THEN coalesce(w.missing_since, now()) END,
    doubt_until = CASE
        WHEN failed.in_doubt THEN now() + make_interval(secs => %(in_flight_s)s) ELSE w.doubt_until
    END
FROM unnest(
    %(ids)s::bigint[], %(after_s)s::float8[], %(errors)s::text[], %(tries)s::integer[],
    %(parked)s::boolean[], %(not_found)s::boolean[], %(in_doubt)s::boolean[]
) AS failed (remote_id, after_s, error, tries, parked, not_found, in_doubt)
WHERE w.workspace = %(workspace)s AND w.family = %(family)s AND w.remote_id = failed.remote_id
  AND w.claim = %(token)s;

-- name: release
-- Release records that were not tried, due at once; only those of this claim.
UPDATE intake.wanted AS w
SET claim = NULL, claimed_until = NULL, slot = NULL
WHERE workspace = %(workspace)s AND family = %(family)s AND remote_id = ANY (%(ids)s::bigint[])
  AND claim = %(token)s;

-- name: release_stalled
-- Release the claims of dead drains of these slots (the caller holds their locks), and those of any
-- drain past its lease. Requests of those drains may still be under way, so their records are in doubt for a
-- while. After too many tries a record is parked, if another of its family succeeded within the window:
-- otherwise the record is not at fault.
UPDATE intake.wanted AS w
SET claim = NULL, claimed_until = NULL, slot = NULL,
    tries = w.tries + 1,
    last_error = 'the worker died or lost its lease while it had this record',
    doubt_until = now() + make_interval(secs => %(in_flight_s)s),
    parked_at = CASE WHEN w.tries + 1 >= %(max_tries)s AND EXISTS (
        SELECT FROM intake.landed AS l
        WHERE l.workspace = %(workspace)s AND l.family = %(family)s
          AND l.understood_at > now() - make_interval(secs => %(success_window_s)s)
    ) THEN now() END,
    due_at = now() + make_interval(secs => random() * least(60, power(2, w.tries) - 1))
FROM (
    SELECT workspace, family, remote_id
    FROM intake.wanted
    WHERE workspace = %(workspace)s AND family = %(family)s
      AND claim IS NOT NULL AND (slot = ANY (%(slots)s::smallint[]) OR claimed_until <= now())
    ORDER BY remote_id
    FOR UPDATE SKIP LOCKED
) AS stalled
WHERE (w.workspace, w.family, w.remote_id) = (stalled.workspace, stalled.family, stalled.remote_id);

-- name: due_work
-- Those of these families of workspaces that have due records, or claims that may be stalled, and are not
-- paused. Reads one row of each, however many there are.
SELECT known.workspace, known.family
FROM unnest(%(workspaces)s::text[], %(families)s::text[]) AS known (workspace, family)
CROSS JOIN LATERAL (
    (SELECT FROM intake.wanted AS w
     WHERE w.workspace = known.workspace AND w.family = known.family AND w.parked_at IS NULL
       AND w.claim IS NULL AND w.due_at <= now()
     ORDER BY w.due_at
     LIMIT 1)
    UNION ALL
    (SELECT FROM intake.wanted AS w
     WHERE w.workspace = known.workspace AND w.family = known.family AND w.claim IS NOT NULL
     LIMIT 1)
    LIMIT 1
) AS work
WHERE NOT EXISTS (
    SELECT FROM intake.pause AS p
    WHERE p.workspace = known.workspace AND p.family = known.family AND p.until_at > now()
);

-- name: due_count
-- How many records of a family are due and not claimed; counts no further than "most".
SELECT count(*) FROM (
    SELECT FROM intake.wanted
    WHERE workspace = %(workspace)s AND family = %(family)s AND parked_at IS NULL
      AND claim IS NULL AND due_at <= now()
    LIMIT %(most)s
) AS due;

-- name: parked
-- Parked records, of one workspace or of all (null): so many, or all (null).
SELECT workspace, family, remote_id, wanted_at, parked_at, tries, last_error
FROM intake.wanted
WHERE parked_at IS NOT NULL AND (%(workspace)s::text IS NULL OR workspace = %(workspace)s)
ORDER BY workspace, family, remote_id
LIMIT %(limit)s::bigint;

-- name: parked_counts
-- How many records of each workspace and family are parked.
SELECT workspace, family, count(*) FROM intake.wanted
WHERE parked_at IS NOT NULL
GROUP BY workspace, family ORDER BY workspace, family;

-- name: release_parked
-- Release parked records of a workspace, as if they had never failed: those of these ids, or all of a
-- family (null ids), or all (null family). Returns what was released.
UPDATE intake.wanted
SET parked_at = NULL, due_at = now(), tries = 0, looks = 0, missing_since = NULL, last_error = NULL
WHERE parked_at IS NOT NULL AND workspace = %(workspace)s
  AND (%(family)s::text IS NULL OR family = %(family)s)
  AND (%(ids)s::bigint[] IS NULL OR remote_id = ANY (%(ids)s::bigint[]))
RETURNING family, remote_id;

-- name: add_up_counts
-- Add the rows of each count of the list up to one, once there are many. Those that another adds up are left out.
WITH many AS (
    SELECT workspace, family, count_id FROM intake.wanted_count
    WHERE (SELECT count(*) FROM intake.wanted_count) > %(most)s
    FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM intake.wanted_count AS c USING many AS m
    WHERE (c.workspace, c.family, c.count_id) = (m.workspace, m.family, m.count_id)
    RETURNING c.workspace, c.family, c.number
)
INSERT INTO intake.wanted_count (workspace, family, number)
SELECT workspace, family, sum(number) FROM gone GROUP BY workspace, family;

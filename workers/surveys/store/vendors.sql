-- name: lock_vendor
-- How a vendor may be asked; no other transaction asks it until this one ends.
INSERT INTO feedback.vendor (workspace, vendor) VALUES (%(workspace)s, %(vendor)s)
ON CONFLICT (workspace, vendor) DO UPDATE SET vendor = EXCLUDED.vendor
RETURNING paused_until, not_before,
          (SELECT count(*) FROM unnest(vendor.asked) AS at
           WHERE at > %(now)s::timestamptz - interval '1 minute'
             -- Those of a clock that was put back since do not count.
             AND at < %(now)s::timestamptz + interval '1 minute') AS asked;

-- name: count_asked
-- Count requests to a vendor, and forget those of more than a minute ago.
UPDATE feedback.vendor
SET asked = ARRAY(SELECT at FROM unnest(vendor.asked) AS at
                  WHERE at > %(now)s::timestamptz - interval '1 minute'
                    AND at < %(now)s::timestamptz + interval '1 minute')
        || array_fill(%(now)s::timestamptz, ARRAY[%(count)s::integer])
WHERE (workspace, vendor) = (%(workspace)s, %(vendor)s);

-- name: pause_vendor
-- Do not ask a vendor until a moment, then try once.
UPDATE feedback.vendor SET paused_until = %(until)s, reason = %(reason)s
WHERE (workspace, vendor) = (%(workspace)s, %(vendor)s);

-- name: postpone_probe
-- Do not try a paused vendor again until a moment.
UPDATE feedback.vendor SET paused_until = %(until)s
WHERE (workspace, vendor) = (%(workspace)s, %(vendor)s) AND paused_until IS NOT NULL;

-- name: end_pause
-- Ask a vendor as usual again.
UPDATE feedback.vendor SET paused_until = NULL, reason = NULL
WHERE (workspace, vendor) = (%(workspace)s, %(vendor)s);

-- name: wait_for_vendor
-- Do not ask a vendor before a moment.
UPDATE feedback.vendor SET not_before = greatest(not_before, %(until)s)
WHERE (workspace, vendor) = (%(workspace)s, %(vendor)s);

-- name: pauses
-- Every vendor that was ever asked, and whether it is paused: also one that is to be tried now.
SELECT workspace, vendor, paused_until, reason FROM feedback.vendor ORDER BY workspace, vendor;

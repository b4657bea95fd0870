-- Analysts may read every view, whichever role created it.
GRANT SELECT ON ALL TABLES IN SCHEMA analyst TO cention_analyst;

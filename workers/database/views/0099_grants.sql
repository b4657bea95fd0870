-- Analysts read every view, whoever made it.
GRANT SELECT ON ALL TABLES IN SCHEMA analyst TO cention_analyst;

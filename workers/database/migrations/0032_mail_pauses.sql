-- The mail server that carries links to surveys has pauses and a pace of its own.
ALTER TABLE feedback.vendor DROP CONSTRAINT vendor_vendor_check;
ALTER TABLE feedback.vendor ADD CONSTRAINT vendor_vendor_check
    CHECK (vendor IN ('digidesk', 'customer_radar', 'centracx', 'alvaria', 'own', 'mail'));
COMMENT ON TABLE feedback.vendor IS 'Survey vendors that were asked, and the mail server: which are paused, and how often each was asked in the last minute.';
COMMENT ON COLUMN feedback.vendor.vendor IS 'Vendor; mail: the mail server that carries links to surveys on our pages.';

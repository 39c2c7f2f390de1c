-- Only what is still reserved can be stale: the index holds what is under way instead of the whole ledger, and settling writes one entry less.
DROP INDEX IF EXISTS usage_records_stale;
CREATE INDEX usage_records_stale ON usage_records (status, expires_at) WHERE status = 'reserved';

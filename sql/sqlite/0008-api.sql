-- Who made a token, until when it is good, and whose subtree it sees (null: the operator's, everything). A name is never given twice, so the audit log names a token by it.
ALTER TABLE api_tokens ADD COLUMN created_by TEXT NOT NULL DEFAULT 'system';
ALTER TABLE api_tokens ADD COLUMN expires_at INTEGER;
ALTER TABLE api_tokens ADD COLUMN organization_id TEXT;
ALTER TABLE api_tokens ADD COLUMN revoked_by TEXT;
CREATE UNIQUE INDEX IF NOT EXISTS api_tokens_name ON api_tokens (name);
CREATE INDEX IF NOT EXISTS api_tokens_created ON api_tokens (created_at, id);

-- The hash chain over the audit log. A job seals lines in order; the writers of lines know nothing of it.
ALTER TABLE audit_log ADD COLUMN is_sealed INTEGER NOT NULL DEFAULT 0;
CREATE INDEX IF NOT EXISTS audit_log_unsealed ON audit_log (is_sealed, at, id);
CREATE TABLE IF NOT EXISTS audit_seals (
  seq INTEGER NOT NULL PRIMARY KEY,
  audit_id TEXT NOT NULL,
  previous_hash BLOB NOT NULL,
  hash BLOB NOT NULL,
  sealed_at INTEGER NOT NULL,
  UNIQUE (audit_id)
) STRICT;

-- Walks over the chain, each in slices.
CREATE TABLE IF NOT EXISTS audit_checks (
  id TEXT NOT NULL PRIMARY KEY,
  status TEXT NOT NULL,
  requested_by TEXT NOT NULL,
  position INTEGER NOT NULL,
  progress TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  finished_at INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS audit_checks_created ON audit_checks (created_at, id);

-- The filters and orders of the lists.
CREATE INDEX IF NOT EXISTS orders_status ON orders (status, created_at, id);
CREATE INDEX IF NOT EXISTS orders_customer_created ON orders (customer_id, created_at, id);
CREATE INDEX IF NOT EXISTS subscriptions_created ON subscriptions (created_at, id);
CREATE INDEX IF NOT EXISTS subscriptions_status ON subscriptions (status, created_at, id);
CREATE INDEX IF NOT EXISTS emails_status ON emails (status, created_at, id);

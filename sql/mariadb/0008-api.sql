-- Who made a token, until when it is good, and whose subtree it sees (null: the operator's, everything). A name is never given twice, so the audit log names a token by it.
ALTER TABLE api_tokens ADD COLUMN IF NOT EXISTS created_by VARCHAR(190) NOT NULL DEFAULT 'system';
ALTER TABLE api_tokens ADD COLUMN IF NOT EXISTS expires_at BIGINT;
ALTER TABLE api_tokens ADD COLUMN IF NOT EXISTS organization_id VARCHAR(36);
ALTER TABLE api_tokens ADD COLUMN IF NOT EXISTS revoked_by VARCHAR(190);
CREATE UNIQUE INDEX IF NOT EXISTS api_tokens_name ON api_tokens (name);
CREATE INDEX IF NOT EXISTS api_tokens_created ON api_tokens (created_at, id);

-- The hash chain over the audit log. A job seals lines in order; the writers of lines know nothing of it.
ALTER TABLE audit_log ADD COLUMN IF NOT EXISTS is_sealed TINYINT NOT NULL DEFAULT 0;
CREATE INDEX IF NOT EXISTS audit_log_unsealed ON audit_log (is_sealed, at, id);
CREATE TABLE IF NOT EXISTS audit_seals (
  seq BIGINT NOT NULL PRIMARY KEY,
  audit_id VARCHAR(36) NOT NULL,
  previous_hash VARBINARY(32) NOT NULL,
  hash VARBINARY(32) NOT NULL,
  sealed_at BIGINT NOT NULL,
  UNIQUE (audit_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Walks over the chain, each in slices.
CREATE TABLE IF NOT EXISTS audit_checks (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  status VARCHAR(16) NOT NULL,
  requested_by VARCHAR(190) NOT NULL,
  position BIGINT NOT NULL,
  progress LONGTEXT NOT NULL,
  created_at BIGINT NOT NULL,
  finished_at BIGINT
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS audit_checks_created ON audit_checks (created_at, id);

-- The filters and orders of the lists.
CREATE INDEX IF NOT EXISTS orders_status ON orders (status, created_at, id);
CREATE INDEX IF NOT EXISTS orders_customer_created ON orders (customer_id, created_at, id);
CREATE INDEX IF NOT EXISTS subscriptions_created ON subscriptions (created_at, id);
CREATE INDEX IF NOT EXISTS subscriptions_status ON subscriptions (status, created_at, id);
CREATE INDEX IF NOT EXISTS emails_status ON emails (status, created_at, id);

-- The subscription that a licence follows, as it stands, and how long the licence goes on beyond what is paid while a payment is late.
ALTER TABLE licenses ADD COLUMN IF NOT EXISTS subscription_id VARCHAR(36);
ALTER TABLE licenses ADD COLUMN IF NOT EXISTS subscription_status VARCHAR(16);
ALTER TABLE licenses ADD COLUMN IF NOT EXISTS grace_ms BIGINT NOT NULL DEFAULT 0;
CREATE INDEX IF NOT EXISTS licenses_subscription ON licenses (subscription_id);
CREATE INDEX IF NOT EXISTS licenses_expires ON licenses (expires_at);

-- is_linked: the provider has said which order began it, or that none did. The rest is its newest snapshot; period_ends_at is for people and extends nothing.
ALTER TABLE subscriptions ADD COLUMN IF NOT EXISTS is_linked TINYINT NOT NULL DEFAULT 0;
ALTER TABLE subscriptions ADD COLUMN IF NOT EXISTS customer_external_id VARCHAR(190);
ALTER TABLE subscriptions ADD COLUMN IF NOT EXISTS items LONGTEXT;
ALTER TABLE subscriptions ADD COLUMN IF NOT EXISTS period_ends_at BIGINT;
ALTER TABLE subscriptions ADD COLUMN IF NOT EXISTS cancel_at BIGINT;
-- Facts, each the newest of its kind.
ALTER TABLE subscriptions ADD COLUMN IF NOT EXISTS payment_failed_at BIGINT;
ALTER TABLE subscriptions ADD COLUMN IF NOT EXISTS last_paid_at BIGINT;
UPDATE subscriptions SET is_linked = 1 WHERE status <> 'unseen';

-- What happened to subscriptions and licences in their lives, each once.
CREATE TABLE IF NOT EXISTS subscription_changes (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  cause VARCHAR(190) NOT NULL,
  kind VARCHAR(32) NOT NULL,
  subscription_id VARCHAR(36),
  license_ids LONGTEXT NOT NULL,
  details LONGTEXT NOT NULL,
  created_at BIGINT NOT NULL,
  UNIQUE (cause)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS subscription_changes_subscription ON subscription_changes (subscription_id, created_at);

-- Other names under which refunds and disputes know an order: Stripe names the payment, not the invoice.
CREATE TABLE IF NOT EXISTS payment_links (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  provider VARCHAR(32) NOT NULL,
  account VARCHAR(64) NOT NULL,
  payment_external_id VARCHAR(190) NOT NULL,
  order_external_id VARCHAR(190) NOT NULL,
  created_at BIGINT NOT NULL,
  UNIQUE (provider, account, payment_external_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS payment_links_order ON payment_links (provider, account, order_external_id);

-- How far each recurring look (a provider's changes, licences that run out) has come.
CREATE TABLE IF NOT EXISTS billing_cursors (
  name VARCHAR(64) NOT NULL PRIMARY KEY,
  position BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

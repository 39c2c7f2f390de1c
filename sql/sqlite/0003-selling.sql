-- The subscription that a licence follows, as it stands, and how long the licence goes on beyond what is paid while a payment is late.
ALTER TABLE licenses ADD COLUMN subscription_id TEXT;
ALTER TABLE licenses ADD COLUMN subscription_status TEXT;
ALTER TABLE licenses ADD COLUMN grace_ms INTEGER NOT NULL DEFAULT 0;
CREATE INDEX IF NOT EXISTS licenses_subscription ON licenses (subscription_id);
CREATE INDEX IF NOT EXISTS licenses_expires ON licenses (expires_at);

-- is_linked: the provider has said which order began it, or that none did. The rest is its newest snapshot; period_ends_at is for people and extends nothing.
ALTER TABLE subscriptions ADD COLUMN is_linked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE subscriptions ADD COLUMN customer_external_id TEXT;
ALTER TABLE subscriptions ADD COLUMN items TEXT;
ALTER TABLE subscriptions ADD COLUMN period_ends_at INTEGER;
ALTER TABLE subscriptions ADD COLUMN cancel_at INTEGER;
-- Facts, each the newest of its kind.
ALTER TABLE subscriptions ADD COLUMN payment_failed_at INTEGER;
ALTER TABLE subscriptions ADD COLUMN last_paid_at INTEGER;
UPDATE subscriptions SET is_linked = 1 WHERE status <> 'unseen';

-- What happened to subscriptions and licences in their lives, each once.
CREATE TABLE IF NOT EXISTS subscription_changes (
  id TEXT NOT NULL PRIMARY KEY,
  cause TEXT NOT NULL,
  kind TEXT NOT NULL,
  subscription_id TEXT,
  license_ids TEXT NOT NULL,
  details TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (cause)
) STRICT;
CREATE INDEX IF NOT EXISTS subscription_changes_subscription ON subscription_changes (subscription_id, created_at);

-- Other names under which refunds and disputes know an order: Stripe names the payment, not the invoice.
CREATE TABLE IF NOT EXISTS payment_links (
  id TEXT NOT NULL PRIMARY KEY,
  provider TEXT NOT NULL,
  account TEXT NOT NULL,
  payment_external_id TEXT NOT NULL,
  order_external_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (provider, account, payment_external_id)
) STRICT;
CREATE INDEX IF NOT EXISTS payment_links_order ON payment_links (provider, account, order_external_id);

-- How far each recurring look (a provider's changes, licences that run out) has come.
CREATE TABLE IF NOT EXISTS billing_cursors (
  name TEXT NOT NULL PRIMARY KEY,
  position INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

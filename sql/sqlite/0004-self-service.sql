-- Links that sign a buyer in, once. id is the SHA-256 of the token in the e-mail. email_key: the address that it was sent to; a corrected one makes it worthless.
CREATE TABLE IF NOT EXISTS sign_in_links (
  id BLOB NOT NULL PRIMARY KEY,
  customer_id TEXT NOT NULL,
  email_key TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX IF NOT EXISTS sign_in_links_expires ON sign_in_links (expires_at);

-- Buyers who are signed in. id is the SHA-256 of the cookie's token.
CREATE TABLE IF NOT EXISTS account_sessions (
  id BLOB NOT NULL PRIMARY KEY,
  customer_id TEXT NOT NULL,
  email_key TEXT NOT NULL,
  csrf_token TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX IF NOT EXISTS account_sessions_expires ON account_sessions (expires_at);

-- How often something was asked for in a window of time; id is a digest of what and of whom.
CREATE TABLE IF NOT EXISTS request_counts (
  id BLOB NOT NULL PRIMARY KEY,
  window_start INTEGER NOT NULL,
  requests INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS request_counts_window ON request_counts (window_start);

-- A browser that went to the checkout and may see the keys of the order that it made. id is the SHA-256 of its cookie's token.
CREATE TABLE IF NOT EXISTS checkout_claims (
  id BLOB NOT NULL PRIMARY KEY,
  order_id TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  FOREIGN KEY (order_id) REFERENCES orders (id)
) STRICT;
CREATE INDEX IF NOT EXISTS checkout_claims_expires ON checkout_claims (expires_at);

CREATE INDEX IF NOT EXISTS provider_customers_email ON provider_customers (provider, email);
CREATE INDEX IF NOT EXISTS emails_license ON emails (license_id, created_at);

-- Links that sign a buyer in, once. id is the SHA-256 of the token in the e-mail. email_key: the address that it was sent to; a corrected one makes it worthless.
CREATE TABLE IF NOT EXISTS sign_in_links (
  id VARBINARY(32) NOT NULL PRIMARY KEY,
  customer_id VARCHAR(36) NOT NULL,
  email_key VARCHAR(320) NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS sign_in_links_expires ON sign_in_links (expires_at);

-- Buyers who are signed in. id is the SHA-256 of the cookie's token.
CREATE TABLE IF NOT EXISTS account_sessions (
  id VARBINARY(32) NOT NULL PRIMARY KEY,
  customer_id VARCHAR(36) NOT NULL,
  email_key VARCHAR(320) NOT NULL,
  csrf_token VARCHAR(64) NOT NULL,
  created_at BIGINT NOT NULL,
  last_seen_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS account_sessions_expires ON account_sessions (expires_at);

-- How often something was asked for in a window of time; id is a digest of what and of whom.
CREATE TABLE IF NOT EXISTS request_counts (
  id VARBINARY(32) NOT NULL PRIMARY KEY,
  window_start BIGINT NOT NULL,
  requests BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS request_counts_window ON request_counts (window_start);

-- A browser that went to the checkout and may see the keys of the order that it made. id is the SHA-256 of its cookie's token.
CREATE TABLE IF NOT EXISTS checkout_claims (
  id VARBINARY(32) NOT NULL PRIMARY KEY,
  order_id VARCHAR(36),
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  FOREIGN KEY (order_id) REFERENCES orders (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS checkout_claims_expires ON checkout_claims (expires_at);

CREATE INDEX IF NOT EXISTS provider_customers_email ON provider_customers (provider, email);
CREATE INDEX IF NOT EXISTS emails_license ON emails (license_id, created_at);

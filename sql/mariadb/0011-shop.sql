-- What is archived is not offered any more; who has it keeps it.
ALTER TABLE plans ADD COLUMN IF NOT EXISTS archived_at BIGINT;
ALTER TABLE products ADD COLUMN IF NOT EXISTS archived_at BIGINT;

-- What a licence allows beyond its plan's numbers. features of a plan (codes) and modules of a licence (JSON) repeat what plan_modules and
-- license_modules say, so that a verdict needs no further read; both are written in one transaction with them. feature_versions: JSON, {code: max_version}.
CREATE TABLE IF NOT EXISTS modules (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  code VARCHAR(64) NOT NULL,
  name VARCHAR(120) NOT NULL,
  description VARCHAR(500),
  position BIGINT NOT NULL,
  archived_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (code)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS plan_modules (
  plan_id VARCHAR(36) NOT NULL,
  module_id VARCHAR(36) NOT NULL,
  max_version VARCHAR(32),
  PRIMARY KEY (plan_id, module_id),
  FOREIGN KEY (plan_id) REFERENCES plans (id),
  FOREIGN KEY (module_id) REFERENCES modules (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS license_modules (
  license_id VARCHAR(36) NOT NULL,
  module_id VARCHAR(36) NOT NULL,
  max_version VARCHAR(32),
  expires_at BIGINT,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (license_id, module_id),
  FOREIGN KEY (license_id) REFERENCES licenses (id) ON DELETE CASCADE,
  FOREIGN KEY (module_id) REFERENCES modules (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS license_modules_module ON license_modules (module_id, license_id);
CREATE INDEX IF NOT EXISTS plan_modules_module ON plan_modules (module_id);

ALTER TABLE plans ADD COLUMN IF NOT EXISTS feature_versions TEXT;
ALTER TABLE licenses ADD COLUMN IF NOT EXISTS modules TEXT;

-- What the operator has set at run time; a variable of the environment wins. value: JSON.
CREATE TABLE IF NOT EXISTS settings (
  id VARCHAR(64) NOT NULL PRIMARY KEY,
  value TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Which orders and subscriptions a delivery has told of.
CREATE TABLE IF NOT EXISTS inbox_subjects (
  kind VARCHAR(16) NOT NULL,
  provider VARCHAR(32) NOT NULL,
  external_id VARCHAR(190) NOT NULL,
  inbox_id VARCHAR(36) NOT NULL,
  PRIMARY KEY (kind, provider, external_id, inbox_id),
  FOREIGN KEY (inbox_id) REFERENCES inbox (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS inbox_subjects_inbox ON inbox_subjects (inbox_id);

-- A list for each set of filters, newest first.
CREATE INDEX IF NOT EXISTS orders_status ON orders (status, created_at, id);
CREATE INDEX IF NOT EXISTS orders_provider ON orders (provider, created_at, id);
CREATE INDEX IF NOT EXISTS orders_currency ON orders (currency, created_at, id);
CREATE INDEX IF NOT EXISTS orders_status_provider ON orders (status, provider, created_at, id);
CREATE INDEX IF NOT EXISTS orders_status_currency ON orders (status, currency, created_at, id);
CREATE INDEX IF NOT EXISTS orders_provider_currency ON orders (provider, currency, created_at, id);
CREATE INDEX IF NOT EXISTS orders_filtered ON orders (status, provider, currency, created_at, id);
CREATE INDEX IF NOT EXISTS orders_number ON orders (number);
CREATE INDEX IF NOT EXISTS orders_external ON orders (external_id);
CREATE INDEX IF NOT EXISTS orders_subscription ON orders (provider, account, subscription_id);
CREATE INDEX IF NOT EXISTS order_lines_state ON order_lines (state, external_product);
CREATE INDEX IF NOT EXISTS subscriptions_created ON subscriptions (created_at, id);
CREATE INDEX IF NOT EXISTS subscriptions_status ON subscriptions (status, created_at, id);
CREATE INDEX IF NOT EXISTS subscriptions_provider ON subscriptions (provider, created_at, id);
CREATE INDEX IF NOT EXISTS subscriptions_filtered ON subscriptions (status, provider, created_at, id);
CREATE INDEX IF NOT EXISTS subscriptions_cancel ON subscriptions (cancel_at, id);
CREATE INDEX IF NOT EXISTS subscriptions_external ON subscriptions (external_id);
CREATE INDEX IF NOT EXISTS emails_status ON emails (status, created_at, id);
CREATE INDEX IF NOT EXISTS emails_order ON emails (order_id, created_at);
CREATE INDEX IF NOT EXISTS inbox_provider ON inbox (provider, received_at, id, status);

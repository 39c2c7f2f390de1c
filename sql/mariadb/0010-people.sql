-- What names and companies are found by, whatever their case. Stored: MariaDB has been seen to return an empty text for a virtual column that it sorts within an index.
ALTER TABLE customers ADD COLUMN IF NOT EXISTS name_key VARCHAR(200) AS (lower(name)) STORED;
ALTER TABLE customers ADD COLUMN IF NOT EXISTS company_key VARCHAR(200) AS (lower(company)) STORED;
CREATE INDEX IF NOT EXISTS customers_name ON customers (name_key, id);
CREATE INDEX IF NOT EXISTS customers_company ON customers (company_key, id);
CREATE INDEX IF NOT EXISTS customers_status_name ON customers (status, name_key, id);
CREATE INDEX IF NOT EXISTS customers_status_email ON customers (status, email_key, id);

-- Addresses under which a shop may still know a customer: those of customers that were merged into this one.
CREATE TABLE IF NOT EXISTS customer_addresses (
  email_key VARCHAR(320) NOT NULL PRIMARY KEY,
  customer_id VARCHAR(36) NOT NULL,
  created_at BIGINT NOT NULL,
  FOREIGN KEY (customer_id) REFERENCES customers (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS customer_addresses_customer ON customer_addresses (customer_id);

CREATE INDEX IF NOT EXISTS emails_recipient ON emails (recipient, created_at);
CREATE INDEX IF NOT EXISTS emails_order ON emails (order_id, created_at);

-- Changes of many customers or licences at once, and many licences made at once. input: what is to be done and to which; scope: what its author may reach; position: how far it has come.
CREATE TABLE IF NOT EXISTS batches (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  kind VARCHAR(32) NOT NULL,
  input TEXT NOT NULL,
  scope TEXT NOT NULL,
  status VARCHAR(16) NOT NULL,
  total BIGINT NOT NULL,
  changed BIGINT NOT NULL,
  skipped BIGINT NOT NULL,
  position VARCHAR(190),
  problems TEXT NOT NULL,
  created_by VARCHAR(190) NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  finished_at BIGINT,
  downloaded_at BIGINT
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS batches_created ON batches (created_at, id);

-- The licences that a batch has made.
CREATE TABLE IF NOT EXISTS batch_licenses (
  batch_id VARCHAR(36) NOT NULL,
  number BIGINT NOT NULL,
  license_id VARCHAR(36) NOT NULL,
  PRIMARY KEY (batch_id, number),
  FOREIGN KEY (batch_id) REFERENCES batches (id),
  FOREIGN KEY (license_id) REFERENCES licenses (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Lines of the audit log that an erasure has emptied: digest is that of what is left, so that the check of the chain still notices any other change.
CREATE TABLE IF NOT EXISTS audit_redactions (
  audit_id VARCHAR(36) NOT NULL PRIMARY KEY,
  digest VARBINARY(64) NOT NULL,
  created_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

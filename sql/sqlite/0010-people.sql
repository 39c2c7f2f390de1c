-- What names and companies are found by, whatever their case.
ALTER TABLE customers ADD COLUMN name_key TEXT AS (lower(name)) VIRTUAL;
ALTER TABLE customers ADD COLUMN company_key TEXT AS (lower(company)) VIRTUAL;
CREATE INDEX IF NOT EXISTS customers_name ON customers (name_key, id);
CREATE INDEX IF NOT EXISTS customers_company ON customers (company_key, id);
CREATE INDEX IF NOT EXISTS customers_status_name ON customers (status, name_key, id);
CREATE INDEX IF NOT EXISTS customers_status_email ON customers (status, email_key, id);

-- Addresses under which a shop may still know a customer: those of customers that were merged into this one.
CREATE TABLE IF NOT EXISTS customer_addresses (
  email_key TEXT NOT NULL PRIMARY KEY,
  customer_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  FOREIGN KEY (customer_id) REFERENCES customers (id)
) STRICT;
CREATE INDEX IF NOT EXISTS customer_addresses_customer ON customer_addresses (customer_id);

CREATE INDEX IF NOT EXISTS emails_recipient ON emails (recipient, created_at);
CREATE INDEX IF NOT EXISTS emails_order ON emails (order_id, created_at);

-- Changes of many customers or licences at once, and many licences made at once. input: what is to be done and to which; scope: what its author may reach; position: how far it has come.
CREATE TABLE IF NOT EXISTS batches (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  input TEXT NOT NULL,
  scope TEXT NOT NULL,
  status TEXT NOT NULL,
  total INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  skipped INTEGER NOT NULL,
  position TEXT,
  problems TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  finished_at INTEGER,
  downloaded_at INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS batches_created ON batches (created_at, id);

-- The licences that a batch has made.
CREATE TABLE IF NOT EXISTS batch_licenses (
  batch_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  license_id TEXT NOT NULL,
  PRIMARY KEY (batch_id, number),
  FOREIGN KEY (batch_id) REFERENCES batches (id),
  FOREIGN KEY (license_id) REFERENCES licenses (id)
) STRICT;

-- Lines of the audit log that an erasure has emptied: digest is that of what is left, so that the check of the chain still notices any other change.
CREATE TABLE IF NOT EXISTS audit_redactions (
  audit_id TEXT NOT NULL PRIMARY KEY,
  digest BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

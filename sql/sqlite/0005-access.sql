-- Resellers, their sub-companies and agents. path names every node from the root down ('/idA/idB/'), itself included: a subtree is a prefix.
-- license_quota NULL: no limit of its own. licenses_used counts the licences of the whole subtree; changed only by guarded updates.
CREATE TABLE IF NOT EXISTS organizations (
  id TEXT NOT NULL PRIMARY KEY,
  parent_id TEXT,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  path TEXT NOT NULL,
  license_quota INTEGER,
  licenses_used INTEGER NOT NULL,
  disabled_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (path),
  FOREIGN KEY (parent_id) REFERENCES organizations (id)
) STRICT;
CREATE INDEX IF NOT EXISTS organizations_parent ON organizations (parent_id);
CREATE INDEX IF NOT EXISTS organizations_created ON organizations (created_at, id);

-- Everybody who signs in with a password: operators and, with an organisation or a customer, the people of the portal.
ALTER TABLE admins RENAME TO users;
ALTER TABLE users ADD COLUMN role TEXT NOT NULL DEFAULT 'superadmin';
ALTER TABLE users ADD COLUMN organization_id TEXT REFERENCES organizations (id);
ALTER TABLE users ADD COLUMN customer_id TEXT REFERENCES customers (id);
-- The secret of the authenticator app, sealed; in use from totp_confirmed_at on. totp_last_step: the newest step that was taken, which is never taken again.
ALTER TABLE users ADD COLUMN totp_key_id TEXT;
ALTER TABLE users ADD COLUMN totp_cipher BLOB;
ALTER TABLE users ADD COLUMN totp_confirmed_at INTEGER;
ALTER TABLE users ADD COLUMN totp_last_step INTEGER;
CREATE INDEX IF NOT EXISTS users_organization ON users (organization_id);
CREATE INDEX IF NOT EXISTS users_customer ON users (customer_id);
CREATE INDEX IF NOT EXISTS users_created ON users (created_at, id);
ALTER TABLE sessions RENAME COLUMN admin_id TO user_id;
CREATE INDEX IF NOT EXISTS sessions_user ON sessions (user_id);
DROP INDEX IF EXISTS sessions_admin;

-- organization_id NULL: the operator's own. A licence belongs to the node of its customer.
ALTER TABLE customers ADD COLUMN organization_id TEXT REFERENCES organizations (id);
ALTER TABLE customers ADD COLUMN status TEXT NOT NULL DEFAULT 'validated';
ALTER TABLE customers ADD COLUMN notes TEXT;
CREATE INDEX IF NOT EXISTS customers_organization ON customers (organization_id, created_at, id);
CREATE INDEX IF NOT EXISTS customers_status ON customers (status, created_at, id);
ALTER TABLE licenses ADD COLUMN organization_id TEXT REFERENCES organizations (id);
CREATE INDEX IF NOT EXISTS licenses_organization ON licenses (organization_id, created_at, id, status, expires_at);

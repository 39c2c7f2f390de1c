-- Resellers, their sub-companies and agents. path names every node from the root down ('/idA/idB/'), itself included: a subtree is a prefix.
-- license_quota NULL: no limit of its own. licenses_used counts the licences of the whole subtree; changed only by guarded updates.
CREATE TABLE IF NOT EXISTS organizations (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  parent_id VARCHAR(36),
  kind VARCHAR(16) NOT NULL,
  name VARCHAR(200) NOT NULL,
  path VARCHAR(190) NOT NULL,
  license_quota BIGINT,
  licenses_used BIGINT NOT NULL,
  disabled_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (path),
  FOREIGN KEY (parent_id) REFERENCES organizations (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS organizations_parent ON organizations (parent_id);
CREATE INDEX IF NOT EXISTS organizations_created ON organizations (created_at, id);

-- Everybody who signs in with a password: operators and, with an organisation or a customer, the people of the portal.
RENAME TABLE IF EXISTS admins TO users;
ALTER TABLE users ADD COLUMN IF NOT EXISTS role VARCHAR(16) NOT NULL DEFAULT 'superadmin';
ALTER TABLE users ADD COLUMN IF NOT EXISTS organization_id VARCHAR(36);
ALTER TABLE users ADD COLUMN IF NOT EXISTS customer_id VARCHAR(36);
-- The secret of the authenticator app, sealed; in use from totp_confirmed_at on. totp_last_step: the newest step that was taken, which is never taken again.
ALTER TABLE users ADD COLUMN IF NOT EXISTS totp_key_id VARCHAR(32);
ALTER TABLE users ADD COLUMN IF NOT EXISTS totp_cipher VARBINARY(255);
ALTER TABLE users ADD COLUMN IF NOT EXISTS totp_confirmed_at BIGINT;
ALTER TABLE users ADD COLUMN IF NOT EXISTS totp_last_step BIGINT;
CREATE INDEX IF NOT EXISTS users_organization ON users (organization_id);
CREATE INDEX IF NOT EXISTS users_customer ON users (customer_id);
CREATE INDEX IF NOT EXISTS users_created ON users (created_at, id);
ALTER TABLE users ADD FOREIGN KEY IF NOT EXISTS users_of_organization (organization_id) REFERENCES organizations (id);
ALTER TABLE users ADD FOREIGN KEY IF NOT EXISTS users_of_customer (customer_id) REFERENCES customers (id);
ALTER TABLE sessions CHANGE COLUMN IF EXISTS admin_id user_id VARCHAR(36) NOT NULL;
CREATE INDEX IF NOT EXISTS sessions_user ON sessions (user_id);
DROP INDEX IF EXISTS sessions_admin ON sessions;

-- organization_id NULL: the operator's own. A licence belongs to the node of its customer.
ALTER TABLE customers ADD COLUMN IF NOT EXISTS organization_id VARCHAR(36);
ALTER TABLE customers ADD COLUMN IF NOT EXISTS status VARCHAR(16) NOT NULL DEFAULT 'validated';
ALTER TABLE customers ADD COLUMN IF NOT EXISTS notes TEXT;
CREATE INDEX IF NOT EXISTS customers_organization ON customers (organization_id, created_at, id);
CREATE INDEX IF NOT EXISTS customers_status ON customers (status, created_at, id);
ALTER TABLE customers ADD FOREIGN KEY IF NOT EXISTS customers_of_organization (organization_id) REFERENCES organizations (id);
ALTER TABLE licenses ADD COLUMN IF NOT EXISTS organization_id VARCHAR(36);
CREATE INDEX IF NOT EXISTS licenses_organization ON licenses (organization_id, created_at, id, status, expires_at);
ALTER TABLE licenses ADD FOREIGN KEY IF NOT EXISTS licenses_of_organization (organization_id) REFERENCES organizations (id);

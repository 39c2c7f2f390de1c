-- A list of licences is read from its index alone: whether one is active depends on grace_ms too.
DROP INDEX IF EXISTS licenses_status_created;
CREATE INDEX IF NOT EXISTS licenses_status_newest ON licenses (status, created_at, id, expires_at, grace_ms);
DROP INDEX IF EXISTS licenses_plan_created;
CREATE INDEX IF NOT EXISTS licenses_plan_newest ON licenses (plan_id, created_at, id, status, expires_at, grace_ms);
DROP INDEX IF EXISTS licenses_organization;
CREATE INDEX IF NOT EXISTS licenses_organization_newest ON licenses (organization_id, created_at, id, status, expires_at, grace_ms);
-- An organisation's customers, by their status too.
DROP INDEX IF EXISTS customers_organization;
CREATE INDEX IF NOT EXISTS customers_organization_newest ON customers (organization_id, created_at, id, status);
CREATE INDEX IF NOT EXISTS customers_organization_name ON customers (organization_id, name_key, id, status);

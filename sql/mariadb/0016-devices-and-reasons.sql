-- A licence is used by sites and by devices: an activation names one of the two. Both take a place under one limit, staging sites one of their own, and the
-- unique slot decides who gets the last. name_key: the name in lower case, to be found by its beginning.
ALTER TABLE activations MODIFY COLUMN site VARCHAR(255) NULL;
ALTER TABLE activations ADD COLUMN IF NOT EXISTS fingerprint VARCHAR(255);
ALTER TABLE activations ADD COLUMN IF NOT EXISTS name VARCHAR(190);
ALTER TABLE activations ADD COLUMN IF NOT EXISTS name_key VARCHAR(190);
ALTER TABLE activations ADD COLUMN IF NOT EXISTS platform VARCHAR(64);
ALTER TABLE activations ADD COLUMN IF NOT EXISTS is_staging BIGINT AS (kind = 'staging') PERSISTENT;
ALTER TABLE activations ADD CONSTRAINT IF NOT EXISTS activations_names_one CHECK ((site IS NULL) <> (fingerprint IS NULL));
CREATE UNIQUE INDEX IF NOT EXISTS activations_device ON activations (license_id, fingerprint);
CREATE UNIQUE INDEX IF NOT EXISTS activations_slot ON activations (license_id, is_staging, slot);
ALTER TABLE activations DROP INDEX IF EXISTS license_id_2;
CREATE INDEX IF NOT EXISTS activations_fingerprint ON activations (fingerprint);
CREATE INDEX IF NOT EXISTS activations_name ON activations (name_key);

-- Why a delivery was ignored, waits or failed, as a JSON list of codes with their facts, to be told in the reader's language; reason and last_error say it in English.
ALTER TABLE inbox ADD COLUMN IF NOT EXISTS reason_codes TEXT;
ALTER TABLE webhook_deliveries ADD COLUMN IF NOT EXISTS reason_codes TEXT;

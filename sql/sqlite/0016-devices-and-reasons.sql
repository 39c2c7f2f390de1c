-- A licence is used by sites and by devices: an activation names one of the two. Both take a place under one limit, staging sites one of their own, and the
-- unique slot decides who gets the last. name_key: the name in lower case, to be found by its beginning. The table is made anew, since a column cannot lose NOT NULL.
CREATE TABLE activations_anew (
  id TEXT NOT NULL PRIMARY KEY,
  license_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  slot INTEGER NOT NULL,
  site TEXT,
  fingerprint TEXT,
  name TEXT,
  name_key TEXT,
  platform TEXT,
  version TEXT,
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  secret_digest BLOB,
  is_staging INTEGER GENERATED ALWAYS AS (kind = 'staging') STORED,
  UNIQUE (license_id, site),
  UNIQUE (license_id, fingerprint),
  UNIQUE (license_id, is_staging, slot),
  CHECK ((site IS NULL) <> (fingerprint IS NULL)),
  FOREIGN KEY (license_id) REFERENCES licenses (id)
) STRICT;
INSERT INTO activations_anew (id, license_id, kind, slot, site, version, created_at, last_seen_at, secret_digest)
  SELECT id, license_id, kind, slot, site, version, created_at, last_seen_at, secret_digest FROM activations;
DROP TABLE activations;
ALTER TABLE activations_anew RENAME TO activations;
CREATE INDEX activations_site ON activations (site);
CREATE INDEX activations_fingerprint ON activations (fingerprint) WHERE fingerprint IS NOT NULL;
CREATE INDEX activations_name ON activations (name_key) WHERE name_key IS NOT NULL;
-- Dropped with the table (0013).
CREATE TRIGGER activations_inserted AFTER INSERT ON activations BEGIN UPDATE fact_changes SET count = count + 1; END;
CREATE TRIGGER activations_updated AFTER UPDATE ON activations BEGIN UPDATE fact_changes SET count = count + 1; END;
CREATE TRIGGER activations_deleted AFTER DELETE ON activations BEGIN UPDATE fact_changes SET count = count + 1; END;

-- Why a delivery was ignored, waits or failed, as a JSON list of codes with their facts, to be told in the reader's language; reason and last_error say it in English.
ALTER TABLE inbox ADD COLUMN reason_codes TEXT;
ALTER TABLE webhook_deliveries ADD COLUMN reason_codes TEXT;

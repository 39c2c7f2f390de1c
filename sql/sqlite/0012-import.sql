-- Imports of customers and licences from files. mapping and report are JSON (mapping.rules.ts, report.rules.ts); next_line is how far the present status has come.
CREATE TABLE IF NOT EXISTS imports (
  id TEXT NOT NULL PRIMARY KEY,
  file_name TEXT NOT NULL,
  file_digest BLOB NOT NULL,
  header_digest BLOB NOT NULL,
  size_bytes INTEGER NOT NULL,
  encoding TEXT NOT NULL,
  delimiter TEXT NOT NULL,
  status TEXT NOT NULL,
  reason TEXT,
  mapping TEXT,
  report TEXT NOT NULL,
  total_lines INTEGER NOT NULL,
  next_line INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  started_at INTEGER,
  finished_at INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS imports_created ON imports (created_at, id);
CREATE INDEX IF NOT EXISTS imports_header ON imports (header_digest, created_at);
CREATE INDEX IF NOT EXISTS imports_file ON imports (file_digest, created_at);
CREATE INDEX IF NOT EXISTS imports_status ON imports (status, updated_at);

-- The lines of a file, sealed, some hundred at a time; number 0 is its head. They hold licence keys.
CREATE TABLE IF NOT EXISTS import_batches (
  import_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  key_id TEXT NOT NULL,
  cipher BLOB NOT NULL,
  PRIMARY KEY (import_id, number),
  FOREIGN KEY (import_id) REFERENCES imports (id)
) STRICT;
CREATE INDEX IF NOT EXISTS import_batches_key ON import_batches (key_id);

-- What an import has made or changed, in order: what its undoing takes back.
CREATE TABLE IF NOT EXISTS import_items (
  import_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  line INTEGER NOT NULL,
  kind TEXT NOT NULL,
  entity_id TEXT NOT NULL,
  before_json TEXT,
  after_json TEXT,
  PRIMARY KEY (import_id, seq),
  FOREIGN KEY (import_id) REFERENCES imports (id)
) STRICT;

-- Lines that were refused (phase check, run), and what an undoing has left (undo). No contents of the file.
CREATE TABLE IF NOT EXISTS import_problems (
  import_id TEXT NOT NULL,
  phase TEXT NOT NULL,
  seq INTEGER NOT NULL,
  line INTEGER NOT NULL,
  field TEXT,
  code TEXT NOT NULL,
  entity_id TEXT,
  PRIMARY KEY (import_id, phase, seq),
  FOREIGN KEY (import_id) REFERENCES imports (id)
) STRICT;

-- What a dry run has met so far in its file: keys and addresses as digests.
CREATE TABLE IF NOT EXISTS import_marks (
  import_id TEXT NOT NULL,
  digest BLOB NOT NULL,
  PRIMARY KEY (import_id, digest),
  FOREIGN KEY (import_id) REFERENCES imports (id)
) STRICT;

-- Lines without a key that have become licences: the same line never becomes a second one.
CREATE TABLE IF NOT EXISTS import_sources (
  digest BLOB NOT NULL PRIMARY KEY,
  license_id TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS import_sources_license ON import_sources (license_id);

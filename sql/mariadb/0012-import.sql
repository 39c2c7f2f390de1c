-- Imports of customers and licences from files. mapping and report are JSON (mapping.rules.ts, report.rules.ts); next_line is how far the present status has come.
CREATE TABLE IF NOT EXISTS imports (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  file_name VARCHAR(200) NOT NULL,
  file_digest VARBINARY(32) NOT NULL,
  header_digest VARBINARY(32) NOT NULL,
  size_bytes BIGINT NOT NULL,
  encoding VARCHAR(16) NOT NULL,
  delimiter VARCHAR(4) NOT NULL,
  status VARCHAR(16) NOT NULL,
  reason TEXT,
  mapping LONGTEXT,
  report LONGTEXT NOT NULL,
  total_lines BIGINT NOT NULL,
  next_line BIGINT NOT NULL,
  created_by VARCHAR(190) NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  started_at BIGINT,
  finished_at BIGINT
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS imports_created ON imports (created_at, id);
CREATE INDEX IF NOT EXISTS imports_header ON imports (header_digest, created_at);
CREATE INDEX IF NOT EXISTS imports_file ON imports (file_digest, created_at);
CREATE INDEX IF NOT EXISTS imports_status ON imports (status, updated_at);

-- The lines of a file, sealed, some hundred at a time; number 0 is its head. They hold licence keys.
CREATE TABLE IF NOT EXISTS import_batches (
  import_id VARCHAR(36) NOT NULL,
  number BIGINT NOT NULL,
  key_id VARCHAR(32) NOT NULL,
  cipher LONGBLOB NOT NULL,
  PRIMARY KEY (import_id, number),
  FOREIGN KEY (import_id) REFERENCES imports (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS import_batches_key ON import_batches (key_id);

-- What an import has made or changed, in order: what its undoing takes back.
CREATE TABLE IF NOT EXISTS import_items (
  import_id VARCHAR(36) NOT NULL,
  seq BIGINT NOT NULL,
  line BIGINT NOT NULL,
  kind VARCHAR(24) NOT NULL,
  entity_id VARCHAR(36) NOT NULL,
  before_json TEXT,
  after_json TEXT,
  PRIMARY KEY (import_id, seq),
  FOREIGN KEY (import_id) REFERENCES imports (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Lines that were refused (phase check, run), and what an undoing has left (undo). No contents of the file.
CREATE TABLE IF NOT EXISTS import_problems (
  import_id VARCHAR(36) NOT NULL,
  phase VARCHAR(8) NOT NULL,
  seq BIGINT NOT NULL,
  line BIGINT NOT NULL,
  field VARCHAR(32),
  code VARCHAR(48) NOT NULL,
  entity_id VARCHAR(36),
  PRIMARY KEY (import_id, phase, seq),
  FOREIGN KEY (import_id) REFERENCES imports (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- What a dry run has met so far in its file: keys and addresses as digests.
CREATE TABLE IF NOT EXISTS import_marks (
  import_id VARCHAR(36) NOT NULL,
  digest VARBINARY(32) NOT NULL,
  PRIMARY KEY (import_id, digest),
  FOREIGN KEY (import_id) REFERENCES imports (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Lines without a key that have become licences: the same line never becomes a second one.
CREATE TABLE IF NOT EXISTS import_sources (
  digest VARBINARY(32) NOT NULL PRIMARY KEY,
  license_id VARCHAR(36) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS import_sources_license ON import_sources (license_id);

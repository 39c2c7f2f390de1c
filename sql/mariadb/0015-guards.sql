-- Rows that a change writes before it looks, when what it must keep is a matter of several rows: such changes follow each other, also over several machines.
-- "superadmins": somebody must be left who may do everything. "organizations": each path must be that of the parent with the own id.
CREATE TABLE IF NOT EXISTS guards (
  name VARCHAR(32) NOT NULL PRIMARY KEY,
  changes BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
INSERT IGNORE INTO guards (name, changes) VALUES ('superadmins', 0), ('organizations', 0);

-- Rows that a change writes before it looks, when what it must keep is a matter of several rows: such changes follow each other, also over several machines.
-- "superadmins": somebody must be left who may do everything. "organizations": each path must be that of the parent with the own id.
CREATE TABLE IF NOT EXISTS guards (
  name TEXT NOT NULL PRIMARY KEY,
  changes INTEGER NOT NULL
) STRICT;
INSERT OR IGNORE INTO guards (name, changes) VALUES ('superadmins', 0), ('organizations', 0);

-- invited_at: asked in by e-mail and not yet come; such an account has no password.
ALTER TABLE users ADD COLUMN invited_at INTEGER;
-- 1: the password was right, the code of the authenticator app is still to come.
ALTER TABLE sessions ADD COLUMN awaits_code INTEGER NOT NULL DEFAULT 0;

-- Links of invitations and password resets; id is the SHA-256 of what the link holds. A used link is deleted.
CREATE TABLE IF NOT EXISTS user_links (
  id BLOB NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL,
  purpose TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  FOREIGN KEY (user_id) REFERENCES users (id)
) STRICT;
CREATE INDEX IF NOT EXISTS user_links_user ON user_links (user_id);
CREATE INDEX IF NOT EXISTS user_links_expires ON user_links (expires_at);

-- What lets somebody in who has lost the authenticator app; id is the SHA-256 of account and code. A used code is deleted.
CREATE TABLE IF NOT EXISTS recovery_codes (
  id BLOB NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  FOREIGN KEY (user_id) REFERENCES users (id)
) STRICT;
CREATE INDEX IF NOT EXISTS recovery_codes_user ON recovery_codes (user_id);

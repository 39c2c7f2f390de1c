-- Counts the changes of all that decides whether a licence may ask AI models, by whichever process: what was read of these tables holds while the count is the same.
-- Only here: MariaDB is asked every time.
CREATE TABLE IF NOT EXISTS fact_changes (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  count INTEGER NOT NULL
) STRICT;
INSERT OR IGNORE INTO fact_changes (id, count) VALUES (1, 0);
CREATE TRIGGER IF NOT EXISTS licenses_inserted AFTER INSERT ON licenses BEGIN UPDATE fact_changes SET count = count + 1; END;
CREATE TRIGGER IF NOT EXISTS licenses_updated AFTER UPDATE ON licenses BEGIN UPDATE fact_changes SET count = count + 1; END;
CREATE TRIGGER IF NOT EXISTS licenses_deleted AFTER DELETE ON licenses BEGIN UPDATE fact_changes SET count = count + 1; END;
CREATE TRIGGER IF NOT EXISTS activations_inserted AFTER INSERT ON activations BEGIN UPDATE fact_changes SET count = count + 1; END;
CREATE TRIGGER IF NOT EXISTS activations_updated AFTER UPDATE ON activations BEGIN UPDATE fact_changes SET count = count + 1; END;
CREATE TRIGGER IF NOT EXISTS activations_deleted AFTER DELETE ON activations BEGIN UPDATE fact_changes SET count = count + 1; END;
CREATE TRIGGER IF NOT EXISTS plans_updated AFTER UPDATE ON plans BEGIN UPDATE fact_changes SET count = count + 1; END;
CREATE TRIGGER IF NOT EXISTS products_updated AFTER UPDATE ON products BEGIN UPDATE fact_changes SET count = count + 1; END;
CREATE TRIGGER IF NOT EXISTS license_ai_settings_inserted AFTER INSERT ON license_ai_settings BEGIN UPDATE fact_changes SET count = count + 1; END;
CREATE TRIGGER IF NOT EXISTS license_ai_settings_updated AFTER UPDATE ON license_ai_settings BEGIN UPDATE fact_changes SET count = count + 1; END;
CREATE TRIGGER IF NOT EXISTS license_ai_settings_deleted AFTER DELETE ON license_ai_settings BEGIN UPDATE fact_changes SET count = count + 1; END;
CREATE TRIGGER IF NOT EXISTS provider_keys_inserted AFTER INSERT ON provider_keys BEGIN UPDATE fact_changes SET count = count + 1; END;
CREATE TRIGGER IF NOT EXISTS provider_keys_updated AFTER UPDATE ON provider_keys BEGIN UPDATE fact_changes SET count = count + 1; END;
CREATE TRIGGER IF NOT EXISTS provider_keys_deleted AFTER DELETE ON provider_keys BEGIN UPDATE fact_changes SET count = count + 1; END;

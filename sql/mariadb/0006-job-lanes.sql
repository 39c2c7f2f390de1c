-- Jobs of one lane wait for each other, those of different lanes never (job-kinds.ts).
ALTER TABLE jobs ADD COLUMN IF NOT EXISTS lane VARCHAR(16) NOT NULL DEFAULT 'main';
UPDATE jobs SET lane = 'mail' WHERE kind = 'send-email';
UPDATE jobs SET lane = 'outgoing' WHERE kind IN ('send-webhook', 'write-back-order');
CREATE INDEX IF NOT EXISTS jobs_lane_due ON jobs (lane, status, run_at);

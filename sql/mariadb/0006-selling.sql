-- Jobs of one lane wait for each other, those of different lanes never (job-kinds.ts).
ALTER TABLE jobs ADD COLUMN IF NOT EXISTS lane VARCHAR(16) NOT NULL DEFAULT 'main';
UPDATE jobs SET lane = 'mail' WHERE kind = 'send-email';
UPDATE jobs SET lane = 'outgoing' WHERE kind IN ('send-webhook', 'write-back-order');
CREATE INDEX IF NOT EXISTS jobs_lane_due ON jobs (lane, status, run_at);

-- Which customer of ours a provider's customer is, from the first purchase on: also when the address changes.
ALTER TABLE provider_customers ADD COLUMN IF NOT EXISTS customer_id VARCHAR(36);
CREATE INDEX IF NOT EXISTS provider_customers_customer ON provider_customers (customer_id);
ALTER TABLE provider_customers ADD FOREIGN KEY IF NOT EXISTS provider_customers_of_customer (customer_id) REFERENCES customers (id) ON DELETE SET NULL;

-- Until when the purchase of a subscription paid for a trial alone, where the provider says so of the subscription.
ALTER TABLE subscriptions ADD COLUMN IF NOT EXISTS trial_ends_at BIGINT;

// The tables of sql/*/0002-ai-proxy.sql; the conventions of schema.ts hold.

type QuotaCounterTable = {
  license_id: string;
  scope: string;
  hour_start: number;
  hour_requests: number;
  hour_tokens: number;
  hour_cost: number;
  day_start: number;
  day_requests: number;
  day_tokens: number;
  day_cost: number;
  month_start: number;
  month_requests: number;
  month_tokens: number;
  month_cost: number;
  updated_at: number;
};

type LicenseAiSettingsTable = {
  license_id: string;
  paused_at: number | null;
  monthly_budget_microcents: number | null;
  system_prompt: string | null;
  allowed_topics: string | null;
  blocked_topics: string | null;
  max_input_characters: number | null;
  is_moderated: number;
  cache_seconds: number;
  created_at: number;
  updated_at: number;
};

type UsageAlertTable = {
  id: string;
  license_id: string;
  month_start: number;
  unit: string;
  threshold: number;
  created_at: number;
};

type AiProviderTable = {
  id: string;
  name: string;
  title: string;
  kind: string;
  base_url: string;
  key_cipher: Uint8Array | null;
  key_id: string | null;
  key_hint: string | null;
  default_model: string | null;
  is_enabled: number;
  position: number;
  created_at: number;
  updated_at: number;
};

type ModelAliasTable = {
  alias: string;
  position: number;
  provider: string;
  model: string;
  created_at: number;
};

type PriceVersionTable = {
  version: string;
  valid_from: number;
  note: string | null;
  created_by: string;
  created_at: number;
};

type ModelPriceTable = {
  id: string;
  version: string;
  provider: string;
  model: string;
  service_tier: string;
  min_input_tokens: number;
  input: number;
  cached_input: number | null;
  cache_write: number | null;
  output: number;
  reasoning: number | null;
  characters: number | null;
  audio_minute: number | null;
};

type ProviderKeyTable = {
  id: string;
  license_id: string;
  provider: string;
  base_url: string | null;
  key_cipher: Uint8Array;
  key_id: string;
  key_hint: string;
  tested_at: number;
  created_at: number;
  updated_at: number;
};

type ResponseCacheTable = {
  license_id: string;
  digest: Uint8Array;
  content_type: string;
  provider: string;
  model: string;
  answer_cipher: Uint8Array;
  key_id: string;
  bytes: number;
  created_at: number;
  expires_at: number;
};

type VisitorTokenTable = {
  digest: Uint8Array;
  license_id: string;
  activation_id: string;
  site: string;
  origin: string;
  visitor: string;
  max_requests: number;
  used_requests: number;
  address_digest: Uint8Array | null;
  /** The site's own rules for this visitor, sealed as `KEYID:BASE64`. Gone with the token, so nothing of it is ever sealed anew. */
  system_prompt: string | null;
  created_at: number;
  expires_at: number;
};

type WebhookEndpointTable = {
  id: string;
  url: string;
  description: string | null;
  events: string;
  secret_cipher: Uint8Array;
  key_id: string;
  disabled_at: number | null;
  disabled_reason: string | null;
  created_at: number;
  updated_at: number;
};

type WebhookMessageTable = {
  id: string;
  type: string;
  cause: string;
  payload: string;
  created_at: number;
};

type WebhookDeliveryTable = {
  id: string;
  message_id: string;
  endpoint_id: string;
  status: string;
  attempts: number;
  last_status: number | null;
  last_error: string | null;
  reason_codes: string | null;
  created_at: number;
  updated_at: number;
  delivered_at: number | null;
};

/** Tables of the AI proxy and of outgoing webhooks. */
export type AiSchema = {
  quota_counters: QuotaCounterTable;
  license_ai_settings: LicenseAiSettingsTable;
  usage_alerts: UsageAlertTable;
  ai_providers: AiProviderTable;
  model_aliases: ModelAliasTable;
  price_versions: PriceVersionTable;
  model_prices: ModelPriceTable;
  provider_keys: ProviderKeyTable;
  response_cache: ResponseCacheTable;
  visitor_tokens: VisitorTokenTable;
  webhook_endpoints: WebhookEndpointTable;
  webhook_messages: WebhookMessageTable;
  webhook_deliveries: WebhookDeliveryTable;
};

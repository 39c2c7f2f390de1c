// The tables of sql/*/0007-figures.sql; the conventions of schema.ts hold.

type FigureTable = {
  scope_id: string;
  name: string;
  bucket: number;
  label: string;
  detail: string;
  amount: number;
};

type FigureSourceTable = {
  kind: string;
  entity_id: string;
  facts: string;
  next_at: number | null;
};

type FigureCursorTable = {
  name: string;
  position: number;
  entity_id: string;
  updated_at: number;
};

type CustomerWordTable = {
  scope_id: string;
  word: string;
  customer_id: string;
};

type UsageDayTable = {
  scope_id: string;
  day: number;
  provider: string;
  model: string;
  plan_id: string;
  key_source: string;
  calls: number;
  failed_calls: number;
  requests: number;
  input_tokens: number;
  output_tokens: number;
  cost_microcents: number;
};

type UsageHourTable = {
  scope_id: string;
  hour: number;
  provider: string;
  calls: number;
  failed_calls: number;
};

type UsageMonthTable = {
  scope_id: string;
  month: number;
  kind: string;
  entity_id: string;
  calls: number;
  requests: number;
  tokens: number;
  cost_microcents: number;
};

export type FiguresSchema = {
  figures: FigureTable;
  figure_sources: FigureSourceTable;
  figure_cursors: FigureCursorTable;
  customer_words: CustomerWordTable;
  usage_days: UsageDayTable;
  usage_hours: UsageHourTable;
  usage_months: UsageMonthTable;
};

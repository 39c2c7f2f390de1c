// The tables of sql/*/0012-import.sql; the conventions of schema.ts hold.

type ImportTable = {
  id: string;
  file_name: string;
  file_digest: Uint8Array;
  header_digest: Uint8Array;
  size_bytes: number;
  encoding: string;
  delimiter: string;
  status: string;
  reason: string | null;
  mapping: string | null;
  report: string;
  total_lines: number;
  next_line: number;
  created_by: string;
  created_at: number;
  updated_at: number;
  started_at: number | null;
  finished_at: number | null;
};

type ImportBatchTable = {
  import_id: string;
  number: number;
  key_id: string;
  cipher: Uint8Array;
};

type ImportItemTable = {
  import_id: string;
  seq: number;
  line: number;
  kind: string;
  entity_id: string;
  before_json: string | null;
  after_json: string | null;
};

type ImportProblemTable = {
  import_id: string;
  phase: string;
  seq: number;
  line: number;
  field: string | null;
  code: string;
  entity_id: string | null;
};

type ImportMarkTable = {
  import_id: string;
  digest: Uint8Array;
};

type ImportSourceTable = {
  digest: Uint8Array;
  license_id: string;
};

export type ImportSchema = {
  imports: ImportTable;
  import_batches: ImportBatchTable;
  import_items: ImportItemTable;
  import_problems: ImportProblemTable;
  import_marks: ImportMarkTable;
  import_sources: ImportSourceTable;
};

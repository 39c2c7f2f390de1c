import type { Generated } from 'kysely';

// The tables and columns of sql/*/0008-api.sql; the conventions of schema.ts hold.

export type ApiTokenColumns = {
  created_by: Generated<string>;
  expires_at: number | null;
  organization_id: string | null;
  revoked_by: string | null;
};

export type AuditLogColumns = {
  is_sealed: Generated<number>;
};

type AuditSealTable = {
  seq: number;
  audit_id: string;
  previous_hash: Uint8Array;
  hash: Uint8Array;
  sealed_at: number;
};

type AuditCheckTable = {
  id: string;
  status: string;
  requested_by: string;
  position: number;
  progress: string;
  created_at: number;
  finished_at: number | null;
};

export type ApiSchema = {
  audit_seals: AuditSealTable;
  audit_checks: AuditCheckTable;
};

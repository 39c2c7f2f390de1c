// The tables of sql/*/0010-people.sql; the conventions of schema.ts hold. The columns customers.name_key and company_key follow from others, are not written, and are named in queries by sql.ref alone.

type CustomerAddressTable = {
  email_key: string;
  customer_id: string;
  created_at: number;
};

type BatchTable = {
  id: string;
  kind: string;
  input: string;
  scope: string;
  status: string;
  total: number;
  changed: number;
  skipped: number;
  position: string | null;
  problems: string;
  created_by: string;
  created_at: number;
  updated_at: number;
  finished_at: number | null;
  downloaded_at: number | null;
};

type BatchLicenseTable = {
  batch_id: string;
  number: number;
  license_id: string;
};

type AuditRedactionTable = {
  audit_id: string;
  digest: Uint8Array;
  created_at: number;
};

export type PeopleSchema = {
  audit_redactions: AuditRedactionTable;
  customer_addresses: CustomerAddressTable;
  batches: BatchTable;
  batch_licenses: BatchLicenseTable;
};

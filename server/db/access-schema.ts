// The columns of sql/*/0005-access.sql, sql/*/0009-accounts.sql and sql/*/0015-guards.sql.

type OrganizationTable = {
  id: string;
  parent_id: string | null;
  kind: string;
  name: string;
  path: string;
  license_quota: number | null;
  licenses_used: number;
  disabled_at: number | null;
  created_at: number;
  updated_at: number;
};

type UserTable = {
  id: string;
  email: string;
  email_key: string;
  name: string;
  password_hash: string;
  must_change_password: number;
  disabled_at: number | null;
  last_login_at: number | null;
  created_at: number;
  updated_at: number;
  role: string;
  organization_id: string | null;
  customer_id: string | null;
  totp_key_id: string | null;
  totp_cipher: Uint8Array | null;
  totp_confirmed_at: number | null;
  totp_last_step: number | null;
  invited_at: number | null;
};

type SessionTable = {
  id: Uint8Array;
  user_id: string;
  csrf_token: string;
  created_at: number;
  last_seen_at: number;
  expires_at: number;
  ip: string;
  user_agent: string;
  awaits_code: number;
};

type UserLinkTable = {
  id: Uint8Array;
  user_id: string;
  purpose: string;
  created_at: number;
  expires_at: number;
};

type RecoveryCodeTable = {
  id: Uint8Array;
  user_id: string;
  created_at: number;
};

export type AccessCustomerColumns = {
  organization_id: string | null;
  status: string;
  notes: string | null;
};

export type AccessLicenseColumns = {
  organization_id: string | null;
};

type GuardTable = { name: string; changes: number };

export type AccessSchema = {
  guards: GuardTable;
  organizations: OrganizationTable;
  users: UserTable;
  sessions: SessionTable;
  user_links: UserLinkTable;
  recovery_codes: RecoveryCodeTable;
};

// The tables and columns of sql/*/0011-shop.sql; the conventions of schema.ts hold.

export type ShopPlanColumns = {
  archived_at: number | null;
  feature_versions: string | null;
};

export type ShopProductColumns = {
  archived_at: number | null;
};

export type ShopLicenseColumns = {
  modules: string | null;
};

type ModuleTable = {
  id: string;
  code: string;
  name: string;
  description: string | null;
  position: number;
  archived_at: number | null;
  created_at: number;
  updated_at: number;
};

type PlanModuleTable = {
  plan_id: string;
  module_id: string;
  max_version: string | null;
};

type LicenseModuleTable = {
  license_id: string;
  module_id: string;
  max_version: string | null;
  expires_at: number | null;
  created_at: number;
};

type SettingTable = {
  id: string;
  value: string;
  created_at: number;
  updated_at: number;
};

type InboxSubjectTable = {
  kind: string;
  provider: string;
  external_id: string;
  inbox_id: string;
};

export type ShopSchema = {
  modules: ModuleTable;
  plan_modules: PlanModuleTable;
  license_modules: LicenseModuleTable;
  settings: SettingTable;
  inbox_subjects: InboxSubjectTable;
};

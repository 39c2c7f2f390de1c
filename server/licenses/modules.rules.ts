/** A module that a licence allows. `maxVersion` null: every version; `expiresAt` (epoch ms) null: as long as the licence. */
export type EntitledModule = { code: string; maxVersion: string | null; expiresAt: number | null };

type Entitling = { features: string; feature_versions: string | null; modules: string | null };

const parsed = new Map<string, EntitledModule[]>();
const kept = 1_000;

/**
 * The modules of the plan and those of the licence itself, by what their rows say of them. One that both name counts as the licence has
 * it, until that ends. Parsed once for each distinct text: there are about as many as plans.
 */
export function entitledModules(license: Entitling, now: number): EntitledModule[] {
  const ofPlan = once(`${license.features}\n${license.feature_versions ?? ''}`, () => planModules(license));
  if (license.modules === null) return ofPlan;
  const own = once(license.modules, () => storedModules(license.modules)).filter(({ expiresAt }) => expiresAt === null || expiresAt > now);
  if (own.length === 0) return ofPlan;
  const codes = new Set(own.map(({ code }) => code));
  return [...ofPlan.filter(({ code }) => !codes.has(code)), ...own];
}

/** The modules that a licence has beside its plan, ended ones too. */
export function storedModules(json: string | null): EntitledModule[] {
  return json === null ? [] : (JSON.parse(json) as EntitledModule[]);
}

function planModules({ features, feature_versions }: Entitling): EntitledModule[] {
  const versions = feature_versions === null ? {} : (JSON.parse(feature_versions) as Record<string, string>);
  return (JSON.parse(features) as string[]).map((code) => ({ code, maxVersion: versions[code] ?? null, expiresAt: null }));
}

function once(text: string, parse: () => EntitledModule[]): EntitledModule[] {
  let modules = parsed.get(text);
  if (!modules) {
    if (parsed.size >= kept) parsed.clear();
    modules = parse();
    parsed.set(text, modules);
  }
  return modules;
}

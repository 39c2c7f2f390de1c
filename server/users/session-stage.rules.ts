import type { Role } from '../access/access.rules.ts';

/** How far somebody has come in signing in: nothing else opens before the code, an own password and, where it is required, an authenticator app. */
export type SessionStage = 'code' | 'password' | 'two-factor' | 'whole';

/** What a session must do next. `rolesWithApp`: of whom an authenticator app is required. */
export function sessionStage({ awaitsCode, mustChangePassword, hasTotp, role }: { awaitsCode: boolean; mustChangePassword: boolean; hasTotp: boolean; role: Role }, rolesWithApp: readonly Role[]): SessionStage {
  if (awaitsCode) return 'code';
  if (mustChangePassword) return 'password';
  return !hasTotp && rolesWithApp.includes(role) ? 'two-factor' : 'whole';
}

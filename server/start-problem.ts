import { AppError, errorText } from './errors.ts';

const unreachable = new Set(['ECONNREFUSED', 'ENOTFOUND', 'ETIMEDOUT', 'ECONNRESET', 'EHOSTUNREACH', 'EAI_AGAIN']);

/** What keeps the server or a command from starting, as a sentence for the person who runs it: what is wrong and what to do. */
export function startProblem(error: unknown): string {
  const { code, syscall, port } = (typeof error === 'object' && error !== null ? error : {}) as { code?: string; syscall?: string; port?: number };
  if (syscall === 'listen' && code === 'EADDRINUSE') return `Port ${port} is taken by another program, perhaps by Chatello itself. End that one, or set PORT or ADMIN_PORT to a free port.`;
  if (syscall === 'listen' && code === 'EACCES') return `This user may not listen on port ${port}. Set PORT to one above 1023 and let a reverse proxy listen on 80 and 443.`;
  if ((error instanceof AppError && error.code === 'BUSY') || (code !== undefined && unreachable.has(code))) return `The database does not answer (${code ?? errorText(error)}). Is it running, and is DATABASE_URL right?`;
  if (code === 'ER_ACCESS_DENIED_ERROR' || code === 'ER_DBACCESS_DENIED_ERROR') return 'The database refuses the user or the password in DATABASE_URL.';
  if (code === 'ER_BAD_DB_ERROR') return 'The database that DATABASE_URL names does not exist. Create it first: CREATE DATABASE name CHARACTER SET utf8mb4';
  return errorText(error) || (code ?? 'unknown error');
}

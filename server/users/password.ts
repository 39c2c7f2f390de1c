import { hash, verify, type Options } from '@node-rs/argon2';
import { AppError } from '../errors.ts';

/** Argon2id (the library's default) with 19 MiB, two passes, one lane: OWASP's first recommendation. */
const cost: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Each calculation takes 19 MiB and a core: two at once, a short queue behind them, and whoever comes then is told to come back. */
const maxRunning = 2;
const maxWaiting = 40;
let running = 0;
const waiting: (() => void)[] = [];

/** The hash of a password, as a PHC string. Throws BUSY when too many are being calculated. */
export function hashPassword(password: string): Promise<string> {
  return inTurn(() => hash(spelled(password), cost));
}

/** Whether the password belongs to the hash; takes the same time either way. Throws BUSY when too many are being calculated. */
export function verifyPassword(passwordHash: string, password: string): Promise<boolean> {
  return inTurn(() => verify(passwordHash, spelled(password)));
}

/** The same characters typed on two keyboards may differ in their code points. */
function spelled(password: string): string {
  return password.normalize('NFKC');
}

async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  if (running >= maxRunning) {
    if (waiting.length >= maxWaiting) throw new AppError('BUSY', 'Too many people are signing in. Try again in a moment.', { retryAfterSeconds: 2 });
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else running += 1;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}

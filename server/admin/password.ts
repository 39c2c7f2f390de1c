import { hash, verify } from '@node-rs/argon2';

// OWASP's Argon2id parameters (the library's default algorithm). Each run takes 19 MiB for some 20 ms of a thread of its own.
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const maxRunning = 2;

let running = 0;
const waiting: (() => void)[] = [];

/** An Argon2id hash with its parameters and salt. At most two passwords are worked on at once, the others wait. */
export function hashPassword(password: string): Promise<string> {
  return limited(() => hash(password, parameters));
}

/** Whether the password is the one behind the hash. Throws when the hash is not one. */
export function verifyPassword(stored: string, password: string): Promise<boolean> {
  return limited(() => verify(stored, password));
}

async function limited<Result>(work: () => Promise<Result>): Promise<Result> {
  if (running >= maxRunning) await new Promise<void>((resolve) => waiting.push(resolve));
  else running += 1;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    // The next one takes over this one's place, so that nobody slips in between.
    if (next) next();
    else running -= 1;
  }
}

import { randomBytes } from 'node:crypto';
import mysql from 'mysql2/promise';

export type ScratchDatabase = { url: string; drop: () => Promise<void> };

/** An empty database of a name of its own on a MariaDB server, until it is dropped. */
export async function createScratchDatabase(serverUrl: string, prefix: string): Promise<ScratchDatabase> {
  const name = `${prefix}_${randomBytes(6).toString('hex')}`;
  const run = async (statement: string) => {
    const connection = await mysql.createConnection(serverUrl.replace(/^mariadb:/, 'mysql:'));
    await connection.query(statement);
    await connection.end();
  };
  await run(`CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = name;
  return { url: url.href, drop: () => run(`DROP DATABASE ${name}`) };
}

import { createHash } from 'node:crypto';
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import { closeDatabase, openDatabase } from '../server/db/database.ts';
import { migrate, readMigrations } from '../server/db/migrate.ts';

const lockSeconds = 60;

/**
 * Gives an empty schema on MariaDB the tables and rows that the migrations make, copied from a schema that was migrated once on this server: all their changes one after
 * the other take five times as long.
 */
export async function copySchema(url: string): Promise<void> {
  const connection = await mysql.createConnection({ uri: url, multipleStatements: true });
  try {
    await connection.query(await statementsOfSchema(connection, url));
  } finally {
    await connection.end();
  }
}

async function statementsOfSchema(connection: Connection, url: string): Promise<string> {
  const model = `model_${createHash('sha256').update(JSON.stringify(readMigrations('mariadb'))).digest('hex').slice(0, 12)}`;
  await connection.query('DO GET_LOCK(?, ?)', [model, lockSeconds]);
  try {
    await connection.query(`CREATE DATABASE IF NOT EXISTS ${model}`);
    await connection.query(`CREATE TABLE IF NOT EXISTS ${model}.statements (text LONGTEXT NOT NULL)`);
    const [kept] = await connection.query<RowDataPacket[]>(`SELECT text FROM ${model}.statements`);
    if (kept[0]) return String(kept[0]['text']);
    const made = await makeModel(connection, url, model);
    await connection.query(`INSERT INTO ${model}.statements VALUES (?)`, [made]);
    return made;
  } finally {
    await connection.query('DO RELEASE_LOCK(?)', [model]);
  }
}

async function makeModel(connection: Connection, url: string, model: string): Promise<string> {
  const address = new URL(url);
  address.pathname = `${model}_tables`;
  await connection.query(`CREATE OR REPLACE DATABASE ${model}_tables`);
  const db = openDatabase(address.href, '');
  await migrate(db, 0);
  await closeDatabase(db);
  const [tables] = await connection.query<RowDataPacket[]>(`SHOW TABLES IN ${model}_tables`);
  const statements = ['SET foreign_key_checks = 0'];
  for (const row of tables) {
    const table = String(Object.values(row)[0]);
    const from = `${model}_tables.${table}`;
    const [made] = await connection.query<RowDataPacket[]>(`SHOW CREATE TABLE ${from}`);
    statements.push(String(made[0]?.['Create Table']));
    // Some migrations bring rows.
    const [rows] = await connection.query<RowDataPacket[]>(`SELECT 1 FROM ${from} LIMIT 1`);
    if (rows.length > 0) statements.push(`INSERT INTO ${table} SELECT * FROM ${from}`);
  }
  return statements.join(';\n');
}

import { MysqlDialect, type MysqlPool } from 'kysely';
import mysql, { type Pool, type PoolConnection } from 'mysql2';
import { AppError } from '../errors.ts';

const acquireTimeoutMs = 900;
const poolSize = 10;
const queueLimit = 500;
const sessionSettings = [
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  "SET SESSION innodb_lock_wait_timeout = 5, sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00'",
];

/** A pool with UTC, READ COMMITTED (no gap locks, so fewer deadlocks) and numbers as numbers. */
export function openMariadbPool(url: string): Pool {
  const pool = mysql.createPool({
    uri: url.replace(/^mariadb:/, 'mysql:'),
    connectionLimit: poolSize,
    queueLimit,
    charset: 'utf8mb4',
    timezone: 'Z',
    decimalNumbers: true,
    maxPreparedStatements: 500,
  });
  pool.on('connection', (connection: PoolConnection) => {
    for (const statement of sessionSettings) {
      connection.query(statement, (error) => {
        if (error) connection.destroy();
      });
    }
  });
  return pool;
}

type Acquired = (error: unknown, connection: PoolConnection | undefined) => void;

/** A connection of the pool. A caller who gets none in time is told that the server is busy instead of waiting for ever. */
export function acquireConnection(pool: Pool, callback: Acquired): void {
  let answered = false;
  const timer = setTimeout(() => {
    answered = true;
    callback(new AppError('BUSY', 'The server is busy. Try again in a moment.', { detail: 'no free database connection', retryAfterSeconds: 1 }), undefined);
  }, acquireTimeoutMs);
  pool.getConnection((error, connection) => {
    clearTimeout(timer);
    if (!answered) callback(error, connection);
    else if (!error) connection.release();
  });
}

/** Kysely over the pool. */
export function mariadbDialect(pool: Pool): MysqlDialect {
  const limited: MysqlPool = {
    getConnection: (callback) => acquireConnection(pool, (error, connection) => callback(error, connection as never)),
    end: (callback) => pool.end((error) => callback(error)),
  };
  return new MysqlDialect({ pool: limited });
}

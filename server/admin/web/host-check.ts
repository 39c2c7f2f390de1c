import type { RequestHandler } from 'express';
import { AppError } from '../../errors.ts';

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Answers only under a loopback name with the port it listens on. A page elsewhere whose name has been pointed to 127.0.0.1 (DNS
 * rebinding) would otherwise be of the same origin as the dashboard.
 */
export const checkHost: RequestHandler = (req, _res, next) => {
  const host = (req.headers.host ?? '').toLowerCase();
  const port = req.socket.localPort;
  if (!loopbackNames.some((name) => host === `${name}:${port}` || (port === 80 && host === name))) {
    throw new AppError('MISDIRECTED', `The dashboard answers at http://localhost:${port} only. Reach it through an SSH tunnel that keeps the port.`);
  }
  next();
};

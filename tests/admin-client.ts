import assert from 'node:assert/strict';
import supertest from 'supertest';
import { createAdmin } from '../server/admin.ts';
import { createAdmin as addAdmin } from '../server/users/create-admin.ts';
import type { TestApp } from './harness.ts';

export const adminEmail = 'admin@localhost';
export const adminPassword = 'a password of my own';

/** A person at the dashboard: keeps cookies and takes the token of a form from the page that it stands on, as a browser does. */
export type Visitor = {
  get: (path: string, headers?: Record<string, string>) => Promise<supertest.Response>;
  /** Sends a form. The token is that of the last page unless the fields name another. */
  post: (path: string, fields?: Record<string, string>, headers?: Record<string, string>) => Promise<supertest.Response>;
  login: (email: string, password: string) => Promise<supertest.Response>;
  cookies: Map<string, string>;
};

export function visitor(express: ReturnType<typeof createAdmin>): Visitor {
  const cookies = new Map<string, string>();
  let token = '';
  async function send(request: supertest.Test, headers: Record<string, string>): Promise<supertest.Response> {
    const response = await request.set({ cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '), ...headers });
    for (const line of (response.headers['set-cookie'] as unknown as string[] | undefined) ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '' || /Expires=Thu, 01 Jan 1970/.test(line)) cookies.delete(name);
      else cookies.set(name, value);
    }
    token = /name="_csrf" value="([^"]+)"/.exec(response.text)?.[1] ?? token;
    return response;
  }
  const self: Visitor = {
    cookies,
    get: (path, headers = {}) => send(supertest(express).get(path), headers),
    post: (path, fields = {}, headers = {}) => send(supertest(express).post(path).type('form').send({ _csrf: token, ...fields }), headers),
    async login(email, password) {
      await self.get('/login');
      return self.post('/login', { email, password });
    },
  };
  return self;
}

/** An administrator who has replaced the one-time password and is signed in. */
export async function signedInVisitor({ deps }: TestApp): Promise<{ visitor: Visitor; express: ReturnType<typeof createAdmin> }> {
  const express = createAdmin(deps);
  const self = visitor(express);
  await addAdmin(deps.db, { email: adminEmail, password: 'one-time-password' }, { actor: 'test' }, deps.now());
  await self.login(adminEmail, 'one-time-password');
  await self.get('/password');
  const changed = await self.post('/password', { current: 'one-time-password', password: adminPassword, repeated: adminPassword });
  assert.equal(changed.headers['location'], '/?done=password-changed');
  await self.get('/');
  return { visitor: self, express };
}

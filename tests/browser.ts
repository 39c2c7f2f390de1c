import { chromium, type Browser } from 'playwright-core';

/** Debian's Chromium, with as few processes as it can do with. */
export function launchBrowser(): Promise<Browser> {
  const few = ['--in-process-gpu', '--disable-gpu', '--renderer-process-limit=2', '--disable-extensions'];
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', ...few, '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
}

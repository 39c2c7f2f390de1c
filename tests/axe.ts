import axe from 'axe-core';
import type { Page } from 'playwright-core';

type Violation = { id: string; impact: string; nodes: { target: string[] }[] };

/** What axe-core finds serious or critical on a page as it stands: contrast, names, roles, landmarks. It is loaded once for each page. */
export async function seriousFlaws(page: Page): Promise<string[]> {
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(axe.source);
  // What is preloaded (style sheets, media) is for rules that are off.
  const violations = (await page.evaluate(`axe.run(document, { resultTypes: ['violations'], preload: false }).then(({ violations }) => violations)`)) as Violation[];
  return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${id} ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
}

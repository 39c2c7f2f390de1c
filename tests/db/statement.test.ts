import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { array, assert as check, asyncProperty, constantFrom, integer, property, record } from 'fast-check';
import { newId } from '../../server/ids.ts';
import { csvText } from '../../server/csv.rules.ts';
import { readStatement } from '../../server/usage/read-statement.ts';
import { dollarText } from '../../server/usage/dollars.rules.ts';
import { parseMonth, statementSums } from '../../server/usage/statement.rules.ts';
import { onBothDatabases, useTestApp } from '../harness.ts';
import { writeLedgerRow } from '../ledger-rows.ts';

const november = Date.UTC(2026, 10, 1);
const december = Date.UTC(2026, 11, 1);
const amount = integer({ min: 0, max: 2_000_000_000 });
const row = record({
  at: integer({ min: Date.UTC(2026, 9, 28), max: Date.UTC(2026, 11, 3) }),
  provider: constantFrom('openai', 'anthropic'),
  model: constantFrom('a', 'b', 'A'),
  key_source: constantFrom('managed', 'own'),
  status: constantFrom('completed', 'failed', 'aborted', 'swept', 'reserved'),
  charged_requests: constantFrom(0, 1),
  is_cached: constantFrom(0, 1),
  input_tokens: amount, cached_tokens: amount, cache_write_tokens: amount, output_tokens: amount, reasoning_tokens: amount, characters: amount, audio_ms: amount,
  cost_microcents: integer({ min: 0, max: 10_000_000_000_000 }),
});

onBothDatabases('the statement of a month', (engine) => {
  const app = useTestApp(engine);

  it('adds up to the settled ledger of that month to the last micro-cent, whatever was used, and leaves nobody else in', async () => {
    const { db } = (await app()).deps;
    await check(
      asyncProperty(array(row, { maxLength: 25 }), async (rows) => {
        const licenseId = newId();
        for (const { at, ...values } of rows) await writeLedgerRow(db, licenseId, at, values);
        await writeLedgerRow(db, newId(), november, { cost_microcents: 1 });
        const { lines, totals } = await readStatement(db, licenseId, november);
        const own = rows.filter(({ at, status }) => at >= november && at < december && status !== 'reserved');
        const counted = own.map((each) => ({ ...each, calls: 1, requests: each.charged_requests, cached_answers: each.is_cached, failed_calls: each.status === 'failed' || each.status === 'swept' ? 1 : 0 }));
        for (const name of statementSums) {
          const expected = counted.reduce((sum, each) => sum + BigInt(each[name]), 0n);
          assert.equal(BigInt(totals[name]), expected, name);
          assert.equal(lines.reduce((sum, line) => sum + BigInt(line[name]), 0n), expected, name);
        }
        const place = ({ day, provider, model, key_source }: (typeof lines)[number]) => `${day} ${provider} ${model} ${key_source}`;
        assert.equal(new Set(lines.map(place)).size, lines.length, 'one line for each day, provider, model and source');
        for (const line of lines) {
          const its = counted.filter((each) => each.at - (each.at % 86_400_000) === line.day && each.provider === line.provider && each.model === line.model && each.key_source === line.key_source);
          assert.deepEqual([line.calls, line.cost_microcents, line.output_tokens], [its.length, its.reduce((sum, each) => sum + each.cost_microcents, 0), its.reduce((sum, each) => sum + each.output_tokens, 0)]);
        }
      }),
      { numRuns: engine === 'sqlite' ? 60 : 15 },
    );
  });

  it('has what a process with a slow clock counted in the newer month, and days of the older version', async () => {
    const { db } = (await app()).deps;
    const licenseId = newId();
    await writeLedgerRow(db, licenseId, november, { created_at: november - 60_000, cost_microcents: 5 });
    await writeLedgerRow(db, licenseId, november + 86_400_000 * 3 + 5, { day_start: 0, cost_microcents: 7 });
    const { lines, totals } = await readStatement(db, licenseId, november);
    assert.deepEqual([lines.map(({ day }) => day), totals.cost_microcents], [[november, november + 86_400_000 * 3], 12]);
    assert.deepEqual((await readStatement(db, licenseId, Date.UTC(2026, 9, 1))).lines, []);
  });
});

describe('the figures of a statement', () => {
  it('are dollars without rounding', () => {
    for (const [microcents, text] of [[0, '0.00000000'], [1, '0.00000001'], [123, '0.00000123'], [100_000_000, '1.00000000'], [123_456_789_012, '1234.56789012'], [-5, '-0.00000005']] as const) assert.equal(dollarText(microcents), text);
    check(property(integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), (microcents) => BigInt(dollarText(microcents).replace('.', '')) === BigInt(microcents)));
  });

  it('are of a month that is one', () => {
    for (const text of ['', '2026', '2026-13', '2026-00', '2026-1', '26-11', '2026-11-01', ' 2026-11', '2026-11\n', '0001-01', '1999-12', '２０２６-11']) assert.equal(parseMonth(text), undefined, text);
    assert.deepEqual(['2026-11', '2000-01', '2028-02'].map(parseMonth), [november, Date.UTC(2000, 0), Date.UTC(2028, 1)]);
  });

  it('stand in CSV that quotes what has to be and starts no formula', () => {
    assert.equal(csvText([['a', 'b,c', 'say "hi"', 'two\nlines', 5, -5]]), 'a,"b,c","say ""hi""","two\nlines",5,-5\r\n');
    for (const text of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '＝1+1']) assert.match(csvText([[text]]), /^"?'/);
  });
});

import type { Command } from 'commander';
import { sealHashAt } from '../../server/audit/chain.store.ts';
import { sealAudit } from '../../server/audit/seal-audit.ts';
import { verifyAudit } from '../../server/audit/verify-audit.ts';
import { AppError } from '../../server/errors.ts';
import { command, print, withServer } from './command.ts';

const linesBetweenNews = 100_000;

const explanation = `
Ends with 1 when a line was changed or removed, and names the lines.
Note the head (its number and hash) somewhere else from time to time, and give it with --expect later:
that is the only proof against somebody who has computed the whole chain anew.`;

/** `chatello verify-audit` */
export function verifyAuditCommand(): Command {
  return command('verify-audit', 'Check the hash chain of the audit log: has a line been changed or removed?')
    .option('--expect <head>', 'a head that was noted before, as NUMBER:HASH')
    .addHelpText('after', explanation)
    .action(async (options: { json?: boolean; expect?: string }) => {
      const expected = expectedHead(options.expect);
      const { result, isAsNoted } = await withServer(async ({ db, now }) => {
        await sealAudit({ db, now: () => now });
        const progress = await verifyAudit(db, ({ seq, phase }) => {
          if (phase === 'seals' && seq % linesBetweenNews === 0) process.stderr.write(`${seq} lines\n`);
        });
        return { result: progress, isAsNoted: expected === undefined || (await sealHashAt(db, expected.seq)) === expected.hash };
      });
      const { problems, problemCount, seq, hash, lines, waiting, emptied } = result;
      const isIntact = problemCount === 0 && isAsNoted;
      const words = problems.map(({ kind, seq: place, id }) => `${kind.replaceAll('_', ' ')}: ${place === null ? '' : `number ${place} `}${id ?? ''}`.trimEnd());
      if (!isAsNoted && expected !== undefined) words.push(`number ${expected.seq} is not what was noted: the chain was computed anew, or cut off`);
      const text = isIntact ? `The audit log is as it was written: ${lines} lines${emptied === 0 ? '' : `, ${emptied} of them emptied when a customer was erased`}.` : `The audit log was changed:\n${words.join('\n')}${problemCount > problems.length ? `\nand ${problemCount - problems.length} more` : ''}`;
      print(options, { intact: isIntact, lines, head: { seq, hash }, waiting, emptied, problem_count: problemCount, problems, as_noted: isAsNoted }, `${text}\nHead: ${seq}:${hash}`);
      if (!isIntact) process.exitCode = 1;
    });
}

function expectedHead(text: string | undefined): { seq: number; hash: string } | undefined {
  if (text === undefined) return undefined;
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/i.exec(text.trim()) ?? [];
  if (seq === undefined || hash === undefined) throw new AppError('INVALID_REQUEST', '--expect: must be NUMBER:HASH, as verify-audit has shown it');
  return { seq: Number(seq), hash: hash.toLowerCase() };
}

import { createReadStream } from 'node:fs';
import path from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { AppError } from '../../server/errors.ts';
import { fileProblemSentence } from '../../server/imports/csv-file.rules.ts';
import { getHead, getImport, mappingOf, reportOf } from '../../server/imports/get-import.ts';
import { importFields } from '../../server/imports/import-fields.rules.ts';
import { mappingFrom, mappingRequest } from '../../server/imports/mapping-request.ts';
import { receiveImport } from '../../server/imports/receive-import.ts';
import { isWorking, type Tally } from '../../server/imports/report.rules.ts';
import { checkImport, startImport, undoImport } from '../../server/imports/steer-import.ts';
import { workOnImport } from '../../server/imports/work-on-import.ts';
import { listProblems as listImportProblems } from '../../server/imports/imports.store.ts';
import { by, command, print, withServer, type CommandContext } from './command.ts';

type Options = { json?: boolean; column?: Record<string, string>; planOf?: Record<string, string>; productOf?: Record<string, string>; statusOf?: Record<string, string>; plan?: string; product?: string; customers?: boolean; update?: boolean; newKeys?: boolean; monthFirst?: boolean; yes?: boolean; undo?: string };

const problemsShown = 20;
const explanation = `
Without --yes it is a dry run, which changes nothing and says what would happen. The file is sealed in the database, and
the dashboard (Imports) shows it too. Whatever is interrupted goes on there or with the same command: nothing becomes double.

  chatello import licences.csv --plan pro
  chatello import licences.csv --column "key=Serial" --plan-of "Gold=agency" --yes
  chatello import --undo 01a1fdfd-2f56-7160-aec7-9a074e78721c`;

/** `chatello import` */
export function importCommand(): Command {
  return command('import', 'Import customers and licences from a CSV file of another system, with their keys.')
    .argument('[file]', 'CSV file with a line of column names')
    .option('--column <field=name>', `what a column is: ${importFields.join(', ')} (otherwise guessed)`, pair)
    .option('--plan-of <word=code>', 'the plan that a word in the file means', pair)
    .option('--product-of <word=code>', 'the product that a word in the file means', pair)
    .option('--status-of <word=status>', 'the status that a word in the file means', pair)
    .option('--plan <code>', 'plan of lines that name none')
    .option('--product <code>', 'product of lines that name none')
    .option('--customers', 'the file holds customers only')
    .option('--update', 'what is here already takes over what the file says')
    .option('--new-keys', 'lines without a key get a new one')
    .option('--month-first', '01/31/2027 and not 31/01/2027')
    .option('--yes', 'import, after the dry run')
    .option('--undo <id>', 'take back what an import has made and nobody has used since')
    .addHelpText('after', explanation)
    .action(async (file: string | undefined, options: Options) => {
      if ((file === undefined) === (options.undo === undefined)) throw new AppError('INVALID_REQUEST', 'Name the file to import, or the import to undo with --undo.');
      await withServer((context) => (options.undo === undefined ? importFile(context, file ?? '', options) : undo(context, options.undo, options)));
    });
}

async function importFile(context: CommandContext, file: string, options: Options): Promise<void> {
  const { db, vault } = context;
  const received = await receiveImport({ db, vault, now: Date.now }, { stream: createReadStream(file), fileName: path.basename(file) }, by);
  if ('problem' in received) throw new AppError('INVALID_REQUEST', `${file} ${fileProblemSentence(received.problem)}.`);
  const { importId: id } = received;
  const head = await getHead(db, vault, id);
  const guess = await mappingOf(db, await getImport(db, id), head);
  const mapping = await mappingFrom(db, askedFor(options, mappingRequest(guess, head).columns), head, guess);
  await checkImport(db, id, mapping, head, by, Date.now());
  await work(context, id);
  if (options.yes) {
    await startImport(db, id, by, Date.now());
    await work(context, id);
  }
  const row = await getImport(db, id);
  const { check, run } = reportOf(row);
  const tally = options.yes ? run : check;
  const problems = await listImportProblems(db, id, options.yes ? 'run' : 'check', 0, problemsShown);
  const lines = problems.map(({ line, field, code }) => `  line ${line}  ${field ?? ''}: ${code.replaceAll('_', ' ')}`);
  const more = tally.refused > problems.length ? [`  and ${tally.refused - problems.length} more: see Imports in the dashboard`] : [];
  print(
    options,
    { id, status: row.status, lines: row.total_lines, mapping: mappingRequest(mapping, head), ...(options.yes ? { imported: run } : { dry_run: check }), refused: problems.map(({ line, field, code }) => ({ line, field, code })) },
    [`${options.yes ? 'Imported' : 'Dry run'} ${row.file_name}, ${row.total_lines} lines`, tallyText(tally), ...(lines.length > 0 ? ['refused:', ...lines, ...more] : []), options.yes ? `Undo it with: chatello import --undo ${id}` : 'Nothing has been changed. Import it with --yes, or in the dashboard.'].join('\n'),
  );
}

async function undo(context: CommandContext, id: string, options: Options): Promise<void> {
  await undoImport(context.db, id, by, undefined, Date.now());
  await work(context, id);
  const { undo: undone } = reportOf(await getImport(context.db, id));
  const left = await listImportProblems(context.db, id, 'undo', 0, problemsShown);
  const lines = left.map(({ line, code, entity_id: entity }) => `  line ${line}  ${code.replaceAll('_', ' ')} (${entity ?? ''})`);
  print(options, { id, undone, left: left.map(({ line, code, entity_id: entity }) => ({ line, code, entity_id: entity })) }, [`Undone: ${undone.removed} removed, ${undone.restored} restored, ${undone.left} left`, ...lines].join('\n'));
}

/** Does the work here, beside a server that may run: whoever comes first does a slice. */
async function work({ db, vault }: CommandContext, id: string): Promise<void> {
  for (let row = await getImport(db, id); isWorking(row.status); row = await getImport(db, id)) {
    process.stderr.write(`${row.status}: ${Math.max(row.next_line, 0)} of ${row.status === 'undoing' ? reportOf(row).items : row.total_lines}\n`);
    await workOnImport({ db, vault, now: Date.now }, { importId: id });
  }
}

/** Columns that are named stand beside those that were guessed. */
function askedFor(options: Options, guessed: Record<string, string>): Parameters<typeof mappingFrom>[1] {
  const statuses = options.statusOf as Parameters<typeof mappingFrom>[1]['statuses'];
  return {
    ...(options.column === undefined ? {} : { columns: { ...withoutValues(guessed, Object.values(options.column)), ...options.column } }),
    ...(options.planOf === undefined ? {} : { plans: options.planOf }), ...(options.productOf === undefined ? {} : { products: options.productOf }), ...(statuses === undefined ? {} : { statuses }),
    ...(options.plan === undefined ? {} : { default_plan: options.plan }), ...(options.product === undefined ? {} : { default_product: options.product }),
    ...(options.customers ? { kind: 'customers' as const } : {}), existing: options.update ? 'update' : 'keep', new_keys: options.newKeys ?? false, ...(options.monthFirst ? { day_first: false } : {}),
  };
}

function withoutValues(record: Record<string, string>, values: string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => !values.includes(value)));
}

function tallyText({ new: fresh, existing, changed, refused, customers, licenses, sites }: Tally): string {
  return `  ${fresh} new (${customers} customers, ${licenses} licences, ${sites} sites), ${changed} changed, ${existing} here already, ${refused} refused`;
}

/** `a=b`, several times. */
function pair(text: string, before: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError('It must be like NAME=VALUE.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

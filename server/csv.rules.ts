/** Beginnings that a spreadsheet takes for a formula; a cell of text that has one begins with an apostrophe instead. */
const formula = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/;
const needsQuotes = /[",\r\n]/;

/** A table as CSV by RFC 4180: commas, CRLF, quotes where needed. Numbers stay as they are; no text can act as a formula in a spreadsheet. */
export function csvText(rows: (string | number)[][]): string {
  return rows.map((cells) => `${cells.map(csvCell).join(',')}\r\n`).join('');
}

function csvCell(cell: string | number): string {
  if (typeof cell === 'number') return String(cell);
  const text = formula.test(cell) ? `'${cell}` : cell;
  return needsQuotes.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

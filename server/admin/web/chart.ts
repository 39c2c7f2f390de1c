/** Bars for a row of days or months. Those of `series` stand on each other; those of `below` hang from the line of zero. Values are not negative. */
export type BarChart = { title: string; labels: string[]; series: ChartSeries[]; below?: ChartSeries | undefined; format: (value: number) => string };
export type ChartSeries = { name: string; values: number[] };

const width = 1_000;
const height = 200;
const gapShare = 0.22;
const widestBar = 60;
/** As many looks as there are in dashboard.css and in `patterns`. */
export const chartLooks = 6;

type Escape = (text: string) => string;

/** The bars as SVG, which stretches to the width of the page; what is to be read stands beside it as HTML (partials/chart.hbs). Each look is a colour and a pattern. */
export function barsSvg({ title, labels, series, below, format }: BarChart, id: string, escape: Escape): string {
  const { top, bottom } = extentOf({ series, below });
  const scale = height / (top + bottom || 1);
  const zero = top * scale;
  const step = width / Math.max(labels.length, 1);
  const barWidth = Math.min(step * (1 - gapShare), widestBar);
  const bars = labels.map((label, index) => {
    const x = round(index * step + (step - barWidth) / 2);
    let y = zero;
    const parts = series.map(({ values }, look) => {
      const size = (values[index] ?? 0) * scale;
      y -= size;
      return size > 0 ? bar(x, y, barWidth, size, look, id) : '';
    });
    if (below) parts.push(bar(x, zero, barWidth, (below.values[index] ?? 0) * scale, series.length, id));
    const said = [...series, ...(below ? [below] : [])].filter(({ values }) => (values[index] ?? 0) !== 0).map(({ name, values }) => `${name}: ${format(values[index] ?? 0)}`);
    return `<g><title>${escape([label, ...said].join('\n'))}</title><rect class="chart-hit" x="${round(index * step)}" y="0" width="${round(step)}" height="${height}"/>${parts.join('')}</g>`;
  });
  return `<svg class="chart-bars" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label="${escape(title)}"><defs>${patterns(id)}</defs><line class="chart-grid" x1="0" x2="${width}" y1="${round(zero / 2)}" y2="${round(zero / 2)}"/><line class="chart-grid" x1="0" x2="${width}" y1="1" y2="1"/>${bars.join('')}<line class="chart-zero" x1="0" x2="${width}" y1="${round(Math.min(zero, height - 1))}" y2="${round(Math.min(zero, height - 1))}"/></svg>`;
}

/** How far the bars reach up and down: numbers that are easy to read. */
export function extentOf({ series, below }: Pick<BarChart, 'series' | 'below'>): { top: number; bottom: number } {
  const sums = (series[0]?.values ?? []).map((_, index) => series.reduce((sum, { values }) => sum + (values[index] ?? 0), 0));
  return { top: niceMaximum(Math.max(0, ...sums)), bottom: below ? niceMaximum(Math.max(0, ...below.values)) : 0 };
}

/** The next of 1, 2, 3, 4, 5, 6, 8, 10, 15, 20 … at or above a value. */
function niceMaximum(value: number): number {
  if (value <= 0) return 0;
  const unit = 10 ** Math.floor(Math.log10(value));
  return ((unit >= 10 ? [1, 1.5, 2, 3, 4, 5, 6, 8, 10] : [1, 2, 3, 4, 5, 6, 8, 10]).find((factor) => factor * unit >= value) ?? 10) * unit;
}

function bar(x: number, y: number, barWidth: number, size: number, look: number, id: string): string {
  if (size <= 0) return '';
  const box = `x="${x}" y="${round(y)}" width="${round(barWidth)}" height="${round(size)}"`;
  const kind = look % chartLooks;
  // The first look is plain; the others have a pattern over their colour.
  return `<rect class="chart-look-${kind}" ${box}/>${kind === 0 ? '' : `<rect fill="url(#${id}-${kind})" ${box}/>`}`;
}

const strokes = ['', 'M0 8L8 0', 'M0 4H8', 'M4 0V8', 'M0 0L8 8', 'M0 4H8M4 0V8'];

function patterns(id: string): string {
  return strokes.slice(1).map((stroke, index) => `<pattern id="${id}-${index + 1}" width="8" height="8" patternUnits="userSpaceOnUse"><path class="chart-stroke" d="${stroke}"/></pattern>`).join('');
}

/** A square that shows a look, for the legend. */
export function swatchSvg(look: number, id: string): string {
  const kind = look % chartLooks;
  return `<svg class="chart-swatch" viewBox="0 0 16 16" aria-hidden="true"><rect class="chart-look-${kind}" width="16" height="16"/>${kind === 0 ? '' : `<rect fill="url(#${id}-${kind})" width="16" height="16"/>`}</svg>`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

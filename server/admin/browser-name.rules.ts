const browsers: [name: string, mark: RegExp][] = [
  ['Edge', /\bEdg(?:e|A|iOS)?\/\d/],
  ['Opera', /\bOPR\/\d/],
  ['Samsung Internet', /\bSamsungBrowser\/\d/],
  ['Firefox', /\b(?:Firefox|FxiOS)\/\d/],
  ['Chrome', /\b(?:Chrome|CriOS|Chromium|HeadlessChrome)\/\d/],
  ['Safari', /\bSafari\/\d/],
];
const systems: [name: string, mark: RegExp][] = [
  ['iPhone', /\biPhone\b/],
  ['iPad', /\biPad\b/],
  ['Android', /\bAndroid\b/],
  ['Windows', /\bWindows\b/],
  ['macOS', /\bMac OS X\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Linux', /\bLinux\b/],
];

/** What a person calls the browser of a User-Agent header: `Firefox, Windows`. One that is not known is returned as it is. */
export function browserName(userAgent: string): string {
  const names = [browsers, systems].flatMap((known) => known.find(([, mark]) => mark.test(userAgent))?.[0] ?? []);
  return names.length === 0 ? userAgent : names.join(', ');
}

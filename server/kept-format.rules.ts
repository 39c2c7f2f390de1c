/** Makes a formatter of `Intl` once for each kind that is asked for and keeps it: making one takes as long as writing twenty amounts with it. */
export function keptFormat<Kind extends (string | number)[], Format>(make: (...kind: Kind) => Format): (...kind: Kind) => Format {
  const made = new Map<string, Format>();
  return (...kind) => {
    const name = kind.join(' ');
    const known = made.get(name);
    if (known) return known;
    const format = make(...kind);
    made.set(name, format);
    return format;
  };
}

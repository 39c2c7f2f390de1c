/** What one page may load beyond this server's own files. */
export type PolicyAdditions = { scripts?: string[]; styles?: string[]; frames?: string[]; connections?: string[]; images?: string[]; formTargets?: string[]; allowsPopups?: boolean };

/** The Content-Security-Policy of a page: its own files, its own server, and nothing else that is not named. */
export function contentPolicy(nonce: string, { scripts = [], styles = [], frames = [], connections = [], images = [], formTargets = [] }: PolicyAdditions = {}): string {
  const directives: [string, string[]][] = [
    ['default-src', ["'none'"]],
    ['script-src', ["'self'", `'nonce-${nonce}'`, ...scripts]],
    ['style-src', ["'self'", ...styles]],
    ['img-src', ["'self'", 'data:', ...images]],
    ['font-src', ["'self'"]],
    ['connect-src', ["'self'", ...connections]],
    ['frame-src', frames.length === 0 ? ["'none'"] : frames],
    ['form-action', ["'self'", ...formTargets]],
    ['object-src', ["'none'"]],
    ['base-uri', ["'none'"]],
    ['frame-ancestors', ["'none'"]],
  ];
  return directives.map(([name, values]) => `${name} ${values.join(' ')}`).join(';');
}

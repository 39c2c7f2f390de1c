// Asks whether the key has come and shows it without loading the page anew.
(() => {
  const quickMs = 2_000;
  const slowMs = 15_000;
  const patienceMs = 60_000;
  const startedAt = Date.now();

  async function look() {
    const waited = Date.now() - startedAt;
    const late = document.querySelector('[data-late]');
    if (late && waited > patienceMs) late.hidden = false;
    try {
      const { state } = await (await fetch('/thanks/status', { cache: 'no-store' })).json();
      if (state === 'ready') {
        const page = new DOMParser().parseFromString(await (await fetch('/thanks', { cache: 'no-store' })).text(), 'text/html');
        const content = document.getElementById('content');
        content.replaceChildren(...[...page.getElementById('content').childNodes].map((node) => document.importNode(node, true)));
        document.dispatchEvent(new Event('content-replaced'));
        content.focus();
        return;
      }
      // The hour is over: the key comes by e-mail alone.
      if (state === 'unknown') {
        if (late) late.hidden = false;
        return;
      }
    } catch {
      // No connection just now: the next look may have one.
    }
    setTimeout(look, waited > patienceMs ? slowMs : quickMs);
  }

  setTimeout(look, quickMs);
})();

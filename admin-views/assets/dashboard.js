// Every page works without this file; it only makes some things more pleasant.
const root = document.documentElement;
const locale = root.lang === 'en' ? 'en-GB' : root.lang;

/** Times in the reader's zone, with UTC (the title) on hover. */
const formats = {
  date: new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }),
  datetime: new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }),
};
const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
const units = [['year', 31_536_000], ['month', 2_592_000], ['day', 86_400], ['hour', 3_600], ['minute', 60], ['second', 1]];

function relativeTime(date) {
  const seconds = Math.round((date.getTime() - Date.now()) / 1000);
  const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? units.at(-1);
  return relative.format(Math.trunc(seconds / size), unit);
}

for (const element of document.querySelectorAll('time[data-show]')) {
  const date = new Date(element.dateTime);
  element.textContent = element.dataset.show === 'relative' ? relativeTime(date) : formats[element.dataset.show].format(date);
}
for (const element of document.querySelectorAll('[data-zone]')) {
  element.textContent = Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Colours change at once, without loading the page. */
for (const button of document.querySelectorAll('[data-theme-button]')) {
  button.addEventListener('click', (event) => {
    event.preventDefault();
    const choice = button.value;
    const life = choice === 'auto' ? 'max-age=0' : 'max-age=31536000';
    document.cookie = `chatello_theme=${choice}; path=/; samesite=strict; ${life}`;
    root.dataset.themeChoice = choice;
    root.dataset.bsTheme = choice === 'dark' || (choice === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches) ? 'dark' : 'light';
    for (const other of document.querySelectorAll('[data-theme-button]')) other.toggleAttribute('aria-pressed', false);
    button.setAttribute('aria-pressed', 'true');
  });
}

function enableCopying() {
  for (const button of document.querySelectorAll('[data-copy][hidden]')) {
    button.hidden = false;
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
      const label = button.querySelector('span');
      const before = label.textContent;
      label.textContent = button.dataset.copied;
      setTimeout(() => { label.textContent = before; }, 2_000);
    });
  }
}

enableCopying();
// The page's content was replaced by one that was fetched.
document.addEventListener('content-replaced', enableCopying);

/** Asks once more before a form that has no page of its own for that. */
for (const form of document.querySelectorAll('form[data-confirm]')) {
  form.addEventListener('submit', (event) => {
    if (form.dataset.confirmed) return;
    event.preventDefault();
    const dialog = document.createElement('dialog');
    dialog.className = 'confirm card';
    const text = document.createElement('p');
    text.textContent = form.dataset.confirm;
    const buttons = document.createElement('div');
    buttons.className = 'form-buttons';
    const yes = document.createElement('button');
    yes.className = 'btn btn-primary';
    yes.textContent = form.dataset.confirmButton;
    yes.addEventListener('click', () => {
      form.dataset.confirmed = 'yes';
      form.requestSubmit();
    });
    const no = document.createElement('button');
    no.className = 'btn btn-link';
    no.textContent = form.dataset.confirmCancel;
    no.addEventListener('click', () => dialog.close());
    dialog.addEventListener('close', () => dialog.remove());
    buttons.append(yes, no);
    dialog.append(text, buttons);
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** An open menu closes with Escape, and when the focus or a click goes elsewhere. */
for (const menu of document.querySelectorAll('details.menu')) {
  document.addEventListener('click', (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener('focusout', ({ relatedTarget }) => {
    if (relatedTarget && !menu.contains(relatedTarget)) menu.open = false;
  });
  menu.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') {
      menu.open = false;
      menu.querySelector('summary').focus();
    }
  });
}

/** A long navigation scrolls by itself: the entry of this page should be in sight. The page does not move. */
const side = document.querySelector('.side-inner');
const current = side?.querySelector('.is-current');
if (current && current.offsetTop + current.offsetHeight > side.clientHeight) side.scrollTop = current.offsetTop - side.clientHeight / 2;

/** A file can stand in for typing: its text goes into the field. */
for (const box of document.querySelectorAll('[data-file-target]')) {
  box.hidden = false;
  box.querySelector('input').addEventListener('change', async ({ target }) => {
    const [file] = target.files;
    if (file) document.getElementById(box.dataset.fileTarget).value = await file.text();
  });
}

/** What goes on in the background is followed: the part is fetched again until it says no more that there is something to follow. */
const followed = document.querySelector('[data-follow]');
if (followed) {
  const look = async () => {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' } }).catch(() => undefined);
    const page = answer?.ok ? new DOMParser().parseFromString(await answer.text(), 'text/html') : undefined;
    const part = page?.getElementById(followed.id);
    if (part && !part.dataset.follow) location.reload();
    else {
      if (part) followed.replaceChildren(...part.childNodes);
      setTimeout(look, Number(followed.dataset.follow));
    }
  };
  setTimeout(look, Number(followed.dataset.follow));
}

// Runs before the first paint: whoever follows the system sees no flash of the other colours.
(() => {
  const root = document.documentElement;
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const apply = () => {
    const choice = root.dataset.themeChoice;
    root.dataset.bsTheme = choice === 'dark' || (choice === 'auto' && dark.matches) ? 'dark' : 'light';
  };
  dark.addEventListener('change', apply);
  apply();
})();

/** Light, dark, or as the system has it. */
export type Theme = 'auto' | 'light' | 'dark';

const KEY = 'offhook-theme';

/** What was chosen last. */
export function chosen(): Theme {
  try {
    const theme = localStorage.getItem(KEY);
    return theme === 'light' || theme === 'dark' ? theme : 'auto';
  } catch {
    return 'auto'; // A browser that keeps nothing.
  }
}

/** Applies a choice and remembers it. */
export function choose(theme: Theme): void {
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // It then holds for this page alone.
  }
  document.dispatchEvent(new Event('themechange'));
}

choose(chosen());

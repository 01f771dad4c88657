// Finds things in the playground's page by what a person reads on them.
'use strict';
globalThis.lotse = (() => {
  const shown = (e) => e.getClientRects().length > 0;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)].filter(shown);
  const words = (e) => e.innerText.replace(/\s+/g, ' ').trim();
  // In a chat the newest stands lowest, in a channel highest.
  const newest = (list, is) => (all('button').some((e) => words(e) === 'Post') ? list.find(is) : list.findLast(is));
  const field = (label) => {
    const found = newest(all('label'), (e) => words(e).replace(/ \*$/, '') === label);
    return found && document.getElementById(found.htmlFor);
  };

  const kinds = {
    // A button, by its title or what stands on it.
    button: (title) => newest(all('button, [role=menuitem]'), (e) => [e.title, e.ariaLabel, words(e)].includes(title)),
    // Where one writes a message: a channel shows it below what is written there.
    compose: () => all('[role=textbox][contenteditable=true]')[0],
    mention: (name) => all('[role=menuitem]').find((e) => words(e).includes(name)),
    send: () => all('button').find((e) => ['Send Message', 'Post'].some((name) => [e.title, e.ariaLabel, words(e)].includes(name))),
    field,
    // An option stands in its field, or in a list that floats above the page.
    option: (label, option) => {
      const within = field(label);
      if (!within) return null;
      return (within.role === 'combobox' ? all('[role=option], [role=menuitemcheckbox]') : all('label', within)).find((e) => words(e) === option);
    },
    // A message, or a post of a channel with its answers.
    message: (...parts) => newest(
      all('[aria-label="Show more information"]').map((e) => e.closest('[aria-label="Message header"]')?.parentElement ?? e.closest('[role=group]')),
      (e) => e && parts.every((part) => words(e).includes(part)),
    ),
  };

  // find resolves when there is such a thing, and it does not move any more.
  const find = (kind, ...names) => new Promise((found) => {
    let before = '';
    const look = () => {
      const e = kinds[kind](...names);
      if (e) {
        e.scrollIntoViewIfNeeded();
        const { x, y, width, height } = e.getBoundingClientRect();
        const now = [x, y, width, height].join();
        if (now === before) {
          found({ X: x + width / 2, Y: y + height / 2, Text: e.value ?? e.innerText, List: e.role === 'combobox' });
          return;
        }
        before = now;
      }
      requestAnimationFrame(look);
    };
    look();
  });
  return { find };
})();

// Keyboard work that ipywidgets leaves undone: Space plays and pauses, Home and End reach the ends of the scrubber (for
// these keys its slider keeps the range that it was made with, and the search makes it longer), the notebook's own
// shortcuts keep out, sliders have names for a screen reader, and the focus does not fall out of the lab when the focused
// button is disabled.
function attach(root, model) {
  let last = null;
  root.setAttribute('data-lm-suppress-shortcuts', 'true');
  root.addEventListener('focusin', (event) => {
    last = event.target;
    for (const part of root.querySelectorAll('.noUi-handle:not([aria-label]), .widget-readout:not([aria-label])')) {
      const label = part.closest('.widget-inline-hbox')?.querySelector('.widget-label');
      part.setAttribute('aria-label', label?.textContent || '');
    }
  });
  root.addEventListener('keydown', (event) => {
    const busy = event.target.closest('button, input, select, textarea, a, summary, [contenteditable]');
    if (event.key !== ' ' || busy || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    model.send({ kind: 'space' });
  });
  root.addEventListener('keydown', (event) => {
    if ((event.key !== 'Home' && event.key !== 'End') || !event.target.closest('.nb-scrub .noUi-handle')) return;
    event.preventDefault();
    event.stopPropagation(); // before the slider hears of it
    if (!event.target.closest('[disabled]')) model.send({ kind: event.key.toLowerCase() });
  }, true);
  root.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && event.target.matches('.nb-typed input')) model.send({ kind: 'enter', text: event.target.value });
  }, true); // before the field, which keeps its keys to itself
  const watcher = new MutationObserver((changes) => {
    if (!changes.some((c) => c.target === last && last.disabled)) return;
    if (document.activeElement !== last && document.activeElement !== document.body) return;
    const order = last.classList.contains('nb-play') ? ['nb-pause', 'nb-reset'] : ['nb-play', 'nb-reset'];
    // The next button is enabled by a later message, so look once that has arrived.
    setTimeout(() => {
      const next = order.map((name) => root.querySelector(`button.${name}`)).find((b) => b && !b.disabled);
      next?.focus({ preventScroll: true });
    }, 60);
  });
  watcher.observe(root, { subtree: true, attributes: true, attributeFilter: ['disabled'] });
  return () => watcher.disconnect();
}

const page = crypto.randomUUID?.() ?? String(Math.random());

function render({ model, el }) {
  const view = String(Math.random());
  model.send({ kind: 'opened', page, view });
  let detach = null, tries = 0;
  el.style.display = 'none';
  const find = () => {
    const root = el.closest('.nb-lab');
    if (root) detach = attach(root, model);
    else if (tries++ < 100) setTimeout(find, 50);
  };
  find();
  return () => {
    detach?.();
    // A cell that is moved closes its view and opens another; a search that nobody sees pauses.
    setTimeout(() => {
      try { model.send({ kind: 'closed', page, view }); } catch { /* its kernel has ended, and the search with it */ }
    }, 300);
  };
}
export default { render };

// Questions, exercises and progress on a page without a kernel (nasbook/course/still.py): an answer is locked before the
// outcome is shown, and what is done is kept in the browser, as entries of the file that nasbook.progress() reads. nbSay() is player.js's, loaded before.
(() => {
  'use strict';
  const SCHEMA = 'nasbook/progress@1', FILE = 'nasbook_progress.json';
  let memory = '{}'; // where the browser keeps nothing

  const plain = (x) => (x && typeof x === 'object' && !Array.isArray(x) ? x : {});
  const read = () => {
    let text = memory;
    try { text = localStorage.getItem(SCHEMA) ?? memory; } catch { /* it may be forbidden */ }
    try { return plain(JSON.parse(text)); } catch { return {}; }
  };
  const write = (entries) => {
    memory = JSON.stringify(entries);
    try { localStorage.setItem(SCHEMA, memory); } catch { /* kept until the page is left */ }
    document.dispatchEvent(new Event('nb-progress'));
  };
  // A random number, so that two files of the same reader can be joined. It says nothing else of a person.
  let drawn = '';
  const learner = (brought) => {
    const sound = (x) => (/^[0-9a-f]{16}$/.test(x) ? x : '');
    let kept = '';
    try { kept = sound(localStorage.getItem(`${SCHEMA} learner`)); } catch { /* it may be forbidden */ }
    const random = () => [...crypto.getRandomValues(new Uint8Array(8))].map((b) => b.toString(16).padStart(2, '0')).join('');
    drawn = sound(brought) || kept || drawn || random();
    try { localStorage.setItem(`${SCHEMA} learner`, drawn); } catch { /* kept until the page is left */ }
    return drawn;
  };
  const entry = (name) => plain(read()[name]);
  const note = (name, facts) => {
    const when = `${new Date().toISOString().slice(0, 19)}+00:00`;
    write({ ...read(), [name]: { ...entry(name), ...facts, when } });
  };
  const make = (tag, attributes = {}, ...inside) => {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.append(...inside);
    return node;
  };
  const button = (words, press) => {
    const node = make('button', { type: 'button' }, words);
    node.addEventListener('click', press);
    return node;
  };
  const outcomes = (name) => [...document.querySelectorAll('.nb-outcome')].filter((x) => x.dataset.question === name);

  // What is kept of an answer is English; a page may have it in other words.
  const wording = (name, answer) => [...document.querySelectorAll(`.nb-predict[data-question="${CSS.escape(name)}"] input`)]
    .find((input) => input.value === answer)?.nextElementSibling.textContent ?? answer;

  // ---- a question: choose, lock, and perhaps ask again --------------------------------------------------------
  function question(form) {
    const name = form.dataset.question, said = form.querySelector('.nb-note'), say = nbSay(form);
    const inputs = [...form.querySelectorAll('input')];
    const lock = button(say('Lock my answer'), () => {
      const chosen = inputs.find((input) => input.checked);
      if (!chosen) { said.textContent = say('Choose one of the answers first.'); return; }
      const [out] = outcomes(name);
      note(name, { answer: chosen.value, ...(out ? { outcome: out.dataset.outcome } : {}) });
      said.focus();
    });
    const again = button(say('Ask me again'), () => {
      const old = entry(name), first = old.outcome && !('first' in old) ? { first: old.answer } : {};
      note(name, { answer: null, outcome: null, again: (old.again ?? 0) + 1, ...first });
      inputs.forEach((input) => { input.checked = false; });
      inputs[0].focus();
    });
    said.tabIndex = -1;
    form.insertBefore(make('p', {}, lock, ' ', again), said);
    form.addEventListener('submit', (event) => event.preventDefault());
    const show = () => {
      const { answer } = entry(name);
      const locked = inputs.some((input) => input.value === answer);
      inputs.forEach((input) => {
        input.disabled = locked;
        if (locked) input.checked = input.value === answer;
      });
      lock.disabled = locked;
      again.hidden = !locked;
      said.textContent = locked ? say('Locked: {0}. Read on to see what came out.', wording(name, answer))
        : say('Choose before you read on. After you have locked it, the answer stays.');
    };
    document.addEventListener('nb-progress', show);
    show();
  }

  // ---- an outcome: sealed until its question is answered ------------------------------------------------------
  function outcome(box) {
    const { question: name, outcome: was } = box.dataset;
    if (!document.querySelector(`.nb-predict[data-question="${CSS.escape(name)}"]`)) return;
    const parts = [...box.children], say = nbSay(box);
    const you = make('td'), verdict = make('p');
    box.querySelector('tbody').prepend(make('tr', {}, make('th', { scope: 'row' }, say('You said')), you));
    box.insertBefore(verdict, parts[1]);
    parts.push(verdict);
    let open = false;
    const sealed = make('p', {}, say('What came out is shown once you have locked your answer above.'), ' ',
      button(say('Show it anyway'), () => { open = true; show(); }));
    box.append(sealed);
    const show = () => {
      const { answer } = entry(name);
      parts.forEach((part) => { part.hidden = !answer && !open; });
      sealed.hidden = Boolean(answer) || open;
      you.textContent = answer ? wording(name, answer) : '–';
      verdict.textContent = !answer ? say('You locked no answer this time.')
        : answer === was ? say('You were right.') : say('A surprise is worth more than a lucky guess.');
    };
    document.addEventListener('nb-progress', show);
    show();
  }

  // ---- an exercise: which hints were opened --------------------------------------------------------------------
  function exercise(box) {
    const name = box.dataset.exercise;
    box.addEventListener('toggle', (event) => {
      const part = event.target, old = entry(name);
      if (!part.open || old.passed) return;
      if (part.matches('.nb-solution')) note(name, { solution_seen: true });
      else note(name, { hints: Math.max(Number(part.dataset.hint), old.hints ?? 0) });
    }, true);
  }

  // ---- progress: a table, a file to take away, a file to bring back ---------------------------------------------
  function progress(box) {
    const { lessons, fields, schema } = JSON.parse(box.querySelector('.nb-data').textContent);
    const said = box.querySelector('.nb-note'), body = make('tbody'), say = nbSay(box);
    const kind = (v) => (v === null ? 'null' : Array.isArray(v) ? 'array' : typeof v);
    const sound = (e) => Object.fromEntries(Object.entries(e).filter(([k, v]) => !fields[k] || fields[k].includes(kind(v))));
    const heads = ['№', say('Lesson'), say('Exercises'), say('Predictions')].map((head) => make('th', { scope: 'col' }, head));
    const save = button(say('Download my progress'), () => {
      const text = JSON.stringify({ schema: SCHEMA, learner: learner(), entries: read() }, null, 1);
      const link = make('a', { download: FILE, href: URL.createObjectURL(new Blob([text], { type: 'application/json' })) });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    });
    const file = make('input', { type: 'file', accept: '.json' });
    file.addEventListener('change', async () => {
      try {
        const whole = plain(JSON.parse(await file.files[0].text()));
        if (whole.schema !== schema || whole.entries !== plain(whole.entries)) throw new Error('another file');
        const all = read(), found = Object.entries(whole.entries).filter(([, e]) => e === plain(e));
        for (const [n, e] of found) if (!plain(all[n]).passed) all[n] = { ...plain(all[n]), ...sound(e) };
        write(all);
        learner(whole.learner);
        said.textContent = say('Restored {0} entries.', found.length);
      } catch { said.textContent = say('{0}: this is no progress file of nasbook.', file.files[0]?.name); }
      file.value = '';
    });
    box.append(make('table', {}, make('thead', {}, make('tr', {}, ...heads)), body),
      make('div', { class: 'nb-row' }, save, make('label', {}, say('Restore'), ' ', file)));
    said.textContent = say('Kept in this browser; the file can be taken to a notebook, and back.');
    const show = () => {
      const entries = read();
      body.replaceChildren(...lessons.map(([number, title, names]) => {
        const of = Object.entries(entries).filter(([n, e]) => n.startsWith(`${number}.`) && plain(e).answer).map(([, e]) => e);
        const seen = of.filter((e) => e.outcome), right = seen.filter((e) => e.answer === e.outcome).length;
        const passed = names.map((n) => Boolean(plain(entries[n]).passed));
        const cells = [number, title, `${passed.map((p) => (p ? '●' : '○')).join(' ')} ${say('{0} of {1}', passed.filter(Boolean).length, names.length).replaceAll(' ', '\u00a0')}`,
          of.length ? say('{0} locked, {1} of {2} right', of.length, right, seen.length) : '–'];
        return make('tr', {}, ...cells.map((words, i) => make('td', i === 1 ? { lang: 'en' } : {}, words)));
      }));
    };
    document.addEventListener('nb-progress', show);
    show();
  }

  const start = () => [['.nb-predict', question], ['.nb-outcome', outcome], ['.nb-exercise', exercise], ['.nb-progress', progress]]
    .forEach(([where, act]) => document.querySelectorAll(`${where}:not([data-ready])`).forEach((node) => {
      node.dataset.ready = '';
      act(node);
    }));
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
  else start();
  window.addEventListener('storage', () => document.dispatchEvent(new Event('nb-progress')));
})();

// A picture that can be clicked and dragged in; see pick.py. Positions are fractions of the picture, (0, 0) at its upper left.
function render({ model, el }) {
  const img = document.createElement('img'), cross = document.createElement('div');
  el.classList.add('nb-frame');
  img.draggable = false;
  cross.className = 'nb-cross';
  el.append(img, cross);

  // ---- frames: swapped only when decoded, so that nothing flickers, and never back to an older one ------------------
  let url = null;
  const shown = () => Number(img.dataset.frame || 0);
  const swap = async () => {
    const { png, frame, alt } = model.get('picture') ?? {};
    if (!png?.byteLength || frame <= shown()) return;
    const next = URL.createObjectURL(new Blob([png], { type: 'image/png' }));
    const probe = new Image();
    probe.src = next;
    try { await probe.decode(); } catch { /* a busy page may refuse: let the picture itself load it */ }
    if (frame <= shown()) { URL.revokeObjectURL(next); return; }
    img.src = next;
    img.alt = alt;
    img.dataset.frame = frame;
    if (url) URL.revokeObjectURL(url);
    url = next;
    model.send({ kind: 'shown', frame });
    answered();
  };
  const describe = () => {
    el.style.setProperty('--w', img.width = model.get('width'));
    el.style.setProperty('--h', img.height = model.get('height'));
    const on = model.get('clickable');
    el.classList.toggle('nb-clickable', on);
    el.classList.toggle('nb-draggable', on && model.get('draggable'));
    if (on) {
      el.tabIndex = 0;
      el.setAttribute('role', 'application');
      el.setAttribute('aria-label', model.get('hint'));
      img.title = model.get('draggable') ? '' : model.get('hint');  // a tip would cover what is dragged
    } else {
      ['tabindex', 'role', 'aria-label'].forEach((name) => el.removeAttribute(name));
      img.title = '';
      cross.style.display = 'none';
    }
  };

  // ---- positions -------------------------------------------------------------------------------------------------
  const inside = (x, y) => model.get('areas').some(([l, t, w, h]) => x >= l && x <= l + w && y >= t && y <= t + h);
  const clamp = ([x, y]) => {
    const [l, t, w, h] = model.get('areas')[0];
    return [Math.min(l + w, Math.max(l, x)), Math.min(t + h, Math.max(t, y))];
  };
  const fraction = (e) => {
    const r = img.getBoundingClientRect();
    return [(e.clientX - r.left) / r.width, (e.clientY - r.top) / r.height];
  };
  const near = ([x, y]) => {
    const r = img.getBoundingClientRect();
    return model.get('handles').some(([a, b]) => Math.hypot((x - a) * r.width, (y - b) * r.height) <= 12);
  };
  const send = (kind, [x, y]) => model.send({ kind, x, y });

  // ---- dragging: one position is on its way at a time; the newest follows when the frame that answers it is shown -----
  let held = null, waiting = null, newest = null;  // held: 'mouse' or 'keys'
  const hold = (by, at) => {
    held = by;
    el.classList.toggle('nb-held', true);
    expect();
    send('grab', at);
  };
  const drag = (at) => {
    if (waiting !== null) { newest = at; return; }
    expect();
    send('drag', at);
  };
  const drop = (at) => {
    held = newest = null;
    el.classList.toggle('nb-held', false);
    send('drop', at);
  };
  const expect = () => { waiting = setTimeout(answered, 1000); };  // where no frame comes, the next goes out all the same
  const answered = () => {
    clearTimeout(waiting);
    waiting = null;
    const at = newest;
    newest = null;
    if (at && held) drag(at);
  };
  img.addEventListener('pointerdown', (e) => {
    if (!model.get('clickable') || !model.get('draggable') || e.button || held || !inside(...fraction(e))) return;
    e.preventDefault();
    img.setPointerCapture(e.pointerId);
    el.focus({ preventScroll: true });
    cross.style.display = 'none';
    here = clamp(fraction(e));
    hold('mouse', here);
  });
  img.addEventListener('pointermove', (e) => {
    const at = fraction(e), on = model.get('clickable') && inside(...at);
    img.style.cursor = held ? 'grabbing' : !on ? 'default' : model.get('draggable') && near(at) ? 'grab' : 'crosshair';
    if (held !== 'mouse') return;
    here = clamp(at);
    drag(here);
  });
  const release = (e) => { if (held === 'mouse') drop(here = e.type === 'pointerup' ? clamp(fraction(e)) : here); };
  img.addEventListener('pointerup', release);
  img.addEventListener('pointercancel', release);
  img.addEventListener('dblclick', (e) => {
    const at = fraction(e);
    if (model.get('clickable') && model.get('draggable') && inside(...at)) send('remove', at);
  });
  img.addEventListener('click', (e) => {
    if (model.get('clickable') && !model.get('draggable')) send('pick', fraction(e));
  });

  // ---- keyboard: a cross that the arrows move -------------------------------------------------------------------------
  let here = null;
  const place = () => {
    cross.style.left = `${100 * here[0]}%`;
    cross.style.top = `${100 * here[1]}%`;
    cross.style.display = 'block';
  };
  const holds = ([l, t, w, h], [x, y]) => x >= l - 1e-9 && x <= l + w + 1e-9 && y >= t - 1e-9 && y <= t + h + 1e-9;
  const into = ([l, t, w, h], [x, y]) => [Math.min(l + w, Math.max(l, x)), Math.min(t + h, Math.max(t, y))];
  const walk = ([dx, dy], step) => {  // a step of the cross, over the edge into the next area that lies that way
    const all = model.get('areas').slice(0, model.get('draggable') ? 1 : model.get('crossed'));
    const own = (here && all.find((a) => holds(a, here))) || all[0], [l, t, w, h] = own;
    here = into(own, here || [l + w / 2, t + h / 2]);
    const next = [here[0] + dx * step * w, here[1] + dy * step * h];
    const ahead = ([l2, t2, w2, h2]) => (dx > 0 ? l2 - l - w : dx < 0 ? l - l2 - w2 : dy > 0 ? t2 - t - h : t - t2 - h2);
    const others = all.filter((a) => a !== own && ahead(a) > -1e-6).sort((a, b) => ahead(a) - ahead(b));
    here = holds(own, next) || !others.length ? into(own, next) : into(others[0], next);
  };
  const hop = () => {  // to the next handle at the right of the cross, and round again
    const all = [...model.get('handles')].sort((a, b) => a[0] - b[0]);
    if (!all.length) return;
    here = all.find((h) => here && h[0] > here[0] + 1e-3) || all[0];
    place();
  };
  el.addEventListener('keydown', (e) => {
    if (!model.get('clickable') || !model.get('areas').length) return;
    const drags = model.get('draggable');
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
    if (move) {
      walk(move, e.shiftKey ? 0.1 : 0.01);
      place();
      if (held === 'keys') drag(here);
    } else if (e.key === 'Enter' && here) {
      if (!drags) send('pick', here);
      else if (held) drop(here);
      else hold('keys', here);
    } else if (drags && e.key === 'Escape' && held) drop(here);
    else if (drags && (e.key === 'Delete' || e.key === 'Backspace') && here && !held) send('remove', here);
    else if (drags && e.key.toLowerCase() === 'n' && !held && !e.ctrlKey && !e.metaKey) hop();
    else return;
    e.preventDefault();
    e.stopPropagation();
  });
  el.addEventListener('blur', () => {
    cross.style.display = 'none';
    if (held === 'keys') drop(here);
  });

  const described = 'change:clickable change:draggable change:hint change:width change:height';
  model.on('change:picture', swap);
  model.on(described, describe);
  describe();
  swap();
  // What was sent while the view was being made may not have reached the model: say which frame it has.
  model.send({ kind: 'begun', frame: model.get('picture')?.frame ?? -1 });
  return () => {
    model.off('change:picture', swap);
    model.off(described, describe);
    clearTimeout(waiting);
    if (url) URL.revokeObjectURL(url);
  };
}
export default { render };

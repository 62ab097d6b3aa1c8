"""A picture in the notebook that can be clicked, and worked by keyboard.

The kernel sends PNG frames; the page swaps a frame only when it is decoded, so that nothing flickers, and answers with
the number of the frame that it shows (`shown`). A click comes back in fractions of the picture, (0, 0) at its upper
left. With the
keyboard: the arrow keys move a cross, Enter picks where it stands. `inject(x, y)` is a click without a page.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import anywidget
import traitlets as T

ESM = """
function render({ model, el }) {
  const img = document.createElement('img'), cross = document.createElement('div');
  el.classList.add('nb-frame');
  img.draggable = false;
  cross.className = 'nb-cross';
  el.append(img, cross);

  let url = null, at = null;
  const swap = async () => {
    const png = model.get('png'), frame = model.get('frame');
    if (!png || !png.byteLength) return;
    const next = URL.createObjectURL(new Blob([png], { type: 'image/png' }));
    const probe = new Image();
    probe.src = next;
    try { await probe.decode(); } catch { URL.revokeObjectURL(next); return; }
    img.src = next;
    img.dataset.frame = frame;
    if (url) URL.revokeObjectURL(url);
    url = next;
    model.set('shown', frame);
    model.save_changes();
  };
  const describe = () => {
    img.width = model.get('width');
    img.height = model.get('height');
    img.alt = model.get('alt');
    const on = model.get('clickable');
    el.classList.toggle('nb-clickable', on);
    if (on) {
      el.tabIndex = 0;
      el.setAttribute('role', 'application');
      el.setAttribute('aria-label', model.get('hint'));
      img.title = model.get('hint');
    } else {
      ['tabindex', 'role', 'aria-label'].forEach((name) => el.removeAttribute(name));
      img.title = '';
      cross.style.display = 'none';
    }
  };
  const place = () => {
    cross.style.left = `${100 * at[0]}%`;
    cross.style.top = `${100 * at[1]}%`;
    cross.style.display = 'block';
  };
  const inside = (x, y) => model.get('areas').some(([l, t, w, h]) => x >= l && x <= l + w && y >= t && y <= t + h);
  const fraction = (e) => {
    const r = img.getBoundingClientRect();
    return [(e.clientX - r.left) / r.width, (e.clientY - r.top) / r.height];
  };
  img.addEventListener('mousemove', (e) => {
    img.style.cursor = model.get('clickable') && inside(...fraction(e)) ? 'crosshair' : 'default';
  });
  img.addEventListener('click', (e) => {
    const [x, y] = fraction(e);
    if (model.get('clickable')) model.send({ kind: 'pick', x, y });
  });
  el.addEventListener('keydown', (e) => {
    if (!model.get('clickable') || !model.get('areas').length) return;
    const [l, t, w, h] = model.get('areas')[0], step = e.shiftKey ? 0.1 : 0.01;
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
    if (move) {
      at = at || [l + w / 2, t + h / 2];
      at = [Math.min(l + w, Math.max(l, at[0] + move[0] * step * w)),
            Math.min(t + h, Math.max(t, at[1] + move[1] * step * h))];
      place();
    } else if (e.key === 'Enter' && at) {
      model.send({ kind: 'pick', x: at[0], y: at[1] });
    } else return;
    e.preventDefault();
    e.stopPropagation();
  });
  el.addEventListener('blur', () => { cross.style.display = 'none'; });
  model.on('change:png', swap);
  model.on('change:alt change:clickable change:hint change:width change:height', describe);
  describe();
  swap();
  return () => {
    model.off('change:png', swap);
    model.off('change:alt change:clickable change:hint change:width change:height', describe);
    if (url) URL.revokeObjectURL(url);
  };
}
export default { render };
"""

CSS = """
.nb-frame { position: relative; align-self: flex-start; width: fit-content; max-width: 100%; line-height: 0; }
.nb-frame img { max-width: 100%; height: auto; display: block; }
.nb-frame:focus-visible { outline: 2px solid #0072b2; outline-offset: 2px; }
.nb-cross { position: absolute; display: none; width: 21px; height: 21px; margin: -10px 0 0 -10px; pointer-events: none;
  background: linear-gradient(#d55e00 0 0) center/2px 100% no-repeat,
    linear-gradient(#d55e00 0 0) center/100% 2px no-repeat; }
"""


class ClickImage(anywidget.AnyWidget):
    """A PNG picture of `width` × `height` pixels with an alt text.

    on_pick(x, y): called with fractions of the picture when it is clicked in one of `areas`, a list of (left, top,
    width, height) in fractions, while `clickable`. The keyboard's cross moves in the first area.
    """

    _esm = ESM
    _css = CSS
    png = T.Bytes(b"").tag(sync=True)
    frame = T.Int(0).tag(sync=True)
    shown = T.Int(-1).tag(sync=True)  # the last frame that a page has decoded; -1 while there is no page
    alt = T.Unicode("").tag(sync=True)
    width = T.Int(720).tag(sync=True)
    height = T.Int(460).tag(sync=True)
    clickable = T.Bool(False).tag(sync=True)
    hint = T.Unicode("").tag(sync=True)
    areas: Any = T.List().tag(sync=True)

    def __init__(self, on_pick: Callable[[float, float], None] | None = None, **traits: Any) -> None:
        super().__init__(**traits)
        self._on_pick = on_pick
        self._sent = 0.0
        self.on_msg(self._message)

    def put(self, png: bytes, alt: str) -> None:
        """Show a frame; the picture and its description travel in one message."""
        with self.hold_sync():
            self.frame += 1
            self.png = bytes(png)
            self.alt = alt
        self._sent = time.monotonic()

    @property
    def behind(self) -> bool:
        """True while a page has yet to show the frame before last (for a second at most): time to drop a frame."""
        return 0 <= self.shown < self.frame - 1 and time.monotonic() - self._sent < 1.0

    def inject(self, x: float, y: float) -> None:
        """What a click at these fractions of the picture does; outside the areas, or when not clickable, nothing."""
        if not self.clickable or self._on_pick is None:
            return
        if any(left <= x <= left + w and top <= y <= top + h for left, top, w, h in self.areas):
            self._on_pick(x, y)

    def _message(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if isinstance(content, dict) and content.get("kind") == "pick":
            self.inject(float(content["x"]), float(content["y"]))

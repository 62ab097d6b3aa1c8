// Plays the frames of labs (nasbook/widgets/played.py) without a kernel: a scrubber, Play and Pause, and one control.
// A plain script without modules, so that it works from a disk. Each .nb-frames on the page becomes a player.
(() => {
  'use strict';
  const PACE = 700; // milliseconds a frame
  const calm = window.matchMedia?.('(prefers-reduced-motion: reduce)'); // then nothing moves by itself: a press is a frame
  let players = 0;

  // The words of a page in another language stand on it, beside the English ones: say(node)('Step {0} of {1}', 2, 3).
  const say = window.nbSay = (node) => {
    const kept = node.closest('[lang]')?.querySelector('.nb-words');
    const words = kept && kept.closest('[lang]') === node.closest('[lang]') ? JSON.parse(kept.textContent) : {};
    return (text, ...parts) => (words[text] ?? text).replace(/\{(\d)\}/g, (_, i) => parts[i]);
  };

  const make = (tag, name, attributes = {}, ...inside) => {
    const node = document.createElement(tag);
    if (name) node.className = name;
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.append(...inside);
    return node;
  };

  class Player {
    constructor(root) {
      this.root = root;
      this.data = JSON.parse(root.querySelector('.nb-data').textContent);
      this.say = say(root.parentElement); // the lab's own words are English
      this.unit = this.say(this.data.unit);
      this.image = root.querySelector('img');
      this.said = root.querySelector('.nb-said');
      this.image.decoding = 'sync'; // a frame takes the place of the one before at once
      this.row = this.data.start;
      this.timer = this.telling = null;
      this.loaded = [];
      this.build();
      this.at = this.frames.length - 1;
      this.rebuild();
      this.show(this.at, false);
      this.listen();
    }

    get frames() { return this.data.rows[this.row]; }

    build() {
      this.play = make('button', 'nb-play', { type: 'button' });
      this.scrub = make('input', 'nb-scrub', { type: 'range', min: 0, step: 1 });
      this.scrub.setAttribute('aria-label', this.say('Which {0} is shown', this.unit));
      this.count = make('output', 'nb-count', { 'aria-hidden': 'true' });
      this.voice = make('p', 'nb-voice', { 'aria-live': 'polite' });
      const lang = this.root.parentElement.closest('[lang]')?.lang ?? '';
      const bar = make('div', 'nb-bar', { lang }, this.play, this.scrub, this.count);
      this.root.insertBefore(bar, this.image);
      if (this.data.labels.length > 1) {
        const set = make('fieldset', 'nb-control', {}, make('legend', '', {}, this.data.control));
        const name = `nb-player-${players}`;
        this.options = this.data.labels.map((label, i) => {
          const option = make('input', '', { type: 'radio', name, value: i });
          option.checked = i === this.row;
          set.append(make('label', '', {}, option, make('span', '', {}, label)));
          return option;
        });
        this.root.insertBefore(set, this.image);
      }
      players += 1;
      this.root.append(this.voice);
      this.root.classList.add('nb-ready');
      this.face();
    }

    // Another row may have other steps: the scrubber goes to the one nearest to the step that was shown.
    rebuild() {
      this.scrub.max = this.frames.length - 1;
      this.scrub.disabled = this.play.disabled = this.frames.length < 2;
    }

    listen() {
      this.play.addEventListener('click', () => this.toggle());
      this.scrub.addEventListener('input', () => { this.pause(); this.show(Number(this.scrub.value)); });
      this.options?.forEach((option, i) => option.addEventListener('change', () => this.turn(i)));
      this.root.addEventListener('keydown', (event) => this.key(event));
      calm?.addEventListener?.('change', () => this.pause());
      const load = () => this.load();
      this.root.addEventListener('focusin', load, { once: true });
      this.root.addEventListener('pointerenter', load, { once: true });
      if (window.IntersectionObserver) {
        const watch = new IntersectionObserver((seen) => {
          if (seen.some((one) => one.isIntersecting)) { watch.disconnect(); load(); }
        }, { rootMargin: '200px' });
        watch.observe(this.root);
      }
      window.addEventListener('beforeprint', () => {
        this.pause();
        this.before = [this.row, this.at];
        this.choose(this.data.start);
        this.show(this.frames.length - 1, false);
      });
      window.addEventListener('afterprint', () => {
        if (!this.before) return;
        this.choose(this.before[0]);
        this.show(this.before[1], false);
      });
    }

    // All frames are fetched and decoded before they are asked for, so that a key is answered at once.
    load() {
      if (this.loaded.length) return;
      this.loaded = this.data.images.map((source) => {
        const image = new Image();
        image.src = source;
        image.decode?.().catch(() => {});
        return image;
      });
    }

    key(event) {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const free = event.target === this.scrub || event.target === this.root;
      if (event.key === ' ' && free) this.toggle();
      else if (event.key === 'Home' && free) this.go(0);
      else if (event.key === 'End' && free) this.go(this.frames.length - 1);
      else return;
      event.preventDefault();
    }

    go(at) { this.pause(); this.show(at); }

    choose(row) {
      this.row = row;
      this.options?.forEach((option, i) => { option.checked = i === row; });
      this.rebuild();
    }

    turn(row) {
      const step = this.frames[this.at][0];
      const last = this.at === this.frames.length - 1;
      this.choose(row);
      const near = (f) => Math.abs(f[0] - step);
      const best = this.frames.reduce((a, f, i) => (near(f) < near(this.frames[a]) ? i : a), 0);
      this.show(last ? this.frames.length - 1 : best);
    }

    show(at, tell = true) {
      this.at = Math.max(0, Math.min(at, this.frames.length - 1));
      const [step, image, alt, said] = this.frames[this.at];
      const total = this.frames[this.frames.length - 1][0];
      this.image.src = this.data.images[image];
      this.image.alt = alt;
      this.said.textContent = said;
      this.scrub.value = this.at;
      this.count.textContent = this.say('{0} {1} of {2}', this.unit, step, total);
      this.scrub.setAttribute('aria-valuetext', this.count.textContent);
      if (tell) this.tell(`${alt} ${said}`);
    }

    // A screen reader hears of a frame once it stays, not of all that pass.
    tell(words) {
      clearTimeout(this.telling);
      this.telling = setTimeout(() => { if (!this.timer) this.voice.textContent = words; }, 400);
    }

    toggle() {
      if (this.timer) { this.pause(); this.tell(`${this.image.alt} ${this.said.textContent}`); return; }
      if (this.frames.length < 2) return;
      this.load();
      const last = this.at === this.frames.length - 1;
      if (calm?.matches) { this.show(last ? 0 : this.at + 1); return; }
      if (last) this.show(0, false);
      this.timer = setInterval(() => {
        this.show(this.at + 1, false);
        if (this.at === this.frames.length - 1) { this.pause(); this.tell(`${this.image.alt} ${this.said.textContent}`); }
      }, PACE);
      this.face();
    }

    pause() {
      clearInterval(this.timer);
      this.timer = null;
      this.face();
    }

    face() {
      const [sign, word] = this.timer ? ['❚❚', this.say('Pause')] : ['▶', calm?.matches ? this.say('Step') : this.say('Play')];
      this.play.textContent = `${sign} ${word}`;
      this.play.setAttribute('aria-label', word);
    }
  }

  const start = () => document.querySelectorAll('.nb-frames:not(.nb-ready)').forEach((root) => {
    if (root.querySelector('.nb-data')) root.player = new Player(root);
  });
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
  else start();
})();

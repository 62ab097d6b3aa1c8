// Slides that need nothing but this page: arrows, space, Page Up and Down, Home, End, a touch; N shows the notes.
(function () {
  const slides = Array.from(document.querySelectorAll("section"));
  const count = document.querySelector("nav output");
  let now = 0;
  function show(i, remember) {
    now = Math.min(Math.max(i, 0), slides.length - 1);
    slides.forEach((s, k) => s.classList.toggle("now", k === now));
    count.textContent = now + 1 + " / " + slides.length;
    if (remember) history.replaceState(null, "", "#" + (now + 1));
    window.scrollTo(0, 0);
  }
  const notes = () => document.body.classList.toggle("notes");
  const keys = {
    ArrowRight: 1, ArrowDown: 1, PageDown: 1, " ": 1, ArrowLeft: -1, ArrowUp: -1, PageUp: -1, Home: -1e9, End: 1e9,
  };
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.key === " " && e.target.tagName === "BUTTON") return;
    if (e.key === "n" || e.key === "N") notes();
    else if (e.key in keys) {
      show(now + keys[e.key], true);
      e.preventDefault();
    }
  });
  document.querySelectorAll("nav button").forEach((b) =>
    b.addEventListener("click", () => (b.dataset.step ? show(now + Number(b.dataset.step), true) : notes())));
  let from = null;
  document.addEventListener("touchstart", (e) => { from = e.touches[0].clientX; });
  document.addEventListener("touchend", (e) => {
    const moved = e.changedTouches[0].clientX - from;
    if (from !== null && Math.abs(moved) > 60) show(now + (moved < 0 ? 1 : -1), true);
    from = null;
  });
  window.addEventListener("hashchange", () => show(Number(location.hash.slice(1)) - 1));
  show(Number(location.hash.slice(1)) - 1 || 0);
})();

// The keyboard: one tab stop for a row of things.

/**
 * One tab stop for a row of options: arrows move, Home and End jump, Enter or Space chooses,
 * Escape takes the choice back. Up and Down go to the nearest option of the line above or below.
 */
function roving(box, { choose, escape, seen }) {
  const options = () => [...box.querySelectorAll('[role="option"]')];
  const enter = (option) => {
    box.querySelector('[tabindex="0"]')?.setAttribute("tabindex", "-1");
    option.setAttribute("tabindex", "0");
  };
  const first = options()[0];
  if (first && !box.querySelector('[tabindex="0"]')) enter(first);
  const line = (from, down) => {
    const at = from.getBoundingClientRect();
    const middle = (at.left + at.right) / 2;
    let best = null;
    let least = Infinity;
    for (const option of options()) {
      const place = option.getBoundingClientRect();
      const gap = down ? place.top - at.top : at.top - place.top;
      if (gap < at.height / 2) continue;
      const far = gap * 1000 + Math.abs((place.left + place.right) / 2 - middle);
      if (far < least) [best, least] = [option, far];
    }
    return best;
  };
  box.addEventListener("keydown", (event) => {
    const from = event.target.closest('[role="option"]');
    if (!from || event.ctrlKey || event.metaKey || event.altKey) return;
    const all = options();
    const index = all.indexOf(from);
    const moves = {
      ArrowRight: () => all[index + 1], ArrowLeft: () => all[index - 1],
      ArrowDown: () => line(from, true), ArrowUp: () => line(from, false),
      Home: () => all[0], End: () => all[all.length - 1],
    };
    if (event.key in moves) {
      const to = moves[event.key]();
      if (to) { enter(to); to.focus(); }
    } else if (event.key === "Enter" || event.key === " ") {
      choose(Number(from.dataset.place), from);
    } else if (event.key === "Escape") {
      escape();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });
  box.addEventListener("click", (event) => {
    const option = event.target.closest('[role="option"]');
    if (!option) return;
    enter(option);
    option.focus();
    choose(Number(option.dataset.place), option);
  });
  for (const kind of ["focusin", "pointerover"]) {
    box.addEventListener(kind, (event) => {
      const option = event.target.closest('[role="option"]');
      if (option) seen?.(Number(option.dataset.place), option);
    });
  }
}

function select(box, place) {
  for (const option of box.querySelectorAll('[role="option"]')) {
    option.setAttribute("aria-selected", String(Number(option.dataset.place) === place));
  }
}

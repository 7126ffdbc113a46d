// Tokens with number, line and ground.

/** The style and the inside of a chip; `place` is its number in its row. */
function chipHtml(part, place, value, limit, digits, { extra = "", more = "", held = [] } = {}) {
  const [sign, name, ends] = part;
  const said = held.includes(place) ? "held" : signed(value, digits);
  const label = `${sign}, ${said}${more ? ` ${more}` : ""}, ${name}`;
  return `<div class="chip ${side(value)}${extra}" role="option" aria-selected="false" tabindex="-1"`
    + ` ${QUIET_KEYS} data-place="${place}" aria-label="${escapeHtml(label)}"`
    + ` style="--a:${share(value, limit).toFixed(3)};--w:${weight(value, limit)}px">`
    + `<code>${escapeHtml(sign)}</code><small>${said}${more ? ` ${escapeHtml(more)}` : ""}</small></div>`
    + (ends ? '<i class="brk" aria-hidden="true"></i>' : "");
}

/** Give chips that are there other values, without making them anew: the focus stays. */
function updateChips(box, parts, values, limit, digits, held = []) {
  for (const chip of box.querySelectorAll(".chip")) {
    const place = Number(chip.dataset.place);
    const value = values[place];
    const said = held.includes(place) ? "held" : signed(value, digits);
    chip.classList.remove("more", "less", "none");
    chip.classList.add(side(value));
    chip.style.setProperty("--a", share(value, limit).toFixed(3));
    chip.style.setProperty("--w", `${weight(value, limit)}px`);
    chip.lastElementChild.textContent = said;
    chip.setAttribute("aria-label", `${parts[place][0]}, ${said}, ${parts[place][1]}`);
  }
}

const KEY_WORDS = ["orange, broken line: makes it less likely", "blue, whole line: likelier"];

function keyHtml(limit, digits, unit, words = KEY_WORDS, centre = 0) {
  let steps = "";
  for (let step = -5; step <= 5; step += 1) {
    steps += `<i class="${side(step)}" style="--a:${Math.abs(step) / 5};--w:${weight(step, 5)}px"></i>`;
  }
  const end = (value) => signed(centre + value, digits, centre === 0);
  return `<span>${end(-limit)}</span><span class="wb-scale" aria-hidden="true">${steps}</span>`
    + `<span>${end(limit)} ${escapeHtml(unit)}</span>`
    + `<span>${words[0]}; ${words[1]}; the stronger, the more</span>`;
}

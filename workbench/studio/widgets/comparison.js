// Two saliencies side by side on one scale, and below them what the second has more or less.

function render({ model, el }) {
  const data = model.get("data");
  const arrays = model.get("arrays");
  const sides = data.sides.map((side_, i) => {
    const scores = floats(arrays[i === 0 ? "one" : "two"]);
    const columns = side_.parts.length;
    const whole = new Float32Array(columns);
    for (let cell = 0; cell < scores.length; cell += 1) whole[cell % columns] += scores[cell];
    return { ...side_, valuesOf: (target) => (target < 0 ? whole
      : scores.subarray(target * columns, (target + 1) * columns)) };
  });
  const targets = data.sharesTargets ? sides[0].targets : [];
  const { inside, stop } = frame(el, data, model);
  const facts = (side_) => side_.facts.map((fact) => `<span>${escapeHtml(fact)}</span>`).join("");
  inside.innerHTML = '<div class="pick" role="listbox" aria-label="Target: a token of the answer, or all of it"></div>'
    + `<div class="wb-two">${sides.map((side_, i) => `<div><p class="wb-step"><strong>`
      + `${escapeHtml(data.names[i])}</strong></p><p class="wb-said">${facts(side_)}</p>`
      + '<div class="wb-chips" role="listbox"></div></div>').join("")}</div>`
    + `<p class="wb-step"><strong>${escapeHtml(data.names[1])} less ${escapeHtml(data.names[0])}</strong></p>`
    + '<div class="wb-chips" role="listbox"></div><p class="wb-key"></p>'
    + '<p class="read"></p><span class="unseen" role="status"></span>';
  const pick = inside.querySelector(".pick");
  const boxes = [...inside.querySelectorAll(".wb-chips")];
  const read = inside.querySelector(".read");
  const shown = () => { const now = model.get("chosen"); return now < targets.length ? now : -1; };
  const nameOf = (target) => (target < 0 ? "the whole answer" : targets[target][0]);
  const order = [-1, ...targets.map((_, i) => i)];
  pick.hidden = order.length < 2;
  pick.innerHTML = order.map((target) => `<div class="opt" role="option" aria-selected="false" tabindex="-1"`
    + ` ${QUIET_KEYS} data-place="${target}"><code>`
    + `${escapeHtml(target < 0 ? "whole answer" : nameOf(target))}</code></div>`).join("");

  // The differences: parts of both, and parts that only one has.
  const marks = data.pairs.map(([i, j]) => (i >= 0 ? sides[0].parts[i] : sides[1].parts[j]));
  const differences = (target) => {
    const [one, two] = sides.map((side_) => side_.valuesOf(target));
    return data.pairs.map(([i, j]) => (i >= 0 && j >= 0 ? two[j] - one[i] : i >= 0 ? one[i] : two[j]));
  };
  const only = data.pairs.map(([i, j]) => (i >= 0 && j >= 0 ? "" : `${data.names[i >= 0 ? 0 : 1]} only`));

  const fill = () => {
    const target = shown();
    const [limit, digits] = [data.limits, data.digits].map((pair) => pair[target < 0 ? 1 : 0]);
    const sets = [...sides.map((side_) => [side_.parts, side_.valuesOf(target)]), [marks, differences(target)]];
    boxes.forEach((box, number) => {
      const [parts, values] = sets[number];
      if (number < 2 && box.childElementCount) {
        updateChips(box, parts, values, limit, digits, sides[number].held);
      } else {
        const kept = box.querySelector('[tabindex="0"]')?.dataset.place;
        const focused = box.contains(document.activeElement);
        box.innerHTML = parts.map((part, place) => chipHtml(part, place, values[place], limit, digits,
          number < 2 ? { held: sides[number].held }
            : { held: data.held, ...(only[place] ? { extra: " only", more: only[place] } : {}) })).join("");
        const again = box.querySelector(`[data-place="${kept ?? 0}"]`);
        again?.setAttribute("tabindex", "0");
        if (focused) again?.focus();
      }
      const what = number === 2 ? `${data.names[1]} less ${data.names[0]}` : `Prompt of ${data.names[number]}`;
      box.setAttribute("aria-label", `${what}, scores for ${nameOf(target)}`);
    });
    select(pick, target);
    inside.querySelector(".wb-key").innerHTML = keyHtml(limit, digits, data.unit);
  };
  const choose = (target) => {
    model.set("chosen", target);
    model.save_changes();
    read.textContent = `Scores for ${nameOf(target)}.`;
    inside.querySelector(".unseen").textContent = read.textContent;
  };
  const light = (number, place) => {
    const target = shown();
    const digits = data.digits[target < 0 ? 1 : 0];
    const pair = data.pairs.findIndex(([i, j], index) => (number === 2 ? index : [i, j][number]) === place);
    const [i, j] = data.pairs[pair];
    const said = [i, j].map((at, side_) => (at < 0 ? `${data.names[side_]}: not there`
      : `${data.names[side_]} ${signed(sides[side_].valuesOf(target)[at], digits)}`));
    if (i >= 0 && j >= 0) said.push(`difference ${signed(differences(target)[pair], digits)}`);
    read.textContent = `${marks[pair][0]}: ${said.join(", ")} ${data.unit}`;
    [i, j, pair].forEach((at, side_) => select(boxes[side_], at));
  };
  fill();
  roving(pick, { choose, escape: () => choose(-1) });
  const unlight = () => { boxes.forEach((box) => select(box, -2)); read.textContent = ""; };
  boxes.forEach((box, number) => roving(box, {
    choose: (place) => light(number, place), escape: unlight, seen: (place) => light(number, place),
  }));
  const changed = () => fill();
  model.on("change:chosen", changed);
  el.dataset.drawn = String(inside.querySelectorAll(".chip").length);
  return () => { stop(); model.off("change:chosen", changed); };
}

export default { render };

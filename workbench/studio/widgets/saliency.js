// Token saliency: choose a target token, or the whole answer, and see what each prompt part did.

function render({ model, el }) {
  const data = model.get("data");
  const scores = floats(model.get("arrays").scores);
  const [rows, columns] = [data.targets.length, data.parts.length];
  const whole = new Float32Array(columns);
  for (let cell = 0; cell < rows * columns; cell += 1) whole[cell % columns] += scores[cell];
  const valuesOf = (target) => (target < 0 ? whole
    : scores.subarray(target * columns, (target + 1) * columns));
  const limitOf = (target) => data.limits[target < 0 ? 1 : 0];
  const digitsOf = (target) => data.digits[target < 0 ? 1 : 0];
  const nameOf = (target) => (target < 0 ? "the whole answer" : data.targets[target][0]);
  const { inside, stop } = frame(el, data, model);
  let pinned = -1; // the prompt part whose share in each target is shown beside the targets

  inside.innerHTML = '<p class="wb-step"><strong>Answer</strong> '
    + '<span class="hint">choose a token of it</span></p>'
    + '<div class="pick" role="listbox" aria-label="Target: a token of the answer, or all of it"></div>'
    + '<p class="wb-step"><strong>Prompt</strong> <span class="hint"></span></p>'
    + '<div class="wb-chips" role="listbox" aria-label="Prompt"></div>'
    + '<p class="wb-key"></p><p class="read"></p><span class="unseen" role="status"></span>'
    + '<p class="hint map">all tokens of the answer (rows) by the parts of the prompt (columns)</p>'
    + '<div class="field"><div class="inner"><canvas aria-hidden="true"></canvas></div></div>'
    + '<p class="hint">arrows: move; Enter: choose a target, or keep a token of the prompt and see it at '
    + "each target; Escape: back to the whole answer</p>";
  const pick = inside.querySelector(".pick");
  const prompt = inside.querySelector(".wb-chips");
  const read = inside.querySelector(".read"); // for eyes: a reader of pages has the labels
  const announce = (said) => {
    read.textContent = said;
    inside.querySelector(".unseen").textContent = said;
  };
  const canvas = inside.querySelector("canvas");
  const shown = () => { const now = model.get("chosen"); return now < rows ? now : -1; };

  const option = (target) => `<div class="opt" role="option" aria-selected="false" tabindex="-1"`
    + ` ${QUIET_KEYS} data-place="${target}"><code>${escapeHtml(target < 0 ? "whole answer" : nameOf(target))}`
    + "</code> <small></small></div>";
  const targets = [];
  if (rows > 1) targets.push(-1);
  for (let target = 0; target < rows; target += 1) targets.push(target);
  pick.innerHTML = targets.map(option).join("");
  prompt.innerHTML = data.parts.map((part, place) => chipHtml(part, place, whole[place],
    data.limits[1], data.digits[1], { held: data.held })).join("");

  const show = () => {
    const target = shown();
    updateChips(prompt, data.parts, valuesOf(target), limitOf(target), digitsOf(target), data.held);
    select(pick, rows > 1 ? target : 0);
    select(prompt, pinned);
    prompt.setAttribute("aria-label", `Prompt, with scores for ${nameOf(target)}`);
    inside.querySelectorAll(".hint")[1].textContent = `scores for ${nameOf(target)}, in ${data.unit}`;
    inside.querySelector(".wb-key").innerHTML = keyHtml(limitOf(target), digitsOf(target), data.unit);
    for (const each of pick.children) {
      const to = Number(each.dataset.place);
      const said = pinned < 0 ? "" : signed(valuesOf(to)[pinned], digitsOf(to));
      each.lastElementChild.textContent = said;
      const name = to < 0 ? "the whole answer" : `${nameOf(to)}, ${data.targets[to][1]}`;
      each.setAttribute("aria-label", said ? `${name}: ${said} from ${data.parts[pinned][0]}` : name);
    }
  };
  const choose = (target) => {
    if (shown() === target) show();
    model.set("chosen", target);
    model.save_changes();
    announce(`Scores for ${nameOf(target)}.`);
  };
  const pin = (place) => {
    pinned = pinned === place ? -1 : place;
    show();
    announce(pinned < 0 ? ""
      : `What ${data.parts[pinned][0]} did for each token of the answer stands beside them.`);
  };
  const tell = (place) => {
    const target = shown();
    const [sign, name] = data.parts[place];
    const value = signed(valuesOf(target)[place], digitsOf(target));
    read.textContent = data.held.includes(place)
      ? `${sign} (${name}): held, it was never replaced`
      : `${sign} (${name}): ${value} ${data.unit} for ${nameOf(target)}`;
  };
  roving(pick, { choose, escape: () => { pinned = -1; choose(-1); } });
  roving(prompt, { choose: pin, escape: () => { pinned = -1; show(); }, seen: tell });

  const named = rows <= 24 && columns <= 32; // names at its sides have room, numbers where they fit
  const rowNames = data.targets.map((target) => target[0]);
  const columnNames = data.parts.map((part) => part[0]);
  const drawMap = () => {
    if (rows < 2) return;
    const width = Math.max(120, inside.clientWidth - 4);
    const tall = Math.max(3, Math.min(10, 240 / rows));
    const at = named
      ? layOut(canvas.getContext("2d"), { rowNames, columnNames, rows, columns, width, words: false })
      : { left: 0, top: 0, wide: width / columns, tall, width, height: tall * rows };
    const context = sharpen(canvas, at.width, at.height);
    const map = { values: scores, places: scores, offset: 0, rows, columns, limit: data.limits[0],
      digits: data.digits[0], sided: true, twoSided: true };
    el.dataset.cells = String(paintCells(context, el, at, map));
    if (named) {
      drawNames(context, el, at, rowNames, "row");
      drawNames(context, el, at, columnNames, "column");
      el.dataset.numbers = String(drawNumbers(context, el, at, map));
    }
    const target = shown();
    if (target >= 0) {
      context.strokeStyle = inkOf(el, "--ink");
      context.strokeRect(at.left + 0.5, at.top + at.tall * target + 0.5, at.wide * columns - 1, at.tall - 1);
    }
    const where = (event) => {
      const box = canvas.getBoundingClientRect();
      const within = (value, count) => Math.max(0, Math.min(count - 1, Math.floor(value)));
      return [within((event.clientY - box.top - at.top) / at.tall, rows),
        within((event.clientX - box.left - at.left) / at.wide, columns)];
    };
    canvas.onclick = (event) => choose(where(event)[0]);
    canvas.onpointermove = (event) => {
      const [row, column] = where(event);
      read.textContent = `${data.parts[column][0]} for ${nameOf(row)}: `
        + `${signed(scores[row * columns + column], data.digits[0])} ${data.unit}`;
    };
  };
  for (const part of inside.querySelectorAll(".field, .map")) part.hidden = rows < 2;
  const changed = () => { show(); drawMap(); };
  model.on("change:chosen", changed);
  show();
  const unwatch = watchPage(inside, drawMap);
  drawMap();
  el.dataset.drawn = String(prompt.querySelectorAll(".chip").length);
  return () => { stop(); unwatch(); model.off("change:chosen", changed); };
}

export default { render };

// A map of numbers on a canvas, with one cell that has the focus and is read out.

const inkOf = (el, name) => getComputedStyle(el).getPropertyValue(name).trim();

/** The palette of a theme: for each step from -100 to 100 a colour over the paper. */
function palette(el) {
  const triple = (text) => (text.startsWith("#")
    ? [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16))
    : text.split(/[ ,]+/).map(Number));
  const [paper, more, less] = ["--paper", "--more", "--less"].map((name) => triple(inkOf(el, name)));
  const strength = Number(inkOf(el, "--k"));
  const made = [];
  for (let step = -100; step <= 100; step += 1) {
    const part = (strength * Math.abs(step)) / 100;
    const over = step < 0 ? less : more;
    made.push(paper.map((value, i) => Math.round(part * over[i] + (1 - part) * value)));
  }
  return (value, limit) => made[100 + Math.round(Math.sign(value) * 100 * share(value, limit)) || 100];
}

/** One pixel a cell, enlarged without smoothing: any size takes a few milliseconds. */
function paintCells(context, el, at, { places, offset, rows, columns, limit }) {
  const colour = palette(el);
  const small = new OffscreenCanvas(columns, rows);
  const inner = small.getContext("2d");
  const image = inner.createImageData(columns, rows);
  for (let cell = 0; cell < rows * columns; cell += 1) {
    const [r, g, b] = colour(places[offset + cell], limit);
    image.data.set([r, g, b, 255], cell * 4);
  }
  inner.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, at.left, at.top, at.wide * columns, at.tall * rows);
  return rows * columns;
}

/** A canvas of so many pixels of the page, sharp on any screen. */
function sharpen(canvas, width, height) {
  const ratio = Math.min(3, globalThis.devicePixelRatio || 1);
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.max(1, Math.round(height * ratio));
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  return context;
}

function shorten(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let kept = [...text];
  while (kept.length > 1 && context.measureText(`${kept.join("")}\u2026`).width > width) kept.pop();
  return `${kept.join("")}\u2026`;
}

/** The number with as many decimals as there is room for; empty if it would say 0 of what is not. */
function fitting(context, value, digits, width, sided) {
  for (let kept = digits; kept >= 0; kept -= 1) {
    const said = signed(value, kept, sided);
    if (context.measureText(said).width <= width) {
      return value !== 0 && kept < digits && Number(value.toFixed(kept)) === 0 ? "" : said;
    }
  }
  return "";
}

const MONO = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace';

/** Where things are on a map of that width; names are turned where they are wider than a cell. */
function layOut(context, { rowNames, columnNames, rows, columns, width, words }) {
  context.font = `11px ${MONO}`;
  const longest = (names) => Math.max(0, ...names.map((name) => context.measureText(name).width));
  const left = Math.min(120, width * 0.3, longest(rowNames)) + 8;
  const least = columns > 200 ? 3 : 8;
  const wide = Math.min(words ? 84 : 64, Math.max(least, (width - left - 4) / columns));
  const tall = words && wide >= 44 ? 34 : Math.min(26, Math.max(rows > 200 ? 3 : 8, Math.min(wide, 26)));
  const label = Math.min(90, longest(columnNames));
  const turned = label > wide - 4;
  const top = turned ? label * 0.82 + 10 : 18;
  return { left, top, wide, tall, turned,
    width: Math.max(left + wide * columns + 4, 40), height: top + tall * rows + 2 };
}

function drawNames(context, el, at, names, kind) {
  context.font = `11px ${MONO}`;
  context.fillStyle = inkOf(el, "--quiet");
  const step = Math.ceil(12 / (kind === "row" ? at.tall : at.wide));
  for (let index = 0; index < names.length; index += step) {
    context.save();
    if (kind === "row") {
      context.textAlign = "right";
      context.textBaseline = "middle";
      context.translate(at.left - 6, at.top + at.tall * (index + 0.5));
      context.fillText(shorten(context, names[index], at.left - 8), 0, 0);
    } else {
      context.translate(at.left + at.wide * (index + 0.5), at.top - 6);
      if (at.turned) context.rotate(-0.96);
      context.textAlign = at.turned ? "left" : "center";
      context.fillText(shorten(context, names[index], at.turned ? 90 : at.wide), 0, 0);
    }
    context.restore();
  }
}

/** The numbers where they fit; else the signs, so that less and more differ by more than colour. */
function drawNumbers(context, el, at, map) {
  const room = at.wide >= 26 && at.tall >= 14;
  if (!room && (!map.twoSided || at.wide < 9 || at.tall < 9)) return 0;
  context.font = `9.5px ${MONO}`;
  context.fillStyle = inkOf(el, "--ink");
  context.textAlign = "center";
  context.textBaseline = "middle";
  let drawn = 0;
  for (let row = 0; row < map.rows; row += 1) {
    for (let column = 0; column < map.columns; column += 1) {
      const value = map.values[map.offset + row * map.columns + column];
      const place = map.places[map.offset + row * map.columns + column];
      const x = at.left + at.wide * (column + 0.5);
      let y = at.top + at.tall * (row + 0.5);
      const word = map.words?.[row]?.[column];
      if (word && at.tall >= 30) {
        context.fillText(shorten(context, word, at.wide - 4), x, y - 7);
        y += 7;
      }
      const sign = share(place, map.limit) < 0.05 ? "" : place < 0 ? MINUS : "+";
      const said = room ? fitting(context, value, map.digits, at.wide - 4, map.sided) : sign;
      if (said) { context.fillText(said, x, y); drawn += 1; }
    }
  }
  return drawn;
}

/** Cells that are no numbers are crossed out. */
function crossBroken(context, el, at, map) {
  context.strokeStyle = inkOf(el, "--quiet");
  context.beginPath();
  for (let cell = 0; cell < map.rows * map.columns; cell += 1) {
    if (Number.isFinite(map.values[map.offset + cell])) continue;
    const x = at.left + at.wide * (cell % map.columns);
    const y = at.top + at.tall * Math.floor(cell / map.columns);
    context.moveTo(x, y); context.lineTo(x + at.wide, y + at.tall);
    context.moveTo(x + at.wide, y); context.lineTo(x, y + at.tall);
  }
  context.stroke();
}

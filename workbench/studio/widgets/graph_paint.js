// A graph on a canvas: thousands of points and lines, each kind of line in one stroke.

const MARKS = { came: "+", went: "\u2212", changed: "~", clash: "\u00d7" };
/** Smaller from afar, where there are many. */
const radiusOf = (entity, lens) => Math.max(1.5, Math.min(1, 0.15 + lens.scale / 35)
  * Math.min(11, 3.2 + 1.3 * Math.sqrt(entity.facts.length)));

/** Where entities are on the canvas, and which of them a point hits. */
class Lens {
  constructor() { Object.assign(this, { scale: 40, x: 0, y: 0 }); }

  at(entity) { return [entity.x * this.scale + this.x, entity.y * this.scale + this.y]; }

  fit(found, width, height) {
    if (!found.length) return;
    const [xs, ys] = [found.map((each) => each.x), found.map((each) => each.y)];
    const [low, high] = [[Math.min(...xs), Math.min(...ys)], [Math.max(...xs), Math.max(...ys)]];
    const room = [Math.max(60, width - 110), Math.max(60, height - 60)];
    const span = [Math.max(0.5, high[0] - low[0]), Math.max(0.5, high[1] - low[1])];
    this.scale = Math.min(90, room[0] / span[0], room[1] / span[1]);
    this.x = width / 2 - (this.scale * (low[0] + high[0])) / 2;
    this.y = height / 2 - (this.scale * (low[1] + high[1])) / 2;
  }

  zoom(factor, x, y) {
    const scale = Math.max(3, Math.min(240, this.scale * factor));
    this.x = x - ((x - this.x) * scale) / this.scale;
    this.y = y - ((y - this.y) * scale) / this.scale;
    this.scale = scale;
  }

  /** Move so that an entity is not at the edge. */
  show(entity, width, height) {
    const [x, y] = this.at(entity);
    const [left, top] = [Math.min(90, width / 3), Math.min(60, height / 3)];
    this.x += Math.max(left - x, 0) + Math.min(width - left - x, 0);
    this.y += Math.max(top - y, 0) + Math.min(height - top - y, 0);
  }

  hit(graph, shows, x, y) {
    let [best, least] = [null, Infinity];
    for (const entity of graph.entities) {
      if (!shows.entities[entity.id]) continue;
      const [left, top] = this.at(entity);
      const far = Math.hypot(left - x, top - y) - radiusOf(entity, this);
      if (far < least) [best, least] = [entity, far];
    }
    return least <= 10 ? best : null;
  }
}

/** How a fact's line looks: what it is told by beside its colour comes first. */
function lineOf(fact, shows, onWay) {
  if (onWay) return "way";
  if (fact.change) return fact.change;
  if (shows.quarrels(fact)) return "clash";
  return fact.rule ? "inferred" : "said";
}

/** Where a fact's line begins and ends; close together there is no room beside it. */
function endsOf(graph, lens, fact) {
  const [[a, b], [c, d]] = [lens.at(graph.entities[fact.from]), lens.at(graph.entities[fact.to])];
  if (!fact.off) return [[a, b], [c, d]];
  const long = Math.hypot(c - a, d - b) || 1;
  const off = fact.off * Math.min(1, lens.scale / 40);
  const [x, y] = [(-(d - b) / long) * off, ((c - a) / long) * off];
  return [[a + x, b + y], [c + x, d + y]];
}

const LINES = {
  said: ["--quiet", 1, []], inferred: ["--quiet", 1, [5, 4]], way: ["--link", 4, []],
  clash: ["--bad", 2, []], came: ["--good", 2, []], went: ["--bad", 2, []], changed: ["--mark", 2, []],
};

function paintFacts(context, el, { graph, shows, lens, way, chosen }) {
  const kinds = new Map(Object.keys(LINES).map((kind) => [kind, []]));
  for (const fact of graph.facts) {
    if (shows.facts[fact.id]) kinds.get(lineOf(fact, shows, way.has(fact))).push(fact);
  }
  for (const [kind, found] of kinds) {
    const [ink, width, dash] = LINES[kind];
    for (const near of [false, true]) {
      context.beginPath();
      for (const fact of found) {
        if (near !== (fact.from === chosen || fact.to === chosen)) continue;
        const [from, to] = endsOf(graph, lens, fact);
        context.moveTo(...from);
        context.lineTo(...to);
      }
      context.globalAlpha = near || kind !== "said" && kind !== "inferred" ? 1 : 0.45;
      context.strokeStyle = inkOf(el, near && width === 1 ? "--ink" : ink);
      context.lineWidth = near ? Math.max(1.6, width) : width;
      context.setLineDash(dash);
      context.stroke();
    }
    context.globalAlpha = 1;
    context.setLineDash([]);
    const told = inkOf(el, ink);
    for (const fact of found) decorate(context, el, { graph, lens, chosen, way }, fact, kind, told);
  }
}

/** An arrow to the object, the sign of a change or a quarrel, and the relation's name where asked. */
function decorate(context, el, { graph, lens, chosen, way }, fact, kind, ink) {
  const [from, to] = endsOf(graph, lens, fact);
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const long = Math.hypot(dx, dy);
  if (long < 26) return;
  const near = fact.from === chosen || fact.to === chosen;
  if ((long > 40 && lens.scale > 18) || near) {
    const back = radiusOf(graph.entities[fact.to], lens) + 2;
    const tip = [to[0] - (dx * back) / long, to[1] - (dy * back) / long];
    const [ux, uy] = [(dx * 6) / long, (dy * 6) / long];
    context.fillStyle = near && LINES[kind][1] === 1 ? inkOf(el, "--ink") : ink;
    context.beginPath();
    context.moveTo(...tip);
    context.lineTo(tip[0] - ux - uy * 0.55, tip[1] - uy + ux * 0.55);
    context.lineTo(tip[0] - ux + uy * 0.55, tip[1] - uy - ux * 0.55);
    context.fill();
  }
  const part = 0.5 + 0.15 * Math.sign(fact.off ?? 0); // names of lines side by side one after the other
  const middle = [from[0] + dx * part, from[1] + dy * part];
  const named = (near || way.has(fact)) && long > 60;
  const said = (MARKS[kind] ?? "") + (named ? ` ${graph.relations[fact.relation]}` : "");
  if (said) haloed(context, el, said.trim(), middle[0], middle[1], { ink, bold: !named, size: named ? 11 : 14 });
}

function haloed(context, el, said, x, y, { ink, bold = false, size = 12 }) {
  context.font = `${bold ? 700 : 400} ${size}px system-ui, "DejaVu Sans", sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 4;
  context.strokeStyle = inkOf(el, "--paper");
  context.strokeText(said, x, y);
  context.fillStyle = ink;
  context.fillText(said, x, y);
}

function paintEntities(context, el, { graph, shows, lens, opened, ends }) {
  const inks = Object.fromEntries(["bar", "paper", "quiet", "good", "bad", "mark"].map((name) => [name, inkOf(el, `--${name}`)]));
  let drawn = 0;
  for (const entity of graph.entities) {
    if (!shows.entities[entity.id]) continue;
    drawn += 1;
    const [x, y] = lens.at(entity);
    const r = radiusOf(entity, lens);
    context.beginPath();
    if (entity.value) {
      context.moveTo(x, y - r); context.lineTo(x + r, y); context.lineTo(x, y + r); context.lineTo(x - r, y);
      context.closePath();
    } else context.arc(x, y, r, 0, 7);
    const ink = { came: inks.good, went: inks.bad, changed: inks.mark }[entity.change] ?? (entity.value ? inks.quiet : inks.bar);
    context.fillStyle = shows.hidden[entity.id] ? inks.paper : ink;
    context.fill();
    context.lineWidth = r > 4 ? 2 : 1;
    context.strokeStyle = shows.hidden[entity.id] || entity.change ? ink : inks.paper;
    context.stroke();
    if (ends.includes(entity.id)) {
      context.beginPath(); context.arc(x, y, r + 5, 0, 7);
      context.strokeStyle = inkOf(el, "--link");
      context.lineWidth = 2.5;
      context.stroke();
    }
  }
  return drawn;
}

const inView = ([x, y], width, height) => x >= 0 && y >= 0 && x <= width && y <= height;

/** Names where there is room, those that matter first. */
function paintNames(context, el, { graph, shows, lens, chosen, way, ends, width, height }) {
  const first = new Set([chosen, ...ends]);
  for (const fact of way) { first.add(fact.from); first.add(fact.to); }
  const near = new Set();
  if (chosen >= 0) {
    for (const fact of graph.entities[chosen].facts) {
      if (shows.facts[fact.id]) near.add(other(fact, chosen));
    }
  }
  const rank = (entity) => (first.has(entity.id) ? 2000 : near.has(entity.id) ? 1000 : 0) + entity.facts.length;
  const order = graph.entities.filter((entity) => shows.entities[entity.id]).sort((a, b) => rank(b) - rank(a) || a.id - b.id);
  const radii = order.filter((entity) => inView(lens.at(entity), width, height));
  const taken = radii.length > 400 ? [] : radii.map((entity) => {
    const [[x, y], r] = [lens.at(entity), radiusOf(entity, lens) - 1];
    return [x - r, y - 2, x + r, y + 2];
  });
  let named = 0;
  for (const entity of order) {
    const [x, y] = lens.at(entity);
    if (!inView([x, y], width, height)) continue;
    const bold = first.has(entity.id);
    context.font = `${bold ? 700 : 400} 12px system-ui, "DejaVu Sans", sans-serif`;
    const sign = entity.change ? `${MARKS[entity.change]} ` : "";
    const more = shows.hidden[entity.id] ? ` (${shows.hidden[entity.id]} more)` : "";
    const said = shorten(context, sign + entity.name, 190) + more;
    const half = context.measureText(said).width / 2 + 2;
    const r = radiusOf(entity, lens);
    for (const [dx, dy] of [[0, r + 9], [0, -r - 9], [r + half + 2, 0], [-r - half - 2, 0]]) {
      const left = Math.max(half, Math.min(width - half, x + dx));
      const box = [left - half, y + dy - 7, left + half, y + dy + 7];
      if (taken.some((each) => box[0] < each[2] && box[2] > each[0] && box[1] < each[3] && box[3] > each[1])) continue;
      taken.push(box);
      haloed(context, el, said, left, y + dy, { ink: inkOf(el, "--ink"), bold });
      named += 1;
      break;
    }
    if (named > (radii.length > 400 ? 60 : 160)) break;
  }
  return named;
}

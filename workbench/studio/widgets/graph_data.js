// A graph as data: what is shown of it now, and the ways in it.

/** Entities with their facts, from what Python sent. */
function readGraph(data) {
  const entities = data.entities.map(([name, x, y, names, kinds, mentions, value, change], id) => ({
    id, name, x, y, names, kinds, mentions, value, change, facts: [], ways: data.ways[id],
  }));
  const facts = data.links.map(([from, relation, to, ...rest], id) => {
    const [span, confidence, rule, words, place, more, times, clashes, change] = rest;
    return { id, from, to, relation, span, confidence, rule, words, place, more, times, clashes, change };
  });
  for (const fact of facts) {
    entities[fact.from].facts.push(fact);
    entities[fact.to].facts.push(fact);
  }
  // Several between two entities lie side by side, the first of them on one side for both.
  const together = new Map();
  for (const fact of facts) {
    const key = `${Math.min(fact.from, fact.to)} ${Math.max(fact.from, fact.to)}`;
    together.set(key, [...(together.get(key) ?? []), fact]);
  }
  for (const found of together.values()) {
    found.forEach((fact, place) => {
      const off = (place - (found.length - 1) / 2) * Math.min(8, 16 / found.length);
      fact.off = fact.from < fact.to ? off : -off;
    });
  }
  const quarrels = data.clashes.map((_, n) => facts.filter((fact) => fact.clashes.includes(n)));
  return { entities, facts, quarrels, relations: data.relations, clashes: data.clashes };
}

const other = (fact, id) => (fact.from === id ? fact.to : fact.from);
const isSo = (fact, time) => fact.times.some(([first, last]) => first <= time && time <= last);

/** Whether a fact may be shown, whatever was opened. */
const isKnown = (fact, view) => isSo(fact, view.time) && !view.off.has(fact.relation) && (view.inferred || !fact.rule);

/** Which entities and facts are shown: by time, relation, what was opened, and the way. */
function whatShows(graph, view) {
  const facts = new Uint8Array(graph.facts.length);
  const entities = new Uint8Array(graph.entities.length);
  const hidden = new Int32Array(graph.entities.length);
  for (const fact of graph.facts) {
    facts[fact.id] = isKnown(fact, view);
  }
  for (const fact of graph.facts) {
    if (!facts[fact.id]) continue;
    if (view.all || view.opened.has(fact.from) || view.opened.has(fact.to) || view.way.includes(fact)) {
      entities[fact.from] = 1;
      entities[fact.to] = 1;
    }
  }
  if (view.centre >= 0) entities[view.centre] = 1;
  for (const fact of graph.facts) {
    if (!facts[fact.id]) continue;
    if (entities[fact.from] && entities[fact.to]) continue;
    facts[fact.id] = 0;
    if (entities[fact.from]) hidden[fact.from] += 1;
    if (entities[fact.to]) hidden[fact.to] += 1;
  }
  const quarrel = graph.quarrels.map((found) => found.every((fact) => isSo(fact, view.time)));
  return { entities, facts, hidden, quarrels: (fact) => fact.clashes.some((n) => quarrel[n]) };
}

/** The facts of a shortest way from one entity to another, null if there is none. */
function shortestWay(graph, view, from, to) {
  const by = new Map([[from, null]]);
  let last = [from];
  while (last.length && !by.has(to)) {
    const next = [];
    for (const id of last) {
      for (const fact of graph.entities[id].facts) {
        const end = other(fact, id);
        if (!isKnown(fact, view) || by.has(end)) continue;
        by.set(end, [id, fact]);
        next.push(end);
      }
    }
    last = next;
  }
  if (!by.has(to)) return null;
  const way = [];
  for (let at = to; by.get(at); [at] = by.get(at)) way.unshift(by.get(at)[1]);
  return way;
}

/** A fact in words, with what is known of it. */
function sayFact(graph, fact) {
  const [from, to] = [graph.entities[fact.from].name, graph.entities[fact.to].name];
  return `${from} ${graph.relations[fact.relation]} ${to}${fact.span ? ` (${fact.span})` : ""}`;
}

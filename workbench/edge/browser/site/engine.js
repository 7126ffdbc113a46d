// The worker in which the models run: the page itself stays free to be read and used.
import * as ort from "./runtime/ort.wasm.min.mjs";
import { Decoder } from "./decoding.js";
import { asFault, plainly } from "./faults.js";
import { asJson, forgetOthers, load } from "./loading.js";
import { Search } from "./search.js";

let said;
let search = null;
let decoder = null;
const stopped = new Set();

const tell = (id, kind, body = {}) => postMessage({ id, kind, ...body });

// Let messages in: one may say that nobody waits for this answer any more.
const breathe = () =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => (port1.close(), resolve());
    port2.postMessage(null);
  });

const file = (name) => ({ name, ...said.files[name] });

async function openSession(graph, data) {
  const options = { executionProviders: ["wasm"], logSeverityLevel: 3 };
  if (data) options.externalData = [{ path: "model.onnx.data", data }];
  return ort.InferenceSession.create(graph, options);
}

async function start(id, { description, threads }) {
  said = description;
  const { answer, wasm } = said;
  const needed = [wasm, said.search && ["graph", "tokenizer", "passages", "vectors"].map((part) => said.search[part]), answer && ["graph", "data", "tokenizer"].map((part) => answer[part])];
  const names = needed.flat().filter(Boolean);
  const total = names.reduce((sum, name) => sum + file(name).sizeBytes, 0);
  let done = 0;
  let told = 0;
  const progress = (size) => {
    done += size;
    if (done === total || Math.abs(done - told) > total / 200) tell(id, "progress", { done: (told = done), total });
  };
  const get = (name) => load(file(name), progress);
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.wasmPaths = { mjs: new URL("runtime/ort-wasm-simd-threaded.mjs", location.href).href };
  ort.env.wasm.wasmBinary = await get(wasm);
  if (said.search) {
    const [graph, tokenizer, passages, vectors] = [await get(said.search.graph), await get(said.search.tokenizer), await get(said.search.passages), await get(said.search.vectors)];
    search = new Search(said.search, { session: await openSession(graph), tokenizer: asJson(tokenizer), passages: asJson(passages), vectors });
  }
  if (answer) {
    const [graph, data, tokenizer] = [await get(answer.graph), await get(answer.data), await get(answer.tokenizer)];
    tell(id, "building");
    decoder = new Decoder(answer, { session: await openSession(graph, data), tokenizer: asJson(tokenizer) });
  }
  await forgetOthers(names.map(file));
  return { threads: ort.env.wasm.numThreads };
}

async function ask(id, { question, maxTokens }) {
  const begun = performance.now();
  const found = search ? await search.find(question, Math.max(said.search.shown, said.answer?.passages ?? 0)) : [];
  tell(id, "found", { found });
  if (!decoder) return { found, finish: "found" };
  const near = found.slice(0, said.answer.passages).filter(({ cosine }) => cosine >= said.answer.leastCosine);
  const { ids, used } = decoder.prompt(question, near);
  let firstMs = null;
  const answer = await decoder.answer(ids, {
    maxTokens,
    told: (news) => {
      if (news.text !== undefined) firstMs ??= performance.now() - begun;
      tell(id, "news", { ...news, used });
    },
    stopped: async () => (await breathe(), stopped.delete(id)),
  });
  const allMs = performance.now() - begun;
  const rate = answer.ids.length > 1 ? (answer.ids.length - 1) / ((allMs - firstMs) / 1000) : null;
  return { ...answer, found, used, promptIds: ids, firstMs, rate };
}

// Go on from tokens as they are: for whoever measures.
async function generate(id, { ids, maxTokens }) {
  const begun = performance.now();
  let firstMs = null;
  const answer = await decoder.answer(ids, {
    maxTokens,
    told: (news) => {
      if (news.text !== undefined) firstMs ??= performance.now() - begun;
    },
    stopped: async () => (await breathe(), stopped.delete(id)),
  });
  return { ...answer, firstMs, allMs: performance.now() - begun };
}

const VERBS = {
  start,
  ask,
  generate,
  score: (id, { ids, from }) => decoder.score(ids, from),
  embed: async (id, { texts }) => (await search.embed(texts)).map((vector) => Array.from(vector)),
  tokens: async (id, { text, by }) => (by === "search" ? search.tokens(text) : decoder.prompt(text).ids),
};

// One after the other: the runtime is asked one thing at a time.
let turn = Promise.resolve();
onmessage = ({ data: { id, verb, ...given } }) => {
  if (verb === "stop") {
    stopped.add(given.which);
    return;
  }
  turn = turn.then(async () => {
    try {
      tell(id, "done", { result: await VERBS[verb](id, given) });
    } catch (error) {
      tell(id, "fault", { fault: plainly(asFault(error)) });
    } finally {
      stopped.delete(id);
    }
  });
};

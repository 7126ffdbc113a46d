// The worker as the page, and programs in the page, ask it.
import { Fault } from "./faults.js";

export class Engine {
  #worker = null;
  #waiting = new Map();
  #next = 1;

  // Load everything; `told` hears of progress. Resolves with the number of threads.
  start(description, told) {
    this.#worker?.terminate();
    this.#worker = new Worker("engine.js", { type: "module" });
    this.#worker.onmessage = ({ data }) => this.#hear(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#failAll(new Fault("runtime", event.message || "The worker could not be started.", "Load the page again."));
    };
    const cores = navigator.hardwareConcurrency || 1;
    const threads = crossOriginIsolated ? Math.max(1, Math.min(4, cores >> 1)) : 1;
    return this.#ask("start", { description, threads }, told).whole;
  }

  // {whole, stop}: a promise of the answer, and what stops it.
  ask(question, { maxTokens, told } = {}) {
    return this.#ask("ask", { question, maxTokens }, told);
  }

  generate = (ids, maxTokens) => this.#ask("generate", { ids, maxTokens }).whole;
  score = (ids, from) => this.#ask("score", { ids, from }).whole;
  embed = (texts) => this.#ask("embed", { texts }).whole;
  tokens = (text, by = "search") => this.#ask("tokens", { text, by }).whole;

  #ask(verb, given, told = () => {}) {
    const id = this.#next++;
    const whole = new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject, told }));
    this.#worker.postMessage({ id, verb, ...given });
    return { whole, stop: () => this.#worker.postMessage({ verb: "stop", which: id }) };
  }

  #hear({ id, kind, ...body }) {
    const asked = this.#waiting.get(id);
    if (!asked) return;
    if (kind !== "done" && kind !== "fault") return void asked.told(kind, body);
    this.#waiting.delete(id);
    if (kind === "done") asked.resolve(body.result);
    else asked.reject(new Fault(body.fault.code, body.fault.message, body.fault.hint));
  }

  #failAll(fault) {
    for (const { reject } of this.#waiting.values()) reject(fault);
    this.#waiting.clear();
  }
}

// A decoder: a prompt's tokens, one token after the other, and the text that they are.
import * as ort from "./runtime/ort.wasm.min.mjs";
import { Tokenizer } from "./runtime/tokenizers.min.mjs";
import { Fault } from "./faults.js";

const AT_ONCE = 32; // tokens of a prompt that are read before it may be stopped

const whole = (text) => (text.title ? `${text.title}: ${text.text}` : text.text);

// A question with passages before it, as a device puts them (edge/device/passages.py).
export function putBefore(question, passages) {
  if (!passages.length) return question;
  const shown = passages.map((each, at) => `[${at + 1}] ${whole(each)}`).join("\n\n");
  return `Use these passages where they bear on the question.\n\n${shown}\n\nQuestion: ${question}`;
}

// The most likely token, or one drawn from the likely ones that make up `topP`.
export function choose(logits, { temperature, topP }, random = Math.random) {
  let best = 0;
  for (let at = 1; at < logits.length; at++) if (logits[at] > logits[best]) best = at;
  if (!(temperature > 0)) return best;
  const shares = Array.from(logits, (logit, id) => ({ id, share: Math.exp((logit - logits[best]) / temperature) }));
  const total = shares.reduce((sum, { share }) => sum + share, 0);
  shares.sort((a, b) => b.share - a.share);
  let kept = 0;
  let count = 0;
  while (count < shares.length && (count === 0 || kept < topP * total)) kept += shares[count++].share;
  let drawn = random() * kept;
  for (const { id, share } of shares.slice(0, count)) if ((drawn -= share) < 0) return id;
  return best;
}

function logSum(row) {
  let most = row[0];
  for (const each of row) if (each > most) most = each;
  let sum = 0;
  for (const each of row) sum += Math.exp(each - most);
  return most + Math.log(sum);
}

// One conversation with the graph; what was read is kept as keys and values.
class Reading {
  constructor(session, said) {
    Object.assign(this, { session, length: 0 });
    this.outputs = session.outputNames.filter((name) => name === "logits" || name.startsWith("present"));
    this.kept = session.inputNames.filter((name) => name.startsWith("past_key_values"));
    this.feeds = {};
    const empty = [1, said.heads, 0, said.headSize];
    for (const name of this.kept) this.feeds[name] = new ort.Tensor("float32", new Float32Array(0), empty);
  }

  // Read more tokens; the logits of what may follow each from a place on, by default the last alone.
  async read(ids, from = ids.length - 1) {
    this.length += ids.length;
    const { feeds } = this;
    feeds.input_ids = new ort.Tensor("int64", BigInt64Array.from(ids, BigInt), [1, ids.length]);
    feeds.attention_mask = new ort.Tensor("int64", new BigInt64Array(this.length).fill(1n), [1, this.length]);
    feeds.logits_from = new ort.Tensor("int64", BigInt64Array.of(BigInt(from)), [1]);
    const found = await this.session.run(feeds, this.outputs);
    for (const name of this.kept) feeds[name] = found[name.replace("past_key_values", "present")];
    return found.logits.data;
  }
}

export class Decoder {
  constructor(said, { session, tokenizer }) {
    Object.assign(this, { said, session });
    this.tokenizer = new Tokenizer(tokenizer, { clean_up_tokenization_spaces: false });
  }

  // The tokens of a question, with as many of the passages before it as there is room for.
  prompt(question, passages = []) {
    const { before, after, contextTokens, maxTokens } = this.said;
    const room = contextTokens - Math.min(maxTokens, contextTokens / 2);
    for (let count = passages.length; count >= 0; count--) {
      const text = putBefore(question, passages.slice(0, count));
      const { ids } = this.tokenizer.encode(text, { add_special_tokens: false });
      const all = [...before, ...ids, ...after];
      if (all.length <= room) return { ids: all, used: count };
      if (count === 0) {
        throw new Fault("input", `The question has ${all.length} tokens with what stands around it; ${Math.floor(room)} can be read.`, "Make it shorter.");
      }
    }
  }

  text(ids) {
    const shown = ids.filter((id) => !this.said.control.includes(id));
    return shown.length ? this.tokenizer.decode(shown) : "";
  }

  // Answer; `told` hears of reading and of the text so far, `stopped` says whether to go on.
  async answer(ids, { maxTokens = this.said.maxTokens, told = () => {}, stopped = async () => false } = {}) {
    const { ends, contextTokens } = this.said;
    const reading = new Reading(this.session, this.said);
    const made = [];
    let logits;
    for (let start = 0; start < ids.length; start += AT_ONCE) {
      if (await stopped()) return { text: "", ids: made, finish: "stopped" };
      logits = await reading.read(ids.slice(start, start + AT_ONCE));
      told({ read: Math.min(start + AT_ONCE, ids.length), of: ids.length });
    }
    let finish = "length";
    while (made.length < maxTokens && reading.length < contextTokens) {
      if (await stopped()) {
        finish = "stopped";
        break;
      }
      const next = choose(logits, this.said);
      if (ends.includes(next)) {
        finish = "end";
        break;
      }
      made.push(next);
      told({ text: this.text(made).replace(/\ufffd+$/, ""), count: made.length });
      if (made.length < maxTokens) logits = await reading.read([next]);
    }
    return { text: this.text(made), ids: made, finish };
  }
  // The natural logarithm of the chance of each token from a place on, after all before it.
  async score(ids, from) {
    const reading = new Reading(this.session, this.said);
    const found = [];
    for (let start = 0; start < ids.length - 1; start += AT_ONCE) {
      const some = ids.slice(start, Math.min(start + AT_ONCE, ids.length - 1));
      const first = Math.min(Math.max(0, from - 1 - start), some.length - 1);
      const logits = await reading.read(some, first);
      const size = logits.length / (some.length - first);
      for (let at = Math.max(first, from - 1 - start); at < some.length; at++) {
        const row = logits.subarray((at - first) * size, (at - first + 1) * size);
        found.push(row[ids[start + at + 1]] - logSum(row));
      }
    }
    return found;
  }
}

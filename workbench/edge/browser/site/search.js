// An encoder's vectors, and the passages that are nearest to a question.
import * as ort from "./runtime/ort.wasm.min.mjs";
import { Tokenizer } from "./runtime/tokenizers.min.mjs";

const integers = (rows) => BigInt64Array.from(rows.flat(), BigInt);

export class Search {
  constructor(said, { session, tokenizer, passages, vectors }) {
    Object.assign(this, { said, session, passages });
    this.tokenizer = new Tokenizer(tokenizer, { clean_up_tokenization_spaces: false });
    this.vectors = new Float32Array(vectors.buffer, vectors.byteOffset, vectors.byteLength / 4);
  }

  // A text's tokens with what the encoder expects around them; a long one is cut before its last.
  tokens(text) {
    const { ids } = this.tokenizer.encode(text);
    const most = this.said.mostTokens;
    return ids.length <= most ? ids : [...ids.slice(0, most - 1), ids.at(-1)];
  }

  // Vectors of length 1, one a text: Float32Array each.
  async embed(texts) {
    const rows = texts.map((text) => this.tokens(text));
    const longest = Math.max(...rows.map((row) => row.length));
    const padded = rows.map((row) => [...row, ...new Array(longest - row.length).fill(0)]);
    const mask = rows.map((row) => padded[0].map((_, place) => (place < row.length ? 1 : 0)));
    const shape = [rows.length, longest];
    const found = await this.session.run({
      input_ids: new ort.Tensor("int64", integers(padded), shape),
      attention_mask: new ort.Tensor("int64", integers(mask), shape),
    });
    const { size } = this.said;
    return rows.map((_, row) => found.embeddings.data.slice(row * size, (row + 1) * size));
  }

  // Places and cosines of the nearest passages; of equally near ones the earlier comes first.
  async find(question, most) {
    const [wanted] = await this.embed([question]);
    const { size } = this.said;
    const found = this.passages.map((passage, place) => {
      let cosine = 0;
      for (let at = 0; at < size; at++) cosine += wanted[at] * this.vectors[place * size + at];
      return { place, cosine, ...passage };
    });
    return found.sort((a, b) => b.cosine - a.cosine || a.place - b.place).slice(0, most);
  }
}

// What may go wrong, named: a code, what was found, and what can be done.
export class Fault extends Error {
  constructor(code, message, hint = "") {
    super(message);
    Object.assign(this, { code, hint });
  }
}

export const TITLES = {
  "no-webassembly": "This browser runs no WebAssembly",
  insecure: "This address is not one at which files can be checked",
  memory: "There is too little memory",
  damaged: "A file is damaged",
  missing: "A file could not be loaded",
  input: "The question cannot be read",
  runtime: "The model stopped",
};

const OUT_OF_MEMORY = /bad_alloc|out of memory|allocation failed|could not allocate|Array buffer allocation|memory access out of bounds|Aborted\(OOM/i;

// An error of the browser or of ONNX Runtime as one of ours.
export function asFault(error) {
  if (error instanceof Fault) return error;
  const said = String(error?.message ?? error);
  if (error instanceof RangeError || OUT_OF_MEMORY.test(said)) {
    return new Fault("memory", `The browser gave no more memory (${said}).`, "Close other pages and try again.");
  }
  return new Fault("runtime", said, "Try again; if it stays, the page was made for another browser.");
}

export const plainly = (fault) => ({ code: fault.code, message: fault.message, hint: fault.hint });

// Numbers, and the scale they are shown on: the figures of shades.py.
const MINUS = "\u2212";
const escapeHtml = (text) => String(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
const QUIET_KEYS = 'data-lm-suppress-shortcuts="true"'; // Lab takes letters for commands on cells

const share = (value, limit) => (limit > 0 && Number.isFinite(value)
  ? Math.min(1, Math.abs(value) / limit) : 0);
const weight = (value, limit) => Math.round((1 + 5 * share(value, limit)) * 10) / 10;
const side = (value) => (value < 0 ? "less" : value > 0 ? "more" : "none");

function signed(value, digits, sided = true) {
  if (Number.isNaN(value)) return "n/a";
  if (!Number.isFinite(value)) return value > 0 ? "\u221e" : `${MINUS}\u221e`;
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  if (value < 0) return MINUS + text;
  return sided ? `+${text}` : text;
}

/** Numbers that came as bytes: 32-bit floats, row by row. */
function floats(view) {
  return new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

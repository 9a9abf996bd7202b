// How things are said: elements, durations, dates.
const $ = (id) => document.getElementById(id);

function el(name, given, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(given || {})) {
    if (key === "class") made.className = value;
    else if (key.startsWith("--")) made.style.setProperty(key, value);
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const UNITS = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];

function duration(seconds) {
  const sign = seconds < 0 ? "−" : "";
  let left = Math.abs(seconds);
  if (left > 0 && left < 1) return `${sign}${Math.max(1, Math.round(left * 1000))} ms`;
  if (left < 10 && left % 1) return `${sign}${left.toFixed(1)} s`;
  left = Math.round(left);
  const words = [];
  for (const [size, unit] of UNITS) {
    if (left >= size) words.push(`${Math.floor(left / size)} ${unit}`);
    left %= size;
  }
  return sign + (words.slice(0, 2).join(" ") || "0 s");
}

const two = (number) => String(number).padStart(2, "0");
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

function clockTime(date, fine) {
  const text = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
  return fine ? `${text}:${two(date.getUTCSeconds())}` : text;
}

const dayOf = (date) => `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
const percent = (share) => `${Math.round(share * 1000) / 10} %`;

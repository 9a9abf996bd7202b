// The day as rows: windows as bars, requests as marks, and where now is.
let view = 0; // seconds that are shown around now; 0 is the whole day

function bounds(day) {
  const now = day.state.clock.now;
  if (view) return [now - view * 0.6, now + view * 0.4];
  const ends = day.windows.map((each) => each.until);
  const last = Math.max(day.state.ends, now, ...ends);
  const first = Math.min(0, now, ...day.windows.map((each) => each.from));
  const margin = (last - first || 3600) * 0.02;
  return [first - margin, last + margin];
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800];

function axis(day, [begins, ends]) {
  const width = ends - begins;
  const step = STEPS.find((each) => width / each <= 9) || STEPS[STEPS.length - 1];
  const starts = day.starts / 1000;
  const made = el("div", { class: "axis", "aria-hidden": "true" });
  for (let time = Math.ceil((starts + begins) / step) * step; time < starts + ends; time += step) {
    const at = ((time - starts - begins) / width) * 100;
    if (at < 1 || at > 99) continue;
    const date = new Date(time * 1000);
    const midnight = date.getUTCHours() + date.getUTCMinutes() + date.getUTCSeconds() === 0;
    const edge = at < 4 ? "first" : at > 96 ? "last" : "";
    made.append(el("span", { class: edge, style: `left:${at}%` }, midnight ? dayOf(date) : clockTime(date, step < 60)));
  }
  return made;
}

function row(label, plot, kind = "") {
  return el("div", { class: `row ${kind}` }, el("div", { class: "label" }, ...label), el("div", { class: "plot" }, ...plot));
}

function bursts(windows) {
  const named = new Map();
  for (const each of windows) named.set(each.name, [...(named.get(each.name) || []), each]);
  return [...named.values()];
}

function windowRow(mine, [begins, ends], goTo) {
  const first = mine.find((each) => each.state !== "over") || mine[mine.length - 1];
  const shown = mine.filter((each) => each.until > begins && each.from < ends);
  if (!shown.length) return null;
  const at = (time) => ((Math.min(Math.max(time, begins), ends) - begins) / (ends - begins)) * 100;
  const bars = shown.map((each) =>
    el("div", {
      class: `span ${each.state}`,
      style: `left:${at(each.from)}%;width:${at(each.until) - at(each.from)}%`,
      "--share": 0.12 + 0.88 * each.share,
      title: `${each.name}: ${percent(each.share)} of the requests, ${duration(each.until - each.from)}; ${each.faults.join(", ")}`,
    }),
  );
  const whom = [...new Set(first.on.map((each) => each.provider))].join(", ");
  const says = { over: "over", open: "open now", ahead: "ahead" }[first.state];
  const healed = first.healed.length ? " · healed" : "";
  const button = el("button", { type: "button", onclick: () => goTo(first), title: "go to its beginning" }, first.name);
  const kind = `${first.state} ${first.healed.length ? "healed" : ""}`;
  return row([button, el("small", {}, `${whom} · ${percent(first.share)} · ${says}${healed}`)], bars, kind);
}

function marks(exchanges, [begins, ends]) {
  const canvas = el("canvas", { width: 1600, height: 36, "aria-hidden": "true" });
  const draw = canvas.getContext("2d");
  const style = getComputedStyle(document.documentElement);
  const colour = { ok: "--primary", failed: "--failed", bent: "--stale", open: "--asked" };
  const order = { ok: 0, open: 1, bent: 2, failed: 3 };
  const sorted = [...exchanges].sort((a, b) => order[kindOf(a)] - order[kindOf(b)]);
  for (const each of sorted) {
    const x = ((each.at - begins) / (ends - begins)) * 1600;
    const long = ((Math.max(each.until, each.at) - each.at) / (ends - begins)) * 1600;
    if (x + long < 0 || x > 1600) continue;
    draw.fillStyle = style.getPropertyValue(colour[kindOf(each)]);
    draw.globalAlpha = 0.35;
    draw.fillRect(x, 6, Math.max(4, long), 24);
    draw.globalAlpha = 1;
    draw.fillRect(x, 3, 4, 30);
  }
  return canvas;
}

function drawDay(day, goTo) {
  const scale = bounds(day);
  const providers = [...new Set(day.exchanges.map((each) => each.provider))];
  const lanes = providers.map((name) => {
    const mine = day.exchanges.filter((each) => each.provider === name);
    const failed = mine.filter((each) => kindOf(each) === "failed").length;
    const says = `${mine.length} shown, ${failed} failed`;
    return row([el("b", {}, name), el("small", {}, says)], [el("div", { class: "lane" }), marks(mine, scale)]);
  });
  const windows = bursts(day.windows).map((mine) => windowRow(mine, scale, goTo)).filter(Boolean);
  const none = el("p", { class: "muted" }, day.windows.length ? "No window in this stretch of the day." : "No windows: every provider is healthy.");
  const now = ((day.state.clock.now - scale[0]) / (scale[1] - scale[0])) * 100;
  const needle = el("div", { class: "needles" }, el("div", {}, el("div", { class: "needle", style: `left:${now}%` })));
  const focused = document.activeElement.closest?.("#chart button")?.textContent;
  $("chart").replaceChildren(
    el("p", { class: "rows-heading" }, "Windows"), ...(windows.length ? windows : [none]),
    ...(lanes.length ? [el("p", { class: "rows-heading" }, "Requests")] : []), ...lanes,
    row([], [axis(day, scale)]), needle,
  );
  if (focused) [...$("chart").querySelectorAll("button")].find((each) => each.textContent === focused)?.focus();
}

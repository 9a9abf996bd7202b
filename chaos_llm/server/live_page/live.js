// The loop: ask, draw, wait; and what the buttons do.
const EVERY = 700; // milliseconds
const THOROUGH = 8; // looks: shares that slope, and requests that have been under way for long
const RECENT = 100; // requests that are told again where one of them was under way

let requests = new Requests();
let day = null;
let begun = "";
let wait = null;
let looks = 0;

async function look(isAsked) {
  const state = await (await get("state")).json();
  const key = `${state.run} ${state.beginnings}`;
  if (key !== begun) requests = new Requests();
  const isThorough = isAsked || !day || key !== begun || looks++ % THOROUGH === 0 || state.open.join() !== day.state.open.join();
  const windows = isThorough ? await (await get("windows")).json() : day.windows;
  begun = key;
  if (state.requests > 0) {
    const since = Math.max(requests.since, isThorough ? 0 : requests.seen - RECENT, state.requests - MOST);
    const text = await (await get("journal", { since })).text();
    requests.take(text.split("\n").filter(Boolean).map((line) => JSON.parse(line)));
  }
  const starts = Date.parse(state.clock.date) - state.clock.now * 1000;
  day = { state, windows, starts, exchanges: requests.all };
  draw();
}

function draw() {
  const { state, exchanges } = day;
  $("gate").hidden = true;
  $("live").hidden = false;
  $("title").textContent = state.title;
  $("name").textContent = state.profile;
  document.title = `${state.profile}: live`;
  $("about").textContent = `Seed ${state.seed}, at ${state.server.url}.`;
  drawClock(state.clock);
  drawRuns(state);
  drawOpen();
  drawTravel();
  $("n-requests").textContent = state.requests.toLocaleString("en");
  $("n-applied").textContent = state.applied.toLocaleString("en");
  $("n-failed").textContent = exchanges.filter((each) => kindOf(each) === "failed").length.toLocaleString("en");
  $("n-waiting").textContent = state.waiting;
  drawDay(day, goTo);
  drawRequests(day);
}

function drawClock(clock) {
  const date = new Date(clock.date);
  $("now").replaceChildren(clockTime(date, true), el("small", {}, ` UTC, ${dayOf(date)} ${date.getUTCFullYear()}`));
  $("now").setAttribute("datetime", clock.date);
  const how = { manual: "time stands until you advance it", real: "real time", scaled: `${clock.speed} times as fast` };
  const where = clock.now < 0 ? `${duration(-clock.now)} before the day` : `${duration(clock.now)} into the day`;
  $("clock").textContent = `${where}; ${how[clock.kind]}`;
  const left = clock.next === null ? null : Math.max(0, clock.next - clock.now);
  $("next").disabled = left === null;
  $("next").textContent = left === null ? "No pause under way" : `To the next pause (${duration(left)})`;
}

function drawRuns(state) {
  $("runs").hidden = state.runs.length < 2;
  const names = [...$("run").options].map((each) => each.value);
  if (names.join() !== state.runs.join()) $("run").replaceChildren(...state.runs.map((name) => el("option", { value: name }, name)));
  $("run").value = run;
}

let openKey = "";

function drawOpen() {
  const hit = new Map();
  for (const each of day.windows.filter((window) => window.state === "open")) {
    for (const { provider, surface } of each.on) {
      const key = `${provider} ${surface}`;
      if (!each.healed.includes(key)) hit.set(key, { provider, surface, names: [...(hit.get(key)?.names || []), each.name] });
    }
  }
  const toxics = day.state.server.toxics || [];
  const key = JSON.stringify([[...hit.values()], toxics]);
  if (key === openKey) return;
  openKey = key;
  const ill = [...hit.values()].map(({ provider, surface, names }) => {
    const whom = provider === "*" ? "every provider" : provider;
    const what = surface === "api" ? whom : `${whom} (${surface})`;
    const says = [...new Set(names)].join("; ");
    const button = provider === "*" ? null : el("button", { type: "button", "aria-label": `Heal ${what}`, onclick: () => act(() => post("heal", { provider, surface })) }, "Heal");
    return el("div", { class: "ill" }, el("span", {}, el("b", {}, what), `: ${says}`), button);
  });
  const wire = toxics.map((each) => el("div", { class: "toxic" }, `on the wire to ${each.provider}: ${each.toxic}`));
  $("open").replaceChildren(...(ill.length ? ill : [el("div", { class: "well" }, "✓ no window is open now")]), ...wire);
}

let travelKey = "";

function drawTravel() {
  const firsts = bursts(day.windows).map((mine) => mine.find((each) => each.state === "ahead") || mine[0]);
  const key = JSON.stringify(firsts.map((each) => [each.name, each.state]));
  if (key === travelKey) return;
  travelKey = key;
  const chosen = $("window").value;
  const options = firsts.map((each) => el("option", { value: each.name }, each.state === "ahead" ? each.name : `↺ ${each.name}`));
  $("window").replaceChildren(...options);
  if (firsts.some((each) => each.name === chosen)) $("window").value = chosen;
  else $("window").value = (firsts.find((each) => each.state === "ahead") || firsts[0] || {}).name || "";
  sayGo();
}

function sayGo() {
  const mine = day.windows.filter((each) => each.name === $("window").value);
  const ahead = mine.some((each) => each.state === "ahead");
  $("go").disabled = !mine.length;
  $("go").textContent = ahead || !mine.length ? "Go" : "Begin anew there";
}

function goTo(window) {
  const mine = day.windows.filter((each) => each.name === window.name);
  const next = mine.find((each) => each.state === "ahead");
  if (next) return act(() => post("advance", { by: next.from - day.state.clock.now }));
  return act(() => post("reset", { at: window.name }));
}

async function act(work) {
  try {
    await work();
    $("told").textContent = "";
  } catch (error) {
    $("told").textContent = error.message;
  }
  await again(true);
}

async function again(isAsked = false) {
  clearTimeout(wait);
  try {
    if (!document.hidden) await look(isAsked === true);
    says("live", "on");
  } catch (error) {
    if (error instanceof Refused) {
      $("gate").hidden = false;
      $("live").hidden = true;
      says("needs its token", "off");
      return;
    }
    says(day ? "no connection" : `no connection: ${error.message}`, "off");
  }
  clearTimeout(wait);
  wait = setTimeout(again, EVERY);
}

function says(text, kind) {
  if ($("link").textContent !== text) $("link").textContent = text;
  $("link").className = `badge ${kind}`;
}

function show(span) {
  view = Number(span);
  for (const each of document.querySelectorAll("[data-span]")) each.setAttribute("aria-pressed", String(each.dataset.span === span));
  if (day) drawDay(day, goTo);
}

for (const each of document.querySelectorAll("[data-by]")) {
  each.addEventListener("click", () => act(() => post("advance", { by: each.dataset.by })));
}
for (const each of document.querySelectorAll("[data-span]")) each.addEventListener("click", () => show(each.dataset.span));
$("advance").addEventListener("submit", (event) => {
  event.preventDefault();
  act(() => post("advance", { by: $("by").value.trim() || $("by").placeholder }));
});
$("next").addEventListener("click", () => act(() => post("advance", { by: Math.max(0, day.state.clock.next - day.state.clock.now) + 0.000001 })));
$("travel").addEventListener("submit", (event) => {
  event.preventDefault();
  goTo({ name: $("window").value });
});
$("window").addEventListener("change", sayGo);
$("only").addEventListener("change", () => drawRequests(day));
$("run").addEventListener("change", () => {
  run = $("run").value;
  act(async () => {});
});
$("gate").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEPT, $("token").value);
  $("token").value = "";
  again();
});
$("judge").addEventListener("toggle", async () => {
  if (!$("judge").open) return;
  try {
    $("verdict").textContent = (await (await get("verdict")).json()).text;
  } catch (error) {
    $("verdict").textContent = error.message;
  }
});
document.addEventListener("visibilitychange", again);
show("0");
again();

// The requests as they come: kept by number, for one that is under way will be told again.
const MOST = 2000;
const SHOWN = 150;

function kindOf(each) {
  if (each.end === "open") return "open";
  const applied = each.fault_effects.some((effect) => effect[2] === "applied");
  if (each.answered && each.end === "complete") return applied ? "bent" : "ok";
  return each.answered && each.end === "abandoned" && !applied ? "ok" : "failed";
}

class Requests {
  constructor() {
    this.kept = new Map();
    this.seen = -1;
  }

  get since() {
    for (const each of this.kept.values()) if (each.end === "open") return each.n;
    return this.seen + 1;
  }

  take(lines) {
    for (const line of lines) {
      this.kept.set(line.n, line);
      this.seen = Math.max(this.seen, line.n);
    }
    for (const number of this.kept.keys()) {
      if (this.kept.size <= MOST) break;
      this.kept.delete(number);
    }
  }

  get all() {
    return [...this.kept.values()].sort((a, b) => a.n - b.n);
  }
}

function reply(each) {
  const kind = kindOf(each);
  const end = { open: "under way", complete: "" }[each.end] ?? each.end;
  const says = [each.status || "", end].filter(Boolean).join(", ") || "no reply";
  const said = each.error_message ? el("small", {}, each.error_message.slice(0, 160)) : null;
  return el("td", {}, el("span", { class: `badge reply r-${kind}` }, says), said);
}

function tableRow(each, starts, isNew) {
  const date = new Date(starts + each.at * 1000);
  const faults = each.fault_effects.map((effect) => (effect[2] === "applied" ? effect[1] : `${effect[1]} (${effect[2]})`));
  const who = el("td", {}, el("b", {}, each.provider), el("small", {}, each.model || each.path));
  const took = each.end === "open" ? "…" : duration(each.until - each.at);
  const why = el("td", {}, faults.join(", ") || "healthy", each.fault_effects.length ? el("small", {}, each.why) : null);
  const time = el("td", {}, clockTime(date, true), el("small", {}, dayOf(date)));
  return el("tr", { class: isNew ? "new" : "" }, el("td", {}, String(each.n)), time, who, reply(each), el("td", {}, took), why);
}

let drawn = "";
let newest = -1;

function drawRequests(day) {
  const only = $("only").checked;
  const rows = day.exchanges.filter((each) => !only || each.fault_effects.some((effect) => effect[2] === "applied")).slice(-SHOWN).reverse();
  const key = JSON.stringify([only, rows.map((each) => [each.n, each.end, each.status])]);
  if (key === drawn) return;
  const before = newest;
  drawn = key;
  newest = rows.length ? Math.max(before, rows[0].n) : -1;
  $("rows").replaceChildren(...rows.map((each) => tableRow(each, day.starts, before >= 0 && each.n > before)));
  $("none").hidden = rows.length > 0;
  $("none").textContent = only ? "No fault was applied to those shown." : "None yet: point a client at this server.";
}

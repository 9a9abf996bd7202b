// What is asked of the server; an answer that is no answer is told in words.
const KEPT = "chaos-llm-token";

class Refused extends Error {}

function token() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    sessionStorage.setItem(KEPT, given);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return sessionStorage.getItem(KEPT) || "";
}

async function asked(name, given, method) {
  const address = new URL(name, new URL("/__chaos/", location.href));
  if (method === "GET") for (const [key, value] of Object.entries(given)) address.searchParams.set(key, value);
  const headers = token() ? { "X-Chaos-Token": token() } : {};
  const body = method === "GET" ? undefined : JSON.stringify(given);
  const response = await fetch(address, { method, headers, body, cache: "no-store" });
  if (response.status === 401) throw new Refused("token");
  if (!response.ok) throw new Error((await response.json()).error.message);
  return response;
}

const get = (name, given = {}) => asked(name, { run, ...given }, "GET");
const post = (name, given = {}) => asked(name, { run, ...given }, "POST");

let run = "default";

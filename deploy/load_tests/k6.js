// k6 run -e CHAOS_LLM_URL=http://127.0.0.1:8080 deploy/load_tests/k6.js
// Requests have a tag for the windows that were open, by which k6 tells them apart.
import http from "k6/http";
import { check } from "k6";

const url = __ENV.CHAOS_LLM_URL || "http://127.0.0.1:8080";

export const options = {
  scenarios: {
    customers: { executor: "constant-arrival-rate", rate: 100, duration: "30s", preAllocatedVUs: 50 },
  },
  // A threshold on a tag makes k6 show its row.
  thresholds: { "http_req_failed{window:none}": ["rate<0.01"] },
};

let seen = { at: 0, name: "none" };

function openWindow() {
  if (Date.now() - seen.at > 1000) {
    const state = http.get(`${url}/__chaos/state`, { tags: { window: "admin" } });
    seen = { at: Date.now(), name: state.json("open").join(" + ") || "none" };
  }
  return seen.name;
}

export default function () {
  const asked = {
    model: "claude-opus-4-6",
    max_tokens: 100,
    messages: [{ role: "user", content: "Where is order KX-48213?" }],
  };
  const headers = {
    "content-type": "application/json",
    "x-api-key": "sk-ant-placeholder",
    "anthropic-version": "2023-06-01",
  };
  const reply = http.post(`${url}/anthropic/v1/messages`, JSON.stringify(asked), {
    headers,
    tags: { window: openWindow() },
  });
  check(reply, { answered: (got) => got.status === 200 });
}

// Asks a provider once with the vendor's own SDK, and says as JSON what came of it.
//
//     node ask.mjs anthropic|openai plain|stream RETRIES
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

const messages = [{ role: "user", content: "Where is order KX-48213?" }];
const said = { text: "", stop: "", status: 0, error: "" };

async function askAnthropic(streamed, maxRetries) {
  const asked = { model: "claude-opus-4-6", max_tokens: 200, messages };
  const client = new Anthropic({ maxRetries });
  if (!streamed) {
    const whole = await client.messages.create(asked);
    said.text = whole.content.map((block) => block.text).join("");
    said.stop = whole.stop_reason;
    return;
  }
  for await (const event of await client.messages.create({ ...asked, stream: true })) {
    if (event.type === "content_block_delta") said.text += event.delta.text ?? "";
    if (event.type === "message_delta") said.stop = event.delta.stop_reason;
  }
}

async function askOpenAI(streamed, maxRetries) {
  const asked = { model: "gpt-5.2", messages };
  const client = new OpenAI({ maxRetries });
  if (!streamed) {
    const [choice] = (await client.chat.completions.create(asked)).choices;
    said.text = choice.message.content;
    said.stop = choice.finish_reason;
    return;
  }
  for await (const chunk of await client.chat.completions.create({ ...asked, stream: true })) {
    said.text += chunk.choices[0]?.delta.content ?? "";
    said.stop = chunk.choices[0]?.finish_reason ?? said.stop;
  }
}

const [vendor, how, retries] = process.argv.slice(2);
try {
  await { anthropic: askAnthropic, openai: askOpenAI }[vendor](how === "stream", Number(retries));
} catch (error) {
  said.status = error.status ?? 0;
  said.error = `${error.constructor.name}: ${error.message}${error.cause ? ` (${error.cause.cause?.code ?? error.cause.code ?? error.cause.message})` : ""}`;
}
console.log(JSON.stringify(said));

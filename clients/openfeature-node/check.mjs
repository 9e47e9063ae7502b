// OpenFeature's SDK for servers in Node with its OFREP provider.
import { ok } from "node:assert";
import { OFREPProvider } from "@openfeature/ofrep-provider";
import { ErrorCode, OpenFeature } from "@openfeature/server-sdk";
import { check, control, details, key, limitedURL, treated, url, wrongKey } from "./checks.mjs";

async function client(domain, baseUrl = url, headers = [["Authorization", `Bearer ${key}`]]) {
  await OpenFeature.setProviderAndWait(domain, new OFREPProvider({ baseUrl, headers }));
  return OpenFeature.getClient(domain);
}

const visitor = { targetingKey: treated };
const other = { targetingKey: control };
const c = await client("main");

await check("found", async () => {
  details(await c.getStringDetails("checkout-title", "Hello", visitor), {
    value: "Welcome back",
    reason: "SPLIT",
    variant: "friendly",
    errorCode: undefined,
    flagMetadata: { experiment: "checkout-title", reason: "assigned" },
  });
  details(await c.getBooleanDetails("new-nav", false, visitor), { value: true, reason: "SPLIT", variant: "on" });
  details(await c.getNumberDetails("price", 1, visitor), { value: 9.5, reason: "SPLIT", variant: "lower" });
  details(await c.getObjectDetails("offer", {}, visitor), {
    value: { percent: 50, text: "Hi there" },
    reason: "SPLIT",
    variant: "half",
  });
  const byHeader = await client("header", url, [["X-API-Key", key]]);
  details(await byHeader.getBooleanDetails("new-nav", false, visitor), { value: true, variant: "on" });
});
await check("no payload", async () => {
  // This provider knows no answer without a value: its error makes the SDK return the default.
  details(await c.getStringDetails("checkout-title", "Hello", other), { value: "Hello", errorCode: ErrorCode.GENERAL });
  details(await c.getObjectDetails("offer", { percent: 0 }, other), { value: { percent: 0 } });
  details(await c.getBooleanDetails("new-nav", true, other), { value: false, reason: "SPLIT", variant: "control" });
});
await check("not shown", async () => {
  details(await c.getObjectDetails("premium", { plan: "none" }, visitor), { value: { plan: "none" } });
});
await check("unknown", async () => {
  details(await c.getBooleanDetails("nobody", true, visitor), {
    value: true,
    reason: "ERROR",
    errorCode: ErrorCode.FLAG_NOT_FOUND,
  });
});
await check("no id", async () => {
  for (const context of [{}, { plan: "premium" }, { targetingKey: "" }]) {
    details(await c.getBooleanDetails("new-nav", true, context), {
      value: true,
      reason: "ERROR",
      errorCode: ErrorCode.TARGETING_KEY_MISSING,
    });
  }
});
await check("context", async () => {
  const premium = { ...visitor, plan: "premium", url: "https://shop.example/", device: "mobile" };
  details(await c.getObjectDetails("premium", {}, premium), { value: { plan: "premium" }, reason: "SPLIT", variant: "on" });
  details(await c.getObjectDetails("premium", {}, visitor), { value: {} });
  details(await c.getNumberDetails("price", 1, other), { value: 10.5, variant: "control" });
});
await check("wrong key", async () => {
  const wrong = await client("wrong", url, [["Authorization", `Bearer ${wrongKey}`]]);
  details(await wrong.getBooleanDetails("new-nav", false, visitor), {
    value: false,
    reason: "ERROR",
    errorCode: ErrorCode.GENERAL,
  });
});
await check("429", async () => {
  const limited = await client("limited", limitedURL);
  details(await limited.getBooleanDetails("new-nav", false, visitor), { value: true, errorCode: undefined });
  for (const message of [/^rate limit exceeded, try again after/, /^OFREP evaluation paused/]) {
    const got = await limited.getBooleanDetails("new-nav", false, visitor);
    details(got, { value: false, reason: "ERROR", errorCode: ErrorCode.GENERAL });
    ok(message.test(got.errorMessage), got.errorMessage);
  }
});

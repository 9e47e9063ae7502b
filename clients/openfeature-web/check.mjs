// OpenFeature's SDK for browsers with its OFREP provider, in Node with a localStorage of its own.
import { deepStrictEqual, rejects } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";
import { ErrorCode, OpenFeature, ProviderEvents, ProviderStatus } from "@openfeature/web-sdk";
import { check, control, details, key, limitedURL, treated, url, wrongKey } from "./checks.mjs";

const stored = new Map();
globalThis.localStorage = {
  getItem: (name) => stored.get(name) ?? null,
  setItem: (name, value) => stored.set(name, value),
  removeItem: (name) => stored.delete(name),
};

const visitor = { targetingKey: treated };
const other = { targetingKey: control };

// page opens a page of a browser for a visitor: a client, the statuses of its answers, and
// the names of the flags that it was told have changed.
async function page(domain, context, { baseUrl = url, token = key, ...options } = {}) {
  const statuses = [];
  const tags = [];
  const changes = [];
  const stale = [];
  const provider = new OFREPWebProvider({
    baseUrl,
    headers: [["Authorization", `Bearer ${token}`]],
    fetchImplementation: async (request, init) => {
      const response = await fetch(request, init);
      statuses.push(response.status);
      tags.push(response.headers.get("ETag"));
      return response;
    },
    ...options,
  });
  const client = OpenFeature.getClient(domain);
  client.addHandler(ProviderEvents.ConfigurationChanged, (event) => changes.push(event.flagsChanged));
  client.addHandler(ProviderEvents.Stale, (event) => stale.push(event.message));
  await OpenFeature.setContext(domain, context);
  const ready = OpenFeature.setProviderAndWait(domain, provider);
  return { client, ready, statuses, tags, changes, stale };
}

// until waits for what happens in the background.
async function until(holds) {
  for (let i = 0; i < 100; i++) {
    if (holds()) return;
    await sleep(50);
  }
  throw new Error(`waited in vain until ${holds}`);
}

const main = await page("main", visitor);
await main.ready;
await check("found", () => {
  details(main.client.getStringDetails("checkout-title", "Hello"), {
    value: "Welcome back",
    reason: "SPLIT",
    variant: "friendly",
    errorCode: undefined,
    flagMetadata: { experiment: "checkout-title", reason: "assigned" },
  });
  details(main.client.getBooleanDetails("new-nav", false), { value: true, reason: "SPLIT", variant: "on" });
  details(main.client.getNumberDetails("price", 1), { value: 9.5, reason: "SPLIT", variant: "lower" });
  details(main.client.getObjectDetails("offer", {}), {
    value: { percent: 50, text: "Hi there" },
    reason: "SPLIT",
    variant: "half",
  });
});
await check("bulk", () => deepStrictEqual(main.statuses, [200]));
await check("unknown", () =>
  details(main.client.getBooleanDetails("nobody", true), {
    value: true,
    reason: "ERROR",
    errorCode: ErrorCode.FLAG_NOT_FOUND,
  }),
);
await check("not shown", () =>
  details(main.client.getObjectDetails("premium", { plan: "none" }), {
    value: { plan: "none" },
    reason: "ERROR",
    errorCode: ErrorCode.FLAG_NOT_FOUND,
  }),
);
await check("no payload", async () => {
  const { client, ready } = await page("control", other);
  await ready;
  const plain = { reason: "SPLIT", variant: "control", errorCode: undefined };
  details(client.getStringDetails("checkout-title", "Hello"), { value: "Hello", ...plain });
  details(client.getObjectDetails("offer", { percent: 0 }), { value: { percent: 0 }, ...plain });
  details(client.getBooleanDetails("new-nav", true), { value: false, ...plain });
});
await check("304", async () => {
  const again = await page("main", visitor, { pollInterval: 100 });
  await again.ready;
  details(again.client.getBooleanDetails("new-nav", false), { value: true, reason: "CACHED" });
  await until(() => again.statuses.length >= 3);
  deepStrictEqual(again.statuses.slice(0, 3), [304, 304, 304]);
  deepStrictEqual(again.tags.slice(0, 3), Array(3).fill(main.tags[0]));
  deepStrictEqual(again.changes, []);
  details(again.client.getBooleanDetails("new-nav", false), { value: true, variant: "on" });
});
await check("context", async () => {
  // The tag of the old context goes along with the new one: the answer must not be a 304.
  const { client, ready, statuses, tags, changes } = await page("context", visitor);
  await ready;
  await OpenFeature.setContext("context", { ...visitor, plan: "premium" });
  await until(() => changes.length === 1);
  deepStrictEqual(statuses, [200, 200]);
  deepStrictEqual(changes, [["offer", "premium"]]);
  details(client.getObjectDetails("premium", {}), { value: { plan: "premium" }, reason: "SPLIT", variant: "on" });
  details(client.getObjectDetails("offer", {}), { value: { percent: 50, text: "Hi premium" } });
  await OpenFeature.setContext("context", other);
  details(client.getNumberDetails("price", 1), { value: 10.5, variant: "control" });
  details(client.getObjectDetails("premium", {}), { value: {}, errorCode: ErrorCode.FLAG_NOT_FOUND });
  await OpenFeature.setContext("context", visitor);
  deepStrictEqual(statuses, [200, 200, 200, 200]);
  deepStrictEqual(tags[3], tags[0]);
});
await check("no id", async () => {
  const { client, ready, statuses } = await page("nobody", {});
  await rejects(ready);
  deepStrictEqual(statuses, [400]);
  details(client.getBooleanDetails("new-nav", true), { value: true, reason: "ERROR" });
});
await check("wrong key", async () => {
  const { client, ready, statuses } = await page("wrong", visitor, { token: wrongKey });
  await rejects(ready);
  deepStrictEqual(statuses, [401]);
  deepStrictEqual(client.providerStatus, ProviderStatus.FATAL);
  details(client.getBooleanDetails("new-nav", false), { value: false, errorCode: ErrorCode.PROVIDER_FATAL });
});
await check("429", async () => {
  const { client, ready, statuses, stale } = await page("limited", visitor, { baseUrl: limitedURL, cacheMode: "disabled" });
  await ready;
  await OpenFeature.setContext("limited", other);
  deepStrictEqual(statuses, [200, 429]);
  await until(() => stale.length === 1);
  details(client.getBooleanDetails("new-nav", false), { value: true, variant: "on" });
  await OpenFeature.setContext("limited", visitor);
  deepStrictEqual(statuses, [200, 429]);
});
await OpenFeature.close();

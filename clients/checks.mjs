// What the checks in JavaScript share: who asks whom, and a line per check for the runner.
import { deepStrictEqual } from "node:assert";

export const { READOUT_URL: url, READOUT_LIMITED_URL: limitedURL, READOUT_KEY: key } = process.env;
export const wrongKey = key + "x";

// Visitors whose assignment follows from the hash: one in every treatment, one in every control.
export const treated = "u-6";
export const control = "u-3";

// check reports whether the steps got through.
export async function check(name, steps) {
  try {
    await steps();
    console.log(`passed\t${name}`);
  } catch (error) {
    console.log(`failed\t${name}\t${String(error.stack ?? error).replaceAll(/[\n\t]+/g, " | ")}`);
  }
}

// details compares what an evaluation returned with the members that are given.
export function details(got, want) {
  const named = Object.fromEntries(Object.keys(want).map((name) => [name, got[name]]));
  deepStrictEqual(named, want);
}

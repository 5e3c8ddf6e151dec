// Reads requests as JSON lines {headers, body} and tells what the CloudEvents SDK makes of each.
// usage: node cloudevents.mjs NODE_MODULES
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(process.argv[2] + "/");
const { HTTP } = require("cloudevents");

function bytes(event) {
  if (event.data_base64 !== undefined) {
    return Buffer.from(event.data_base64, "base64");
  }
  const data = event.data;
  if (data === undefined || data === null) {
    return Buffer.alloc(0);
  }
  if (data instanceof Uint8Array || data instanceof Uint32Array) {
    return Buffer.from(data);
  }
  return Buffer.from(typeof data === "string" ? data : JSON.stringify(data));
}

for await (const line of createInterface({ input: process.stdin })) {
  let told;
  try {
    const events = [HTTP.toEvent(JSON.parse(line))].flat();
    told = events.map((event) => {
      event.validate();
      return {
        told: event.id, source: event.source, type: event.type, time: event.time ?? "",
        subject: event.subject ?? "", hex: bytes(event).toString("hex"),
      };
    });
  } catch (error) {
    told = { refused: String(error.message) };
  }
  console.log(JSON.stringify(told));
}

// Holds watchers of keys, in a process of its own: each takes a descriptor here and one at the server.
import { request } from "node:http";

process.on("message", (/** @type {{ url: string, localAddress: string }} */ { url, localAddress }) => {
  const sent = request(url, { agent: false, localAddress });
  // They end with the server, or with this process.
  sent.on("error", () => {});
  sent.end(() => process.send?.("sent"));
});

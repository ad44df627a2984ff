// A peer on grpc-js, for tests: serves the service of `peer.proto`, or calls one.
//
// `node main.js serve ADDRESS` listens until its standard input ends; the first line out is the
// address. `node main.js call ADDRESS LEFT` makes the calls of `calls.js` and prints one JSON object;
// LEFT is how many of them the server can notice to be given up. ADDRESS is `host:port` or `unix:/path`.

import { fileURLToPath } from "node:url";

import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";

import { all } from "./calls.js";
import { service } from "./server.js";

const LARGEST = 64 << 20; // bytes of a message
const OPTIONS = { "grpc.max_receive_message_length": LARGEST, "grpc.max_send_message_length": LARGEST };
const PROTO = fileURLToPath(new URL("../peer.proto", import.meta.url));

const { Peer } = grpc.loadPackageDefinition(loader.loadSync(PROTO, { keepCase: true, longs: Number, defaults: true })).peer.v1;
const [verb, address, left] = process.argv.slice(2);

if (verb === "serve") {
  const server = new grpc.Server(OPTIONS);
  server.addService(Peer.service, service());
  server.bindAsync(address, grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    console.log(address.startsWith("unix:") ? address : `127.0.0.1:${port}`);
  });
  process.stdin.on("end", () => process.exit(0)).resume();
} else if (verb === "call") {
  const client = new Peer(address, grpc.credentials.createInsecure(), OPTIONS);
  console.log(JSON.stringify(await all(client, Number(left))));
  client.close();
} else {
  console.error("usage: main.js serve ADDRESS | call ADDRESS LEFT");
  process.exit(2);
}

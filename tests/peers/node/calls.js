// The calls that a client makes, and what came of each.

import { setTimeout as sleep } from "node:timers/promises";

const BIG = 16 << 20;
const MANY = 1000;
const NOT_FOUND = 5;

/** The outcome of each call by its name. */
export async function all(client, left) {
  const found = {};
  found.echo = await echo(client, 5);
  found.empty = await echo(client, 0);
  found.big = await echo(client, BIG);
  found.status = await unary(client, "Fail", { code: NOT_FOUND, message: "gone: ü 100 %\n" });
  found.missing = coded(await unary(client, "Missing", {}));
  found.deadline = coded(await unary(client, "Wait", { milliseconds: 60_000 }, { deadline: Date.now() + 300 }));
  found.cancel = await cancel(client);
  found.download = await download(client, undefined);
  found["download fails"] = await download(client, { code: NOT_FOUND, message: "no more" });
  found["download left"] = await leave(client);
  found.upload = await upload(client);
  found.chat = await chat(client);
  found["at once"] = await atOnce(client);
  found["given up"] = await givenUp(client, left);
  return found;
}

function unary(client, method, request, options = {}) {
  return new Promise((resolve) => {
    client[method](request, options, (error, answer) => resolve(error ? failed(error) : answer));
  });
}

const failed = (error) => ({ code: error.code, message: error.details });
const coded = ({ code }) => ({ code });
const payload = (size) => ({ data: Buffer.alloc(size, "x") });

async function echo(client, size) {
  const answer = await unary(client, "Echo", payload(size));
  return answer.data ? { size: answer.data.length } : answer;
}

async function cancel(client) {
  const over = new Promise((resolve) => {
    const call = client.Wait({ milliseconds: 60_000 }, (error) => resolve(error?.code === 1));
    setTimeout(() => call.cancel(), 300);
  });
  return { gone: await over };
}

async function download(client, end) {
  const found = { count: 0, size: 0 };
  try {
    for await (const { data } of client.Download({ count: MANY, size: 4096, end })) {
      found.count += 1;
      found.size += data.length;
    }
  } catch (error) {
    return { count: found.count, ...failed(error) };
  }
  return found;
}

async function leave(client) {
  const call = client.Download({ size: 65_536 });
  call.on("error", () => {}); // CANCELLED, as wanted
  let count = 0;
  for await (const _ of call) {
    count += 1;
    if (count === 3) break;
  }
  call.cancel();
  return { count };
}

function upload(client) {
  return new Promise((resolve) => {
    const call = client.Upload((error, answer) => resolve(error ? failed(error) : answer));
    for (let sent = 0; sent < MANY; sent += 1) call.write(payload(4096));
    call.end();
  });
}

/** Each payload waits for the answer to the one before. */
async function chat(client) {
  const call = client.Chat();
  const found = { count: 0, size: 0 };
  call.write(payload(1));
  for await (const { data } of call) {
    found.count += 1;
    found.size += data.length;
    if (found.count === 100) call.end();
    else call.write(payload(found.count + 1));
  }
  return found;
}

async function atOnce(client) {
  const sizes = Array.from({ length: 200 }, (_, index) => index + 1);
  const answers = await Promise.all(sizes.map((size) => echo(client, size)));
  return { right: answers.filter((answer, index) => answer.size === sizes[index]).length };
}

/** Whether the server has noticed that at least so many calls were given up. */
async function givenUp(client, wanted) {
  let seen = 0;
  for (let tries = 0; tries < 100 && seen < wanted; tries += 1) {
    seen = (await unary(client, "Ended", {})).count;
    if (seen < wanted) await sleep(50);
  }
  return { seen };
}

// The service of `peer.proto`.

/** The handlers by their names. Missing is not among them. */
export function service() {
  let ended = 0;

  /** Count the call if its caller leaves before it is done. */
  function watched(call) {
    call.on("cancelled", () => (ended += 1));
  }

  function download(call) {
    const { count, size, end } = call.request;
    const data = Buffer.alloc(size, "d");
    let sent = 0;
    watched(call);

    function send() {
      while ((count === 0 || sent < count) && !call.cancelled) {
        sent += 1;
        if (!call.write({ data })) {
          call.once("drain", send);
          return;
        }
      }
      if (end) call.emit("error", { code: end.code, details: end.message });
      else call.end();
    }
    send();
  }

  return {
    Echo: (call, answer) => answer(null, call.request),
    Fail: (call, answer) => answer({ code: call.request.code, details: call.request.message }),
    Wait: (call, answer) => {
      watched(call);
      setTimeout(() => answer(null, {}), call.request.milliseconds).unref();
    },
    Download: download,
    Upload: (call, answer) => {
      const sum = { count: 0, size: 0 };
      call.on("data", ({ data }) => {
        sum.count += 1;
        sum.size += data.length;
      });
      call.on("end", () => answer(null, sum));
    },
    Chat: (call) => call.pipe(call),
    Ended: (call, answer) => answer(null, { count: ended }),
  };
}

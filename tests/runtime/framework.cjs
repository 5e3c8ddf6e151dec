// The functions that the differential test runs in Google's functions framework.
const functions = require("@google-cloud/functions-framework");

functions.cloudEvent("told", (event) => {
  if (event.data === "fail") {
    throw new Error("asked to fail");
  }
});

functions.http("echo", (request, response) => {
  response.status(Number(request.query.status ?? 200));
  response.set("X-Tag", "a");
  response.append("Set-Cookie", "s=2; Path=/");
  response.append("Set-Cookie", "t=3");
  response.end(request.rawBody ?? Buffer.alloc(0));
});

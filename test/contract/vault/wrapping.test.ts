import { contract } from "../contract.ts";
import { conversation } from "./conversation.ts";
import { nodes } from "./node-backends.ts";

const wrapped = { token: "wrap_info.token" };
const unwrap = "PUT sys/wrapping/unwrap";
const lookup = "PUT sys/wrapping/lookup";

contract({
  title: "Vault: wrapping",
  backends: nodes,
  behaviours: [
    conversation("an answer is handed out once, for the wrapping token", [
      ["PUT cubbyhole/~", { v: 1 }],
      ["GET cubbyhole/~", undefined, { wrap: "60s", save: wrapped }],
      [lookup, { token: "{{token}}" }],
      [lookup, { token: "{{token}}" }, { token: "" }],
      ["GET sys/wrapping/lookup", undefined, { token: "{{token}}" }],
      [unwrap, { token: "{{token}}" }],
      [unwrap, { token: "{{token}}" }],
      [lookup, { token: "{{token}}" }],
    ]),
    conversation("the wrapping token unwraps itself, and does nothing else", [
      ["PUT sys/wrapping/wrap", { a: { b: [1] } }, { wrap: "1m", save: wrapped }],
      ["GET cubbyhole/response", undefined, { token: "{{token}}", only: ["data.nothing"] }],
      ["PUT sys/wrapping/wrap", { a: 1 }, { wrap: "1m", save: wrapped }],
      ["GET sys/mounts", undefined, { token: "{{token}}" }],
      ["PUT sys/wrapping/wrap", { a: { b: [1] } }, { wrap: "1m", save: wrapped }],
      [unwrap, undefined, { token: "{{token}}" }],
      [unwrap, undefined, { token: "{{token}}" }],
    ]),
    conversation("a rewrapped answer has a new token, and the old one ends", [
      ["PUT sys/wrapping/wrap", { a: 1 }, { wrap: "2m", save: wrapped }],
      ["PUT sys/wrapping/rewrap", { token: "{{token}}" }, { save: { other: "wrap_info.token" } }],
      [unwrap, { token: "{{token}}" }],
      [unwrap, { token: "{{other}}" }],
    ]),
    conversation("a token's making can be wrapped, and shows the accessor", [
      ["POST auth/token/create", { ttl: "1h" }, { wrap: "1m", save: wrapped }],
      [unwrap, { token: "{{token}}" }],
    ]),
    conversation("what is no wrapping token is refused", [
      [unwrap, { token: "nope" }],
      [lookup, { token: "nope" }],
      ["PUT sys/wrapping/rewrap", { token: "nope" }],
      [unwrap, {}],
      ["PUT sys/wrapping/wrap", { a: 1 }],
      ["GET cubbyhole/nope", undefined, { wrap: "1m" }],
      ["DELETE cubbyhole/nope", undefined, { wrap: "1m" }],
    ]),
    conversation("needs a token, somewhere", [[unwrap, {}, { token: "" }]], { "1.14.0": "it answers 403, 1.11.0 500" }),
    conversation("ends with its life", [
      ["PUT sys/wrapping/wrap", { a: 1 }, { wrap: "1s", save: wrapped }],
      [unwrap, { token: "{{token}}" }, { after: 1.3 }],
    ]),
  ],
});

// Other people's WeChat cryptography. Reads a list of tasks as JSON on standard input, prints the results.
//
//   {peer, do: "seal", token, key, appId, text}            -> the sealed text, base64
//   {peer, do: "open", token, key, appId, sealed}          -> {text, appId}
//   {peer, do: "sign", token, key, appId, parts: [t, n, e]} -> the signature of a sealed call
//   {do: "page", ticket, nonce, timestamp, url}            -> the signature of a page (JS-SDK)

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const WeChatCrypto = require("wechat-crypto");
const wecom = require("@wecom/crypto");

const PEERS = {
  "wechat-crypto": {
    seal: ({ token, key, appId, text }) => new WeChatCrypto(token, key, appId).encrypt(text),
    open: ({ token, key, appId, sealed }) => {
      const { message, id } = new WeChatCrypto(token, key, appId).decrypt(sealed);
      return { text: message, appId: id };
    },
    sign: ({ token, key, appId, parts }) => new WeChatCrypto(token, key, appId).getSignature(...parts),
  },
  "@wecom/crypto": {
    seal: ({ key, appId, text }) => wecom.encrypt(key, text, appId),
    open: ({ key, sealed }) => {
      const { message, id } = wecom.decrypt(key, sealed);
      return { text: message, appId: id };
    },
    sign: ({ token, parts }) => wecom.getSignature(token, ...parts),
    page: ({ ticket, nonce, timestamp, url }) =>
      wecom.getJsApiSignature({ ticket, nonceStr: nonce, timestamp, url }).signature,
  },
};

const tasks = JSON.parse(readFileSync(0, "utf8"));
const results = tasks.map((task) => PEERS[task.peer ?? "@wecom/crypto"][task.do](task));
process.stdout.write(JSON.stringify(results));

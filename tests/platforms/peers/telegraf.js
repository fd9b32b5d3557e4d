// A bot written with telegraf. Arguments: where the Bot API is, the token, the secret of its webhook.
//
// It prints its own address, sets its webhook, and then talks: /start asks with a button, a tap is answered
// and its question edited, a photo is fetched and measured, other words are said back. POST /do with
// {method, args} calls the Bot API through telegraf; what it makes of an error comes back as {error}.
// It ends when its standard input does.

import { createServer } from "node:http";
import { Markup, Telegraf } from "telegraf";

const [apiRoot, token, secretToken] = process.argv.slice(2);
const bot = new Telegraf(token, { telegram: { apiRoot, webhookReply: false } });

bot.start((ctx) => ctx.reply(`scene ${ctx.payload}`, Markup.inlineKeyboard([Markup.button.callback("在", "hukou:local")])));
bot.action("hukou:local", async (ctx) => {
  await ctx.answerCbQuery("收到");
  await ctx.editMessageText("✓ 在");
});
bot.on("photo", async (ctx) => {
  await ctx.sendChatAction("typing");
  const link = await ctx.telegram.getFileLink(ctx.message.photo.at(-1).file_id);
  const data = await (await fetch(link)).arrayBuffer();
  await ctx.reply(`photo ${data.byteLength} ${ctx.message.media_group_id ? "of an album" : "alone"}`);
});
bot.on("text", (ctx) => ctx.reply(`said ${ctx.message.text}`));
bot.on("edited_message", (ctx) => ctx.reply(`edited to ${ctx.editedMessage.text}`));
bot.on("my_chat_member", (ctx) => seen.push(ctx.myChatMember.new_chat_member.status));
bot.catch((error) => seen.push(String(error)));

const seen = [];
const take = bot.webhookCallback("/hook", { secretToken });

async function act(request) {
  let body = "";
  for await (const part of request) body += part;
  const { method, args } = JSON.parse(body);
  if (method === "seen") return { result: seen };
  try {
    return { result: await bot.telegram.callApi(method, args) };
  } catch (error) {
    return { error: { code: error.code, description: error.description, parameters: error.parameters ?? {} } };
  }
}

const server = createServer(async (request, answer) => {
  if (request.url !== "/do") return take(request, answer);
  answer.setHeader("Content-Type", "application/json");
  answer.end(JSON.stringify(await act(request)));
});

server.listen(0, "127.0.0.1", async () => {
  const here = `http://127.0.0.1:${server.address().port}`;
  bot.botInfo = await bot.telegram.getMe();
  await bot.telegram.setWebhook(`${here}/hook`, { secret_token: secretToken, max_connections: 10 });
  console.log(JSON.stringify({ here, name: bot.botInfo.username }));
});
process.stdin.resume().on("end", () => process.exit(0));

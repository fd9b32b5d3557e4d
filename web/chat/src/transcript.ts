/** What can be read off the transcript, without the network or the page. */

import type { Item } from "./outbox";
import type { Card, Message } from "./wire";

/** Add what is new, in the order of the service. A message may come twice: by socket and by polling. */
export function merge(known: Message[], heard: Message[]): Message[] {
  const last = known.length ? known[known.length - 1]!.seq : 0;
  const fresh = heard.filter((message) => message.seq > last).sort((a, b) => a.seq - b.seq);
  const single = fresh.filter((message, place) => place === 0 || fresh[place - 1]!.seq !== message.seq);
  return single.length ? known.concat(single) : known;
}

// He may ask for help in the middle of a question; the question then still stands.
const asides = ["帮助", "进度", "语言", "中文", "换个地方办", "help", "progress", "language", "english", "move"];

/** The one message whose buttons still count, or 0: the newest question nobody has answered yet. */
export function openQuestion(messages: Message[], items: Item[]): number {
  let open = 0;
  let answered = false;
  for (const message of messages) {
    if (asks(message)) {
      open = message.seq;
      answered = false;
    } else if (message.from === "applicant") {
      answered = answered || !isAside(message.text);
    } else if (message.from === "bot" && answered) {
      open = 0; // the talk has moved on
    }
    if (open && answered && message.from === "applicant" && tapped(messages, open, message.text) !== "") open = 0;
  }
  const answering = items.some((item) => item.state !== "refused" && (item.prompt === open || item.kind === "photo"));
  return answering ? 0 : open;
}

/** A rating stands apart: it interrupts no question, and may be given however old its card is. */
export function isUnrated(message: Message, messages: Message[], items: Item[]): boolean {
  return isRating(message) && taken(messages, items, message.seq) === "";
}

/** Which of a message's choices he took: by the label he sent next, or its number. Empty when none. */
export function taken(messages: Message[], items: Item[], seq: number): string {
  const pending = items.filter((item) => item.prompt === seq && item.state !== "refused")[0];
  if (pending) return pending.choice;
  const question = messages.filter((message) => message.seq === seq)[0];
  const answers = messages.filter((message) => message.seq > seq && message.from === "applicant" && !isAside(message.text));
  // Only what he said next answers a question; a rating may come any time, so there only the full words count.
  const rated = question && isRating(question) ? answers.filter((answer) => !/^\d+$/.test(answer.text.trim())) : [];
  return answers.slice(0, 1).concat(rated).map((answer) => tapped(messages, seq, answer.text)).filter(Boolean)[0] ?? "";
}

/** True while the bot owes him a word: what he said last has arrived and nothing came back yet. */
export function isAwaited(messages: Message[], items: Item[]): boolean {
  const others = messages.filter((message) => message.from !== "applicant");
  if (others.length && others[others.length - 1]!.from === "clerk") return false; // a person answers in her own time
  if (items.some((item) => item.state === "sent")) return true;
  const last = messages[messages.length - 1];
  return items.length === 0 && last !== undefined && last.from === "applicant";
}

function asks(message: Message): boolean {
  return message.from !== "applicant" && !isRating(message) && (message.choices.length > 0 || message.card?.kind === "photo");
}

const isRating = (message: Message): boolean => message.card?.kind === "rating";

const isAside = (text: string): boolean => asides.indexOf(text.trim().toLowerCase()) >= 0;

function tapped(messages: Message[], seq: number, answer: string): string {
  const question = messages.filter((message) => message.seq === seq)[0];
  const choices = question ? question.choices : [];
  const said = answer.trim();
  const match = choices.filter((choice, place) => choice.label === said || String(place + 1) === said)[0];
  return match ? match.id : "";
}

/** A card that says how far a case is holds only until the next one about the same case. */
export function isOutdated(message: Message, messages: Message[]): boolean {
  const number = caseOf(message);
  return number !== "" && messages.some((later) => later.seq > message.seq && caseOf(later) === number);
}

const caseOf = (message: Message): string =>
  message.card?.kind === "progress" ? message.card.body.package || message.card.body.number : "";

/** True for what he said last: there he may still have to compare it with the card in his hand. */
export function isHisLast(message: Message, messages: Message[], items: Item[]): boolean {
  return items.length === 0 && !messages.some((later) => later.seq > message.seq && later.from === "applicant");
}

const longNumber = /[0-9０-９][0-9０-９ -]{12,20}[0-9０-９Xxｘ]/g; // an identity card's, a bank card's

/** "999901198803050247" -> "999901********0247": phones are lent, and read over shoulders. */
export const covered = (text: string): string =>
  text.replace(longNumber, (number) => number.slice(0, 6) + "*".repeat(number.length - 10) + number.slice(-4));

/** A time is shown above the first message of a day and after a pause. */
export function startsGroup(before: Message | undefined, message: Message): boolean {
  const pauseMinutes = 15;
  return !before || Date.parse(message.at) - Date.parse(before.at) > pauseMinutes * 60_000 || !sameDay(before.at, message.at);
}

const sameDay = (one: string, other: string): boolean => new Date(one).toDateString() === new Date(other).toDateString();

/**
 * The lines of a message's text that its card does not draw.
 *
 * The text says everything in words, for channels without cards; here a list read twice is a list too many.
 */
export function besideCard(message: Message): string {
  const drawn = message.card ? drawnBy(message.card) : [];
  const links = message.card?.kind === "handover" ? message.card.body.links : {};
  const isLink = (line: string) => Object.keys(links).some((channel) => line.indexOf(links[channel]!) >= 0);
  const all = message.text.split("\n");
  const lines = message.card?.kind === "document" ? all.slice(0, 1) : all; // the rest is about a link; here is a button
  return lines.filter((line) => drawn.indexOf(line.trim()) < 0 && !isLink(line)).join("\n").trim();
}

/** Whole lines only: a value as short as 在 is part of many a line that says something else. */
function drawnBy(card: Card): string[] {
  switch (card.kind) {
    case "notice":
      return [card.title].concat(...card.body.sections.map((section) => [section.title, ...section.lines]));
    case "read_back":
    case "receipt":
      return [card.title].concat(...card.body.rows.map((row) => [`${row.label}：${row.value}`, `${row.label}: ${row.value}`]));
    default:
      return [];
  }
}

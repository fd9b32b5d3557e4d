/** The wire of docs/web-chat.md: its shapes, and the few calls the page makes. */

export type Sender = "applicant" | "bot" | "clerk" | "system";

export interface Choice {
  id: string;
  label: string;
}

export interface Row {
  key?: string;
  label: string;
  value: string;
}

export type StepState = "done" | "now" | "todo" | "stopped";

interface CardOf<Kind extends string, Body> {
  kind: Kind;
  title: string;
  body: Body;
}

export type NoticeCard = CardOf<"notice", { sections: { title: string; lines: string[] }[] }>;
export type PhotoCard = CardOf<"photo", { slot: string; side: string; title: string }>;
export type ReadBackCard = CardOf<"read_back", { rows: Row[] }>;
export type ReceiptCard = CardOf<"receipt", { number: string; rows: Row[] }>;
export type ProgressCard = CardOf<
  "progress",
  { number: string; package?: string; title: string; steps: { label: string; state: StepState; at: string }[] }
>;
export type RatingCard = CardOf<"rating", { number: string }>;
/** `links` by channel: an address to open, but WeChat's, which only its own camera understands. */
export type HandoverCard = CardOf<"handover", { code: string; until: string; links: Record<string, string> }>;
/** What the office has put in writing; the address that opens it is asked for by the tap. */
export type DocumentCard = CardOf<"document", { file: string; title: string; number: string }>;
export type Card = DocumentCard | NoticeCard | PhotoCard | ReadBackCard | ReceiptCard | ProgressCard | RatingCard | HandoverCard;

/** One message of the transcript. `echo` is the id this page gave to a message of the applicant. */
export interface Message {
  seq: number;
  at: string;
  from: Sender;
  text: string;
  choices: Choice[];
  card: Card | null;
  image: string | null;
  echo: string | null;
}

export interface Conversation {
  conversation: string;
  token: string;
}

/** The service answered and said no. `plain` is in the applicant's words, or empty. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly plain: string,
    readonly retryAfterSeconds: number,
    readonly movedTo = "", // the token of the conversation that took over from this one
  ) {
    super(`refused with ${status}`);
  }

  /** Busy or broken: the same message may be sent again later. */
  get passing(): boolean {
    return this.status >= 500 || this.status === 429 || this.status === 408 || this.status === 425;
  }

  /** The token no longer opens a conversation: it was erased, or it is not ours. */
  get over(): boolean {
    return this.status === 401 || this.status === 403 || this.status === 404 || this.status === 410;
  }
}

/** Nothing came back: no network, or it went away while we waited. */
export class Unreachable extends Error {}

const callSeconds = 20;
// A phone under a bridge stops sending without telling anybody: give up when nothing has moved for this long.
const uploadStallSeconds = 45;

export const apiRoot = (): string => new URL("api/", location.href.split(/[?#]/)[0]).pathname;

/** Begin a conversation, or go on with the one that a hand-over `code` stands for. */
export function openConversation(lang: string, code: string): Promise<Conversation> {
  return call("POST", "conversations", null, code ? { lang, code } : { lang });
}

export function postMessage(token: string, body: { id: string; text: string; choice?: string }): Promise<{ seq: number }> {
  return call("POST", "messages", token, body);
}

export async function messagesAfter(token: string, after: number, waitSeconds: number): Promise<Message[]> {
  const answer = await call<{ messages: Message[] }>("GET", `messages?after=${after}&wait=${waitSeconds}`, token, undefined, waitSeconds + callSeconds);
  return answer.messages;
}

/** Have the service draw `text` as a QR code. */
export const fetchQr = (token: string, text: string): Promise<Blob> => fetchPhoto(token, `${apiRoot()}qr?text=${encodeURIComponent(text)}`);

/** Ask for what opens a paper of this conversation, for the next fifteen minutes. */
export async function paperToken(token: string, file: string): Promise<string> {
  return (await call<{ token: string }>("POST", `documents/${encodeURIComponent(file)}`, token, {})).token;
}

/** Post `token` as a form. What comes back is an attachment, so the chat stays where it is. */
export function postForm(address: string, token: string): void {
  const form = document.createElement("form");
  const field = document.createElement("input");
  form.method = "post";
  form.action = address;
  field.type = "hidden";
  field.name = "token";
  field.value = token;
  form.appendChild(field);
  document.body.appendChild(form);
  form.submit();
  form.remove();
}

/** Fetch a picture of this conversation. Only our own API is ever given the token. */
export async function fetchPhoto(token: string, path: string): Promise<Blob> {
  if (path.indexOf(apiRoot()) !== 0) throw new Refused(400, "", 0);
  const response = await reach(path, { headers: { Authorization: `Bearer ${token}` } }, callSeconds * 3);
  if (!response.ok) throw await refusal(response);
  return response.blob();
}

/** Upload a photo. XMLHttpRequest, because fetch cannot tell how much has left the phone. */
export function postPhoto(token: string, id: string, file: Blob, name: string, progress: (done: number) => void): Promise<{ seq: number }> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let stall = 0;
    const watch = () => {
      clearTimeout(stall);
      stall = window.setTimeout(() => request.abort(), uploadStallSeconds * 1000);
    };
    const end = (settle: () => void) => () => {
      clearTimeout(stall);
      settle();
    };
    request.open("POST", apiRoot() + "photos");
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.upload.onprogress = (event) => {
      watch();
      if (event.lengthComputable) progress(event.loaded / event.total);
    };
    request.onload = end(() => {
      const body = readJson(request.responseText);
      if (request.status >= 200 && request.status < 300) resolve(body as { seq: number });
      else reject(refused(request.status, body, request.getResponseHeader("Retry-After")));
    });
    request.onerror = request.onabort = end(() => reject(new Unreachable()));
    const form = new FormData();
    form.append("id", id);
    form.append("file", file, name);
    watch();
    request.send(form);
  });
}

async function call<Answer>(method: string, path: string, token: string | null, body?: object, timeout = callSeconds): Promise<Answer> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (token) headers["Authorization"] = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  const response = await reach(apiRoot() + path, { method, headers, ...(body && { body: JSON.stringify(body) }) }, timeout);
  if (!response.ok) throw await refusal(response);
  return response.json().catch(() => {
    throw new Unreachable(); // cut off in the middle of the answer
  });
}

function reach(path: string, init: RequestInit, timeoutSeconds: number): Promise<Response> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Unreachable()), timeoutSeconds * 1000);
    fetch(path, { cache: "no-store", credentials: "omit", ...init }).then(
      (response) => (clearTimeout(timer), resolve(response)),
      () => (clearTimeout(timer), reject(new Unreachable())),
    );
  });
}

async function refusal(response: Response): Promise<Refused> {
  const body = await response.text().catch(() => "");
  return refused(response.status, readJson(body), response.headers.get("Retry-After"));
}

function refused(status: number, body: unknown, retryAfter: string | null): Refused {
  const problem = (body ?? {}) as { message?: unknown; moved?: { token?: unknown } };
  return new Refused(status, text(problem.message), Math.max(0, Number(retryAfter) || 0), text(problem.moved?.token));
}

function readJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

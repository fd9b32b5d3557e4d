/** What the review page asks of the intake service, and the shapes it gets. */

export interface Me {
  name: string;
  csrf: string;
}

export type ClockColour = "green" | "yellow" | "red" | "none";

export interface Summary {
  number: string;
  title: string;
  state: string;
  state_label: string;
  submitted_at: string;
  due_on: string | null;
  clock: ClockColour;
  alert?: boolean;
  applicant: string;
}

export interface Alert {
  id: string;
  number: string;
  label: string;
  text: string;
}

/** One thing to send again; `slot` is a page or an answer. */
export interface Item {
  slot: string;
  reason: string;
  example: string;
}

export interface Overview {
  applications: Summary[];
  states: { id: string; label: string }[];
}

export interface Answer {
  key: string;
  label: string;
  shown: string;
  sensitive: boolean;
}

export interface Page {
  page: string;
  label: string;
  url: string;
  flags: string[];
}

export interface Need {
  name: string;
  label: string;
  multiline: boolean;
  required: boolean;
  help: string;
  choices?: { value: string; label: string }[];
  closed?: boolean;
}

export interface Action {
  action: string;
  label: string;
  tone: "primary" | "plain" | "danger";
  needs: Need[];
  items?: boolean;
}

export interface Happening {
  seq: number;
  type: string;
  label: string;
  at: string;
  by: string;
  data: Record<string, unknown>;
}

/** Something the office has put in writing. */
export interface Paper {
  id: string;
  number: string;
  title: string;
  at: string;
}

/** A paper another department is asked about instead of a photo. `at`: when it answered. */
export interface Lookup {
  title: string;
  material: string;
  state: string;
  result: string | null;
  officer: string | null;
  department: string;
  at: string | null;
}

export interface Application {
  number: string;
  title: string;
  package?: { title: string; of: number } | null;
  state: string;
  state_label: string;
  version: number;
  submitted_at: string | null;
  due_on: string | null;
  provisional?: boolean;
  clock: ClockColour;
  clocks?: { name: string; label: string; due_on: string; provisional: boolean; colour: ClockColour }[];
  alerts?: Alert[];
  rejections?: number;
  promise_broken?: boolean;
  talks?: { who: string; when: string; result: string; by: string; at: string }[];
  owed?: { material: string; title: string; text: string; supplied_at: string | null }[];
  slots?: { slot: string; title: string; late: boolean }[];
  examples?: { id: string; label: string }[];
  rating?: number | null;
  applicant?: { name: string; id_number: string };
  agent?: { name: string; village: string } | null;
  guardian?: { name: string; id_number: string; relation: string } | null;
  lookups?: Lookup[];
  answers: Answer[];
  materials: { id: string; title: string; pages: Page[] }[];
  events: Happening[];
  documents?: Paper[];
  actions: Action[];
}

export interface FollowupSummary {
  id: string;
  title: string;
  state: string;
  state_label: string;
  code: number;
  due_on: string | null;
  clock: ClockColour;
}

export interface Followup extends FollowupSummary {
  version: number;
  applicant: { number: string; name: string; id_number: string } | null;
  marks: { round: number; code: number; words: string; at: string }[];
  steps: { n: number; at: string; by: string; label: string; late: boolean; words: string }[];
  actions: Action[];
}

/** The service said no. `plain` can be shown; `fields` names what to mend; `firstRun`: nobody can sign in yet. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly plain: string,
    readonly fields: Record<string, string>,
    readonly firstRun: boolean,
  ) {
    super(`refused with ${status}`);
  }
}

let csrf = "";

export const me = (): Promise<Me> => keep(call<Me>("GET", "me"));

export const signIn = (name: string, password: string): Promise<Me> => keep(call<Me>("POST", "sign-in", { name, password }));

export const firstRun = (code: string, name: string, password: string): Promise<Me> =>
  keep(call<Me>("POST", "first-run", { code, name, password }));

export const signOut = (): Promise<void> => call("POST", "sign-out", {});

export const list = (state: string, words: string): Promise<Overview> =>
  call("GET", `applications?state=${encodeURIComponent(state)}&q=${encodeURIComponent(words)}`);

export const read = (number: string): Promise<Application> => call("GET", `applications/${encodeURIComponent(number)}`);

export const act = (
  number: string,
  action: string,
  version: number,
  fields: Record<string, string>,
  items?: Item[],
): Promise<Application> => call("POST", `applications/${encodeURIComponent(number)}/actions`, { action, version, fields, ...(items && { items }) });

export const seeTo = (alert: string, note: string): Promise<unknown> => call("POST", `alerts/${encodeURIComponent(alert)}/done`, { note });

export const reveal = (number: string, key: string, reason: string): Promise<{ value: string }> =>
  call("POST", `applications/${encodeURIComponent(number)}/reveal`, { key, reason });

export const followups = (): Promise<{ followups: FollowupSummary[] }> => call("GET", "followups");

export const followup = (id: string): Promise<Followup> => call("GET", `followups/${encodeURIComponent(id)}`);

export const actOnFollowup = (id: string, action: string, version: number, words: string): Promise<Followup> =>
  call("POST", `followups/${encodeURIComponent(id)}/actions`, { action, version, fields: { words } });

/** A photo comes as an attachment behind the session, so the page fetches it and shows its bytes. */
export async function photo(url: string): Promise<string> {
  const response = await reach(url, {});
  if (!response.ok) throw await refusal(response);
  return URL.createObjectURL(await response.blob());
}

async function keep(asked: Promise<Me>): Promise<Me> {
  const found = await asked;
  csrf = found.csrf;
  return found;
}

async function call<Answer>(method: string, path: string, body?: object): Promise<Answer> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body) headers["Content-Type"] = "application/json";
  if (body && csrf) headers["X-CSRF-Token"] = csrf;
  const response = await reach(`api/${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  if (!response.ok) throw await refusal(response);
  return (response.status === 204 ? undefined : await response.json()) as Answer;
}

async function reach(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { credentials: "same-origin", cache: "no-store", ...init });
  } catch {
    throw new Refused(0, "连不上服务器，请稍后再试。", {}, false);
  }
}

async function refusal(response: Response): Promise<Refused> {
  const body = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  const plain = body["message_zh"] ?? body["message"] ?? body["detail"] ?? "没有办成，请再试一次。";
  return new Refused(response.status, String(plain), fieldsOf(body["fields"]), body["first_run"] === true);
}

/** Either {name: words} or a list of names. */
function fieldsOf(fields: unknown): Record<string, string> {
  const found: Record<string, string> = {};
  if (Array.isArray(fields)) for (const name of fields) found[String(name)] = "这里要填。";
  else if (fields && typeof fields === "object") for (const [name, words] of Object.entries(fields)) found[name] = String(words);
  return found;
}

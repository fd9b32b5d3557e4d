import { forget, recall, recallKeys, remember } from "./keep";
import { dropPhoto, keepPhoto, keptPhoto } from "./photos";
import { postMessage, postPhoto, Refused, Unreachable } from "./wire";

export type ItemState = "waiting" | "sending" | "sent" | "refused";

/** One thing the applicant said that the transcript does not show yet. */
export interface Item {
  readonly id: string;
  readonly kind: "text" | "choice" | "photo";
  readonly text: string; // what he sees in his bubble: his words, or the label he tapped
  readonly choice: string;
  readonly at: string;
  readonly prompt: number; // seq of the message whose button he tapped; 0 otherwise
  readonly preview: string;
  readonly state: ItemState;
  readonly tries: number;
  readonly done: number; // 0..1 of a photo
  readonly why: string;
}

const firstPauseSeconds = 1;
const longestPauseSeconds = 30;

/**
 * Everything said leaves from here, one at a time and in order, until the service has it.
 *
 * The id is made before the first attempt and kept on the phone, so that a resend after a lost answer or a
 * reload is recognised as the same message.
 */
export class Outbox {
  items: Item[] = [];
  token = "";
  private busy = false;
  private timer = 0;

  /** `isShown`: the transcript has what was sent under this id. */
  constructor(
    private readonly changed: () => void,
    private readonly over: (why: Refused) => void,
    private readonly isShown: (id: string) => boolean,
  ) {}

  /** Take up what an earlier visit could not send. */
  async resume(): Promise<void> {
    const kept: Item[] = [];
    for (const key of recallKeys("out.")) {
      const item = readItem(recall(key));
      const photo = item && item.kind === "photo" ? await keptPhoto(item.id) : null;
      if (!item || (item.kind === "photo" && !photo)) forget(key);
      else kept.push({ ...item, preview: photo ? URL.createObjectURL(photo) : "", state: "waiting", tries: 0, done: 0 });
    }
    this.items = kept.concat(this.items);
    // Taken before the reload, its answer lost: the transcript may have come before the photo was found here.
    for (const item of kept.filter(({ id }) => this.isShown(id))) this.settle(item.id);
    this.changed();
    this.hurry();
  }

  say(text: string): void {
    this.add({ kind: "text", text });
  }

  choose(choice: string, label: string, prompt: number): void {
    this.add({ kind: "choice", text: label, choice, prompt });
  }

  async show(photo: Blob): Promise<void> {
    const id = newId();
    await keepPhoto(id, photo);
    this.add({ id, kind: "photo", preview: URL.createObjectURL(photo) });
  }

  /** A photo that cannot be sent at all: say so where he would have seen it. */
  refuse(why: string): void {
    this.items = this.items.concat(blank({ kind: "photo", state: "refused", why }));
    this.changed();
  }

  /** The transcript shows it: our copy has done its work. */
  settle(id: string): Item | undefined {
    const item = this.find(id);
    if (item) this.remove(id);
    return item;
  }

  remove(id: string): void {
    this.items = this.items.filter((item) => item.id !== id);
    this.release(id);
    this.changed();
  }

  clear(): void {
    for (const item of this.items) this.release(item.id);
    this.items = [];
    this.changed();
  }

  /** Go on with another conversation: it does not show what was taken in the one before. */
  follow(token: string): void {
    this.token = token;
    for (const item of this.items.filter((each) => each.state === "sent")) this.remove(item.id);
  }

  /** Try now: the network is back, or he asked. */
  hurry(): void {
    clearTimeout(this.timer);
    void this.drain();
  }

  private add(fields: Partial<Item>): void {
    const item = blank(fields);
    this.items = this.items.concat(item);
    remember(`out.${item.id}`, JSON.stringify({ ...item, preview: "" }));
    this.changed();
    this.hurry();
  }

  private async drain(): Promise<void> {
    if (this.busy || !this.token) return;
    this.busy = true;
    try {
      for (let next = this.next(); next && (await this.deliver(next)); next = this.next());
    } finally {
      this.busy = false;
    }
  }

  private next(): Item | undefined {
    return this.items.filter((item) => item.state === "waiting")[0];
  }

  /** Send one. False: stop here for now, the ones behind it must not overtake it. */
  private async deliver(item: Item): Promise<boolean> {
    this.update(item.id, { state: "sending", done: 0 });
    try {
      await this.post(item);
      this.release(item.id);
      if (this.isShown(item.id)) this.settle(item.id);
      else this.update(item.id, { state: "sent", done: 1, why: "" });
      return true;
    } catch (error) {
      return this.failed(item, error);
    }
  }

  private async post(item: Item): Promise<unknown> {
    if (item.kind === "text") return postMessage(this.token, { id: item.id, text: item.text });
    if (item.kind === "choice") return postMessage(this.token, { id: item.id, choice: item.choice, text: item.text });
    const photo = await keptPhoto(item.id);
    if (!photo) throw new Refused(410, "", 0);
    const name = photo instanceof File ? photo.name : "photo.jpg";
    return postPhoto(this.token, item.id, photo, name, (done) => this.update(item.id, { done }));
  }

  private failed(item: Item, error: unknown): boolean {
    if (error instanceof Refused && !error.passing) {
      if (error.movedTo || (error.over && item.kind !== "photo")) {
        this.update(item.id, { state: "waiting" });
        this.over(error);
        return error.movedTo !== ""; // then it goes on, with the token of the other conversation
      }
      this.release(item.id);
      this.update(item.id, { state: "refused", why: error.plain });
      return true;
    }
    if (!(error instanceof Refused) && !(error instanceof Unreachable)) throw error;
    const tries = item.tries + 1;
    this.update(item.id, { state: "waiting", tries });
    this.pause(error instanceof Refused ? error.retryAfterSeconds : 0, tries);
    return false;
  }

  private pause(askedSeconds: number, tries: number): void {
    const own = Math.min(longestPauseSeconds, firstPauseSeconds * Math.pow(2, tries - 1));
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.drain(), Math.max(own, askedSeconds) * 1000);
  }

  private release(id: string): void {
    forget(`out.${id}`);
    void dropPhoto(id);
  }

  private find(id: string): Item | undefined {
    return this.items.filter((item) => item.id === id)[0];
  }

  private update(id: string, fields: Partial<Item>): void {
    this.items = this.items.map((item) => (item.id === id ? { ...item, ...fields } : item));
    this.changed();
  }
}

function blank(fields: Partial<Item>): Item {
  return {
    id: newId(),
    kind: "text",
    text: "",
    choice: "",
    at: new Date().toISOString(),
    prompt: 0,
    preview: "",
    state: "waiting",
    tries: 0,
    done: 0,
    why: "",
    ...fields,
  };
}

/** Sorts by time, so that a reload sends in the order in which things were said. */
function newId(): string {
  const random = Array.from(crypto.getRandomValues(new Uint8Array(10)), (byte) => (byte % 36).toString(36)).join("");
  lastStamp = Math.max(lastStamp + 1, Date.now());
  return `${lastStamp.toString(36)}-${random}`;
}
let lastStamp = 0;

function readItem(kept: string | null): Item | null {
  try {
    const item = JSON.parse(kept ?? "null") as Item | null;
    return item && item.id ? item : null;
  } catch {
    return null;
  }
}

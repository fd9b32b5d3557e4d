import { forget, recall, remember } from "./keep";
import { Line } from "./line";
import { Outbox } from "./outbox";
import { fit } from "../../shared/fit";
import { isAwaited, merge } from "./transcript";
import { fetchPhoto, fetchQr, openConversation, paperToken, postForm, Refused, type Choice, type Message } from "./wire";
import { languageOf, type Lang } from "./words";

const typingPatienceSeconds = 20;
const longestPauseSeconds = 20;

/** One applicant's conversation on this phone: what is known of it, and what he can do with it. */
export class Chat {
  messages: Message[] = [];
  isOver = false;
  isTyping = false;
  lang: Lang;
  readonly outbox: Outbox;
  private readonly line: Line;
  private token = "";
  private typingTimer = 0;
  private previews: Record<string, string> = {}; // his own photos of this visit, so that they are not downloaded
  private listener: () => void = () => undefined;

  constructor() {
    this.lang = languageOf(recall("lang") ?? navigator.language) ?? "zh-CN";
    const changed = () => this.changed();
    const over = (why: Refused) => (why.movedTo ? this.follow(why.movedTo) : this.end());
    const isShown = (id: string) => this.messages.some((message) => message.echo === id);
    this.outbox = new Outbox(changed, over, isShown);
    this.line = new Line(() => this.token, () => this.lastSeq(), (heard) => this.hear(heard), changed, over);
  }

  /** Call `listener` after every change. */
  watch(listener: () => void): void {
    this.listener = listener;
  }

  async start(): Promise<void> {
    window.addEventListener("online", () => this.look());
    window.addEventListener("offline", () => this.changed());
    document.addEventListener("visibilitychange", () => document.hidden || this.look());
    const resumed = this.outbox.resume();
    await this.open(takeCode());
    await resumed;
  }

  get isOffline(): boolean {
    return !navigator.onLine || this.line.state === "down";
  }

  get isConnecting(): boolean {
    return this.line.state === "connecting";
  }

  say(text: string): void {
    const lang = languageOf(text);
    if (lang) this.speak(lang);
    this.outbox.say(text);
  }

  choose(choice: Choice, prompt: Message): void {
    const lang = languageOf(choice.label);
    if (lang) this.speak(lang);
    this.outbox.choose(choice.id, choice.label, prompt.seq);
  }

  async show(photo: Blob, tooBig: string): Promise<void> {
    const fitting = await fit(photo);
    if (fitting) await this.outbox.show(fitting);
    else this.outbox.refuse(tooBig);
  }

  /** The page's own words change at once; the service is told by what he says. */
  speak(lang: Lang): void {
    this.lang = lang;
    remember("lang", lang);
    document.documentElement.lang = lang;
    this.changed();
  }

  preview(message: Message): string {
    return (message.image && this.previews[message.image]) || "";
  }

  /** The address of `link` drawn as a QR code. */
  async draw(link: string): Promise<string> {
    return URL.createObjectURL(await fetchQr(this.token, link));
  }

  /** Have a paper saved: a form's answer, which every phone's browser knows how to keep. */
  async openPaper(file: string): Promise<void> {
    postForm("/papers/api/file", await paperToken(this.token, file));
  }

  async load(image: string): Promise<string> {
    const known = this.previews[image];
    if (known) return known;
    const address = URL.createObjectURL(await fetchPhoto(this.token, image));
    this.previews[image] = address;
    return address;
  }

  /** Leave a conversation that is no more and open another. */
  async startAnew(): Promise<void> {
    this.line.stop();
    this.outbox.clear();
    forget("token");
    this.messages = [];
    this.isOver = false;
    await this.open();
  }

  /** `code`: carried by the link he came by. Where he has a conversation already, the service brings the two together. */
  private async open(code = ""): Promise<void> {
    const known = recall("token");
    if (known && code) this.outbox.say(`go${code}`);
    const token = known || (await this.newToken(code));
    this.token = this.outbox.token = token;
    this.line.start();
    this.outbox.hurry();
  }

  /** This conversation has become one with another, which is gone on with here. */
  private follow(token: string): void {
    this.line.stop();
    remember("token", token);
    this.token = token;
    this.messages = [];
    this.outbox.follow(token);
    this.line.start();
    this.outbox.hurry();
  }

  private async newToken(code: string): Promise<string> {
    for (let pause = 1; ; pause = Math.min(pause * 2, longestPauseSeconds)) {
      try {
        const { token } = await openConversation(this.lang, code);
        remember("token", token);
        return token;
      } catch (error) {
        if (code && error instanceof Refused && !error.passing) {
          this.outbox.say(`go${code}`); // too old or used: the helper says so, in a new conversation
          code = "";
          continue;
        }
        this.line.state = "down";
        this.changed();
        await this.wait(Math.max(pause, error instanceof Refused ? error.retryAfterSeconds : 0));
      }
    }
  }

  private wait(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      setTimeout(resolve, seconds * 1000);
      window.addEventListener("online", () => resolve(), { once: true });
    });
  }

  private look(): void {
    this.line.nudge();
    this.outbox.hurry();
    this.changed();
  }

  private hear(heard: Message[]): void {
    const before = this.messages;
    this.messages = merge(before, heard);
    if (this.messages === before) return;
    for (const message of this.messages.slice(before.length)) this.settle(message);
    this.changed();
  }

  private settle(message: Message): void {
    const item = message.echo ? this.outbox.settle(message.echo) : undefined;
    if (item && item.preview && message.image) this.previews[message.image] = item.preview;
  }

  private lastSeq(): number {
    const last = this.messages[this.messages.length - 1];
    return last ? last.seq : 0;
  }

  private end(): void {
    this.line.stop();
    this.isOver = true;
    this.changed();
  }

  private changed(): void {
    this.watchTyping();
    const sent = this.outbox.items.filter((item) => item.state === "sent").map((item) => item.id);
    if (sent.length) this.line.expect(() => !this.outbox.items.some((item) => sent.indexOf(item.id) >= 0));
    this.listener();
  }

  /** Say that we are at work on his message, but not for ever: an unkept promise is worse than silence. */
  private watchTyping(): void {
    const awaited = isAwaited(this.messages, this.outbox.items) && !this.isOffline;
    if (awaited === (this.typingTimer > 0)) return;
    clearTimeout(this.typingTimer);
    this.isTyping = awaited;
    this.typingTimer = awaited ? window.setTimeout(() => this.stopTyping(), typingPatienceSeconds * 1000) : 0;
  }

  private stopTyping(): void {
    this.isTyping = false;
    this.listener();
  }
}

/** The hand-over code in the address he came by, which is taken out of it: a reload or a shared link must not use it again. */
function takeCode(): string {
  const code = /[?&]go=(\d{8})(?!\d)/.exec(location.search);
  if (code) history.replaceState(null, "", location.pathname);
  return code ? code[1]! : "";
}

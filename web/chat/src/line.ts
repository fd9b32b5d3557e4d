import { apiRoot, messagesAfter, Refused, type Message } from "./wire";

export type LineState = "connecting" | "up" | "down";

const pollWaitSeconds = 25;
const longestPauseSeconds = 20;
// Some company and mobile proxies cut WebSockets. After this many that stayed dumb we poll, and look again later.
const socketChances = 2;
const socketRestMinutes = 5;
// The service shows a message in the transcript as soon as it has taken it. If it does not come, the socket is dead.
const echoPatienceSeconds = 5;

/** Brings new messages: over a socket where that works, by long polling where it does not. */
export class Line {
  state: LineState = "connecting";
  private generation = 0; // every start and stop makes older loops fall silent
  private socket: WebSocket | null = null;
  private failures = 0;
  private deadSockets = 0;
  private pollUntil = 0;
  private timer = 0;
  private wake: () => void = () => undefined;

  constructor(
    private readonly token: () => string,
    private readonly after: () => number,
    private readonly heard: (messages: Message[]) => void,
    private readonly changed: () => void,
    private readonly over: (why: Refused) => void,
  ) {}

  start(): void {
    this.stop();
    void this.run(this.generation);
  }

  stop(): void {
    this.generation++;
    this.socket?.close();
    this.socket = null;
    this.wake();
  }

  /** Look again now: the network is back, or the page has come to the front. */
  nudge(): void {
    if (this.state === "up" && this.socket) void this.catchUp(true);
    else this.wake();
  }

  /** A message we sent was taken as `seq`; it must be shown to us soon. */
  expect(isShown: () => boolean): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      if (isShown() || !this.socket) return;
      this.distrust();
      this.socket.close();
    }, echoPatienceSeconds * 1000);
  }

  private distrust(): void {
    if (++this.deadSockets >= socketChances) this.pollUntil = Date.now() + socketRestMinutes * 60_000;
  }

  private async run(generation: number): Promise<void> {
    while (generation === this.generation) {
      try {
        if (!(await this.catchUp(false))) return;
        if (generation !== this.generation) return;
        this.failures = 0;
        this.become("up");
        if (this.mayUseSocket()) await this.listen(generation);
        else await this.poll(generation);
      } catch (error) {
        if (error instanceof Refused && error.over) return this.over(error);
        this.failures++;
        this.become("down");
        await this.rest();
      }
    }
  }

  /** Fetch what we have not seen. `once`: failures are left to the loop. */
  private async catchUp(once: boolean): Promise<boolean> {
    const generation = this.generation;
    try {
      const messages = await messagesAfter(this.token(), this.after(), 0);
      if (generation !== this.generation) return false;
      if (once && messages.length) this.socket?.close(); // it should have brought these
      this.heard(messages);
      return true;
    } catch (error) {
      if (!once) throw error;
      this.socket?.close();
      return false;
    }
  }

  private async poll(generation: number): Promise<void> {
    while (generation === this.generation && !this.mayUseSocket()) {
      const messages = await messagesAfter(this.token(), this.after(), pollWaitSeconds);
      if (generation !== this.generation) return;
      this.become("up");
      this.heard(messages);
    }
  }

  private mayUseSocket(): boolean {
    return "WebSocket" in window && Date.now() >= this.pollUntil;
  }

  /** Listen until the socket closes. */
  private listen(generation: number): Promise<void> {
    return new Promise((resolve) => {
      let opened = false;
      const socket = new WebSocket(location.origin.replace(/^http/, "ws") + apiRoot() + "socket");
      this.socket = socket;
      socket.onopen = () => {
        opened = true;
        socket.send(JSON.stringify({ token: this.token(), after: this.after() }));
      };
      socket.onmessage = (event) => {
        this.deadSockets = 0;
        if (generation === this.generation) this.heard(readFrame(event.data));
      };
      socket.onclose = () => {
        if (this.socket === socket) this.socket = null;
        if (!opened) this.distrust();
        resolve();
      };
    });
  }

  private rest(): Promise<void> {
    const seconds = Math.min(longestPauseSeconds, Math.pow(2, this.failures - 1));
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      this.wake = () => (clearTimeout(timer), resolve());
    });
  }

  private become(state: LineState): void {
    if (this.state === state) return;
    this.state = state;
    this.changed();
  }
}

function readFrame(data: unknown): Message[] {
  try {
    return (JSON.parse(String(data)) as { messages?: Message[] }).messages ?? [];
  } catch {
    return []; // a ping, or a frame of a newer service
  }
}

/** What we use of WeChat's own script, https://res.wx.qq.com/open/js/jweixin-1.6.0.js. */

export interface Config {
  debug: boolean;
  appId: string;
  timestamp: number;
  nonceStr: string;
  signature: string;
  jsApiList: string[];
  openTagList: string[];
}

interface Weixin {
  config(config: Config): void;
  ready(then: () => void): void;
  error(then: (why: unknown) => void): void;
}

declare global {
  interface Window {
    wx?: Weixin;
  }
}

const SCRIPT = "https://res.wx.qq.com/open/js/jweixin-1.6.0.js";

/** Say whether this is WeChat's own browser: nowhere else has the button a meaning. */
export function inWeChat(agent: string): boolean {
  return /MicroMessenger/i.test(agent);
}

/** Load WeChat's script; reject when it does not come. */
export function loadWeixin(): Promise<Weixin> {
  return new Promise((resolve, reject) => {
    if (window.wx) return resolve(window.wx);
    const script = document.createElement("script");
    script.src = SCRIPT;
    script.onload = () => (window.wx ? resolve(window.wx) : reject(new Error("wx")));
    script.onerror = () => reject(new Error("script"));
    document.head.appendChild(script);
    return undefined;
  });
}

/** Read WeChat's answer to the button: whether he agreed to the template. */
export function agreed(details: unknown, template: string): boolean {
  try {
    const said = JSON.parse(String(details)) as Record<string, string>;
    const mine = JSON.parse(said[template] ?? "{}") as { status?: string };
    return mine.status === "accept" || mine.status === "acceptWithAudio";
  } catch {
    return false;
  }
}

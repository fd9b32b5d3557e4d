import "../../shared/tokens.css";
import "./style.css";
import { agreed, inWeChat, loadWeixin } from "./wx";

/** What the server knows of this page, see handlers/channels/wechat/subscribe.py. */
interface Signed {
  app_id: string;
  nonce: string;
  timestamp: number;
  signature: string;
  template: string;
}

type Mood = "" | "done" | "wrong";

const WAIT = 10000; // milliseconds; longer and nobody believes that something still comes
const LOOK =
  "width:100%;min-height:48px;padding:12px;border:0;border-radius:10px;background:#0a6b4e;color:#fff;font-size:18px;font-weight:700";

const status = document.getElementById("status") as HTMLElement;
const again = document.getElementById("again") as HTMLButtonElement;
const place = document.getElementById("button") as HTMLElement;

again.addEventListener("click", () => void prepare());
// What WeChat's script says where its buttons do not work: an old WeChat, an old system.
document.addEventListener("WeixinOpenTagsError", () => tell("您的微信版本旧了一点，按钮出不来。更新微信以后再来开通就行。", "wrong"));
void prepare();

function tell(text: string, mood: Mood = "", retry = false): void {
  status.textContent = text;
  status.dataset["mood"] = mood;
  again.hidden = !retry;
}

async function prepare(): Promise<void> {
  tell("正在准备…");
  if (!inWeChat(navigator.userAgent)) {
    tell("这个页面要在微信里打开。请打开微信，进公众号，点下面菜单里的“开通办事通知”。", "wrong");
    return;
  }
  try {
    const [signed, weixin] = await Promise.all([sign(), loadWeixin()]);
    const late = window.setTimeout(() => failed("微信没有回音。请看一下网络，再试一次。"), WAIT);
    weixin.error(() => {
      window.clearTimeout(late);
      failed("微信没有认出这个页面。请再试一次。");
    });
    weixin.ready(() => {
      window.clearTimeout(late);
      offer(signed.template);
    });
    weixin.config({
      debug: false,
      appId: signed.app_id,
      timestamp: signed.timestamp,
      nonceStr: signed.nonce,
      signature: signed.signature,
      jsApiList: [],
      openTagList: ["wx-open-subscribe"],
    });
  } catch (why) {
    failed(why instanceof Told ? why.message : "网络不太通。请看一下网络，再试一次。");
  }
}

/** What the server said to a person, to be shown as it is. */
class Told extends Error {}

async function sign(): Promise<Signed> {
  const url = location.href.split("#")[0] ?? "";
  const answer = await fetch(`api/signature?url=${encodeURIComponent(url)}`);
  const body = (await answer.json()) as Signed & { message?: string };
  if (!answer.ok) throw new Told(body.message ?? "");
  return body;
}

function failed(text: string): void {
  tell(text, "wrong", true);
}

/** Show WeChat's own button. It draws itself from these templates, out of reach of our style sheet. */
function offer(template: string): void {
  const button = document.createElement("wx-open-subscribe");
  button.setAttribute("template", template);
  button.appendChild(part(`<style>.agree{${LOOK}}</style>`, "style"));
  button.appendChild(part('<button class="agree" type="button">开通办事通知</button>'));
  button.addEventListener("success", (event) => {
    const { subscribeDetails } = (event as CustomEvent<{ subscribeDetails?: string }>).detail;
    if (agreed(subscribeDetails, template)) tell("开通好了。事情有进展，微信会告诉您。可以关掉这一页了。", "done");
    else tell("您没有同意，通知没有开。想开的时候再点上面的按钮。");
  });
  button.addEventListener("error", () => tell("刚才没有开成。请再点一次上面的按钮。", "wrong"));
  place.innerHTML = "";
  place.appendChild(button);
  tell("点一下按钮，微信会问您是否同意。");
}

function part(html: string, slot = ""): HTMLScriptElement {
  const script = document.createElement("script");
  script.type = "text/wxtag-template";
  if (slot) script.setAttribute("slot", slot);
  script.text = html;
  return script;
}

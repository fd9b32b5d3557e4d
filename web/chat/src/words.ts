/** The page's own words. What the service says comes from the service. */

export type Lang = "zh-CN" | "en";

const chinese = {
  name: "零跑腿",
  bot: "小助手",
  clerk: "工作人员",
  system: "通知",
  you: "您",
  says: "说",
  transcript: "对话",
  // the first screen
  welcome: ["人在外地，", "家里的事在这里办。"],
  welcomeSteps: ["说一声", "拍照片", "等消息"],
  welcomeFree: "不要钱。随时可以找人帮忙。",
  // saying something
  field: "写给小助手",
  fieldHint: "在这里写",
  send: "发送",
  sendPhoto: "发照片",
  camera: "拍照",
  gallery: "从相册选",
  choose: "请选一个",
  chosen: "您选了",
  // marks on his own words
  waiting: "等着发",
  sending: "正在发",
  sent: "已送到",
  uncover: "看全号码",
  cover: "遮住",
  unsent: "还没发出去，连上网会自动发",
  retry: "现在发",
  refused: "这条没发成",
  refusedPhoto: "这张照片没收下",
  remove: "拿掉",
  retake: "重拍",
  uploaded: (percent: number) => `已传 ${percent}%`,
  tooBig: "这个文件太大，或者不是照片。请用手机拍一张再发。",
  // photos
  photo: "照片",
  yourPhoto: "您发的照片",
  openPhoto: "点开看照片",
  loadingPhoto: "正在取照片…",
  noPhoto: "照片没取到，点一下再试",
  tips: ["放平", "拍全四角", "别反光"],
  guideFront: "示意图：证件平放，有照片的一面朝上，四个角都在框里",
  guideBack: "示意图：证件平放，有国徽的一面朝上，四个角都在框里",
  guideBank: "示意图：银行卡平放，有卡号的一面朝上，四个角都在框里",
  guidePaper: "示意图：纸张平放，四个角都在框里",
  // cards
  change: "改",
  changeWhat: (label: string) => `修改 ${label}`,
  number: "办件号码",
  paperNumber: "文书编号",
  copy: "复制号码",
  copied: "已复制",
  openPaper: "打开文件",
  paperFault: "没有打开。再点一次，或者写“文件”。",
  steps: { done: "已完成", now: "现在到这步", todo: "还没到", stopped: "到此为止" },
  ratings: ["非常满意", "满意", "基本满意", "不满意", "非常不满意"],
  code: "8位数字",
  codeOver: "这个码过期了。要换地方，再回“换个地方办”。",
  scanInWechat: "用微信扫一扫，在微信里接着办。微信就在这部手机上，就先截屏，再到扫一扫的“相册”里选它",
  scanByPhone: "用另一部手机的相机扫，在那边接着办",
  openTelegram: "到 Telegram 里接着办",
  // the line
  offline: "没有网络。您写的都留着，连上就发。",
  connecting: "正在连接…",
  typing: "小助手正在写…",
  newest: "看新消息",
  over: "这段对话已经结束。",
  startAnew: "开始新的对话",
  // menu
  menu: "菜单",
  close: "关上",
  large: "大字",
  normal: "小字",
  language: "语言 Language",
  textSize: "字的大小",
  sizes: ["标准", "大字"],
  commands: [
    ["返回", "返回", "回到上一题"],
    ["修改", "修改", "改前面填的"],
    ["进度", "进度", "看办到哪了"],
    ["人工", "人工", "找工作人员"],
    ["帮助", "帮助", "不会用点这里"],
    ["换个地方办", "换地方", "到微信或别的手机"],
  ],
  lastCommands: [
    ["重来", "重来", "从头再填一遍"],
    ["不办了", "不办了", "停下，或者撤回"],
  ],
  date: (at: Date) => `${at.getMonth() + 1}月${at.getDate()}日(周${"日一二三四五六"[at.getDay()]})`,
  today: "今天",
};

export type Words = typeof chinese;

const english: Words = {
  name: "Zerotrip",
  bot: "Helper",
  clerk: "Clerk",
  system: "Notice",
  you: "You",
  says: "",
  transcript: "Conversation",
  welcome: ["Far from home?", "Do the paperwork here."],
  welcomeSteps: ["Say it", "Take photos", "Get news"],
  welcomeFree: "Free. You can ask for a person at any time.",
  field: "Write to the helper",
  fieldHint: "Write here",
  send: "Send",
  sendPhoto: "Send a photo",
  camera: "Take a photo",
  gallery: "From the gallery",
  choose: "Choose one",
  chosen: "You chose",
  waiting: "waiting",
  sending: "sending",
  sent: "delivered",
  uncover: "Show number",
  cover: "Hide",
  unsent: "Not sent yet. It goes by itself once you are online.",
  retry: "Send now",
  refused: "This was not sent",
  refusedPhoto: "This photo was not taken",
  remove: "Remove",
  retake: "Try again",
  uploaded: (percent) => `${percent}% sent`,
  tooBig: "This file is too big or is not a photo. Please take one with your phone.",
  photo: "Photo",
  yourPhoto: "The photo you sent",
  openPhoto: "Tap to see the photo",
  loadingPhoto: "Fetching the photo…",
  noPhoto: "Could not fetch it. Tap to try again",
  tips: ["Flat", "4 corners", "No glare"],
  guideFront: "Drawing: the card lies flat, the side with the portrait up, all four corners in the frame",
  guideBack: "Drawing: the card lies flat, the side with the emblem up, all four corners in the frame",
  guideBank: "Drawing: the bank card lies flat, the side with the number up, all four corners in the frame",
  guidePaper: "Drawing: the paper lies flat, all four corners in the frame",
  change: "Change",
  changeWhat: (label) => `edit ${label}`,
  number: "Your number",
  paperNumber: "Number of this paper",
  copy: "Copy number",
  copied: "Copied",
  openPaper: "Open the paper",
  paperFault: "It did not open. Tap again, or write “papers”.",
  steps: { done: "done", now: "now", todo: "to come", stopped: "ended here" },
  ratings: ["Very satisfied", "Satisfied", "Fairly satisfied", "Dissatisfied", "Very dissatisfied"],
  code: "8 digits",
  codeOver: "This code is too old. To go on elsewhere, reply “move” again.",
  scanInWechat: "Scan with WeChat and go on there. If WeChat is on this phone, take a screenshot and pick it in Scan, Album",
  scanByPhone: "Scan with another phone's camera and go on there",
  openTelegram: "Go on in Telegram",
  offline: "No network. What you write is kept and sent later.",
  connecting: "Connecting…",
  typing: "The helper is writing…",
  newest: "New message",
  over: "This conversation has ended.",
  startAnew: "Start a new one",
  menu: "Menu",
  close: "Close",
  large: "Bigger",
  normal: "Smaller",
  language: "语言 Language",
  textSize: "Text size",
  sizes: ["Normal", "Large"],
  commands: [
    ["back", "Back", "To the last question"],
    ["edit", "Change", "Change an answer"],
    ["progress", "Progress", "How far is it?"],
    ["person", "A person", "Talk to a clerk"],
    ["help", "Help", "How this works"],
    ["move", "Go elsewhere", "WeChat, another phone"],
  ],
  lastCommands: [
    ["restart", "Start over", "Fill it in again"],
    ["stop", "Stop", "Leave it, or take it back"],
  ],
  date: (at) => `${"Sun Mon Tue Wed Thu Fri Sat".split(" ")[at.getDay()]} ${at.getDate()} ${"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ")[at.getMonth()]}`,
  today: "Today",
};

export const words: Record<Lang, Words> = { "zh-CN": chinese, en: english };

/** The words that name a language, as the menu sends them and as the service's own buttons are labelled. */
export const languageNames: [Lang, string][] = [
  ["zh-CN", "中文"],
  ["en", "English"],
];

export function languageOf(text: string): Lang | null {
  const said = text.trim().toLowerCase();
  if (said === "中文" || said === "zh" || said.indexOf("zh-") === 0) return "zh-CN";
  if (said === "english" || said === "en" || said.indexOf("en-") === 0) return "en";
  return null;
}

/** "今天 21:25" or "11月21日(周六) 21:25", by this phone's clock. */
export function spokenTime(at: string, w: Words): string {
  const time = new Date(at);
  const day = time.toDateString() === new Date().toDateString() ? w.today : w.date(time);
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}`;
}

const two = (part: number): string => (part < 10 ? `0${part}` : String(part));

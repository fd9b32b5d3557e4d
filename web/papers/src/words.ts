/** Everything the page says. Plain, short, 您. */

const zh = {
  loading: "正在打开…",
  number: "编号",
  save: "打开文件",
  saved: "是一份PDF，会存到您的手机里。里面有您的姓名，请别转给不认识的人。",
  until: "这个链接15分钟内有效。",
  old: "这个链接过期了",
  unknown: "这个链接打不开",
  gone: "这份文件已经不在了",
  anew: "回到聊天里，写“文件”两个字，给您新的链接。",
  noAnswer: "没连上。看看网络，再试一次。",
  tryAgain: "再试一次",
  phone: "打不开？打12345，或者在聊天里写“人工”。",
};

export type Words = typeof zh;

const en: Words = {
  loading: "Opening…",
  number: "Number",
  save: "Open the paper",
  saved: "It is a PDF and is saved on your phone. Your name is in it: please pass it to nobody you do not know.",
  until: "The link works for 15 minutes.",
  old: "This link is too old",
  unknown: "This link cannot be opened",
  gone: "This paper is no longer here",
  anew: "Go back to the chat and write “papers”: you get a new link.",
  noAnswer: "No connection. Look at your network and try again.",
  tryAgain: "Try again",
  phone: "It does not open? Call 12345, or write “person” in the chat.",
};

/** The words of a language; before the service has told which, of the phone's own. */
export function wordsOf(lang: string = navigator.language): Words {
  return lang.toLowerCase().startsWith("en") ? en : zh;
}

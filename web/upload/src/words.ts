/** Everything the page says. Plain, short, 您. */

const zh = {
  wanted: "请拍照片",
  loading: "正在打开…",
  camera: "拍照",
  gallery: "从相册选",
  tips: ["放平", "拍全四角", "别反光"],
  lasts: "链接15分钟内有效，只能传一张。",
  safe: "照片直接交到办事处，不经过聊天软件。",
  sending: "正在传照片，别关页面",
  looking: "传完了，正在交给办事处…",
  preview: "您要传的照片",
  again: "再传一次",
  other: "换一张",
  done: "收到了",
  doneNext: "现在回到聊天里，马上告诉您拍得行不行。",
  used: "这个链接的照片已经收到了",
  usedNext: "回到聊天里看结果。还要再传，聊天里有新的链接。",
  old: "这个链接过期了",
  unknown: "这个链接打不开",
  anew: "回到聊天里，写“照片”两个字，给您一个新链接。",
  noNetwork: "网断了，照片还在。有网了点“再传一次”。",
  noAnswer: "没连上。看看网络，再试一次。",
  tryAgain: "再试一次",
  trouble: "我们这边出了点问题，照片还在，过一会儿再传一次。",
  tooBig: "这个文件太大，或者不是照片。请用手机拍一张再传。",
  phone: "不会弄？打12345，或者在聊天里写“人工”。",
  guideFront: "示意图：证件平放，有照片的一面朝上，四个角都在框里",
  guideBack: "示意图：证件平放，有国徽的一面朝上，四个角都在框里",
  guideBank: "示意图：银行卡平放，有卡号的一面朝上，四个角都在框里",
  guidePaper: "示意图：纸张平放，四个角都在框里",
};

export type Words = typeof zh;

const en: Words = {
  wanted: "Please take a photo",
  loading: "Opening…",
  camera: "Take a photo",
  gallery: "From the gallery",
  tips: ["Flat", "4 corners", "No glare"],
  lasts: "The link works for 15 minutes and for one photo.",
  safe: "The photo goes straight to the office, not through the chat app.",
  sending: "Sending the photo, keep this page open",
  looking: "Sent. Handing it to the office…",
  preview: "The photo you are sending",
  again: "Send it again",
  other: "Take another one",
  done: "Received",
  doneNext: "Go back to the chat: it tells you in a moment whether the photo will do.",
  used: "The photo of this link has been received",
  usedNext: "Go back to the chat to see the result. If one more is needed, there is a new link.",
  old: "This link is too old",
  unknown: "This link cannot be opened",
  anew: "Go back to the chat and write “photo”: you get a new link.",
  noNetwork: "The network is gone, the photo is still here. Tap “Send it again” when it is back.",
  noAnswer: "No connection. Look at your network and try again.",
  tryAgain: "Try again",
  trouble: "Something went wrong on our side. The photo is still here: send it again in a while.",
  tooBig: "This file is too big or is not a photo. Please take one with your phone.",
  phone: "Need help? Call 12345, or write “person” in the chat.",
  guideFront: "Drawing: the card lies flat, the side with the portrait up, all four corners in the frame",
  guideBack: "Drawing: the card lies flat, the side with the emblem up, all four corners in the frame",
  guideBank: "Drawing: the bank card lies flat, the side with the number up, all four corners in the frame",
  guidePaper: "Drawing: the paper lies flat, all four corners in the frame",
};

/** The words of a language; before the service has told which, of the phone's own. */
export function wordsOf(lang: string = navigator.language): Words {
  return lang.toLowerCase().startsWith("en") ? en : zh;
}

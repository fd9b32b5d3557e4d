"""Words people use for yes, no, all, none, the last one, and for not knowing. Compared without spaces."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# the last option of the list
LAST = _words("""
    最后一个 最后一项 最后那个 最下面 最下面那个 last thelast lastone thelastone
""")

# he does not know
UNSURE = _words("""
    不清楚 不太清楚 不知道 不晓得 不确定 说不清 说不清楚 不懂 不大清楚 搞不清 搞不清楚 忘 忘了
    记不得 记不清 不记得 notsure unsure dontknow idontknow
""")

# yes; 1 because our own prompt says so
YES = _words("""
    是 是的 对 对的 对了 好 好的 好呀 好啊 行 可以 同意 嗯 嗯嗯 恩 没错 没问题 没意见 不错 都对 全对
    正确 确认 确定 要 有 愿意 是啊 对啊 就是 是这样 成 中 得 妥 yes y yeah yep ok okay sure right
    correct agree iagree true 👍 👌 ✅ ✔ 🆗 1
""")

# labels that say yes and nothing else
BARE_YES = _words("""
    是 对 好 行 在 有 能 会 要 可以 愿意 同意 yes
""")

# no; 2 because our own prompt says so
NAY = _words("""
    不 不是 不是的 否 不对 不好 不行 不可以 不同意 不要 不用 没有 没 不愿意 没得 莫得 冇 错 错了
    有错 不正确 不确认 别 算了 no n nope notright wrong incorrect disagree idisagree false 👎 ❌ ✖ 2
""")

# every option
ALL = _words("""
    都要 全要 全部 全都要 全选 都选 都有 都是 全都是 所有 所有的 两个都要 两样都要 all allofthem
    everything both
""")

# no option
NONE = _words("""
    都不要 都没有 一个都没有 一个都不要 都不是 没有 无 都没 不要 none noneofthem nothing
""")

# said where a name is asked for, and nobody's name
NO_NAME = (
    YES
    | NAY
    | ALL
    | NONE
    | UNSURE
    | _words("""
    不会 什么 啥 为什么 干什么 干嘛 你好 您好 在吗 谢谢 等等 等一下 知道了 好吧 行吧 随便
    什么意思 怎么写 写什么 姓名 名字 我的名字 叫什么 不想说 不告诉你 保密
""")
)

"""The storm over the platforms: people who chat through WeChat, Telegram and DingTalk while things break."""

"""What goes wrong, done to the running product on purpose: kills, outages, lost answers, stops."""

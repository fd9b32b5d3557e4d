"""What is kept of people: their conversations, what they said, where they are reached."""

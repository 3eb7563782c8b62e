"""Yingda (应答): a small local-government office answers public concerns on time, in its own name."""

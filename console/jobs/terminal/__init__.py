"""The terminal itself: setting up, opening, health, upgrade, backup, key change, joining a queue."""
